"""Letters to the station's own people."""

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

_STATES = "state IN ('queued', 'claimed', 'failed', 'uncertain', 'sent', 'refused', 'superseded', 'suppressed')"


class Base(Model):
    class Meta:
        legacy_table_names = False


class Account(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]


class StaffLetter(Base):
    id = AutoField()
    key = CharField(max_length=60, unique=True)
    message_id = CharField(max_length=200)
    kind = CharField(max_length=10)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    channel = CharField(max_length=20)
    recipient = CharField(max_length=254, default="", constraints=_EMPTY)
    day = DateField()
    told_until = DateField(null=True)
    subject = CharField(max_length=300)
    text = TextField()
    html = TextField()
    state = CharField(max_length=12, default="queued", constraints=[SQL("DEFAULT 'queued'")])
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    doubtful = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    tries = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    next_at = DateTimeField(null=True)
    queued_at = DateTimeField()
    lease_until = DateTimeField(null=True)
    claimed_by = CharField(max_length=80, default="", constraints=_EMPTY)
    created_at = DateTimeField()
    done_at = DateTimeField(null=True)

    class Meta:
        constraints = [Check(_STATES), Check("kind IN ('weekly', 'overdue')")]
        indexes = ((("state", "next_at"), False),)


TABLES = [StaffLetter]
STUBS = [Account]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
