"""Answers to reminders and the clocks they speak of."""

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


class Message(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]


class Answer(Base):
    id = AutoField()
    message = ForeignKeyField(Message, on_delete="CASCADE")
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE", index=False)
    kind = CharField(max_length=10)
    state = CharField(max_length=10, default="open", constraints=[SQL("DEFAULT 'open'")])
    given_at = DateTimeField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
    name = CharField(max_length=60, default="", constraints=_EMPTY)
    phone = CharField(max_length=30, default="", constraints=_EMPTY)
    note = CharField(max_length=300, default="", constraints=_EMPTY)
    facts = TextField(null=True)
    file_name = CharField(max_length=200, default="", constraints=_EMPTY)
    sha256 = CharField(max_length=64, default="", constraints=_EMPTY)
    media_type = CharField(max_length=100, default="", constraints=_EMPTY)
    application_id = IntegerField(null=True)
    handled_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False, backref="handled_answers")
    handled_at = DateTimeField(null=True)
    handled_reason = CharField(max_length=300, default="", constraints=_EMPTY)
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])

    class Meta:
        constraints = [
            Check("kind IN ('noted', 'apply', 'stopped', 'not_ours', 'contact')"),
            Check("state IN ('open', 'seen', 'correcting', 'done', 'rejected', 'replaced')"),
        ]
        indexes = ((("state", "id"), False), (("enterprise", "id"), False))


class AnswerItem(Base):
    id = AutoField()
    answer = ForeignKeyField(Answer, on_delete="CASCADE")
    equipment = ForeignKeyField(Equipment, on_delete="CASCADE", index=False)
    clock = CharField(max_length=20, default="", constraints=_EMPTY)
    quiet_until = DateField(null=True, index=True)

    class Meta:
        indexes = ((("equipment", "clock"), False),)


TABLES = [Answer, AnswerItem]
STUBS = [Account, Enterprise, Equipment, Message]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
