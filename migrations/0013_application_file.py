"""Papers and photos that go with an application."""

from peewee import AutoField, CharField, DateTimeField, ForeignKeyField, IntegerField, Model


class Base(Model):
    class Meta:
        legacy_table_names = False


class Account(Base):
    id = AutoField()


class Application(Base):
    id = AutoField()


class ApplicationFile(Base):
    id = AutoField()
    application = ForeignKeyField(Application, on_delete="CASCADE")
    file_name = CharField(max_length=140)
    media_type = CharField(max_length=100)
    sha256 = CharField(max_length=64)
    size = IntegerField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    name = CharField(max_length=64)
    at = DateTimeField()


TABLES = [ApplicationFile]
STUBS = [Account, Application]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
