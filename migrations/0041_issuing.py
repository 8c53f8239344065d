"""Notices printed for enterprises."""

from peewee import (
    SQL,
    AutoField,
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


class Enterprise(Base):
    id = AutoField()


class Equipment(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]


class IssuedNotice(Base):
    id = AutoField()
    year = IntegerField()
    sequence = IntegerField()
    number = CharField(max_length=40, unique=True)
    kind = CharField(max_length=12)
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT", index=False)
    addressee = CharField(max_length=60, default="", constraints=_EMPTY)
    day = DateField()
    items = IntegerField()
    batch = CharField(max_length=36, index=True)
    batch_sha256 = CharField(max_length=64)
    sha256 = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
    account_name = CharField(max_length=64)
    created_at = DateTimeField()
    delivered_on = DateField(null=True)
    receiver = CharField(max_length=60, default="", constraints=_EMPTY)
    delivery_note = CharField(max_length=200, default="", constraints=_EMPTY)
    delivery_by = CharField(max_length=64, default="", constraints=_EMPTY)
    voided_at = DateTimeField(null=True)
    void_reason = CharField(max_length=200, default="", constraints=_EMPTY)

    class Meta:
        constraints = [Check("kind IN ('due', 'overdue', 'preparation')")]
        indexes = ((("year", "sequence"), True), (("enterprise", "day"), False))


class NoticeItem(Base):
    id = AutoField()
    notice = ForeignKeyField(IssuedNotice, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clock = CharField(max_length=20)
    line = TextField()


TABLES = [IssuedNotice, NoticeItem]
STUBS = [Account, Enterprise, Equipment]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
