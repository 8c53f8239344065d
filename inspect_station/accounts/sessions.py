"""Log-ins kept on the server: made, looked up, ended. Only hashes of tokens are stored."""

import hashlib
import secrets
from datetime import datetime, timedelta

from inspect_station.accounts.models import Account, LoginSession
from inspect_station.accounts.scope import Actor


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
    row = (
        LoginSession.select(LoginSession, Account)
        .join(Account)
        .where(LoginSession.token_hash == token_hash(token), LoginSession.ended_at.is_null())
        .first()
    )
    if row is None or row.account.disabled_at or now - row.seen_at > idle or now - row.created_at > longest:
        return None
    if now - row.seen_at > timedelta(minutes=1):
        LoginSession.update(seen_at=now).where(LoginSession.id == row.id).execute()
    return actor_of(row.account)


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
