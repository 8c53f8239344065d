"""出诊: planned, taken up, cancelled; lists of visits; what else at the firm a visit can go along with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import JOIN, fn

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework.models import Task
from inspect_station.clinic import requests, words
from inspect_station.clinic.models import (
    ClinicFinding,
    ClinicRequest,
    ClinicSlot,
    ClinicVisit,
    VisitDevice,
)
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.registry import paging
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.registry.paging import Page
from inspect_station.registry.rows import dicts
from schedules.terms import Kind

SORTS: Mapping[str, tuple[Any, ...]] = {"id": (ClinicVisit.id,)}
NEAR = timedelta(days=7)
_SEEN_BY_FIRM = ("planned", "finished", "closed", "cancelled")


@dataclass(frozen=True)
class Filters:
    state: str = ""  # a state, or "live": not yet closed
    enterprise: int | None = None
    inspector: int | None = None
    since: date | None = None
    until: date | None = None
    q: str = ""


def plan(
    actor: Actor,
    enterprise_id: int,
    *,
    now: datetime,
    kind: str = "hazard",
    origin: str = "other",
    planned_on: date | None = None,
    inspector: int | None = None,
    reason: str = "",
    request: int | None = None,
    task: int | None = None,
    place: str = "",
) -> int:
    """A planned visit's id. `task`: the inspection at the same firm that it goes along with."""
    actor.need("edit")
    problems: dict[str, list[str]] = {}
    if kind not in words.KINDS:
        problems["kind"] = ["请选择出诊的内容"]
    if planned_on is not None and planned_on < now.date():
        problems["planned_on"] = ["出诊日期已经过去，请改为今天或以后"]
    if inspector is not None and not _is_staff(inspector):
        problems["inspector"] = ["请选择站内人员"]
    if problems:
        raise InvalidInput("出诊没有排上：" + "；".join(s for p in problems.values() for s in p) + "。", problems)
    with db.atomic():
        registry.enterprises.get(actor, enterprise_id)
        _check_same_firm(actor, enterprise_id, request, task)
        row = ClinicVisit.create(
            enterprise=enterprise_id, request=request, task=task, origin=origin, kind=kind, planned_on=planned_on,
            inspector=inspector or actor.account_id, reason=reason.strip()[:300], place=place.strip()[:100], created_at=now,
            account=actor.account_id,
        )  # fmt: skip
        note(actor, "clinic.plan", row.id, enterprise_id, now, {"on": planned_on.isoformat() if planned_on else ""})
    return int(row.id)


def _is_staff(account_id: int) -> bool:
    return bool(
        Account.select().where(Account.id == account_id, Account.enterprise_id.is_null(), Account.disabled_at.is_null())
        .exists()
    )  # fmt: skip


def _check_same_firm(actor: Actor, enterprise_id: int, request: int | None, task: int | None) -> None:
    if request is not None:
        found = ClinicRequest.get_or_none(ClinicRequest.id == request, visible(actor, ClinicRequest.enterprise))
        if found is None or int(found.enterprise.id) != enterprise_id:
            raise NotFound()
    if task is not None and not Task.select().where(Task.id == task, Task.enterprise == enterprise_id).exists():
        raise NotFound()


def start(actor: Actor, visit_id: int, *, now: datetime) -> None:
    """On the way or on site: the record is open."""
    actor.need("edit")
    with db.atomic():
        row = of_state(actor, visit_id, ("planned",))
        write(row, state="open", visited_on=now.date(), inspector=row["inspector"] or actor.account_id)
        _bring_devices(row)
        note(actor, "clinic.start", visit_id, row["enterprise"], now, {})


def _bring_devices(row: Mapping[str, Any]) -> None:
    """The devices of the question come along."""
    if row["request"] is None:
        return
    for device in requests.devices(row["request"]):
        VisitDevice.insert(visit=row["id"], equipment=device["id"]).on_conflict_ignore().execute()


def move(
    actor: Actor, visit_id: int, planned_on: date, *, now: datetime, task: int | None = None, reason: str = ""
) -> None:
    """Another day, perhaps that of an inspection at the same firm."""
    actor.need("edit")
    if planned_on < now.date():
        raise InvalidInput("出诊日期已经过去，请改为今天或以后。", {"planned_on": ["已经过去，请改为今天或以后"]})
    with db.atomic():
        row = of_state(actor, visit_id, ("planned",))
        _check_same_firm(actor, row["enterprise"], None, task)
        write(row, planned_on=planned_on, task=task, reason=reason.strip()[:300] or row["reason"])
        note(actor, "clinic.move", visit_id, row["enterprise"], now, {"on": planned_on.isoformat()})


