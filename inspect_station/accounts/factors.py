"""The second step of a log-in: six digits a telephone counts (RFC 6238), and codes for the day it is lost."""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyotp

from inspect_station import sealing
from inspect_station.accounts import audit, sessions
from inspect_station.accounts.models import Account, RecoveryCode, SecondFactor
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound

STEP_SECONDS = 30
# A telephone's clock may be a step off either way (RFC 6238, 5.2).
_DRIFT = 1
_TICKET_LIFE = timedelta(minutes=5)
_KEY_LOST = (
    "两步验证的密钥打不开：系统的密钥换过，旧密钥没有留下。请用一个恢复码登录，"
    "或请管理员在“设置 › 人员与令牌”关闭您的两步验证，再重新设置。"
)
RECOVERY_CODES = 10
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that are taken for another
_CODE_LETTERS = 16


class CodeNeeded(Exception):
    """The first step is done; `ticket` says whose, and is to be brought along with the code."""

    def __init__(self, ticket: dict[str, Any]) -> None:
        super().__init__("a code is needed")
        self.ticket = ticket


class KeyLost(InvalidInput):
    """The telephone's secret was sealed with a key that is gone: no code can be judged, right or wrong."""

    def __init__(self) -> None:
        super().__init__(_KEY_LOST, {"code": ["打不开"]})


def ticket(account: Account, now: datetime) -> dict[str, Any]:
    """Who has done the first step. It falls away with time, with a new password and with the log-in it leads to."""
    return {"account": account.id, "until": (now + _TICKET_LIFE).isoformat(), "mark": _mark(account)}


def holder(given: Mapping[str, Any], now: datetime) -> Account:
    """Raises `NotFound` for a ticket that no longer counts."""
    account = Account.get_or_none(Account.id == given.get("account"), Account.disabled_at.is_null())
    if (
        account is None
        or datetime.fromisoformat(given["until"]) < now
        or not hmac.compare_digest(given["mark"], _mark(account))
    ):
        raise NotFound("登录等得太久，请重新输入登录名和密码。")
    return account


def _mark(account: Account) -> str:
    return sessions.token_hash(f"{account.password_hash} {account.last_login_at}")[:32]


def in_use(account_id: int) -> bool:
    return (
        SecondFactor.select()
        .where(SecondFactor.account == account_id, SecondFactor.confirmed_at.is_null(False))
        .exists()
    )


def begin(account: Account, now: datetime) -> None:
    """A new secret, not in use before its first code was confirmed. Raises `Conflict` where one is in use."""
    if in_use(account.id):
        raise Conflict("两步验证已经开启；要换手机，请先关闭再重新开启。")
    with db.atomic():
        SecondFactor.delete().where(SecondFactor.account == account.id).execute()
        sealed = sealing.ring().seal(pyotp.random_base32(), _purpose(account.id))
        SecondFactor.insert(account=account.id, secret=sealed, created_at=now).execute()


def pending(account: Account, issuer: str) -> tuple[str, str] | None:
    """The secret waiting to be confirmed, and the address a telephone reads; None where none waits."""
    row = SecondFactor.get_or_none(SecondFactor.account == account.id, SecondFactor.confirmed_at.is_null())
    if row is None:
        return None
    try:
        secret = sealing.ring().open(row.secret, _purpose(account.id))
    except sealing.SealError:
        return None  # begun under a key that is lost: it is begun anew
    return secret, pyotp.TOTP(secret).provisioning_uri(name=account.login, issuer_name=issuer)


def confirm(actor: Actor, account: Account, code: str, now: datetime) -> Sequence[str]:
    """Take the waiting secret into use; returns the recovery codes, shown this once. All other log-ins end."""
    row = SecondFactor.get_or_none(SecondFactor.account == account.id, SecondFactor.confirmed_at.is_null())
    if row is None:
        raise NotFound()
    step = _step_of(row, code, now)
    if step is None:
        raise InvalidInput("验证码不对：请核对手机时间是否准确，再输入此刻显示的六位数字。", {"code": ["不对"]})
    with db.atomic():
        SecondFactor.update(confirmed_at=now, last_step=step).where(SecondFactor.account == account.id).execute()
        codes = _new_codes(account.id)
        sessions.end_all(account.id, now)
        _record(actor, "factor.enrol", account, now)
    return codes


def renew_codes(actor: Actor, account: Account, now: datetime) -> Sequence[str]:
    """New recovery codes; the earlier ones stop working."""
    if not in_use(account.id):
        raise NotFound()
    with db.atomic():
        codes = _new_codes(account.id)
        _record(actor, "factor.codes", account, now)
    return codes


