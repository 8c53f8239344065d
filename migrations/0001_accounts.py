"""People, sessions, tokens, the audit trail that cannot be changed."""

from peewee import (
    SQL,
    AutoField,
    BooleanField,
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
    login = CharField(max_length=64, unique=True)
    name = CharField(max_length=64)
    role = CharField(max_length=20)
    enterprise_id = IntegerField(null=True, index=True)
    mobile = CharField(max_length=20, default="", constraints=[SQL("DEFAULT ''")])
    email = CharField(max_length=200, default="", constraints=[SQL("DEFAULT ''")])
    password_hash = CharField(max_length=200, null=True)
    disabled_at = DateTimeField(null=True)
    failed_logins = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    locked_until = DateTimeField(null=True)
    last_login_at = DateTimeField(null=True)
    created_at = DateTimeField()
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])
    sample = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])

    class Meta:
        constraints = [
            Check("role IN ('admin', 'head', 'technical_head', 'inspector', 'enterprise', 'auditor')"),
            Check("(role = 'enterprise') = (enterprise_id IS NOT NULL)"),
        ]


class LoginSession(Base):
    id = AutoField()
    token_hash = CharField(max_length=64, unique=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    created_at = DateTimeField()
    seen_at = DateTimeField(index=True)
    ended_at = DateTimeField(null=True)
    address = CharField(max_length=64, default="")
    agent = CharField(max_length=200, default="")


class OneTimeLink(Base):
    id = AutoField()
    token_hash = CharField(max_length=64, unique=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    created_at = DateTimeField()
    expires_at = DateTimeField()
    used_at = DateTimeField(null=True)


class ApiToken(Base):
    id = AutoField()
    name = CharField(max_length=100)
    token_hash = CharField(max_length=64, unique=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    created_at = DateTimeField()
    expires_at = DateTimeField(null=True)
    revoked_at = DateTimeField(null=True)
    used_at = DateTimeField(null=True)


class IdempotencyKey(Base):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    key = CharField(max_length=100)
    fingerprint = CharField(max_length=64)
    status = IntegerField()
    body = TextField()
    headers = TextField(null=True)
    created_at = DateTimeField(index=True)

    class Meta:
        indexes = ((("account", "key"), True),)


class AuditEntry(Base):
    id = AutoField()
    at = DateTimeField(index=True)
    account_id = IntegerField(null=True, index=True)
    account_name = CharField(max_length=64)
    act = CharField(max_length=60, index=True)
    object_type = CharField(max_length=40)
    object_id = CharField(max_length=64)
    enterprise_id = IntegerField(null=True, index=True)
    result = CharField(max_length=20, default="ok")
    detail = TextField(null=True)
    previous_hash = CharField(max_length=64)
    hash = CharField(max_length=64, unique=True)

    class Meta:
        indexes = ((("object_type", "object_id"), False),)


class StationSetting(Base):
    key = CharField(max_length=60, primary_key=True)
    value = TextField(null=True)
    changed_at = DateTimeField()


TABLES = [Account, LoginSession, OneTimeLink, ApiToken, IdempotencyKey, AuditEntry, StationSetting]
STUBS = []


SQLITE_TRIGGERS = {
    "audit_entry_no_update": "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    "audit_entry_no_delete": "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
}
POSTGRES_FUNCTION = (
    "CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit trail is append-only'; END $$"
)
POSTGRES_TRIGGER = (
    "CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()"
)


def is_sqlite(db):
    return "Sqlite" in type(db).__name__


def refuse_changes(db):
    statements = SQLITE_TRIGGERS.values() if is_sqlite(db) else (POSTGRES_FUNCTION, POSTGRES_TRIGGER)
    for statement in statements:
        db.execute_sql(statement)


def allow_changes(db):
    if is_sqlite(db):
        for name in SQLITE_TRIGGERS:
            db.execute_sql(f"DROP TRIGGER {name}")
    else:
        db.execute_sql("DROP TRIGGER audit_entry_append_only ON audit_entry")
        db.execute_sql("DROP FUNCTION audit_entry_refuse()")


def up(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)
    refuse_changes(db)


def down(migrator, db):
    allow_changes(db)
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