def cancel(actor: Actor, visit_id: int, *, reason: str, now: datetime) -> None:
    """Not going: the reason stays. What has been recorded is not thrown away: an open visit is finished instead."""
    actor.need("edit")
    if not reason.strip():
        raise InvalidInput("请写明不去的原因。", {"reason": ["请填写原因"]})
    with db.atomic():
        row = of_state(actor, visit_id, ("planned", "open"))
        if ClinicFinding.select().where(ClinicFinding.visit == visit_id).exists():
            raise Conflict("这次出诊已经记了诊断，请完成出诊，不要取消。")
        write(row, state="cancelled", closed_at=now, reason=reason.strip()[:300])
        if row["slot"]:
            ClinicSlot.update(
                state="free", enterprise=None, topic="", booked_by="", booked_at=None, account=None
            ).where(ClinicSlot.id == row["slot"]).execute()
        note(actor, "clinic.cancel", visit_id, row["enterprise"], now, {"reason": reason.strip()})


def of_state(actor: Actor, visit_id: int, allowed: Sequence[str], revision: int | None = None) -> dict[str, Any]:
    found = dicts(ClinicVisit.select().where(ClinicVisit.id == visit_id, visible(actor, ClinicVisit.enterprise)))
    if not found:
        raise NotFound()
    row = found[0]
    if row["state"] not in allowed:
        raise Conflict(f"这次出诊现在是“{words.VISIT_STATES[row['state']][0]}”，不能这样办。")
    if revision is not None and revision != row["revision"]:
        raise Stale()
    return row


def write(row: Mapping[str, Any], **fields: Any) -> None:
    done = (
        ClinicVisit.update(**fields, revision=row["revision"] + 1)
        .where(ClinicVisit.id == row["id"], ClinicVisit.revision == row["revision"])
        .execute()
    )
    if not done:
        raise Stale()


