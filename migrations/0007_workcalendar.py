"""Working days: announced years, days off and make-up days, and what people changed."""

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
    TextField,
)


class Base(Model):
    class Meta:
        legacy_table_names = False


class Account(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]


class CalendarYear(Base):
    year = IntegerField(primary_key=True)
    announced = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    document = CharField(max_length=200, default="", constraints=_EMPTY)
    changed_at = DateTimeField()


class CalendarDay(Base):
    day = DateField(primary_key=True)
    kind = CharField(max_length=4)
    name = CharField(max_length=60)
    source = CharField(max_length=100, default="", constraints=_EMPTY)

    class Meta:
        constraints = [Check("kind IN ('off', 'work')")]


class CalendarChange(Base):
    id = AutoField()
    at = DateTimeField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    account_name = CharField(max_length=64)
    summary = CharField(max_length=200)
    before = TextField()
    after = TextField()
    undone_at = DateTimeField(null=True)


TABLES = [CalendarYear, CalendarDay, CalendarChange]
STUBS = [Account]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
