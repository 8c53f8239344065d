"""报检: an enterprise or the desk names devices and clocks, many at once; nothing can be ordered twice at a time."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from peewee import IntegrityError

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework import promises
from inspect_station.casework.models import Application, ApplicationItem
from inspect_station.casework.words import FURTHEST_DAYS
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.registry.rows import dicts, tuples
from schedules.dates import add_months
from schedules.terms import Clock

Item = tuple[int, str]
MOST_ITEMS = 2_000
_CHUNK = 500
_LIGHT = frozenset({Clock.ANNUAL, Clock.EXTERNAL, Clock.CALIBRATION, Clock.VERIFICATION})
_APPLICABLE = frozenset({"in_use", "stopped", "not_yet_in_use"})


def apply(
    actor: Actor,
    enterprise_id: int,
    items: Sequence[Item],
    *,
    source: str,
    now: datetime,
    wished_from: date | None = None,
    wished_to: date | None = None,
    shutdown: bool = False,
    note: str = "",
    contact: str = "",
    phone: str = "",
) -> int:
    """A new application's id. `source`: portal, answer or desk.

    Raises `NotFound` for devices the actor may not see, `InvalidInput` for what cannot be applied for, `Conflict`
    naming the devices that are already applied for.
    """
    if actor.is_staff:
        actor.need("edit")
    actor.check(enterprise_id)
    wanted = list(dict.fromkeys(items))
    _check_wishes(wanted, wished_from, wished_to, now.date())
    devices = _devices(actor, enterprise_id, {equipment for equipment, _ in wanted})
    _check_items(wanted, devices)
    due = _due(wanted, now.date())
    try:
        with db.atomic():
            _refuse_ordered(wanted, devices)
            keeper = Enterprise.select(Enterprise.responsible).where(Enterprise.id == enterprise_id).scalar()
            row = Application.create(
                enterprise=enterprise_id,
                source=source,
                submitted_at=now,
                account=actor.account_id,
                submitted_by=actor.name,
                contact=contact,
                phone=phone,
                wished_from=wished_from,
                wished_to=wished_to,
                shutdown=shutdown,
                note=note,
                keeper=keeper,
                accept_by=promises.until("accept", now.date()),
                quiet_until=promises.until("quiet", now.date()),
            )
            _insert([_item(row.id, key, due.get(key), now.date()) for key in wanted])
            detail = {"items": len(wanted), "source": source}
            audit.record(
                actor,
                "application.submit",
                "application",
                row.id,
                now=now,
                enterprise_id=enterprise_id,
                detail=detail,
            )
    except IntegrityError as error:
        # Two people at the same moment: the index decides, the later one is told which devices.
        _refuse_ordered(wanted, devices)
        raise Conflict("其中有设备刚被别人报检，请刷新后重新选择。") from error
    return int(row.id)


def _check_wishes(wanted: Sequence[Item], first: date | None, last: date | None, today: date) -> None:
    problems: dict[str, list[str]] = {}
    if not wanted:
        problems["items"] = ["请至少选择一项要检验的设备"]
    if len(wanted) > MOST_ITEMS:
        problems["items"] = [f"一次最多报 {MOST_ITEMS} 项，请分几次提交"]
    if last and last < today:
        problems["wished_to"] = ["希望的日期已经过去"]
    if first and last and last < first:
        problems["wished_to"] = ["应不早于起始日期"]
    for name, day in (("wished_from", first), ("wished_to", last)):
        if day and (day - today).days > FURTHEST_DAYS:
            problems[name] = ["离今天太远，请检查年份"]
    if problems:
        raise InvalidInput("报检信息有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)


_DEVICE = (
    Equipment.id, Equipment.enterprise, Equipment.form, Equipment.catalogue_code, Equipment.traits, Equipment.name,
    Equipment.own_number, Equipment.line_number, Equipment.status,
)  # fmt: skip


def _devices(actor: Actor, enterprise_id: int, ids: set[int]) -> dict[int, dict[str, Any]]:
    """The devices by id. Raises `NotFound` where one is missing or belongs to another enterprise."""
    found: dict[int, dict[str, Any]] = {}
    ordered = sorted(ids)
    for start in range(0, len(ordered), _CHUNK):
        query = Equipment.select(*_DEVICE).where(
            Equipment.id.in_(ordered[start : start + _CHUNK]),
            Equipment.enterprise == enterprise_id,
            visible(actor, Equipment.enterprise),
        )
        found |= {row["id"]: row for row in dicts(query)}
    if len(found) < len(ids):
        raise NotFound()
    return found


def _check_items(wanted: Sequence[Item], devices: Mapping[int, Mapping[str, Any]]) -> None:
    sentences = []
    for equipment, clock in wanted:
        device = devices[equipment]
        if device["status"] not in _APPLICABLE:
            sentences.append(f"{name_of(device)}已{registry.words.STATUSES[device['status']]}，不需要报检")
        elif clock not in registry.inspections.clocks(device):
            sentences.append(f"{name_of(device)}没有这个检验项目")
    if sentences:
        raise InvalidInput("报检信息有误：" + "；".join(sentences[:5]) + "。", {"items": sentences})


def name_of(device: Mapping[str, Any]) -> str:
    """A device as a sentence names it."""
    return f"“{device['name']} {device['line_number'] or device['own_number']}”".replace(" ”", "”")


def _refuse_ordered(wanted: Sequence[Item], devices: Mapping[int, Mapping[str, Any]]) -> None:
    keys, ids = set(wanted), sorted({equipment for equipment, _ in wanted})
    taken: list[tuple[Any, ...]] = []
    for start in range(0, len(ids), _CHUNK):
        query = (
            ApplicationItem.select(ApplicationItem.equipment, ApplicationItem.clock, Application.id)
            .join(Application)
            .where(ApplicationItem.open, ApplicationItem.equipment.in_(ids[start : start + _CHUNK]))
        )
        taken += [row for row in tuples(query) if (row[0], row[1]) in keys]
    if taken:
        words = [f"{name_of(devices[e])}的{Clock(c).label}" for e, c, _ in taken]
        more = f"等 {len(words)} 项" if len(words) > 3 else ""
        raise Conflict(f"{'、'.join(words[:3])}{more}已经报检，正在办理，不能重复报检。", {"items": words})


def _due(wanted: Sequence[Item], today: date) -> dict[Item, Any]:
    """What the due list says of each item, read in chunks."""
    ids, keys = sorted({equipment for equipment, _ in wanted}), set(wanted)
    found: dict[Item, Any] = {}
    for start in range(0, len(ids), _CHUNK):
        rows = duelist.rows_for_equipment(ids[start : start + _CHUNK], today)
        found |= {(r.equipment_id, r.clock): r for r in rows if (r.equipment_id, r.clock) in keys}
    return found


def _item(application: int, key: Item, row: Any, today: date) -> dict[str, Any]:
    last = (row.on or row.latest) if row else None
    return {
        "application": application,
        "equipment": key[0],
        "clock": key[1],
        "due_on": last,
        "very_late": last is not None and very_late(key[1], last, today),
    }


def _insert(rows: Sequence[Mapping[str, Any]]) -> None:
    """Through peewee, not `bulk_insert`: its own IntegrityError tells of a device ordered at the same moment."""
    for start in range(0, len(rows), _CHUNK):
        ApplicationItem.insert_many(rows[start : start + _CHUNK]).execute()


def very_late(clock: str, due_on: date, today: date) -> bool:
    """Period 1 year and more than 6 months late, or 2 years and longer and more than 1 year late (practice.md §1)."""
    return today > add_months(due_on, 6 if clock in _LIGHT else 12)
