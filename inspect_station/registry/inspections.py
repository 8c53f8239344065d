"""Inspections: recorded, corrected by a new row, listed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry import bounds, changes, days, equipment, paging
from inspect_station.registry.days import Problems
from inspect_station.registry.models import Equipment, Inspection
from inspect_station.registry.paging import Page
from inspect_station.registry.rows import dicts
from schedules.terms import GRADES, Clock, Conclusion, Kind, clocks_of, kind_of

WRITABLE = (
    "clock", "completed_on", "conclusion", "grade", "next_due", "report_number", "inspectors", "institution", "note",
)  # fmt: skip
SORTS: Mapping[str, tuple[Any, ...]] = {
    "id": (Inspection.id,),
    "completed_on": (Inspection.completed_on, Inspection.id),
    "next_due": (Inspection.next_due, Inspection.id),
}
# 安全状况等级 is given to vessels and pipes by their deep inspection only.
_GRADED = frozenset({Kind.FIXED_VESSEL, Kind.MOBILE_VESSEL, Kind.INDUSTRIAL_PIPE, Kind.PUBLIC_PIPE, Kind.CHAMBER})
_GRADED_CLOCKS = frozenset({Clock.PERIODIC, Clock.FULL})
_NAMES = (*WRITABLE, "id", "equipment", "answered_due", "replaced_by", "replaced_reason", "source", "recorded_at")


@dataclass(frozen=True)
class Filters:
    equipment: int | None = None
    enterprise: int | None = None
    clock: str = ""
    replaced: bool = False


def clocks(device: Mapping[str, Any]) -> Sequence[Clock]:
    """The clocks of a device, in the order of the contracts; none for an installation."""
    kind = kind_of(device["catalogue_code"], device["traits"])
    return () if kind is None or device["form"] == "installation" else clocks_of(kind)


def graded(device: Mapping[str, Any], clock: str) -> bool:
    """Whether this inspection of this device gives a grade."""
    return grades_kind(kind_of(device["catalogue_code"], device["traits"]), clock)


def grades_kind(kind: str | None, clock: str) -> bool:
    """Whether this inspection of a device of this kind gives a grade."""
    return kind in _GRADED and clock in _GRADED_CLOCKS


def record(
    actor: Actor, equipment_id: int, given: Mapping[str, Any], *, now: datetime, today: date, reason: str = ""
) -> int:
    """A new inspection's id. `reason` lets a next date stand that lies beyond the lawful bound."""
    actor.need("edit")
    with db.atomic():
        device = equipment.get(actor, equipment_id)
        values = _checked(device, given, today)
        bounds.check(equipment_id, values, today, reason)
        return _insert(actor, device, values, now, today, reason)


def correct(
    actor: Actor, inspection_id: int, given: Mapping[str, Any], *, reason: str, now: datetime, today: date
) -> int:
    """Replace an inspection by a corrected one; the old row stays, with the reason. Returns the new id."""
    actor.need("edit")
    if not reason.strip():
        raise InvalidInput("请写明更正的理由，便于日后查对。", {"reason": ["请填写更正理由"]})
    with db.atomic():
        old = get(actor, inspection_id)
        if old["replaced_by"]:
            raise Conflict("这条记录已经更正过，请在最新的一条上更正。")
        device = equipment.get(actor, old["equipment"])
        values = _checked(device, {**{name: old[name] for name in WRITABLE}, **given}, today)
        bounds.check(device["id"], values, today, reason, instead_of=inspection_id)
        new_id = _insert(actor, device, values, now, today, reason, old=old)
        # Conditional: of two corrections at the same moment one wins.
        replaced = (
            Inspection.update(replaced_by=new_id, replaced_reason=reason)
            .where(Inspection.id == inspection_id, Inspection.replaced_by.is_null())
            .execute()
        )
        if not replaced:
            raise Conflict("这条记录刚被别人更正过，请刷新后核对。")
    return new_id


def _insert(
    actor: Actor,
    device: Mapping[str, Any],
    values: Mapping[str, Any],
    now: datetime,
    today: date,
    reason: str,
    old: Mapping[str, Any] | None = None,
) -> int:
    answered = old["answered_due"] if old else bounds.answered(device["id"], values, today)
    row = Inspection.create(
        equipment=device["id"],
        **values,
        answered_due=answered,
        source=f"{changes.BY_HAND}（{actor.name}）",
        account=actor.account_id,
        recorded_at=now,
    )
    was = {name: old[name] for name in WRITABLE} if old else None
    changes.record(
        actor,
        "inspection.correct" if old else "inspection.record",
        device["id"],
        device["enterprise"],
        {f"inspection.{values['clock']}": (was, dict(values))},
        now=now,
        reason=reason,
        detail={"inspection": row.id},
    )
    return int(row.id)