def drop(actor: Actor, account: Account, now: datetime) -> None:
    """One step is enough again; whoever calls has asked for the password, or is an administrator who resets another."""
    with db.atomic():
        RecoveryCode.delete().where(RecoveryCode.account == account.id).execute()
        SecondFactor.delete().where(SecondFactor.account == account.id).execute()
        if actor.account_id != account.id:
            sessions.end_all(account.id, now)
        _record(actor, "factor.off" if actor.account_id == account.id else "factor.reset", account, now)


def left(account_id: int) -> int:
    """How many recovery codes are unused."""
    return RecoveryCode.select().where(RecoveryCode.account == account_id, RecoveryCode.used_at.is_null()).count()


def enrolled() -> set[int]:
    """The accounts that log in in two steps."""
    rows: Any = SecondFactor.select(SecondFactor.account).where(SecondFactor.confirmed_at.is_null(False)).tuples()
    return {number for (number,) in rows}


def without(roles: Sequence[str]) -> list[str]:
    """Names of those with one of these roles and a password who log in in one step."""
    people = Account.select(Account.id, Account.name).where(
        Account.role.in_(roles), Account.disabled_at.is_null(), Account.password_hash.is_null(False)
    )
    two = enrolled()
    return [person.name for person in people.order_by(Account.id) if person.id not in two]


def accept(account_id: int, code: str, now: datetime) -> str:
    """The act to record for a code that counts now; empty for one that does not. Either kind counts once."""
    typed = "".join(code.split()).upper()
    if len(typed) == 6 and typed.isdigit():
        return "account.login_by_code" if _accept_digits(account_id, typed, now) else ""
    used = (
        RecoveryCode.update(used_at=now)
        .where(
            RecoveryCode.account == account_id,
            RecoveryCode.code_hash == _code_hash(account_id, typed.replace("-", "")),
            RecoveryCode.used_at.is_null(),
        )
        .execute()
    )
    return "account.login_by_recovery" if used else ""


def _accept_digits(account_id: int, code: str, now: datetime) -> bool:
    row = SecondFactor.get_or_none(SecondFactor.account == account_id, SecondFactor.confirmed_at.is_null(False))
    step = _step_of(row, code, now) if row else None
    if step is None:
        return False
    # Conditional: of two that bring the same code at one moment one wins.
    return bool(
        SecondFactor.update(last_step=step)
        .where(SecondFactor.account == account_id, SecondFactor.last_step < step)
        .execute()
    )


def _step_of(row: SecondFactor, code: str, now: datetime) -> int | None:
    """The time step whose code this is; all are looked at, so that the answer takes equally long."""
    try:
        totp = pyotp.TOTP(sealing.ring().open(row.secret, _purpose(row.account_id)))
    except sealing.SealError as error:
        raise KeyLost from error
    present = int(now.timestamp()) // STEP_SECONDS
    steps = range(present - _DRIFT, present + _DRIFT + 1)
    given = "".join(code.split()).encode()
    fits = [step for step in steps if hmac.compare_digest(totp.generate_otp(step).encode(), given)]
    return fits[-1] if fits else None


def _new_codes(account_id: int) -> list[str]:
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_CODE_LETTERS)) for _ in range(RECOVERY_CODES)]
    RecoveryCode.delete().where(RecoveryCode.account == account_id).execute()
    for code in codes:
        RecoveryCode.insert(account=account_id, code_hash=_code_hash(account_id, code)).execute()
    return ["-".join(code[i : i + 4] for i in range(0, _CODE_LETTERS, 4)) for code in codes]


def _code_hash(account_id: int, code: str) -> str:
    # 80 random bits: nothing to guess, so a fast hash is enough.
    return sessions.token_hash(f"{account_id} {code}")


def _purpose(account_id: int) -> str:
    return f"second factor of {account_id}"


def _record(actor: Actor, act: str, account: Account, now: datetime) -> None:
    audit.record(actor, act, "account", account.id, now=now, enterprise_id=account.enterprise_id)


def kept_sealed() -> list[str]:
    """Every secret of a telephone as it is kept."""
    return [row.secret for row in SecondFactor.select(SecondFactor.secret)]


def reseal() -> int:
    """Seal with the present key what an older one sealed; what no key of ours opens is left as it is."""
    ring, changed = sealing.ring(), 0
    for row in SecondFactor.select():
        if ring.is_current(row.secret):
            continue
        try:
            secret = ring.open(row.secret, _purpose(row.account_id))
        except sealing.SealError:
            continue
        sealed = ring.seal(secret, _purpose(row.account_id))
        changed += SecondFactor.update(secret=sealed).where(SecondFactor.account == row.account_id).execute()
    return changed
