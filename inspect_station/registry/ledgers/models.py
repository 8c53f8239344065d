"""Imports as people see them: one row for each file, one for each of its rows, and the mappings they saved."""

from peewee import SQL, AutoField, CharField, ForeignKeyField, IntegerField, TextField

from inspect_station.accounts.models import Account
from inspect_station.db import JsonField, MomentField, Table
from inspect_station.registry.models import Equipment


class LedgerImport(Table):
    """A file on its way into the register.

    `state`: reading → mapped → previewing → previewed → writing → done; failed and cancelled end it. While a process
    works on it, it renews `heartbeat_at`; one that stopped doing so was killed, and may be started again.
    """

    id = AutoField()
    file_name = CharField(max_length=200)
    size = IntegerField()
    enterprise = CharField(max_length=200, default="", constraints=[SQL("DEFAULT ''")])
    boiler_clock = CharField(max_length=20, default="internal", constraints=[SQL("DEFAULT 'internal'")])
    mapping = JsonField(null=True)
    sheets = JsonField(null=True)
    notes = JsonField(null=True)
    counts = JsonField(null=True)
    state = CharField(max_length=20, index=True)
    message = TextField(default="", constraints=[SQL("DEFAULT ''")])
    rows_total = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    rows_done = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    worker = CharField(max_length=40, default="", constraints=[SQL("DEFAULT ''")])
    heartbeat_at = MomentField(null=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = MomentField(index=True)
    confirmed_at = MomentField(null=True)
    finished_at = MomentField(null=True)


class LedgerRow(Table):
    """What became, or would become, of one row of the file."""

    id = AutoField()
    ledger_import = ForeignKeyField(LedgerImport, on_delete="CASCADE")
    sheet = CharField(max_length=100)
    row = IntegerField()
    title = CharField(max_length=300)
    fate = CharField(max_length=20)
    equipment = ForeignKeyField(Equipment, null=True, on_delete="SET NULL")
    changes = JsonField(null=True)
    problems = JsonField(null=True)

    class Meta:
        indexes = ((("ledger_import", "fate", "id"), False),)


class LedgerMapping(Table):
    """What a person said the headings of a form mean; `headings` is a digest of the form's set of headings."""

    id = AutoField()
    headings = CharField(max_length=64, unique=True)
    mapping = JsonField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    saved_at = MomentField()
