"""What the pages, the API and the feeds show of a plan: visits with their people and items, months, warnings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from peewee import JOIN, Case, Value, fn

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.clinic.models import ClinicVisit
from inspect_station.errors import NotFound
from inspect_station.planning.models import Plan, PlanItem, PlanVisit, VisitPerson
from inspect_station.planning.words import ERRAND, ERRANDS, clock_label, kind_label
from inspect_station.registry.models import Enterprise, Equipment, Inspection

_CHUNK = 500
_BEHIND = "~"  # sorts after every digit


@dataclass(slots=True)
class Visit:
    """One crew at one enterprise on one day. `end` is the minute it is over; `done` of `count` items are recorded;
    `errands` of them are the clinic's, the others inspections."""

    id: int
    plan_id: int
    enterprise_id: int
    enterprise: str
    on: date
    start: int
    minutes: int
    pinned: bool
    answer: str
    counter_on: date | None
    answer_note: str
    answered_by: str
    revision: int
    people: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0
    done: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    late: int = 0
    errands: int = 0

    @property
    def end(self) -> int:
        return self.start + self.minutes

    @property
    def fixed(self) -> bool:
        return self.pinned or self.answer == "agreed"

    @property
    def finished(self) -> bool:
        return self.count > 0 and self.done == self.count

    @property
    def work(self) -> int:
        return self.minutes * max(1, len(self.people))

    @property
    def summary(self) -> str:
        """What is inspected, in words: "固定式压力容器 3 项、工业管道 5 项"."""
        return "、".join(f"{kind_label(kind)} {n} 项" for kind, n in sorted(self.kinds.items()))


_VISIT = (
    PlanVisit.id, PlanVisit.plan, PlanVisit.enterprise, Enterprise.name, PlanVisit.on_day, PlanVisit.start,
    PlanVisit.minutes, PlanVisit.pinned, PlanVisit.answer, PlanVisit.counter_on, PlanVisit.answer_note,
    PlanVisit.answered_by, PlanVisit.revision,
)  # fmt: skip


def visits(
    actor: Actor,
    plan_id: Any,
    first: date | None = None,
    last: date | None = None,
    *,
    enterprise_id: int | None = None,
    person: int | None = None,
    visit_id: int | None = None,
    until: Any = None,
) -> list[Visit]:
    """The plan's visits in order of time, each with its people and counts: three statements, however many there are.

    An enterprise sees its own only; which plan and how far is the caller's to say (`published`,
    which gives both as queries, so that asking costs no statement of its own).
    """
    conditions = [PlanVisit.plan == plan_id, visible(actor, PlanVisit.enterprise)]
    if until is not None:
        conditions.append(PlanVisit.on_day <= until)
    if first:
        conditions.append(PlanVisit.on_day >= first)
    if last:
        conditions.append(PlanVisit.on_day <= last)
    if enterprise_id is not None:
        conditions.append(PlanVisit.enterprise == enterprise_id)
    if visit_id is not None:
        conditions.append(PlanVisit.id == visit_id)
    if person is not None:
        theirs = VisitPerson.select(VisitPerson.visit).where(VisitPerson.account == person)
        conditions.append(PlanVisit.id.in_(theirs))
    rows: Any = PlanVisit.select(*_VISIT).join(Enterprise).where(*conditions)
    found = [Visit(*row) for row in rows.order_by(PlanVisit.on_day, PlanVisit.start, PlanVisit.id).tuples()]
    chosen = PlanVisit.select(PlanVisit.id).where(*conditions)
    _add_people(found, chosen)
    _add_counts(found, chosen)
    return found


def _add_people(found: Sequence[Visit], chosen: Any) -> None:
    by_id = {visit.id: visit for visit in found}
    rows: Any = (
        VisitPerson.select(VisitPerson.visit, Account.id, Account.name)
        .join(Account)
        .where(VisitPerson.visit.in_(chosen))
        .order_by(Account.name, Account.id)
        .tuples()
    )
    for visit, account, name in rows:
        by_id[visit].people.append((account, name))


def _add_counts(found: Sequence[Visit], chosen: Any) -> None:
    by_id = {visit.id: visit for visit in found}
    done = done_since()
    rows: Any = (
        PlanItem.select(PlanItem.visit, PlanItem.kind, PlanItem.due_on, done)
        .join(Plan, on=(Plan.id == PlanItem.plan))
        .where(PlanItem.visit.in_(chosen))
        .tuples()
    )
    for number, kind, due_on, inspected in rows:
        visit = by_id[number]
        visit.count += 1
        visit.done += bool(inspected)
        visit.kinds[kind] = visit.kinds.get(kind, 0) + 1
        visit.errands += kind == ERRAND
        visit.late += visit.on > due_on and kind != ERRAND


