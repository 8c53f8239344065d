"""Reminders: owed steps, messages, attempts, the timetable's lease and heartbeats."""

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


_EMPTY = [SQL("DEFAULT ''")]
_ZERO = [SQL("DEFAULT 0")]
_FALSE = [SQL("DEFAULT FALSE")]
_STATE_CHECK = "state IN ('queued', 'claimed', 'failed', 'uncertain', 'sent', 'refused', 'superseded', 'suppressed')"


class Message(Base):
    id = AutoField()
    key = CharField(max_length=400, unique=True)
    message_id = CharField(max_length=200)
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE", index=False)
    channel = CharField(max_length=20)
    recipient = CharField(max_length=254)
    recipient_name = CharField(max_length=100, default="", constraints=_EMPTY)
    manual = BooleanField(default=False, constraints=_FALSE)
    day = DateField()
    state = CharField(max_length=12, default="queued", constraints=[SQL("DEFAULT 'queued'")])
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    doubtful = BooleanField(default=False, constraints=_FALSE)
    tries = IntegerField(default=0, constraints=_ZERO)
    next_at = DateTimeField(null=True)
    lease_until = DateTimeField(null=True)
    claimed_by = CharField(max_length=80, default="", constraints=_EMPTY)
    subject = CharField(max_length=300, default="", constraints=_EMPTY)
    text = TextField(default="", constraints=_EMPTY)
    html = TextField(default="", constraints=_EMPTY)
    file_name = CharField(max_length=200, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
    created_at = DateTimeField()
    queued_at = DateTimeField()
    done_at = DateTimeField(null=True)
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])

    class Meta:
        constraints = [Check(_STATE_CHECK)]
        indexes = (
            (("state", "next_at"), False),
            (("enterprise", "channel", "recipient", "day"), False),
            (("day", "id"), False),
        )


class OwedStep(Base):
    id = AutoField()
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE", index=False)
    clock = CharField(max_length=20)
    due = CharField(max_length=10, default="", constraints=_EMPTY)
    step = CharField(max_length=12)
    week = IntegerField(default=0, constraints=_ZERO)
    channel = CharField(max_length=20)
    recipient = CharField(max_length=254)
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE", index=False)
    rank = IntegerField()
    urgent = BooleanField(default=False, constraints=_FALSE)
    state = CharField(max_length=12, default="queued", constraints=[SQL("DEFAULT 'queued'")])
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    message = ForeignKeyField(Message, null=True, on_delete="SET NULL")
    owed_on = DateField()
    facts = TextField(null=True)
    created_at = DateTimeField()
    done_at = DateTimeField(null=True)

    class Meta:
        constraints = [Check(_STATE_CHECK)]
        indexes = (
            (("equipment", "clock", "due", "step", "week", "channel", "recipient"), True),
            (("enterprise", "equipment", "clock", "due", "channel", "recipient", "rank"), False),
            (("state", "enterprise", "channel", "recipient"), False),
        )


class Attempt(Base):
    id = AutoField()
    message = ForeignKeyField(Message, on_delete="CASCADE")
    at = DateTimeField()
    sender = CharField(max_length=80)
    outcome = CharField(max_length=12)
    detail = CharField(max_length=500, default="", constraints=_EMPTY)


class Lease(Base):
    name = CharField(max_length=40, primary_key=True)
    holder = CharField(max_length=80)
    until = DateTimeField()


class Heartbeat(Base):
    worker = CharField(max_length=80, primary_key=True)
    started_at = DateTimeField()
    seen_at = DateTimeField()


TABLES = [Message, OwedStep, Attempt, Lease, Heartbeat]
STUBS = [Account, Enterprise, Equipment]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
