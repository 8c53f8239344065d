"""Enterprises: found, made, edited."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN, Value, fn

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.registry import changes, paging
from inspect_station.registry.days import Problems
from inspect_station.registry.identifiers import initials, is_credit_code
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.registry.paging import Page
from inspect_station.registry.rows import tuples
from inspect_station.registry.words import ENTERPRISE_STATUSES, of_search

EDITABLE = (
    "name", "short_name", "initials", "credit_code", "address", "plot", "supervising_office", "status", "responsible",
    "note",
)  # fmt: skip
SORTS: Mapping[str, tuple[Any, ...]] = {
    "initials": (Enterprise.initials, Enterprise.id),
    "name": (Enterprise.name, Enterprise.id),
    "id": (Enterprise.id,),
}
_LISTED = tuple(
    getattr(Enterprise, name) for name in (*EDITABLE, "id", "revision", "created_at", "updated_at", "sample")
)


@dataclass(frozen=True)
class Filters:
    q: str = ""
    status: str = ""
    responsible: int | None = None
    id: int | None = None


def page(
    actor: Actor, filters: Filters, *, sort: str = "initials", after: Sequence[Any] | None = None, size: int = 50
) -> Page:
    """One page of the enterprises this actor may see, each with the count of its equipment."""
    count = Enterprise.select().where(*_conditions(actor, filters))
    return paging.page(_rows(actor, filters), SORTS, sort, after, size, count=count)


def stream(actor: Actor, filters: Filters, *, sort: str = "initials") -> Iterator[dict[str, Any]]:
    """Every row of the same list."""
    for chunk in paging.chunks(_rows(actor, filters), SORTS, sort, 1_000):
        yield from chunk


def _rows(actor: Actor, filters: Filters) -> Any:
    devices = (
        Equipment.select(Equipment.enterprise, fn.COUNT(Equipment.id).alias("devices"))
        .where(Equipment.form != "installation", Equipment.status.not_in(("scrapped", "cancelled", "dismantled")))
        .group_by(Equipment.enterprise)
        .alias("counted")
    )
    return (
        Enterprise.select(
            *_LISTED, Account.name.alias("responsible_name"), fn.COALESCE(devices.c.devices, 0).alias("devices")
        )
        .join(Account, JOIN.LEFT_OUTER, on=(Account.id == Enterprise.responsible))
        .join(devices, JOIN.LEFT_OUTER, on=(devices.c.enterprise_id == Enterprise.id))
        .where(*_conditions(actor, filters))
    )


def _conditions(actor: Actor, filters: Filters) -> list[Any]:
    found = [visible(actor, Enterprise.id)]
    found.extend(matching(word) for word in of_search(filters.q))
    if filters.status:
        found.append(Enterprise.status == filters.status)
    if filters.responsible is not None:
        found.append(Enterprise.responsible == filters.responsible)
    if filters.id is not None:
        found.append(Enterprise.id == filters.id)
    return found


def matching(word: str) -> Any:
    """Enterprises a person means by a word: part of the name, pinyin initials, the credit code."""
    return named(word) | Enterprise.initials.contains(word) | Enterprise.credit_code.startswith(word.upper())


def named(word: str) -> Any:
    """Enterprises whose name holds a word: what a person adds to a device's number to say whose."""
    return Enterprise.name.contains(word) | Enterprise.short_name.contains(word)


def get(actor: Actor, enterprise_id: int) -> dict[str, Any]:
    """One enterprise. Raises `NotFound` for a missing and for a foreign one."""
    row = (
        Enterprise.select(*_LISTED, Account.name.alias("responsible_name"))
        .join(Account, JOIN.LEFT_OUTER, on=(Account.id == Enterprise.responsible))
        .where(Enterprise.id == enterprise_id, visible(actor, Enterprise.id))
        .dicts()
        .first()
    )
    if row is None:
        raise NotFound()
    return dict(row)


def names(actor: Actor) -> dict[int, str]:
    """Id and name of every enterprise this actor may see, for choosing one."""
    query = Enterprise.select(Enterprise.id, Enterprise.name).where(visible(actor, Enterprise.id))
    return {row[0]: row[1] for row in tuples(query.order_by(Enterprise.initials, Enterprise.name))}


