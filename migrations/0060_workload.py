"""The head's month: indexes its figures are counted by, closed months, remarks, mailed reports, wall addresses."""

from peewee import (
    SQL,
    AutoField,
    CharField,
    Check,
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


_EMPTY = [SQL("DEFAULT ''")]


class MonthClose(Base):
    id = AutoField()
    month = CharField(max_length=7, unique=True)
    figures = TextField()
    closed_at = DateTimeField()
    closed_by = CharField(max_length=64)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)


class MonthRemark(Base):
    month = CharField(max_length=7, primary_key=True)
    text = TextField(default="", constraints=_EMPTY)
    changed_at = DateTimeField()
    changed_by = CharField(max_length=64)
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])


class ReportMail(Base):
    id = AutoField()
    month = CharField(max_length=7)
    account = ForeignKeyField(Account, on_delete="CASCADE", index=False)
    recipient = CharField(max_length=254, default="", constraints=_EMPTY)
    message_id = CharField(max_length=200)
    state = CharField(max_length=12, default="queued", constraints=[SQL("DEFAULT 'queued'")])
    reason = CharField(max_length=300, default="", constraints=_EMPTY)
    tries = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    next_at = DateTimeField(null=True)
    lease_until = DateTimeField(null=True)
    created_at = DateTimeField()
    done_at = DateTimeField(null=True)

    class Meta:
        constraints = [Check("state IN ('queued', 'claimed', 'failed', 'sent', 'refused', 'uncertain')")]
        indexes = ((("month", "account"), True), (("state", "next_at"), False))


class WallLink(Base):
    id = AutoField()
    token_hash = CharField(max_length=64, unique=True)
    name = CharField(max_length=60, default="", constraints=_EMPTY)
    made_by = CharField(max_length=64)
    created_at = DateTimeField()
    revoked_at = DateTimeField(null=True)
    seen_at = DateTimeField(null=True)


TABLES = [MonthClose, MonthRemark, ReportMail, WallLink]
STUBS = [Account]
INDEXES = {
    "inspection_completed_on": '"inspection" ("completed_on")',
    "inspection_answered_due": '"inspection" ("answered_due")',
    "due_row_counted": (
        '"due_row" ("done_by", "sort_on", "standing", "late_on", "kind", "clock", "enterprise_id", "equipment_id")'
    ),
}


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)
    for name, on in INDEXES.items():
        db.execute_sql(f'CREATE INDEX "{name}" ON {on}')


def down(migrator, db):
    for name in INDEXES:
        db.execute_sql(f'DROP INDEX "{name}"')
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
