"""Each inspector's period: planned, done, written, checked, reviewed, issued; hours against what there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from peewee import fn

from inspect_station.accounts.scope import Actor
from inspect_station.casework.models import Report, ReportItem
from inspect_station.clinic.models import ClinicVisit
from inspect_station.planning import service as planning
from inspect_station.registry.rows import tuples
from inspect_station.staffing import service as staffing
from inspect_station.workcalendar import service as workcalendar
from inspect_station.workload.periods import Period, midnight

STAGES = ("written", "checked", "reviewed", "issued")


@dataclass
class Person:
    """`planned`, `done` are inspection items; minutes are of this person. None: 无数据."""

    account_id: int
    name: str
    planned: int | None = None
    planned_minutes: int | None = None
    done: int | None = None
    capacity_minutes: int = 0
    signed: dict[str, int | None] = field(default_factory=lambda: dict.fromkeys(STAGES))
    clinic_visits: int | None = None

    @property
    def share(self) -> int | None:
        if self.planned_minutes is None or not self.capacity_minutes:
            return None
        return round(100 * self.planned_minutes / self.capacity_minutes)


def people(actor: Actor, period: Period) -> list[Person]:
    """The station's inspectors by name; an inspector is shown himself alone."""
    actor.need_staff()
    found = {
        each.account_id: Person(each.account_id, each.name, capacity_minutes=minutes(each, period))
        for each in staffing.inspectors(actor, period.first)
        if actor.role != "inspector" or each.account_id == actor.account_id
    }
    _add_planned(actor, found, period)
    _add_reports(found, period)
    _add_clinic(found, period)
    return list(found.values())


def minutes(person: staffing.Inspector, period: Period) -> int:
    """What the person can spend on sites in the period, the way there taken off."""
    if not person.planned:
        return 0
    days = workdays(period)
    each = max(0, person.daily_min - planning.efforts.weights().overhead_min)
    return each * sum(not person.away(day) for day in days)


def workdays(period: Period) -> list[date]:
    calendar = workcalendar.calendar(period.first)
    days = (date.fromordinal(n) for n in range(period.first.toordinal(), period.last.toordinal() + 1))
    return [day for day in days if calendar.is_workday(day)]


def _add_planned(actor: Actor, found: Mapping[int, Person], period: Period) -> None:
    plan = planning.plans.in_force_id()
    if plan is None or period.last < planning.plans.first_day(plan):
        return
    for person in found.values():
        person.planned, person.planned_minutes = 0, 0
    for visit in planning.reading.visits(actor, plan, period.first, period.last):
        for number, _ in visit.people:
            if number in found:
                person = found[number]
                person.planned = (person.planned or 0) + visit.count - visit.errands
                person.planned_minutes = (person.planned_minutes or 0) + visit.minutes


def _add_reports(found: Mapping[int, Person], period: Period) -> None:
    """From the reports: who inspected by their day, who signed which step by its moment."""
    begin, end = midnight(period.first), midnight(period.after().first)
    rows = list(_reports(period, begin, end))
    if not rows and not Report.select().where(Report.created_at < end).exists():
        return
    for person in found.values():
        person.done, person.signed = 0, dict.fromkeys(STAGES, 0)
    for completed_on, inspectors, steps, items in rows:
        if period.first <= completed_on <= period.last:
            for number in {each.get("id") for each in inspectors or ()} & found.keys():
                found[number].done = (found[number].done or 0) + items
        for stage, said in (steps or {}).items():
            signer = found.get(said.get("id"))
            if signer and stage in signer.signed and begin <= datetime.fromisoformat(said["at"]) < end:
                signer.signed[stage] = (signer.signed[stage] or 0) + 1


def _add_clinic(found: Mapping[int, Person], period: Period) -> None:
    """Visits made by the person who led them."""
    if not ClinicVisit.select().where(ClinicVisit.created_at < midnight(period.after().first)).exists():
        return
    query = ClinicVisit.select(ClinicVisit.inspector, fn.COUNT(ClinicVisit.id)).where(
        ClinicVisit.state != "cancelled", ClinicVisit.visited_on.between(period.first, period.last)
    )
    counts = dict(tuples(query.group_by(ClinicVisit.inspector)))
    for person in found.values():
        person.clinic_visits = counts.get(person.account_id, 0)


def _reports(period: Period, begin: datetime, end: datetime) -> Iterable[tuple[Any, ...]]:
    """Reports of the period, and older ones that were still on their way."""
    mine = Report.completed_on.between(period.first, period.last)
    moving = (Report.created_at < end) & (Report.issued_at.is_null() | (Report.issued_at >= begin))
    query = (
        Report.select(Report.completed_on, Report.inspectors, Report.steps, fn.COUNT(ReportItem.id))
        .left_outer_join(ReportItem)
        .where(mine | moving)
        .group_by(Report.id, Report.completed_on, Report.inspectors, Report.steps)
    )
    return tuples(query)