def _checked(device: Mapping[str, Any], given: Mapping[str, Any], today: date) -> dict[str, Any]:
    values = {name: given[name] for name in WRITABLE if name in given}
    problems = Problems()
    _check_words(device, values, problems)
    _check_dates(device, values, today, problems)
    if problems:
        raise InvalidInput("检验记录有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)
    return values


def _check_words(device: Mapping[str, Any], values: dict[str, Any], problems: Problems) -> None:
    allowed = clocks(device)
    if values.get("clock") not in allowed:
        words = "、".join(clock.label for clock in allowed)
        sentence = f"这台设备的检验项目只有：{words}" if words else "管道装置没有检验项目，请登记在它的管道上"
        problems.add("clock", sentence)
        return
    values["conclusion"] = values.get("conclusion") or None
    if values["conclusion"] and values["conclusion"] not in list(Conclusion):
        problems.add("conclusion", f"只能是：{'、'.join(Conclusion)}")
    if values.get("grade") is not None:
        if values["grade"] not in GRADES:
            problems.add("grade", "安全状况等级只能是 1 至 5")
        elif not graded(device, values["clock"]):
            problems.add("grade", f"{Clock[values['clock'].upper()].label}不评定安全状况等级，请留空")


def _check_dates(device: Mapping[str, Any], values: dict[str, Any], today: date, problems: Problems) -> None:
    for name in ("completed_on", "next_due"):
        values[name] = values.get(name) or None
    done = days.read(values["completed_on"], "completed_on", problems)
    following = days.read(values["next_due"], "next_due", problems)
    days.not_in_future(done, today, "completed_on", problems)
    made = days.read(device["made_on"], "made_on", Problems())
    days.not_before(done, made, "completed_on", "制造日期", problems)
    if done and following and following.last <= done.first:
        problems.add("next_due", f"应晚于检验日期（{done}）")
    if "completed_on" not in problems and "next_due" not in problems and done is None and following is None:
        problems.add("completed_on", "检验日期和下次检验日期至少填一个")


def get(actor: Actor, inspection_id: int) -> dict[str, Any]:
    """One inspection. Raises `NotFound` for a missing and for a foreign one."""
    row = _rows([Inspection.id == inspection_id, visible(actor, Equipment.enterprise)]).dicts().first()
    if row is None:
        raise NotFound()
    return dict(row)


def page(
    actor: Actor, filters: Filters, *, sort: str = "id", after: Sequence[Any] | None = None, size: int = 50
) -> Page:
    conditions = [visible(actor, Equipment.enterprise)]
    if filters.equipment is not None:
        conditions.append(Inspection.equipment == filters.equipment)
    if filters.enterprise is not None:
        conditions.append(Equipment.enterprise == filters.enterprise)
    if filters.clock:
        conditions.append(Inspection.clock == filters.clock)
    if not filters.replaced:
        conditions.append(Inspection.replaced_by.is_null())
    count = Inspection.select(Inspection.id).join(Equipment).where(*conditions)
    return paging.page(_rows(conditions), SORTS, sort, after, size, count=count)


def history(actor: Actor, equipment_id: int) -> list[dict[str, Any]]:
    """Every inspection of a device, the corrected ones included, newest first."""
    rows = _rows([Inspection.equipment == equipment_id, visible(actor, Equipment.enterprise)])
    rows = rows.select_extend(Account.name.alias("who")).switch(Inspection).left_outer_join(Account)
    return sorted(rows.dicts(), key=lambda r: (r["completed_on"] or "", r["id"]), reverse=True)


def of_enterprise(actor: Actor, enterprise_id: int, most: int) -> list[dict[str, Any]]:
    """What stands of a firm's inspections, the newest first, each with its device's name."""
    query = (
        Inspection.select(
            Inspection.id, Inspection.equipment, Inspection.clock, Inspection.completed_on, Inspection.conclusion,
            Inspection.grade, Inspection.next_due, Inspection.inspectors, Inspection.institution, Equipment.name,
            Equipment.own_number, Equipment.line_number,
        )
        .join(Equipment)
        .where(
            Equipment.enterprise == enterprise_id, visible(actor, Equipment.enterprise),
            Inspection.completed_on.is_null(False), Inspection.replaced_by.is_null(),
        )
        .order_by(Inspection.completed_on.desc(), Inspection.id.desc())
        .limit(most)
    )  # fmt: skip
    return dicts(query)


def _rows(conditions: Sequence[Any]) -> Any:
    return (
        Inspection.select(*(getattr(Inspection, name) for name in _NAMES))
        .join(Equipment, on=(Inspection.equipment == Equipment.id))
        .where(*conditions)
    )
