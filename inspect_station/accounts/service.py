"""People: made, logged in, locked out, reset. Links and tokens are shown once and stored as hashes."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from inspect_station.accounts import audit, factors, passwords, sessions, tries
from inspect_station.accounts.models import ROLES, Account, ApiToken, OneTimeLink
from inspect_station.accounts.scope import Actor
from inspect_station.db import db, moment, run
from inspect_station.errors import Conflict, InvalidInput, NotFound, TooMany

_LOGIN_FAILED = "登录名或密码不对。连续输错会暂时锁定账号；忘记密码请向管理员要一次性登录链接。"


def create_account(
    actor: Actor,
    *,
    login: str,
    name: str,
    role: str,
    now: datetime,
    enterprise_id: int | None = None,
    mobile: str = "",
    email: str = "",
    sample: bool = False,
) -> Account:
    """A person without a password: the first log-in is by a one-time link."""
    actor.need("accounts")
    _check_account(login, name, role, enterprise_id)
    with db.atomic():
        if Account.select().where(Account.login == login).exists():
            raise Conflict(f"登录名“{login}”已有人使用，请换一个。", {"login": ["已有人使用"]})
        account = Account.create(
            login=login,
            name=name,
            role=role,
            enterprise_id=enterprise_id,
            mobile=mobile,
            email=email,
            created_at=now,
            sample=sample,
        )
        audit.record(
            actor,
            "account.create",
            "account",
            account.id,
            now=now,
            enterprise_id=enterprise_id,
            detail={"role": role},
        )
    return account


def _check_account(login: str, name: str, role: str, enterprise_id: int | None) -> None:
    problems: dict[str, list[str]] = {}
    if not 2 <= len(login) <= 64 or any(c.isspace() for c in login):
        problems["login"] = ["登录名为 2 至 64 个字符，不含空格"]
    if not name.strip() or len(name) > 64:
        problems["name"] = ["请填写姓名（最长 64 个字）"]
    if role not in ROLES:
        problems["role"] = [f"没有“{role}”这个岗位"]
    elif (role == "enterprise") != (enterprise_id is not None):
        problems["enterprise_id"] = ["企业用户须指定所属企业，站内人员不得指定"]
    if problems:
        raise InvalidInput("账号信息有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)


def list_accounts(actor: Actor) -> Sequence[Account]:
    actor.need("accounts")
    return list(Account.select().order_by(Account.role, Account.login))


def get_account(actor: Actor, account_id: int) -> Account:
    actor.need("accounts")
    account = Account.get_or_none(Account.id == account_id)
    if account is None:
        raise NotFound()
    return account


def staff(actor: Actor) -> Sequence[dict[str, Any]]:
    """People of the station who may be named responsible: id, name, role."""
    actor.need_staff()
    query = Account.select(Account.id, Account.name, Account.role).where(
        Account.enterprise_id.is_null(), Account.disabled_at.is_null(), Account.role != "auditor"
    )
    return list(query.order_by(Account.name).dicts())  # type: ignore[arg-type]


def opened_at() -> datetime | None:
    """When the station began: its first person."""
    row = Account.select(Account.created_at).order_by(Account.id).first()
    return row.created_at if row else None


def find_login(login: str) -> Account:
    account = Account.get_or_none(Account.login == login)
    if account is None:
        raise NotFound(f"没有登录名为“{login}”的人员。")
    return account


def issue_link(actor: Actor, account: Account, now: datetime, hours: int) -> str:
    """The token of a new one-time link; older unused ones stop working."""
    token = sessions.new_token()
    with db.atomic():
        OneTimeLink.update(used_at=now).where(OneTimeLink.account == account, OneTimeLink.used_at.is_null()).execute()
        OneTimeLink.insert(
            token_hash=sessions.token_hash(token),
            account=account,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        ).execute()
        audit.record(actor, "account.link", "account", account.id, now=now, enterprise_id=account.enterprise_id)
    return token


def peek_link(token: str, now: datetime) -> Account | None:
    """Whose unused link this is; looking does not use it up (link scanners fetch pages)."""
    link = (
        OneTimeLink.select(OneTimeLink, Account)
        .join(Account)
        .where(
            OneTimeLink.token_hash == sessions.token_hash(token),
            OneTimeLink.used_at.is_null(),
            OneTimeLink.expires_at > now,
            Account.disabled_at.is_null(),
        )
        .first()
    )
    return link.account if link else None


def use_link(token: str, now: datetime, address: str = "", agent: str = "", password: str | None = None) -> str:
    """Log in by a one-time link, setting a password if one is given; returns the session's token.

    Raises `CodeNeeded` where the account has a second factor: a link that fell into wrong hands opens nothing.
    """
    account = peek_link(token, now)
    if account is None:
        raise NotFound("这个登录链接已经用过或已过期，请向管理员要一个新的。")
    if password is not None:
        passwords.check_strength(password, account.login)
    with db.atomic():
        # Conditional: of two simultaneous uses one wins.
        used = (
            OneTimeLink.update(used_at=now)
            .where(OneTimeLink.token_hash == sessions.token_hash(token), OneTimeLink.used_at.is_null())
            .execute()
        )
        if not used:
            raise NotFound("这个登录链接已经用过，请向管理员要一个新的。")
        if password is not None:
            _set_password(account, password, now)
        if not factors.in_use(account.id):
            return _logged_in(account, now, address, agent, "account.login_by_link")
    raise factors.CodeNeeded(factors.ticket(Account.get_by_id(account.id), now))


def log_in(
    login: str,
    password: str,
    now: datetime,
    *,
    lock_after: int,
    lock_minutes: int,
    address: str = "",
    agent: str = "",
) -> str:
    """A new session's token. Raises `InvalidInput`, `TooMany` while the account is locked, `CodeNeeded` before the second step.

    Failures are counted by one conditional update each, so parallel tries cannot slip past the limit.
    """
    account = Account.get_or_none(Account.login == login, Account.disabled_at.is_null())
    if account is not None and not tries.may_try(account.id, now, lock_after, lock_minutes):
        raise TooMany(tries.locked_words(lock_minutes))
    if not passwords.matches(account.password_hash if account else None, password):
        tries.note_failure(account, login, now)
        raise InvalidInput(_LOGIN_FAILED)
    assert account is not None  # matches() is false for nobody
    with db.atomic():
        if not factors.in_use(account.id):
            return _logged_in(account, now, address, agent, "account.login")
        tries.give_back(account.id, lock_after)
    raise factors.CodeNeeded(factors.ticket(account, now))


def enter_code(
    ticket: Mapping[str, Any],
    code: str,
    now: datetime,
    *,
    lock_after: int,
    lock_minutes: int,
    address: str = "",
    agent: str = "",
) -> str:
    """The second step: a session's token for a ticket and six digits, or a recovery code. Wrong ones count as wrong passwords do."""
    account = factors.holder(ticket, now)
    if not tries.may_try(account.id, now, lock_after, lock_minutes):
        raise TooMany(tries.locked_words(lock_minutes))
    try:
        with db.atomic():
            act = factors.accept(account.id, code, now)
            if act:
                return _logged_in(account, now, address, agent, act)
    except factors.KeyLost:
        with db.atomic():
            tries.give_back(account.id, lock_after)  # no guess, and the person's last hope is a recovery code
        raise
    tries.note_failure(account, account.login, now)
    raise InvalidInput(
        "验证码不对，或已经用过。请等手机上出现下一个再试；手机不在身边可用恢复码。", {"code": ["不对"]}
    )


