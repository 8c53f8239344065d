"""What is kept about a person with an account: handed out whole, and taken out when it may be (个人信息保护法 45, 47)."""

import re
from collections.abc import Sequence
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

_HELD = ("login", "name", "role", "enterprise_id", "mobile", "email", "created_at", "last_login_at", "disabled_at")
_MOBILE = re.compile(r"(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)")


def find(actor: Actor, words: str, most: int = 20) -> Sequence[Account]:
    """Accounts whose name, login, mobile or address holds the words; those taken out are found by their new name."""
    actor.need("persons")
    asked = (Account.name, Account.login, Account.mobile, Account.email)
    fits = [field.contains(words) for field in asked]
    query = Account.select().where(fits[0] | fits[1] | fits[2] | fits[3])
    return list(query.order_by(Account.name, Account.id).limit(most))


def get(actor: Actor, account_id: int) -> Account:
    """Raises `NotFound`."""
    actor.need("persons")
    account = Account.get_or_none(Account.id == account_id)
    if account is None:
        raise NotFound()
    return account


def counts(actor: Actor, account_id: int) -> dict[str, int]:
    """How many log-ins, tokens and acts are kept about somebody."""
    actor.need("persons")
    kept: dict[str, Any] = {
        "log_ins": LoginSession.select().where(LoginSession.account == account_id),
        "tokens": ApiToken.select().where(ApiToken.account == account_id),
        "acts": AuditEntry.select().where(AuditEntry.account_id == account_id),
    }
    return {name: int(query.count()) for name, query in kept.items()}


def why(reason: str) -> dict[str, str]:
    """The reason as the trail may hold it: a number typed there is masked, for the trail is never changed."""
    return {"reason": _MOBILE.sub(r"\1****\2", reason)} if reason else {}


def handled(actor: Actor, most: int = 50) -> list[dict[str, Any]]:
    """The requests that were handled, newest first, out of the trail."""
    actor.need("persons")
    query: Any = AuditEntry.select().where(AuditEntry.act.in_(("person.export", "person.forget")))
    return list(query.order_by(AuditEntry.id.desc()).limit(most).dicts())


def export(actor: Actor, account_id: int, now: datetime, reason: str = "") -> dict[str, Any]:
    """Everything kept about this person, without what would open the account. That it was handed out is in the trail."""
    account = get(actor, account_id)
    firm = account.enterprise_id
    with db.atomic():
        audit.record(actor, "person.export", "account", account_id, now=now, enterprise_id=firm, detail=why(reason))
    return {
        "account": {name: getattr(account, name) for name in _HELD},
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


def forget(actor: Actor, account_id: int, now: datetime, reason: str = "") -> None:
    """Close the account and take out what says who it was. The trail keeps the name: the law wants it, and it cannot change.

    Raises `Conflict` for one's own account and for the last administrator's.
    """
    account = get(actor, account_id)
    if account.id == actor.account_id:
        raise Conflict("不能删除自己正在使用的账号。")
    if account.role == "admin" and not _others_who_administer(account_id):
        raise Conflict("这是最后一个管理员账号，删除后没有人能管理本站；请先新增一位管理员。")
    gone = {"login": f"gone-{account.id}", "name": f"已注销人员{account.id}", "mobile": "", "email": ""}
    with db.atomic():
        sessions.end_all(account.id, now)
        for table in (ApiToken, OneTimeLink, IdempotencyKey, RecoveryCode, SecondFactor, LoginSession):
            table.delete().where(table.account == account.id).execute()
        Account.update(**gone, password_hash=None, disabled_at=account.disabled_at or now).where(
            Account.id == account.id
        ).execute()
        audit.record(
            actor,
            "person.forget",
            "account",
            account_id,
            now=now,
            enterprise_id=account.enterprise_id,
            detail=why(reason),
        )


def _others_who_administer(account_id: int) -> bool:
    here = (Account.role == "admin", Account.disabled_at.is_null(), Account.id != account_id)
    return bool(Account.select().where(*here).exists())
