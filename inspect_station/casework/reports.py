"""Reports: written, checked, reviewed, issued; each step by somebody, the number once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import fn

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework import numbers, promises
from inspect_station.casework.models import Report, ReportItem
from inspect_station.casework.words import STAGES
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from inspect_station.registry import paging
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise, Equipment, Inspection
from inspect_station.registry.paging import Page
from inspect_station.registry.rows import dicts
from schedules.terms import Clock

_ORDER = tuple(STAGES)
SHOWN = 500  # as many as one result may be of
SORTS: Mapping[str, tuple[Any, ...]] = {"id": (Report.id,)}


@dataclass(frozen=True)
class Filters:
    stage: str = ""  # a stage; none: whatever is not issued
    q: str = ""
    late_on: date | None = None  # only those whose promise was broken by this day


def get(actor: Actor, report_id: int, today: date) -> dict[str, Any]:
    """One report with its items as they stand after corrections. Raises `NotFound` for missing and foreign ones."""
    query = Report.select(Report, Enterprise.name.alias("enterprise_name")).join(Enterprise)
    row = query.where(Report.id == report_id, visible(actor, Report.enterprise)).dicts().first()
    if row is None:
        raise NotFound()
    found = dict(row)
    found["items"] = _items(report_id)
    found["family"] = _family(row) if row["number"] else []
    found["promise"] = promises.promise("report", row["report_by"], row["issued_at"], today)
    place = _ORDER.index(row["stage"])
    found["next_stage"] = _ORDER[place + 1] if place + 1 < len(_ORDER) else None
    return found


def _items(report_id: int) -> list[dict[str, Any]]:
    query = (
        ReportItem.select(
            ReportItem.equipment, ReportItem.clock, ReportItem.inspection, Equipment.name, Equipment.own_number,
            Equipment.line_number,
        )
        .join(Equipment)
        .where(ReportItem.report == report_id)
        .order_by(ReportItem.id)
        .limit(SHOWN)
    )  # fmt: skip
    found = dicts(query)
    said = _current([row["inspection"] for row in found])
    return [row | {"clock_label": Clock(row["clock"]).label} | said[row["inspection"]] for row in found]


def _family(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The other reports of this number, in order: the one that said no, and its re-inspections."""
    query = Report.select(Report.id, Report.again, Report.completed_on, Report.stage).where(
        Report.number == row["number"], Report.id != row["id"]
    )
    return list(dicts(query.order_by(Report.again)))


_SAID = (
    "id",
    "completed_on",
    "conclusion",
    "grade",
    "next_due",
    "report_number",
    "replaced_by",
    "note",
    "inspectors",
)


