"""Calendar feeds and what their events last said."""

from peewee import SQL, AutoField, CharField, DateField, DateTimeField, ForeignKeyField, IntegerField, Model


class Base(Model):
    class Meta:
        legacy_table_names = False


class Account(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]


class CalendarFeed(Base):
    id = AutoField()
    token_hash = CharField(max_length=64, unique=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    name = CharField(max_length=60, default="", constraints=_EMPTY)
    created_at = DateTimeField()
    revoked_at = DateTimeField(null=True)
    fetched_at = DateTimeField(null=True)


class FeedEvent(Base):
    uid = CharField(max_length=80, primary_key=True)
    told_on = DateField()
    told = CharField(max_length=64)
    sequence = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    changed_at = DateTimeField()


TABLES = [CalendarFeed, FeedEvent]
STUBS = [Account]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
