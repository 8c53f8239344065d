"""Each inspector's period: planned, done, written, checked, reviewed, issued; hours against what there are.

Every number is the sum of the entries behind it, so that it opens exactly those.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.clinic import service as clinic
from inspect_station.errors import NotFound
from inspect_station.planning import service as planning
from inspect_station.staffing import service as staffing
from inspect_station.workcalendar import service as workcalendar
from inspect_station.workload.counting import begun, known
from inspect_station.workload.periods import Period, midnight

STAGES = ("written", "checked", "reviewed", "issued")
WORDS: Mapping[str, str] = {
    "planned": "排定", "done": "检验", "written": "编制", "checked": "校核", "reviewed": "审核", "issued": "签发",
    "clinic": "出诊",
}  # fmt: skip
CAPACITY = "capacity"  # not of what was done: the days that make up what there is


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


@dataclass(frozen=True, slots=True)
class Entry:
    """What one number counts: `count` of `what` (a word of `WORDS`) by a person. `ref` names it ("report:7")."""

    account_id: int
    what: str
    ref: str
    number: str
    enterprise: str
    day: date
    count: int = 1
    minutes: int = 0


def people(actor: Actor, period: Period) -> list[Person]:
    """The station's inspectors by name; an inspector is shown himself alone."""
    time = Time(period.first)
    found = {
        each.account_id: Person(each.account_id, each.name, capacity_minutes=time.minutes(each, period))
        for each in _inspectors(actor, period)
    }
    for what, entries in _entries(actor, period).items():
        counts: Counter[int] = Counter()
        spent: Counter[int] = Counter()
        for entry in entries:
            counts[entry.account_id] += entry.count
            spent[entry.account_id] += entry.minutes
        for person in found.values():
            _tell(person, what, counts[person.account_id])
            if what == "planned":
                person.planned_minutes = spent[person.account_id]
    return list(found.values())


def behind(actor: Actor, period: Period, account_id: int, what: str) -> tuple[str, list[Entry]]:
    """The person's name, and the entries one of the numbers sums up, the latest first.

    Raises `NotFound` for a word that is none and for people whom the actor is not shown.
    """
    names = {each.account_id: each.name for each in _inspectors(actor, period)}
    if what == CAPACITY and account_id in names:
        return names[account_id], _days(actor, period, account_id)
    if what not in WORDS or account_id not in names:
        raise NotFound()
    found = _entries(actor, period, (what,)).get(what, ())
    mine = [entry for entry in found if entry.account_id == account_id]
    return names[account_id], sorted(mine, key=lambda entry: (entry.day, entry.ref), reverse=True)


def _days(actor: Actor, period: Period, account_id: int) -> list[Entry]:
    """The days at work, each with its minutes, the latest first."""
    (person,) = (each for each in _inspectors(actor, period) if each.account_id == account_id)
    time = Time(period.first)
    days = [day for day in time.workdays(period) if person.planned and not person.away(day)]
    each = time.minutes(person, period) // max(1, len(days))
    return [Entry(account_id, CAPACITY, f"day:{day}", "", "", day, 1, each) for day in reversed(days)]


def _tell(person: Person, what: str, count: int) -> None:
    if what in STAGES:
        person.signed[what] = count
    else:
        setattr(person, {"clinic": "clinic_visits"}.get(what, what), count)


def _inspectors(actor: Actor, period: Period) -> list[staffing.Inspector]:
    actor.need_staff()
    return [
        each
        for each in staffing.inspectors(actor, period.first)
        if actor.role != "inspector" or each.account_id == actor.account_id
    ]


class Time:
    """What people can spend on sites, the way there taken off: calendar and setting are read once for any number of them."""

    def __init__(self, first: date) -> None:
        self._calendar = workcalendar.calendar(first)
        self._overhead = planning.efforts.weights().overhead_min
        self._days: dict[Period, list[date]] = {}

    def minutes(self, person: staffing.Inspector, period: Period) -> int:
        """Of this person in the period; it must not begin before `first`."""
        if not person.planned:
            return 0
        each = max(0, person.daily_min - self._overhead)
        return each * sum(not person.away(day) for day in self.workdays(period))

    def workdays(self, period: Period) -> list[date]:
        if period not in self._days:
            days = (date.fromordinal(n) for n in range(period.first.toordinal(), period.last.toordinal() + 1))
            self._days[period] = [day for day in days if self._calendar.is_workday(day)]
        return self._days[period]


def workdays(period: Period) -> list[date]:
    return Time(period.first).workdays(period)


# --- what the numbers count -------------------------------------------------------------------------------------------


def _entries(actor: Actor, period: Period, asked: Collection[str] = WORDS) -> dict[str, list[Entry]]:
    """By word; a word that is missing has no data yet in this period. Only what is asked for is read."""
    found: dict[str, list[Entry]] = {}
    since = begun()
    plan = planning.plans.in_force_id() if "planned" in asked else None
    if plan is not None and period.last >= planning.plans.first_day(plan):
        found["planned"] = list(_planned(actor, plan, period))
    if not {"done", *STAGES}.isdisjoint(asked) and known("issued", period, since):
        found |= {word: [] for word in ("done", *STAGES)}
        for entry in _reported(actor, period):
            found[entry.what].append(entry)
    if "clinic" in asked and known("clinic_visits", period, since):
        found["clinic"] = [
            Entry(row["inspector"], "clinic", f"visit:{row['id']}", row["number"], row["enterprise_name"], row["visited_on"])
            for row in clinic.visits.made(actor, period.first, period.last)
        ]  # fmt: skip
    return found


def _planned(actor: Actor, plan: int, period: Period) -> Iterator[Entry]:
    for visit in planning.reading.visits(actor, plan, period.first, period.last):
        for number, _ in visit.people:
            if visit.count > visit.errands:  # the clinic's own are counted by the clinic
                yield Entry(
                    number, "planned", f"planned:{visit.id}", "", visit.enterprise, visit.on,
                    visit.count - visit.errands, visit.minutes,
                )  # fmt: skip


def _reported(actor: Actor, period: Period) -> Iterator[Entry]:
    """From the reports: who inspected by their day, who signed which step by its moment."""
    begin, end = midnight(period.first), midnight(period.after().first)
    for row in casework.reports.worked_on(actor, period.first, period.last, begin, end):
        of = (f"report:{row['id']}", row["number"], row["enterprise_name"])
        if period.first <= row["completed_on"] <= period.last:
            for number in {each.get("id") for each in row["inspectors"] or ()} - {None}:
                yield Entry(number, "done", *of, row["completed_on"], row["item_count"])
        for stage, said in (row["steps"] or {}).items():
            at = datetime.fromisoformat(said["at"])
            if stage in STAGES and said.get("id") is not None and begin <= at < end:
                yield Entry(said["id"], stage, *of, at.date())