def _current(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What each inspection says now: a corrected one is followed to the one that took its place."""
    found: dict[int, dict[str, Any]] = {}
    waiting = {number: number for number in ids}  # newest known → the one asked for
    while waiting:
        query = Inspection.select(*(getattr(Inspection, name) for name in _SAID))
        rows = dicts(query.where(Inspection.id.in_(list(waiting))))
        following: dict[int, int] = {}
        for row in rows:
            asked = waiting[row["id"]]
            if row["replaced_by"]:
                following[row["replaced_by"]] = asked
            else:
                found[asked] = {**row, "current": row["id"], "corrected": row["id"] != asked}
        waiting = following
    return found


def advance(
    actor: Actor,
    report_id: int,
    *,
    now: datetime,
    revision: int | None = None,
    number: str = "",
    reason: str = "",
) -> str:
    """Sign the next step; returns it. Nobody signs two steps that follow each other; issuing wants a number.

    Raises `Conflict`, `InvalidInput`, or `Stale` where another has signed since.
    """
    actor.need("edit")
    with db.atomic():
        row = get(actor, report_id, now.date())
        if revision is not None and revision != row["revision"]:
            raise Stale("这份报告刚被别人处理过，请核对后再签；您填写的内容还在。")
        stage = row["next_stage"]
        if stage is None:
            raise Conflict("报告已经签发，不能再流转。")
        _may_sign(actor, row, stage)
        fields = _numbered(row, number.strip(), stage, reason)
        steps = {**(row["steps"] or {}), stage: {"by": actor.name, "id": actor.account_id, "at": now.isoformat()}}
        written = (
            Report.update(
                stage=stage, steps=steps, issued_at=now if stage == "issued" else None, revision=row["revision"] + 1, **fields
            )
            .where(Report.id == report_id, Report.revision == row["revision"])
            .execute()
        )  # fmt: skip
        if not written:
            raise Stale("这份报告刚被别人处理过，请核对后再签；您填写的内容还在。")
        if fields:
            _tell_inspections(actor, row, fields["number"], now)
        detail = {"stage": stage, "number": fields.get("number", row["number"])}
        audit.record(
            actor, "report.advance", "report", report_id, now=now, enterprise_id=row["enterprise"], detail=detail
        )
    return str(stage)


def _may_sign(actor: Actor, row: Mapping[str, Any], stage: str) -> None:
    before = (row["steps"] or {}).get(_ORDER[_ORDER.index(stage) - 1], {})
    if before.get("id") is not None and before["id"] == actor.account_id:
        raise Conflict(f"{STAGES[row['stage']]}人不能自己{STAGES[stage]}，请由另一位人员签。")
    if stage == "issued" and not (actor.may("approve") or actor.may("confirm_rules")):
        raise NotAllowed("报告由站长或技术负责人批准签发。")


def _numbered(row: Mapping[str, Any], number: str, stage: str, reason: str) -> dict[str, Any]:
    if not number or number == row["number"]:
        if stage == "issued" and not row["number"]:
            raise InvalidInput("签发前请填写报告编号。", {"report_number": ["请填写报告编号"]})
        return {}
    if row["number"]:
        raise Conflict(f"报告编号已是“{row['number']}”，改编号请更正检验记录。")
    items = row["items"]
    again = numbers.check(
        number, row["enterprise"], [item["equipment"] for item in items], items[0]["clock"] if items else "",
        done_on=row["completed_on"], reason=reason, but=row["id"], own=[item["current"] for item in items],
    )  # fmt: skip
    return {"number": number, "again": again}


def _tell_inspections(actor: Actor, row: Mapping[str, Any], number: str, now: datetime) -> None:
    """The number given at issue goes into the inspections, as a correction that keeps the old row."""
    for item in row["items"]:
        registry.inspections.correct(
            actor, item["current"], {"report_number": number}, reason="补录报告编号", now=now, today=now.date()
        )


def page(actor: Actor, filters: Filters, today: date, *, after: Sequence[Any] | None = None, size: int = 50) -> Page:
    """Reports on their way (or in one stage), the oldest first, each with its promise. One statement."""
    count = Report.select(Report.id).join(Enterprise).where(*_conditions(actor, filters))
    found = paging.page(_listed(actor, filters), SORTS, "id", after, size, count=count)
    for row in found.rows:
        _complete(row, today)
    return found


def stream(actor: Actor, filters: Filters, today: date) -> Iterator[dict[str, Any]]:
    """Every report under the filters, for an export."""
    for rows in paging.chunks(_listed(actor, filters), SORTS, "id", 1000):
        for row in rows:
            yield _complete(row, today)


def _conditions(actor: Actor, filters: Filters) -> list[Any]:
    stage = Report.stage == filters.stage if filters.stage else Report.stage != "issued"
    made: list[Any] = [visible(actor, Report.enterprise), stage]
    if filters.late_on is not None:
        made.append((Report.report_by < filters.late_on) & Report.issued_at.is_null())
    for word in filters.q.replace("\0", "").split()[:5]:
        named = Enterprise.name.contains(word) | Enterprise.initials.contains(word)
        made.append(named | Report.number.contains(word))
    return made


def _listed(actor: Actor, filters: Filters) -> Any:
    count = ReportItem.select(fn.COUNT(ReportItem.id)).where(ReportItem.report == Report.id)
    query = Report.select(Report, Enterprise.name.alias("enterprise_name"), count.alias("item_count"))
    return query.join(Enterprise).where(*_conditions(actor, filters))


def _complete(row: dict[str, Any], today: date) -> dict[str, Any]:
    row["promise"] = promises.promise("report", row["report_by"], row["issued_at"], today)
    row["people"] = "、".join(str(person["name"]) for person in row["inspectors"] or [])
    return row


def of_inspection(actor: Actor, inspection_id: int) -> int:
    """The report that tells of this inspection or of the one it corrected. Raises `NotFound`."""
    numbers = {inspection_id}
    for _ in range(20):  # back along the corrections
        earlier = {
            row["id"]
            for row in dicts(Inspection.select(Inspection.id).where(Inspection.replaced_by.in_(list(numbers))))
        }
        if earlier <= numbers:
            break
        numbers |= earlier
    found = (
        ReportItem.select(ReportItem.report)
        .join(Report)
        .where(ReportItem.inspection.in_(list(numbers)), visible(actor, Report.enterprise))
        .limit(1)
        .scalar()
    )
    if found is None:
        raise NotFound("这次检验没有在本站登记的报告。")
    return int(found)


def worked_on(actor: Actor, first: date, last: date, begin: datetime, end: datetime) -> list[dict[str, Any]]:
    """Reports on inspections of these days, and older ones that were still on their way in this time. One statement."""
    actor.need_staff()
    mine = Report.completed_on.between(first, last)
    moving = (Report.created_at < end) & (Report.issued_at.is_null() | (Report.issued_at >= begin))
    items = ReportItem.select(fn.COUNT(ReportItem.id)).where(ReportItem.report == Report.id)
    query = Report.select(
        Report.id, Report.number, Report.completed_on, Report.inspectors, Report.steps,
        Enterprise.name.alias("enterprise_name"), items.alias("item_count"),
    )  # fmt: skip
    return dicts(query.join(Enterprise).where(mine | moving, visible(actor, Report.enterprise)))
