"""Days off and make-up days. A year without a row, or not announced, counts Monday to Friday and is provisional."""

from peewee import SQL, AutoField, BooleanField, CharField, Check, DateField, ForeignKeyField, IntegerField, Node

from inspect_station.accounts.models import Account
from inspect_station.db import JsonField, MomentField, Table

_EMPTY: list[Node] = [SQL("DEFAULT ''")]


class CalendarYear(Table):
    year = IntegerField(primary_key=True)
    announced = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    # The notice that announced it, as a person would look it up.
    document = CharField(max_length=200, default="", constraints=_EMPTY)
    changed_at = MomentField()


class CalendarDay(Table):
    """A day that differs from Monday to Friday, or a weekend day that belongs to a holiday."""

    day = DateField(primary_key=True)
    kind = CharField(max_length=4)
    name = CharField(max_length=60)
    source = CharField(max_length=100, default="", constraints=_EMPTY)

    class Meta:
        constraints = [Check("kind IN ('off', 'work')")]


class CalendarChange(Table):
    """One act of a person: what the touched days and years were before and after, so that it can be undone."""

    id = AutoField()
    at = MomentField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    account_name = CharField(max_length=64)
    summary = CharField(max_length=200)
    before = JsonField()
    after = JsonField()
    undone_at = MomentField(null=True)
