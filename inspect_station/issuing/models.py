"""Notices that were printed, what each names, and when it was handed over. Rows are never deleted: numbers have no gaps."""

from peewee import SQL, AutoField, CharField, Check, DateField, ForeignKeyField, IntegerField, Node

from inspect_station.accounts.models import Account
from inspect_station.db import JsonField, MomentField, Table
from inspect_station.registry.models import Enterprise, Equipment

_EMPTY: list[Node] = [SQL("DEFAULT ''")]


class IssuedNotice(Table):
    id = AutoField()
    # The number is made of these two: one row of numbers for each year.
    year = IntegerField()
    sequence = IntegerField()
    number = CharField(max_length=40, unique=True)
    kind = CharField(max_length=12)
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT", index=False)
    addressee = CharField(max_length=60, default="", constraints=_EMPTY)
    day = DateField()
    items = IntegerField()
    # Those printed together.
    batch = CharField(max_length=36, index=True)
    batch_sha256 = CharField(max_length=64)
    # The PDF as printed lies among the files under this digest.
    sha256 = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
    account_name = CharField(max_length=64)
    created_at = MomentField()
    delivered_on = DateField(null=True)
    receiver = CharField(max_length=60, default="", constraints=_EMPTY)
    delivery_note = CharField(max_length=200, default="", constraints=_EMPTY)
    delivery_by = CharField(max_length=64, default="", constraints=_EMPTY)
    voided_at = MomentField(null=True)
    void_reason = CharField(max_length=200, default="", constraints=_EMPTY)

    enterprise_id: int

    class Meta:
        constraints = [Check("kind IN ('due', 'overdue', 'preparation')")]
        indexes = ((("year", "sequence"), True), (("enterprise", "day"), False))


class NoticeItem(Table):
    """One line of a notice, as printed."""

    id = AutoField()
    notice = ForeignKeyField(IssuedNotice, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clock = CharField(max_length=20)
    line = JsonField()

    equipment_id: int
