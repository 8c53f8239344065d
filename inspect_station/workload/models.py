"""Months that were closed, what the head remarked, reports that were mailed, addresses for the wall."""

from peewee import SQL, AutoField, CharField, Check, ForeignKeyField, IntegerField, Node, TextField

from inspect_station.accounts.models import Account
from inspect_station.db import JsonField, MomentField, Table

_EMPTY: list[Node] = [SQL("DEFAULT ''")]


class MonthClose(Table):
    """A month as it was told: its figures are never rewritten, later corrections are shown beside them."""

    id = AutoField()
    month = CharField(max_length=7, unique=True)
    figures = JsonField()
    closed_at = MomentField()
    closed_by = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)


class MonthRemark(Table):
    """The head's words on a month, as they stand in its report."""

    month = CharField(max_length=7, primary_key=True)
    text = TextField(default="", constraints=_EMPTY)
    changed_at = MomentField()
    changed_by = CharField(max_length=64)
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])


class ReportMail(Table):
    """One month's report to one person. Whoever and however often asks, there is one."""

    id = AutoField()
    month = CharField(max_length=7)
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    recipient = CharField(max_length=254, default="", constraints=_EMPTY)
    message_id = CharField(max_length=200)
    state = CharField(max_length=12, default="queued", constraints=[SQL("DEFAULT 'queued'")])
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    tries = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    next_at = MomentField(null=True)
    lease_until = MomentField(null=True)
    created_at = MomentField()
    done_at = MomentField(null=True)

    account_id: int

    class Meta:
        constraints = [Check("state IN ('queued', 'claimed', 'failed', 'sent', 'refused', 'uncertain')")]
        indexes = ((("month", "account"), True), (("state", "next_at"), False))


class WallLink(Table):
    """An address at which the office display shows the wall. Its secret is shown once; only the hash is kept."""

    id = AutoField()
    token_hash = CharField(max_length=64, unique=True)
    name = CharField(max_length=60, default="", constraints=_EMPTY)
    made_by = CharField(max_length=64)
    created_at = MomentField()
    revoked_at = MomentField(null=True)
    seen_at = MomentField(null=True)
