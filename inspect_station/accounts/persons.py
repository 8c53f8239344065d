"""What is kept about a person with an account: handed out whole, and taken out when it may be (个人信息保护法 45, 47)."""

from datetime import datetime
from typing import Any

from inspect_station.accounts import audit, factors, sessions
from inspect_station.accounts.models import (
    Account,
    ApiToken,
    AuditEntry,
    IdempotencyKey,
    LoginSession,
    OneTimeLink,
    RecoveryCode,
    SecondFactor,
)
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, NotFound


def _find(actor: Actor, account_id: int) -> Account:
    actor.need("accounts")
    account = Account.get_or_none(Account.id == account_id)
    if account is None:
        raise NotFound()
    return account


def export(actor: Actor, account_id: int, now: datetime) -> dict[str, Any]:
    """Everything kept about this person, without what would open the account. That it was handed out is in the trail."""
    account = _find(actor, account_id)
    held = ("login", "name", "role", "enterprise_id", "mobile", "email", "created_at", "last_login_at", "disabled_at")
    with db.atomic():
        audit.record(actor, "person.export", "account", account_id, now=now, enterprise_id=account.enterprise_id)
    return {
        "account": {name: getattr(account, name) for name in held},
        "two_steps": factors.in_use(account_id),
        "log_ins": _rows(LoginSession, account_id, "created_at", "seen_at", "ended_at", "address", "agent"),
        "tokens": _rows(ApiToken, account_id, "name", "created_at", "expires_at", "revoked_at"),
        "acts": list(
            AuditEntry.select(AuditEntry.at, AuditEntry.act, AuditEntry.object_type, AuditEntry.object_id)
            .where(AuditEntry.account_id == account_id)
            .order_by(AuditEntry.id)
            .dicts()
        ),
    }


def _rows(table: Any, account_id: int, *names: str) -> list[dict[str, Any]]:
    query = table.select(*(getattr(table, name) for name in names)).where(table.account == account_id)
    return list(query.order_by(table.id).dicts())


def forget(actor: Actor, account_id: int, now: datetime) -> None:
    """Close the account and take out what says who it was. The trail keeps the name: the law wants it, and it cannot change.

    Raises `Conflict` for one's own account.
    """
    account = _find(actor, account_id)
    if account.id == actor.account_id:
        raise Conflict("不能删除自己正在使用的账号。")
    gone = {"login": f"gone-{account.id}", "name": f"已注销人员{account.id}", "mobile": "", "email": ""}
    with db.atomic():
        sessions.end_all(account.id, now)
        for table in (ApiToken, OneTimeLink, IdempotencyKey, RecoveryCode, SecondFactor, LoginSession):
            table.delete().where(table.account == account.id).execute()
        Account.update(**gone, password_hash=None, disabled_at=account.disabled_at or now).where(
            Account.id == account.id
        ).execute()
        audit.record(actor, "person.forget", "account", account_id, now=now, enterprise_id=account.enterprise_id)
