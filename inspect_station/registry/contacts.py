"""People at the enterprises: added and ended, never overwritten, so that who was told then stays readable."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from inspect_station import sealing
from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry import changes, enterprises, robots
from inspect_station.registry.days import Problems
from inspect_station.registry.models import Contact
from inspect_station.registry.rows import dicts
from inspect_station.registry.words import CONTACT_ROLES, ROBOT_KINDS, masked_mobile

ROBOT_ADDRESS, ROBOT_SECRET = "contact.robot_address", "contact.robot_secret"  # what the two are sealed for
WRITABLE = (
    "role", "name", "mobile", "phone", "email", "robot_kind", "robot_address", "robot_secret", "preferred",
    "receives_reminders",
)  # fmt: skip
_SEALED = {"robot_address", "robot_secret"}
_NAMES = (
    *(name for name in WRITABLE if name not in _SEALED),
    "robot_hint",
    "id",
    "enterprise",
    "started_on",
    "ended_on",
    "end_reason",
    "source",
    "created_at",
)


def of(actor: Actor, enterprise_id: int, *, ended: bool = True) -> list[dict[str, Any]]:
    """An enterprise's contacts, present ones first, numbers masked."""
    query = Contact.select(*(getattr(Contact, name) for name in _NAMES)).where(
        Contact.enterprise == enterprise_id, visible(actor, Contact.enterprise)
    )
    if not ended:
        query = query.where(Contact.ended_on.is_null())
    rows = query.order_by(Contact.ended_on.is_null(False), Contact.started_on.desc(), Contact.id.desc())
    return [_masked(row) for row in dicts(rows)]


def _masked(row: Mapping[str, Any]) -> dict[str, Any]:
    # A robot's address carries its key: only its kind and its last four characters are ever shown.
    return {**row, "mobile": masked_mobile(row["mobile"]), "has_robot": bool(row["robot_kind"])}


def reveal(actor: Actor, contact_id: int, now: datetime) -> dict[str, Any]:
    """One contact with the full mobile; that it was looked at is kept in the trail."""
    with db.atomic():
        row = _get(actor, contact_id)
        audit.record(actor, "contact.reveal", "contact", contact_id, now=now, enterprise_id=row["enterprise"])
    return {**_masked(row), "mobile": row["mobile"]}


def _get(actor: Actor, contact_id: int) -> dict[str, Any]:
    query = Contact.select(*(getattr(Contact, name) for name in _NAMES))
    row = query.where(Contact.id == contact_id, visible(actor, Contact.enterprise)).dicts().first()
    if row is None:
        raise NotFound()
    return dict(row)


def get(actor: Actor, contact_id: int) -> dict[str, Any]:
    """One contact, masked. Raises `NotFound` for a missing and for a foreign one."""
    return _masked(_get(actor, contact_id))


def add(
    actor: Actor,
    enterprise_id: int,
    given: Mapping[str, Any],
    *,
    now: datetime,
    today: date,
    robot_hosts: str | None = None,
) -> int:
    actor.need("edit")
    values = checked(given, robot_hosts)
    with db.atomic():
        enterprises.get(actor, enterprise_id)
        row = Contact.create(
            enterprise=enterprise_id,
            **_sealed(values),
            started_on=today,
            source=f"{changes.BY_HAND}（{actor.name}）",
            created_at=now,
        )
        _note(actor, "contact.add", row.id, enterprise_id, (None, _plain(values)), now, "")
    return int(row.id)


