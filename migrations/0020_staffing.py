"""Inspectors: qualification codes and what they allow, who holds them, working time, absences."""

from peewee import (
    SQL,
    AutoField,
    BooleanField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
)


class Base(Model):
    class Meta:
        legacy_table_names = False


class Account(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]


class QualificationCode(Base):
    id = AutoField()
    code = CharField(max_length=20, unique=True)
    name = CharField(max_length=100)
    example = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    note = CharField(max_length=300, default="", constraints=_EMPTY)
    changed_at = DateTimeField()


class CodeUse(Base):
    id = AutoField()
    code = ForeignKeyField(QualificationCode, on_delete="CASCADE")
    kind = CharField(max_length=20)
    clock = CharField(max_length=20)

    class Meta:
        indexes = ((("kind", "clock", "code"), True),)


class Qualification(Base):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    code = ForeignKeyField(QualificationCode, on_delete="RESTRICT")
    certificate = CharField(max_length=60, default="", constraints=_EMPTY)
    valid_until = DateField(null=True)
    changed_at = DateTimeField()

    class Meta:
        indexes = ((("account", "code"), True),)


class WorkingTime(Base):
    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    daily_min = IntegerField()
    weekdays = CharField(max_length=7)
    planned = BooleanField(default=True, constraints=[SQL("DEFAULT TRUE")])
    changed_at = DateTimeField()

    class Meta:
        constraints = [Check("daily_min BETWEEN 1 AND 1440")]


class Absence(Base):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    first_on = DateField()
    last_on = DateField()
    reason = CharField(max_length=20)
    note = CharField(max_length=200, default="", constraints=_EMPTY)
    made_by = CharField(max_length=64)
    made_at = DateTimeField()

    class Meta:
        constraints = [
            Check("first_on <= last_on"),
            Check("reason IN ('leave', 'sick', 'training', 'away', 'other')"),
        ]
        indexes = ((("account", "last_on"), False),)


TABLES = [QualificationCode, CodeUse, Qualification, WorkingTime, Absence]
STUBS = [Account]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
