"""People, their sessions and tokens, and the trail of what they did."""

from peewee import (
    SQL,
    AutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    ForeignKeyField,
    IntegerField,
    TextField,
)

from inspect_station.db import JsonField, MomentField, Table

ROLES = ("admin", "head", "technical_head", "inspector", "enterprise", "auditor")


class Account(Table):
    id = AutoField()
    login = CharField(max_length=64, unique=True)
    name = CharField(max_length=64)
    role = CharField(max_length=20)
    # The registry lies above this area, so the enterprise is a plain number here.
    enterprise_id = IntegerField(null=True, index=True)
    mobile = CharField(max_length=20, default="", constraints=[SQL("DEFAULT ''")])
    email = CharField(max_length=200, default="", constraints=[SQL("DEFAULT ''")])
    password_hash = CharField(max_length=200, null=True)
    disabled_at = MomentField(null=True)
    failed_logins = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    locked_until = MomentField(null=True)
    last_login_at = MomentField(null=True)
    created_at = MomentField()
    revision = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])
    sample = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])

    class Meta:
        constraints = [
            Check("role IN ('admin', 'head', 'technical_head', 'inspector', 'enterprise', 'auditor')"),
            Check("(role = 'enterprise') = (enterprise_id IS NOT NULL)"),
        ]


class LoginSession(Table):
    """A log-in lives here; the cookie only names it, so ending it here ends it everywhere."""

    id = AutoField()
    token_hash = CharField(max_length=64, unique=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    created_at = MomentField()
    seen_at = MomentField(index=True)
    ended_at = MomentField(null=True)
    address = CharField(max_length=64, default="")
    agent = CharField(max_length=200, default="")


class OneTimeLink(Table):
    id = AutoField()
    token_hash = CharField(max_length=64, unique=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    created_at = MomentField()
    expires_at = MomentField()
    used_at = MomentField(null=True)


class SecondFactor(Table):
    """What a person's telephone counts with. `confirmed_at` empty: begun, not in use; `last_step`: no code counts twice."""

    account = ForeignKeyField(Account, primary_key=True, on_delete="CASCADE")
    secret = CharField(max_length=300)
    created_at = MomentField()
    confirmed_at = MomentField(null=True)
    last_step = BigIntegerField(null=True)

    account_id: int


class RecoveryCode(Table):
    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    code_hash = CharField(max_length=64, unique=True)
    used_at = MomentField(null=True)


class ApiToken(Table):
    id = AutoField()
    name = CharField(max_length=100)
    token_hash = CharField(max_length=64, unique=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    created_at = MomentField()
    expires_at = MomentField(null=True)
    revoked_at = MomentField(null=True)
    used_at = MomentField(null=True)


class IdempotencyKey(Table):
    """The answer given to a write, so that the same request sent again gets it again and writes nothing."""

    id = AutoField()
    account = ForeignKeyField(Account, on_delete="CASCADE")
    key = CharField(max_length=100)
    fingerprint = CharField(max_length=64)
    status = IntegerField()
    body = TextField()
    headers = JsonField(null=True)
    created_at = MomentField(index=True)

    class Meta:
        indexes = ((("account", "key"), True),)


class AuditEntry(Table):
    """One act. Rows are chained by their hashes; the database refuses to change or delete them."""

    id = AutoField()
    at = MomentField(index=True)
    account_id = IntegerField(null=True, index=True)
    account_name = CharField(max_length=64)
    act = CharField(max_length=60, index=True)
    object_type = CharField(max_length=40)
    object_id = CharField(max_length=64)
    enterprise_id = IntegerField(null=True, index=True)
    result = CharField(max_length=20, default="ok")
    detail = JsonField(null=True)
    previous_hash = CharField(max_length=64)
    hash = CharField(max_length=64, unique=True)

    class Meta:
        indexes = ((("object_type", "object_id"), False),)


class StationSetting(Table):
    """Station-wide values a person sets on a page (sample park loaded, sending paused …)."""

    key = CharField(max_length=60, primary_key=True)
    value = JsonField(null=True)
    changed_at = MomentField()
