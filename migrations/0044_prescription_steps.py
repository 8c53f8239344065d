"""Reminders of the clinic's prescriptions: each owed step once for each recipient."""

from peewee import SQL, AutoField, CharField, Check, DateField, DateTimeField, ForeignKeyField, IntegerField, Model


class Base(Model):
    class Meta:
        legacy_table_names = False


class Enterprise(Base):
    id = AutoField()


class Message(Base):
    id = AutoField()


class PrescriptionStep(Base):
    id = AutoField()
    finding = IntegerField()
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE", index=False)
    due = CharField(max_length=10)
    step = CharField(max_length=12)
    week = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    rank = IntegerField()
    channel = CharField(max_length=20)
    recipient = CharField(max_length=254)
    state = CharField(max_length=12, default="queued", constraints=[SQL("DEFAULT 'queued'")])
    message = ForeignKeyField(Message, null=True, on_delete="SET NULL")
    owed_on = DateField()
    created_at = DateTimeField()

    class Meta:
        constraints = [Check("state IN ('queued', 'told', 'superseded', 'suppressed')")]
        indexes = (
            (("finding", "due", "step", "week", "channel", "recipient"), True),
            (("state", "enterprise", "channel", "recipient"), False),
        )


TABLES = [PrescriptionStep]
STUBS = [Enterprise, Message]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
