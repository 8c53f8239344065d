"""Imports of ledgers: the file's way, what became of each row, saved mappings."""

from peewee import SQL, AutoField, CharField, DateTimeField, ForeignKeyField, IntegerField, Model, TextField


class Base(Model):
    class Meta:
        legacy_table_names = False


class Account(Base):
    id = AutoField()


class Equipment(Base):
    id = AutoField()


class LedgerImport(Base):
    id = AutoField()
    file_name = CharField(max_length=200)
    size = IntegerField()
    enterprise = CharField(max_length=200, default="", constraints=[SQL("DEFAULT ''")])
    boiler_clock = CharField(max_length=20, default="internal", constraints=[SQL("DEFAULT 'internal'")])
    mapping = TextField(null=True)
    sheets = TextField(null=True)
    notes = TextField(null=True)
    counts = TextField(null=True)
    state = CharField(max_length=20, index=True)
    message = TextField(default="", constraints=[SQL("DEFAULT ''")])
    rows_total = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    rows_done = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    worker = CharField(max_length=40, default="", constraints=[SQL("DEFAULT ''")])
    heartbeat_at = DateTimeField(null=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    created_at = DateTimeField(index=True)
    confirmed_at = DateTimeField(null=True)
    finished_at = DateTimeField(null=True)


class LedgerRow(Base):
    id = AutoField()
    ledger_import = ForeignKeyField(LedgerImport, on_delete="CASCADE")
    sheet = CharField(max_length=100)
    row = IntegerField()
    title = CharField(max_length=300)
    fate = CharField(max_length=20)
    equipment = ForeignKeyField(Equipment, null=True, on_delete="SET NULL")
    changes = TextField(null=True)
    problems = TextField(null=True)

    class Meta:
        indexes = ((("ledger_import", "fate", "id"), False),)


class LedgerMapping(Base):
    id = AutoField()
    headings = CharField(max_length=64, unique=True)
    mapping = TextField()
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    saved_at = DateTimeField()


TABLES = [LedgerImport, LedgerRow, LedgerMapping]
STUBS = [Account, Equipment]


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