def note(actor: Actor, act: str, number: int, enterprise: int, now: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(actor, act, "clinic_visit", number, now=now, enterprise_id=enterprise, detail=detail)


def settle(visit_id: int, now: datetime) -> None:
    """A finished visit closes when every finding has an end; nothing else closes it."""
    open_ones = ClinicFinding.select().where(
        ClinicFinding.visit == visit_id, ClinicFinding.state.in_(words.OPEN_FINDINGS)
    )
    if not open_ones.exists():
        ClinicVisit.update(state="closed", closed_at=now, revision=ClinicVisit.revision + 1).where(
            ClinicVisit.id == visit_id, ClinicVisit.state == "finished"
        ).execute()


# --- reading ------------------------------------------------------------------------------------------------------


def _conditions(actor: Actor, filters: Filters) -> list[Any]:
    made: list[Any] = [visible(actor, ClinicVisit.enterprise)]
    if not actor.is_staff:
        made.append(ClinicVisit.state.in_(_SEEN_BY_FIRM))  # a record is shown when it is finished
    if filters.state:
        live = ("planned", "open", "finished")
        made.append(ClinicVisit.state.in_(live if filters.state == "live" else (filters.state,)))
    if filters.enterprise is not None:
        made.append(ClinicVisit.enterprise == filters.enterprise)
    if filters.inspector is not None:
        made.append(ClinicVisit.inspector == filters.inspector)
    if filters.since is not None:
        made.append(ClinicVisit.visited_on >= filters.since)
    if filters.until is not None:
        made.append(ClinicVisit.visited_on <= filters.until)
    return made + [_matching(word) for word in filters.q.replace("\0", "").split()[:5]]


def _matching(word: str) -> Any:
    named = Enterprise.name.contains(word) | Enterprise.initials.contains(word)
    return named | ClinicVisit.summary.contains(word) | ClinicVisit.reason.contains(word)


def _rows(conditions: Sequence[Any]) -> Any:
    of_visit = ClinicFinding.visit == ClinicVisit.id
    found = ClinicFinding.select(fn.COUNT(ClinicFinding.id)).where(of_visit)
    left = ClinicFinding.select(fn.COUNT(ClinicFinding.id)).where(
        of_visit, ClinicFinding.state.in_(words.OPEN_FINDINGS)
    )
    severe = ClinicFinding.select(fn.COUNT(ClinicFinding.id)).where(of_visit, ClinicFinding.grade == "severe")
    return (
        ClinicVisit.select(
            ClinicVisit, Enterprise.name.alias("enterprise_name"), Account.name.alias("inspector_name"),
            ClinicRequest.asked_at, found.alias("found_count"), left.alias("open_count"), severe.alias("severe_count"),
            ClinicSlot.start_min, ClinicSlot.end_min,
        )
        .join(Enterprise)
        .switch(ClinicVisit)
        .join(Account, JOIN.LEFT_OUTER, on=(ClinicVisit.inspector == Account.id))
        .switch(ClinicVisit)
        .join(ClinicRequest, JOIN.LEFT_OUTER)
        .switch(ClinicVisit)
        .join(ClinicSlot, JOIN.LEFT_OUTER)
        .where(*conditions)
    )  # fmt: skip


def page(
    actor: Actor, filters: Filters, *, sort: str = "-id", after: Sequence[Any] | None = None, size: int = 50
) -> Page:
    """Visits, the newest first unless told."""
    conditions = _conditions(actor, filters)
    count = ClinicVisit.select(ClinicVisit.id).join(Enterprise).where(*conditions)
    found = paging.page(_rows(conditions), SORTS, sort, after, size, count=count)
    for row in found.rows:
        _complete(row)
    return found


def stream(actor: Actor, filters: Filters) -> Iterator[dict[str, Any]]:
    for rows in paging.chunks(_rows(_conditions(actor, filters)), SORTS, "-id", 1000):
        yield from map(_complete, rows)


def agenda(actor: Actor, today: date, *, days: int = 14) -> list[dict[str, Any]]:
    """Visits under way, planned up to some days ahead, and those without a day; the earliest first."""
    conditions = [
        visible(actor, ClinicVisit.enterprise),
        (ClinicVisit.state == "planned")
        & (ClinicVisit.planned_on.is_null() | (ClinicVisit.planned_on <= today + timedelta(days=days)))
        | (ClinicVisit.state == "open"),
    ]
    if not actor.is_staff:
        conditions.append(ClinicVisit.state == "planned")
    rows = dicts(_rows(conditions).order_by(ClinicVisit.id).limit(200))
    never = date.max
    return sorted(map(_complete, rows), key=lambda r: (r["state"] != "open", r["planned_on"] or never, r["id"]))


def get(actor: Actor, visit_id: int) -> dict[str, Any]:
    """One visit with its devices. Raises `NotFound` for missing, foreign, and (to an enterprise) unfinished ones."""
    rows = dicts(_rows([*_conditions(actor, Filters()), ClinicVisit.id == visit_id]))
    if not rows:
        raise NotFound()
    found = _complete(rows[0])
    found["devices"] = devices(visit_id)
    return found


def devices(visit_id: int) -> list[dict[str, Any]]:
    query = (
        Equipment.select(
            Equipment.id, Equipment.name, Equipment.own_number, Equipment.line_number, Equipment.certificate_number
        )
        .join(VisitDevice, on=(VisitDevice.equipment == Equipment.id))
        .where(VisitDevice.visit == visit_id)
        .order_by(Equipment.id)
    )
    return dicts(query)


def of_request(actor: Actor, request_id: int) -> list[dict[str, Any]]:
    conditions = [*_conditions(actor, Filters()), ClinicVisit.request == request_id]
    return [_complete(row) for row in dicts(_rows(conditions).order_by(ClinicVisit.id))]


def made(actor: Actor, first: date, last: date) -> list[dict[str, Any]]:
    """The visits made in these days, each with the person who led it. One statement."""
    actor.need_staff()
    query = (
        ClinicVisit.select(
            ClinicVisit.id, ClinicVisit.inspector, ClinicVisit.visited_on, ClinicVisit.created_at,
            Enterprise.name.alias("enterprise_name"),
        )
        .join(Enterprise)
        .where(
            ClinicVisit.state != "cancelled", ClinicVisit.visited_on.between(first, last),
            visible(actor, ClinicVisit.enterprise),
        )
    )  # fmt: skip
    return [row | {"number": words.visit_number(row["id"], row["created_at"])} for row in dicts(query)]


def inspections_near(actor: Actor, enterprise_id: int, on: date | None, today: date) -> list[dict[str, Any]]:
    """Agreed inspections at the same firm within a week of `on` (of the coming month without it): go along."""
    actor.need_staff()
    first, last = (max(today, on - NEAR), on + NEAR) if on else (today, today + timedelta(days=30))
    query = (
        Task.select(Task.id, Task.kind, Task.agreed_on, Task.inspector, Account.name.alias("inspector_name"))
        .join(Account, JOIN.LEFT_OUTER, on=(Task.inspector == Account.id))
        .where(
            Task.enterprise == enterprise_id, visible(actor, Task.enterprise), Task.state.in_(("agreed", "inspecting")),
            Task.agreed_on.between(first, last),
        )
        .order_by(Task.agreed_on, Task.id)
        .limit(10)
    )  # fmt: skip
    return [row | {"kind_label": Kind(row["kind"]).label} for row in dicts(query)]


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    row["number"] = words.visit_number(row["id"], row["created_at"])
    row["kind_word"], row["origin_word"] = words.KINDS[row["kind"]], words.ORIGINS[row["origin"]]
    row["state_word"], row["icon"], row["look"] = words.VISIT_STATES[row["state"]]
    row["hours"] = words.hours(row["start_min"], row["end_min"]) if row["start_min"] is not None else ""
    row["on"] = row["visited_on"] or row["planned_on"]
    return row
