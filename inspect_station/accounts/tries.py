"""Tries at a password or a code: counted before anything is looked at, the account locked after too many."""

from datetime import datetime, timedelta

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.db import db


def may_try(account_id: int, now: datetime, lock_after: int, lock_minutes: int) -> bool:
    """Count this try before the password is looked at; false once the account is locked."""
    with db.atomic():
        Account.update(failed_logins=0, locked_until=None).where(
            Account.id == account_id, Account.locked_until <= now
        ).execute()
        counted = (
            Account.update(failed_logins=Account.failed_logins + 1)
            .where(Account.id == account_id, Account.failed_logins < lock_after)
            .execute()
        )
        Account.update(locked_until=now + timedelta(minutes=lock_minutes)).where(
            Account.id == account_id, Account.failed_logins >= lock_after, Account.locked_until.is_null()
        ).execute()
    return bool(counted)


def give_back(account_id: int, lock_after: int) -> None:
    """Take back the count of this try alone: a right password must not wipe out the wrong codes counted before."""
    Account.update(failed_logins=Account.failed_logins - 1).where(
        Account.id == account_id, Account.failed_logins > 0
    ).execute()
    Account.update(locked_until=None).where(Account.id == account_id, Account.failed_logins < lock_after).execute()


def locked_words(minutes: int) -> str:
    return f"输错次数太多，账号已锁定 {minutes} 分钟。请稍后再试，或向管理员要一次性登录链接。"


def note_failure(account: Account | None, login: str, now: datetime) -> None:
    with db.atomic():
        audit.record(
            Actor(None, login[:64], "system"),
            "account.login",
            "account",
            account.id if account else "-",
            now=now,
            enterprise_id=account.enterprise_id if account else None,
            result="refused",
        )
