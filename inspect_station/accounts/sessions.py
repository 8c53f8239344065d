"""Log-ins kept on the server: made, looked up, ended. Only hashes of tokens are stored."""

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from peewee import OperationalError

from inspect_station.accounts.models import Account, LoginSession
from inspect_station.accounts.scope import Actor
from inspect_station.db import moment, run


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def start(account: Account, now: datetime, address: str = "", agent: str = "") -> str:
    """A new session's token."""
    token = new_token()
    LoginSession.insert(
        token_hash=token_hash(token),
        account=account,
        created_at=now,
        seen_at=now,
        address=address,
        agent=agent[:200],
    ).execute()
    return token


def find(token: str, now: datetime, *, idle: timedelta, longest: timedelta) -> Actor | None:
    """Who this token's session belongs to, while it lives; marks it as seen at most once a minute."""
    rows = run(_FIND, {"hash": token_hash(token)})
    if not rows:
        return None
    number, seen, created, disabled, *who = rows[0]
    seen_at, created_at = moment(seen), moment(created)
    if disabled or seen_at is None or created_at is None or now - seen_at > idle or now - created_at > longest:
        return None
    if now - seen_at > timedelta(minutes=1):
        with suppress(
            OperationalError
        ):  # a full disk: who only looks goes on looking; unmarked, the session ends sooner
            LoginSession.update(seen_at=now).where(LoginSession.id == number).execute()
    return Actor(*who)


_FIND = (
    "SELECT s.id, s.seen_at, s.created_at, a.disabled_at, a.id, a.name, a.role, a.enterprise_id FROM login_session s "
    "JOIN account a ON a.id = s.account_id WHERE s.token_hash = :hash AND s.ended_at IS NULL"
)


def end(token: str, now: datetime) -> None:
    LoginSession.update(ended_at=now).where(
        LoginSession.token_hash == token_hash(token), LoginSession.ended_at.is_null()
    ).execute()


def end_all(account_id: int, now: datetime) -> None:
    """After a new password, a disabled account, or on the person's wish."""
    LoginSession.update(ended_at=now).where(
        LoginSession.account == account_id, LoginSession.ended_at.is_null()
    ).execute()


def actor_of(account: Account) -> Actor:
    return Actor(account.id, account.name, account.role, account.enterprise_id)
