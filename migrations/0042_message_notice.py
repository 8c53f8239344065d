"""The notice that went with a letter, as texts to set again."""

from peewee import AutoField, ForeignKeyField, Model, TextField


class Base(Model):
    class Meta:
        legacy_table_names = False


class Message(Base):
    id = AutoField()


class MessageNotice(Base):
    message = ForeignKeyField(Message, primary_key=True, on_delete="CASCADE")
    sheets = TextField()


TABLES = [MessageNotice]
STUBS = [Message]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
