"""Channels: robots of contacts, dead addresses, limits shared by all senders, what people did by hand."""

from peewee import (
    SQL,
    AutoField,
    CharField,
    Check,
    DateField,
    DateTimeField,
    DoubleField,
    ForeignKeyField,
    Model,
)


class Base(Model):
    class Meta:
        legacy_table_names = False


class Account(Base):
    id = AutoField()


class Enterprise(Base):
    id = AutoField()


class Contact(Base):
    id = AutoField()


class Message(Base):
    id = AutoField()


_EMPTY = [SQL("DEFAULT ''")]
_ZERO = [SQL("DEFAULT 0")]

NEW_COLUMNS = (
    ("robot_kind", "VARCHAR(12)"),
    ("robot_secret", "TEXT"),
    ("robot_hint", "VARCHAR(4)"),
    ("robot_digest", "VARCHAR(32)"),
    ("preferred", "VARCHAR(12)"),
)
HOSTS = (("wecom", "qyapi.weixin.qq.com"), ("dingtalk", "oapi.dingtalk.com"), ("feishu", "open.feishu.cn"))


class DeadAddress(Base):
    id = AutoField()
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE", index=False)
    recipient = CharField(max_length=254)
    channel = CharField(max_length=20)
    reason = CharField(max_length=300)
    message = ForeignKeyField(Message, null=True, on_delete="SET NULL")
    at = DateTimeField()
    cleared_at = DateTimeField(null=True)
    cleared_by = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)

    class Meta:
        indexes = ((("enterprise", "recipient"), False),)


class SendLimit(Base):
    key = CharField(max_length=80, primary_key=True)
    full_at = DoubleField(default=0, constraints=_ZERO)
    blocked_until = DoubleField(default=0, constraints=_ZERO)


class HandDelivery(Base):
    id = AutoField()
    message = ForeignKeyField(Message, on_delete="CASCADE")
    enterprise = ForeignKeyField(Enterprise, on_delete="CASCADE")
    contact = ForeignKeyField(Contact, null=True, on_delete="SET NULL", index=False)
    contact_name = CharField(max_length=60, default="", constraints=_EMPTY)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL", index=False)
    account_name = CharField(max_length=64, default="", constraints=_EMPTY)
    way = CharField(max_length=10)
    outcome = CharField(max_length=20)
    words = CharField(max_length=300, default="", constraints=_EMPTY)
    next_on = DateField(null=True)
    delivered_on = DateField(null=True)
    at = DateTimeField()

    class Meta:
        constraints = [Check("way IN ('phone', 'print')")]


TABLES = [DeadAddress, SendLimit, HandDelivery]
STUBS = [Account, Enterprise, Contact, Message]


def up(migrator, db):
    for name, kind in NEW_COLUMNS:
        db.execute_sql(f'ALTER TABLE "contact" ADD COLUMN "{name}" {kind} NOT NULL DEFAULT \'\'')
    for kind, host in HOSTS:
        db.execute_sql(
            f"UPDATE contact SET robot_kind = '{kind}', robot_hint = substr(robot_address, length(robot_address) - 3) "
            f"WHERE substr(robot_address, 1, {len(host) + 9}) = 'https://{host}/'"
        )
    with db.bind_ctx(TABLES + STUBS):
        db.create_tables(TABLES, safe=False)


def down(migrator, db):
    with db.bind_ctx(TABLES + STUBS):
        db.drop_tables(list(reversed(TABLES)), safe=False)
    for name, _ in reversed(NEW_COLUMNS):
        db.execute_sql(f'ALTER TABLE "contact" DROP COLUMN "{name}"')
