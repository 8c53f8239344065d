"""检验意见通知书 with its steps, requests for extension."""

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


class Enterprise(Base):
    id = AutoField()


class Equipment(Base):
    id = AutoField()


class Inspection(Base):
    id = AutoField()


class Extension(Base):
    id = AutoField()


class Task(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]
_FALSE = [SQL("DEFAULT FALSE")]
_ONE = [SQL("DEFAULT 1")]


class FindingNotice(Base):
    id = AutoField()
    number = CharField(max_length=40, null=True, unique=True)
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clock = CharField(max_length=20)
    inspection = ForeignKeyField(Inspection, null=True, on_delete="SET NULL")
    task = ForeignKeyField(Task, null=True, on_delete="SET NULL")
    severe = BooleanField(default=False, constraints=_FALSE)
    problem = TextField()
    basis = CharField(max_length=300, default="", constraints=_EMPTY)
    deadline = DateField()
    state = CharField(max_length=10, default="draft", constraints=[SQL("DEFAULT 'draft'")])
    issued_at = DateTimeField(null=True)
    issued_by = CharField(max_length=64, default="", constraints=_EMPTY)
    reply = TextField(default="", constraints=_EMPTY)
    replied_at = DateTimeField(null=True)
    replied_by = CharField(max_length=64, default="", constraints=_EMPTY)
    reinspect_by = DateField(null=True)
    reinspected_at = DateTimeField(null=True)
    closed_at = DateTimeField(null=True)
    unit_told_at = DateTimeField(null=True)
    unit_told = CharField(max_length=200, default="", constraints=_EMPTY)
    authority_told_at = DateTimeField(null=True)
    authority_told = CharField(max_length=200, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = DateTimeField()
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("state IN ('draft', 'issued', 'replied', 'passed', 'closed', 'cancelled')")]
        indexes = ((("state", "deadline"), False), (("enterprise", "state"), False))


class FindingStep(Base):
    id = AutoField()
    notice = ForeignKeyField(FindingNotice, on_delete="CASCADE")
    act = CharField(max_length=20)
    text = TextField(default="", constraints=_EMPTY)
    name = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    at = DateTimeField()


class ExtensionRequest(Base):
    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="RESTRICT")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE")
    clock = CharField(max_length=20)
    original_due = DateField(null=True)
    until = DateField()
    reason = TextField()
    measures = TextField()
    approved_by = CharField(max_length=60)
    state = CharField(max_length=10, default="asked", constraints=[SQL("DEFAULT 'asked'")])
    asked_at = DateTimeField()
    asked_by = CharField(max_length=64)
    agreed_at = DateTimeField(null=True)
    agreed_by = CharField(max_length=64, default="", constraints=_EMPTY)
    opinion = CharField(max_length=500, default="", constraints=_EMPTY)
    filed_on = DateField(null=True)
    document = CharField(max_length=200, default="", constraints=_EMPTY)
    extension = ForeignKeyField(Extension, null=True, on_delete="SET NULL")
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    revision = IntegerField(default=1, constraints=_ONE)

    class Meta:
        constraints = [Check("state IN ('asked', 'agreed', 'granted', 'refused', 'withdrawn')")]
        indexes = ((("equipment", "clock"), False), (("state", "asked_at"), False))


TABLES = [FindingNotice, FindingStep, ExtensionRequest]
STUBS = [Account, Enterprise, Equipment, Inspection, Extension, Task]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