def done_since() -> Any:
    """Whether the item's inspection was recorded since the plan was made, or the clinic's visit: nobody ticks it off."""
    seen = ClinicVisit.select(ClinicVisit.id).where(
        ClinicVisit.id == PlanItem.clinic_visit, ClinicVisit.state.in_(("open", "finished", "closed"))
    )
    made = Inspection.select(Inspection.id).where(
        Inspection.equipment == PlanItem.equipment,
        Inspection.clock == PlanItem.clock,
        Inspection.replaced_by.is_null(),
        Inspection.completed_on >= Plan.as_of.cast("VARCHAR(10)"),
    )
    return fn.EXISTS(made) | fn.EXISTS(seen)


_ITEM = (
    PlanItem.id, PlanItem.key, PlanItem.visit.alias("visit_id"), PlanItem.equipment.alias("equipment_id"), PlanItem.clinic_visit,
    PlanItem.clock, PlanItem.kind, PlanItem.enterprise.alias("enterprise_id"), Enterprise.name.alias("enterprise"),
    PlanItem.minutes, PlanItem.people, PlanItem.due_on, PlanItem.reason, PlanItem.certificate, PlanItem.why,
    Equipment.name, Equipment.own_number, Equipment.line_number, Equipment.location, PlanVisit.on_day,
)  # fmt: skip


def items(actor: Actor, plan_id: int, *conditions: Any, limit: int | None = None) -> list[dict[str, Any]]:
    """Items of a plan with device and enterprise, in order of their date of law."""
    query: Any = (
        PlanItem.select(*_ITEM, done_since().alias("done"))
        .join(Plan, on=(Plan.id == PlanItem.plan))
        .join(Equipment, JOIN.LEFT_OUTER, on=(Equipment.id == PlanItem.equipment))
        .join(Enterprise, on=(Enterprise.id == PlanItem.enterprise))
        .join(PlanVisit, JOIN.LEFT_OUTER, on=(PlanVisit.id == PlanItem.visit))
        .where(PlanItem.plan == plan_id, visible(actor, PlanItem.enterprise), *conditions)
        .order_by(PlanItem.due_on, PlanItem.enterprise, PlanItem.id)
    )
    rows = list((query.limit(limit) if limit else query).dicts())
    for row in rows:
        row["clock_label"] = clock_label(row["clock"])
        row["number"] = row["line_number"] or row["own_number"] or ""
        if row["kind"] == ERRAND:
            row["name"], row["clock_label"] = ERRANDS[row["clock"]], "工业诊所"
    return rows


def of_visit(actor: Actor, plan_id: int, visit_id: int) -> list[dict[str, Any]]:
    """A visit's items."""
    return items(actor, plan_id, PlanItem.visit == visit_id)


def unplanned(actor: Actor, plan_id: int, limit: int | None = None) -> list[dict[str, Any]]:
    return items(actor, plan_id, PlanItem.visit.is_null(), limit=limit)


def warnings(actor: Actor, plan_id: int, limit: int | None = None) -> list[dict[str, Any]]:
    """Planned for a day after the last lawful one: found overdue, or moved past it by nobody."""
    return items(actor, plan_id, PlanVisit.on_day > PlanItem.due_on, PlanItem.kind != ERRAND, limit=limit)


def counts(plan_id: int) -> dict[str, int]:
    """How many items are planned, left out, and planned too late; `overdue` of those were when the plan was made."""
    late = (PlanVisit.on_day > PlanItem.due_on) & (PlanItem.kind != ERRAND)
    rows: Any = (
        PlanItem.select(
            fn.COUNT(PlanItem.visit),
            fn.COUNT(PlanItem.id) - fn.COUNT(PlanItem.visit),
            fn.COALESCE(fn.SUM(late.cast("INTEGER")), 0),
            fn.COALESCE(fn.SUM((late & (PlanItem.due_on <= Plan.as_of)).cast("INTEGER")), 0),
        )
        .join(Plan, on=(Plan.id == PlanItem.plan))
        .join(PlanVisit, JOIN.LEFT_OUTER, on=(PlanVisit.id == PlanItem.visit))
        .where(PlanItem.plan == plan_id)
        .tuples()
    )
    return dict(zip(("planned", "unplanned", "late", "overdue"), next(iter(rows)), strict=True))


