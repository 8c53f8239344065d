"""Qualification codes and what they allow, who holds them, working time and absences."""

from peewee import SQL, AutoField, BooleanField, CharField, Check, DateField, ForeignKeyField, IntegerField, Node

from inspect_station.accounts.models import Account
from inspect_station.db import MomentField, Table

_EMPTY: list[Node] = [SQL("DEFAULT ''")]


class QualificationCode(Table):
    """A code of the inspectors' examination rules as the station enters it.

    `example`: shipped so that a new station can begin; the document's own list has not been read here (待核实).
    """

    id = AutoField()
    code = CharField(max_length=20, unique=True)
    name = CharField(max_length=100)
    example = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    note = CharField(max_length=300, default="", constraints=_EMPTY)
    changed_at = MomentField()


class CodeUse(Table):
    """Holders of the code may carry out this clock on this kind; of several codes for one pair any will do."""

    id = AutoField()
    code = ForeignKeyField(QualificationCode, on_delete="CASCADE")
    kind = CharField(max_length=20)
    clock = CharField(max_length=20)

    class Meta:
        indexes = ((("kind", "clock", "code"), True),)


class Qualification(Table):
    """A person holds a code up to and including `valid_until`; null: without end."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    code = ForeignKeyField(QualificationCode, on_delete="RESTRICT")
    certificate = CharField(max_length=60, default="", constraints=_EMPTY)
    valid_until = DateField(null=True)
    changed_at = MomentField()

    class Meta:
        indexes = ((("account", "code"), True),)


class WorkingTime(Table):
    """Minutes a day a person can spend on inspections, and on which weekdays (1 is Monday)."""

    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    daily_min = IntegerField()
    weekdays = CharField(max_length=7)
    planned = BooleanField(default=True, constraints=[SQL("DEFAULT TRUE")])
    changed_at = MomentField()

    class Meta:
        constraints = [Check("daily_min BETWEEN 1 AND 1440")]


class Absence(Table):
    """Days on which a person does not inspect, both ends included."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    first_on = DateField()
    last_on = DateField()
    reason = CharField(max_length=20)
    note = CharField(max_length=200, default="", constraints=_EMPTY)
    made_by = CharField(max_length=64)
    made_at = MomentField()

    class Meta:
        constraints = [
            Check("first_on <= last_on"),
            Check("reason IN ('leave', 'sick', 'training', 'away', 'other')"),
        ]
        indexes = ((("account", "last_on"), False),)