def prove(actor: Actor, password: str, now: datetime, *, lock_after: int, lock_minutes: int) -> Account:
    """The account of the person who asks, once its password was given: before anything that weakens or changes a log-in."""
    account = own_account(actor)
    if account.password_hash is None:
        raise Conflict("请先设置密码，再开启两步验证。")
    if not tries.may_try(account.id, now, lock_after, lock_minutes):
        raise TooMany(tries.locked_words(lock_minutes))
    if not passwords.matches(account.password_hash, password):
        tries.note_failure(account, account.login, now)
        raise InvalidInput("密码不对。", {"password": ["不对"]})
    with db.atomic():
        tries.give_back(account.id, lock_after)
    return account


def _logged_in(account: Account, now: datetime, address: str, agent: str, act: str) -> str:
    Account.update(failed_logins=0, locked_until=None, last_login_at=now).where(Account.id == account.id).execute()
    audit.record(sessions.actor_of(account), act, "account", account.id, now=now, enterprise_id=account.enterprise_id)
    return sessions.start(account, now, address, agent)


def new_session(account: Account, now: datetime, address: str = "", agent: str = "") -> str:
    """Go on in a fresh session after all of this person's were ended."""
    with db.atomic():
        return sessions.start(account, now, address, agent)


def reset_factor(actor: Actor, account_id: int, now: datetime) -> None:
    """A lost telephone: an administrator takes the second step away; the person's log-ins end."""
    account = get_account(actor, account_id)
    if account.id == actor.account_id:
        raise Conflict("自己的两步验证请在“我的账号”里凭密码关闭。")
    factors.drop(actor, account, now)