def anchors(found: Sequence[Visit]) -> dict[int, str]:
    """Of each visit the first item's key, an inspection's before an errand's: planned anew, what is done together
    keeps the same one."""
    keys: dict[int, str] = {}
    ids = [each.id for each in found]
    first = fn.MIN(Case(PlanItem.kind, ((ERRAND, Value(_BEHIND).concat(PlanItem.key)),), PlanItem.key))
    for start in range(0, len(ids), _CHUNK):
        rows: Any = PlanItem.select(PlanItem.visit, first).where(PlanItem.visit.in_(ids[start : start + _CHUNK]))
        keys |= {visit: key.removeprefix(_BEHIND) for visit, key in rows.group_by(PlanItem.visit).tuples()}
    return keys


def visit(actor: Actor, visit_id: int) -> Visit:
    """One visit. Raises `NotFound` where the actor may not know of it: an enterprise sees published ones of its own."""
    row = PlanVisit.select(PlanVisit.plan, PlanVisit.on_day).where(PlanVisit.id == visit_id).tuples().first()
    if row is None:
        raise NotFound()
    plan_id, on = row
    if not actor.is_staff and not _is_public(plan_id, on):
        raise NotFound()
    found = visits(actor, plan_id, visit_id=visit_id)
    if not found:
        raise NotFound()
    return found[0]


def _is_public(plan_id: int, on: date) -> bool:
    return Plan.select().where(Plan.id == plan_id, Plan.state == "approved", Plan.published_until >= on).exists()


def published(
    actor: Actor,
    first: date | None = None,
    last: date | None = None,
    *,
    person: int | None = None,
    enterprise_id: int | None = None,
) -> list[Visit]:
    """The visits of the plan in force that were made known: an enterprise's own, an inspector's, or all."""
    force = Plan.select(fn.MAX(Plan.id)).where(Plan.state == "approved")
    known = Plan.select(fn.MAX(Plan.published_until)).where(Plan.state == "approved")
    return visits(
        actor, force, first, last, enterprise_id=enterprise_id, person=person, until=known
    )  # fmt: skip


# --- time ---------------------------------------------------------------------------------------------------------------


def week_month(on: date) -> str:
    """The month a day counts for: that of its week's Thursday, so that no week is cut in two."""
    return (on + timedelta(days=3 - on.weekday())).isoformat()[:7]


def monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def capacity(instance: Mapping[str, Any]) -> dict[date, int]:
    """Person-minutes there are on each working day of the plan, the way to the site taken off."""
    overhead = instance["settings"]["visit_overhead_min"]
    first = date.fromisoformat(instance["horizon"]["from"])
    days = [day for day in map(date.fromisoformat, instance["workdays"]) if day >= first]
    found = dict.fromkeys(days, 0)
    for person in instance["inspectors"]:
        away = [(date.fromisoformat(a["from"]), date.fromisoformat(a["to"])) for a in person["absent"]]
        busy: dict[date, int] = {}
        for each in person.get("busy", []):
            on = date.fromisoformat(each["date"])
            busy[on] = busy.get(on, 0) + each["minutes"]
        for day in days:
            if not any(a <= day <= b for a, b in away):
                found[day] += max(0, person["daily_min"] - busy.get(day, 0) - overhead)
    return found


def by_month(found: Iterable[Visit], able: Mapping[date, int], tolerance_pct: int) -> list[dict[str, Any]]:
    """Each month's load against its capacity; `over`: above the even share the station allows."""
    load: dict[str, int] = {}
    seen: dict[str, list[Visit]] = {}
    for each in found:
        load[week_month(each.on)] = load.get(week_month(each.on), 0) + each.work
        seen.setdefault(week_month(each.on), []).append(each)
    room: dict[str, int] = {}
    for day, minutes in able.items():
        room[week_month(day)] = room.get(week_month(day), 0) + minutes
    work, total = sum(load.values()), sum(room.values())
    return [_month(m, room[m], load.get(m, 0), seen.get(m, []), work, total, tolerance_pct) for m in sorted(room)]


def _month(
    month: str, room: int, load: int, seen: Sequence[Visit], work: int, total: int, tolerance_pct: int
) -> dict[str, Any]:
    fair = -(-(100 + tolerance_pct) * work * room // (100 * total)) if total else 0
    return {
        "month": month,
        "load": load,
        "room": room,
        "fair": fair,
        "over": load > fair * 101 // 100,  # a few minutes too many are no peak
        "full": load > room,
        "visits": len({(v.enterprise_id, monday(v.on)) for v in seen}),
        "items": sum(v.count for v in seen),
        "done": sum(v.done for v in seen),
        "firms": len({v.enterprise_id for v in seen}),
    }
