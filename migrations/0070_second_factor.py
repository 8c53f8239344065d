"""The second step of a log-in: a sealed secret for each person who wants one, and recovery codes as hashes."""

from peewee import AutoField, BigIntegerField, CharField, DateTimeField, ForeignKeyField, Model


class Base(Model):
    class Meta:
        legacy_table_names = False


class Account(Base):
    id = AutoField()


class SecondFactor(Base):
    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    secret = CharField(max_length=300)
    created_at = DateTimeField()
    confirmed_at = DateTimeField(null=True)
    last_step = BigIntegerField(null=True)


class RecoveryCode(Base):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    code_hash = CharField(max_length=64, unique=True)
    used_at = DateTimeField(null=True)


TABLES = [SecondFactor, RecoveryCode]
STUBS = [Account]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