def _set_password(account: Account, password: str, now: datetime) -> None:
    Account.update(password_hash=passwords.hash_password(password)).where(Account.id == account.id).execute()
    sessions.end_all(account.id, now)
    audit.record(
        sessions.actor_of(account),
        "account.password",
        "account",
        account.id,
        now=now,
        enterprise_id=account.enterprise_id,
    )


def change_password(
    actor: Actor, old: str, new: str, now: datetime, *, lock_after: int = 5, lock_minutes: int = 15
) -> str:
    """Set a new password; all sessions end, and the token of a fresh one is returned. Wrong old ones count towards the lock."""
    account = Account.get_by_id(actor.account_id)
    if account.password_hash and not tries.may_try(account.id, now, lock_after, lock_minutes):
        raise TooMany(tries.locked_words(lock_minutes))
    if account.password_hash and not passwords.matches(account.password_hash, old):
        tries.note_failure(account, account.login, now)
        raise InvalidInput("原密码不对。", {"old": ["原密码不对"]})
    if account.password_hash:
        with db.atomic():
            tries.give_back(account.id, lock_after)
    passwords.check_strength(new, account.login)
    with db.atomic():
        _set_password(account, new, now)
        return sessions.start(account, now)


_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")


def own_account(actor: Actor) -> Account:
    """The account of the person who asks."""
    account = Account.get_or_none(Account.id == actor.account_id)
    if account is None:
        raise NotFound()
    return account


def change_email(actor: Actor, email: str, now: datetime) -> None:
    """Where this person gets the station's own letters; empty: nowhere. Raises `InvalidInput` for what is no address."""
    address = email.strip()
    if address and not (len(address) <= 200 and _ADDRESS.fullmatch(address)):
        raise InvalidInput("邮箱地址不对，应是 name@example.cn 的样子。", {"email": ["应是 name@example.cn 的样子"]})
    with db.atomic():
        Account.update(email=address, revision=Account.revision + 1).where(Account.id == actor.account_id).execute()
        audit.record(actor, "account.email", "account", actor.account_id, now=now, enterprise_id=actor.enterprise_id)


def set_disabled(actor: Actor, account_id: int, disabled: bool, now: datetime) -> None:
    """Close or reopen an account; closing ends its sessions and silences its tokens at once."""
    account = get_account(actor, account_id)
    if disabled and account.id == actor.account_id:
        raise Conflict("不能停用自己正在使用的账号。")
    with db.atomic():
        Account.update(disabled_at=now if disabled else None).where(Account.id == account_id).execute()
        if disabled:
            sessions.end_all(account_id, now)
        act = "account.disable" if disabled else "account.enable"
        audit.record(actor, act, "account", account_id, now=now, enterprise_id=account.enterprise_id)


def create_token(actor: Actor, account: Account, name: str, now: datetime, days: int | None = None) -> str:
    """A new API token, shown this once."""
    token = sessions.new_token()
    with db.atomic():
        ApiToken.insert(
            name=name,
            token_hash=sessions.token_hash(token),
            account=account,
            created_at=now,
            expires_at=now + timedelta(days=days) if days else None,
        ).execute()
        audit.record(
            actor,
            "token.create",
            "account",
            account.id,
            now=now,
            enterprise_id=account.enterprise_id,
            detail={"name": name},
        )
    return token


def list_tokens(actor: Actor) -> Sequence[ApiToken]:
    actor.need("accounts")
    return list(ApiToken.select(ApiToken, Account).join(Account).order_by(ApiToken.id.desc()))


def revoke_token(actor: Actor, token_id: int, now: datetime) -> None:
    actor.need("accounts")
    with db.atomic():
        ApiToken.update(revoked_at=now).where(ApiToken.id == token_id, ApiToken.revoked_at.is_null()).execute()
        audit.record(actor, "token.revoke", "token", token_id, now=now)


def by_token(token: str, now: datetime) -> Actor | None:
    """Who this API token speaks for."""
    rows = run(_SPEAKER, {"hash": sessions.token_hash(token)})
    if not rows:
        return None
    until, *who = rows[0]
    expires_at = moment(until)
    return None if expires_at and expires_at <= now else Actor(*who)


_SPEAKER = (
    "SELECT t.expires_at, a.id, a.name, a.role, a.enterprise_id FROM api_token t JOIN account a ON a.id = t.account_id "
    "WHERE t.token_hash = :hash AND t.revoked_at IS NULL AND a.disabled_at IS NULL"
)