def _sealed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Address and secret of a robot as they are kept: sealed, with a hint and a digest of the address."""
    address = values.get("robot_address", "")
    if not address:
        return {**values, "robot_secret": ""}
    ring = sealing.ring()
    return {
        **values,
        "robot_address": ring.seal(address, ROBOT_ADDRESS),
        "robot_secret": ring.seal(values.get("robot_secret", ""), ROBOT_SECRET),
        "robot_hint": address[-4:],
        "robot_digest": ring.digest(address),
    }


def seal_what_is_not() -> int:
    """Seal with the present key what lies plain or under an older one; returns how many contacts changed.

    What no key of ours opens is left as it is.
    """
    ring, changed = sealing.ring(), 0
    rows = Contact.select(Contact.id, Contact.robot_address, Contact.robot_secret).where(Contact.robot_address != "")
    for row in dicts(rows):
        if ring.is_current(row["robot_address"]) and ring.is_current(row["robot_secret"]):
            continue
        try:
            address, secret = _opened(row["robot_address"], ROBOT_ADDRESS), _opened(row["robot_secret"], ROBOT_SECRET)
        except sealing.SealError:
            continue
        values = _sealed({"robot_address": address, "robot_secret": secret})
        changed += Contact.update(**values).where(Contact.id == row["id"]).execute()
    return changed


def kept_sealed() -> list[str]:
    """Addresses and secrets of robots as they are kept; one typed before they were sealed lies plain."""
    rows = Contact.select(Contact.robot_address, Contact.robot_secret).where(Contact.robot_address != "")
    return [value for row in dicts(rows) for value in row.values() if value.startswith("sealed:")]


def _opened(kept: str, purpose: str) -> str:
    return sealing.ring().open(kept, purpose) if kept.startswith("sealed:") else kept


def end(actor: Actor, contact_id: int, *, reason: str, now: datetime, today: date) -> None:
    """The person no longer answers for the enterprise; the row stays."""
    actor.need("edit")
    if not reason.strip():
        raise InvalidInput("请写明理由（例如离职、换岗）。", {"reason": ["请填写理由"]})
    with db.atomic():
        row = _get(actor, contact_id)
        done = (
            Contact.update(ended_on=today, end_reason=reason)
            .where(Contact.id == contact_id, Contact.ended_on.is_null())
            .execute()
        )
        if not done:
            raise Conflict("这位联系人已经停用。")
        _note(actor, "contact.end", contact_id, row["enterprise"], (_plain(row), None), now, reason)


def _plain(row: Mapping[str, Any]) -> str:
    return f"{CONTACT_ROLES[row['role']]} {row['name']} {masked_mobile(row.get('mobile', ''))}".strip()


def _note(
    actor: Actor, act: str, contact_id: int, enterprise_id: int, pair: tuple[Any, Any], now: datetime, reason: str
) -> None:
    changes.note(actor, "enterprise", enterprise_id, {"contact": pair}, now=now, reason=reason)
    audit.record(actor, act, "contact", contact_id, now=now, enterprise_id=enterprise_id, detail={"reason": reason})


def checked(given: Mapping[str, Any], robot_hosts: str | None = None) -> dict[str, Any]:
    """What may be written of a contact. Raises `InvalidInput` naming each field.

    `robot_hosts`: the station's own further ones; None leaves a robot's host to its sender.
    """
    values = {name: given[name] for name in WRITABLE if name in given}
    problems = Problems()
    if not (values.get("name") or "").strip():
        problems.add("name", "请填写姓名")
    if values.get("role") not in CONTACT_ROLES:
        problems.add("role", f"只能是：{'、'.join(CONTACT_ROLES.values())}")
    values["mobile"] = (values.get("mobile") or "").replace(" ", "").replace("-", "")
    if values["mobile"] and not is_mobile(values["mobile"]):
        problems.add("mobile", "手机号应为 11 位，以 1 开头；座机请填在“座机”")
    email = values.get("email") or ""
    if not email.isascii() or any(mark in email for mark in '"[]'):
        problems.add("email", "邮箱只能用英文字母、数字和 . _ - + 等符号，例如 name@example.com")
    _check_robot(values, robot_hosts, problems)
    if not any(values.get(name) for name in ("mobile", "phone", "email", "robot_address")):
        problems.add("mobile", "手机、座机、邮箱、群机器人至少填一个")
    if problems:
        raise InvalidInput("联系人信息有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)
    return values


def _check_robot(values: dict[str, Any], hosts: str | None, problems: Problems) -> None:
    address, kind = (values.get("robot_address") or "").strip(), values.get("robot_kind") or ""
    values.update(robot_address=address, robot_kind=kind if address else "")
    if address and kind not in ROBOT_KINDS:
        problems.add("robot_kind", f"请选择是哪种群机器人：{'、'.join(ROBOT_KINDS.values())}")
    if problem := _address_problem(address, kind, hosts) if address else "":
        problems.add("robot_address", problem)
    if values.get("robot_secret") and not address:
        problems.add("robot_address", "填了签名密钥，还须填写群机器人地址")
    if (values.get("preferred") or "") not in {"", "mail", "sms", *ROBOT_KINDS}:
        problems.add("preferred", "没有这个渠道")


def _address_problem(address: str, kind: str, hosts: str | None) -> str:
    if not (address.startswith(("https://", "http://")) and address.isascii() and address.isprintable()):
        return "应为 https:// 开头的完整网址，请从机器人的设置页重新复制"
    return robots.address_problem(address, kind, hosts) if hosts is not None and kind in ROBOT_KINDS else ""


def is_mobile(text: str) -> bool:
    return len(text) == 11 and text.isascii() and text.isdigit() and text[0] == "1" and text[1] in "3456789"