def choices(actor: Actor) -> tuple[dict[int, str], dict[int, str]]:
    """What a list may be narrowed to, in one statement: the firms, and for staff the people in charge of one."""
    firms = Enterprise.select(Value("firm"), Enterprise.id, Enterprise.name, Enterprise.initials)
    people = Account.select(Value("person"), Account.id, Account.name, Value("")).where(
        Account.enterprise_id.is_null(), Account.disabled_at.is_null(), Account.role != "auditor"
    )
    query = firms.where(visible(actor, Enterprise.id))
    rows = sorted(tuples(query.union_all(people) if actor.is_staff else query), key=lambda row: (row[3], row[2]))
    found: dict[str, dict[int, str]] = {"firm": {}, "person": {}}
    for what, number, name, _initials in rows:
        found[what][number] = name
    return found["firm"], found["person"]


def create(actor: Actor, given: Mapping[str, Any], now: datetime) -> int:
    """A new enterprise's id. Raises `InvalidInput` or `Conflict` naming the field."""
    actor.need("edit")
    values = _checked(given, {"status": "active"})
    with db.atomic():
        _refuse_double(values, None)
        row = Enterprise.create(**values, created_at=now, updated_at=now)
        changes.note(actor, "enterprise", row.id, {"name": (None, row.name)}, now=now)
        audit.record(actor, "enterprise.create", "enterprise", row.id, now=now, enterprise_id=row.id)
    return int(row.id)


def change(
    actor: Actor, enterprise_id: int, given: Mapping[str, Any], *, now: datetime, revision: int | None = None,
    reason: str = "",
) -> int:  # fmt: skip
    """Change the given fields; returns the new revision. Raises `Stale` where `revision` is no longer the present one."""
    actor.need("edit")
    with db.atomic():
        present = get(actor, enterprise_id)
        if revision is not None and revision != present["revision"]:
            raise Stale()
        values = _checked(given, present)
        changed = changes.differing(present, values)
        if not changed:
            return int(present["revision"])
        _refuse_double({name: new for name, (_, new) in changed.items()}, enterprise_id)
        _write(enterprise_id, present["revision"], {name: new for name, (_, new) in changed.items()}, now)
        changes.note(actor, "enterprise", enterprise_id, changed, now=now, reason=reason)
        audit.record(
            actor,
            "enterprise.change",
            "enterprise",
            enterprise_id,
            now=now,
            enterprise_id=enterprise_id,
            detail={"fields": sorted(changed), "reason": reason},
        )
    return int(present["revision"]) + 1


def _write(enterprise_id: int, revision: int, values: Mapping[str, Any], now: datetime) -> None:
    written = (
        Enterprise.update(**values, updated_at=now, revision=revision + 1)
        .where(Enterprise.id == enterprise_id, Enterprise.revision == revision)
        .execute()
    )
    if not written:
        raise Stale()


def _checked(given: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: given[name] for name in EDITABLE if name in given}
    problems = Problems()
    _check_name(values, present, problems)
    if "credit_code" in values:
        values["credit_code"] = (values["credit_code"] or "").strip().upper() or None
        if values["credit_code"] and not is_credit_code(values["credit_code"]):
            problems.add("credit_code", "位数或校验位不对，请对照营业执照（18 位）")
    if values.get("status", "active") not in ENTERPRISE_STATUSES:
        problems.add("status", f"只能是：{'、'.join(ENTERPRISE_STATUSES.values())}")
    if values.get("responsible") is not None and not _is_staff(values["responsible"]):
        problems.add("responsible_id", "请选择站内人员")
    if problems:
        raise InvalidInput("企业信息有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)
    return values


def _check_name(values: dict[str, Any], present: Mapping[str, Any], problems: Problems) -> None:
    if "name" in values or "name" not in present:
        values["name"] = (values.get("name") or "").strip()
        if not values["name"]:
            problems.add("name", "请填写企业名称")
    renamed = "name" in values and values["name"] != present.get("name")
    if "initials" in values or renamed:
        typed = (values.get("initials") or "").strip().lower()
        # Initials left as they were follow the new name; typed ones stand (pinyin guesses some place names wrong).
        kept = typed and not (renamed and typed == present.get("initials"))
        values["initials"] = (
            typed if kept else initials(values.get("short_name") or values.get("name") or present["name"])
        )


def _is_staff(account_id: int) -> bool:
    return Account.select().where(Account.id == account_id, Account.enterprise_id.is_null()).exists()


def _refuse_double(values: Mapping[str, Any], except_id: int | None) -> None:
    for field, label in (("name", "名称"), ("credit_code", "统一社会信用代码")):
        if values.get(field):
            query = Enterprise.select(Enterprise.name).where(getattr(Enterprise, field) == values[field])
            other = query.where(Enterprise.id != except_id).first() if except_id else query.first()
            if other:
                raise Conflict(
                    f"这个{label}已登记为“{other.name}”，请核对是否重复。", {field: [f"已登记为“{other.name}”"]}
                )
