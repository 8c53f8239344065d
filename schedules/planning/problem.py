"""The instance as numbers: days, weeks, months, crews and what each item could do were it alone."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schedules.planning import reading
from schedules.planning.matching import can_fill
from schedules.planning.possible import Crews, Site, alone, ready_on

Roles = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week as far as the horizon reaches: its days by number, its month by the Thursday."""

    label: str
    days: tuple[int, ...]
    month: int


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    daily: int
    codes: Mapping[int, int | None]
    absent: tuple[reading.Span, ...]
    kind: int
    spread: int
    busy: Mapping[int, int] = field(default_factory=dict)

    def present(self, on: date) -> bool:
        return not any(first <= on <= last for first, last in self.absent)

    def minutes(self, ordinal: int) -> int:
        """The minutes of the day that are not promised to something else."""
        return max(0, self.daily - self.busy.get(ordinal, 0))

    def holds(self, code: int, ordinal: int) -> bool:
        return code in self.codes and (self.codes[code] is None or ordinal <= (self.codes[code] or 0))


@dataclass(frozen=True, slots=True)
class Item:
    """One inspection; `days`: those on which it could be done alone; `reason`: why there are none."""

    id: str
    enterprise: int
    unit: str
    minutes: int
    roles: Roles
    due: int
    latest: int
    earliest: int | None
    state: str
    early_cost: int
    kept: int | None
    kept_on: int | None
    move_cost: int
    pinned: bool
    days: tuple[int, ...]
    reason: str | None
    crew: tuple[int, ...] = ()
    start: int = 0

    @property
    def work(self) -> int:
        return self.minutes * len(self.roles)


@dataclass(slots=True)
class Problem:
    """All that the planner knows; days, weeks, months, people, codes, enterprises and items are numbers."""

    name: str
    as_of: int
    overhead: int
    visit_cost: int
    tolerance: int
    dates: list[date]
    codes: list[str]
    enterprises: list[str]
    people: list[Person]
    items: list[Item] = field(default_factory=list)
    weeks: list[Week] = field(default_factory=list)
    months: list[str] = field(default_factory=list)
    week_of: list[int] = field(default_factory=list)
    month_of: list[int] = field(default_factory=list)
    ordinals: list[int] = field(default_factory=list)
    present: list[tuple[int, ...]] = field(default_factory=list)
    holders: list[dict[int, tuple[int, ...]]] = field(default_factory=list)
    daily: list[tuple[int, ...]] = field(default_factory=list)
    month_capacity: list[int] = field(default_factory=list)
    allowance: list[int] = field(default_factory=list)
    possible_work: int = 0

    def late(self, item: Item, day: int) -> int:
        return max(0, self.ordinals[day] - item.due)

    def early(self, item: Item, day: int) -> int:
        return max(0, item.due - self.ordinals[day]) * item.early_cost

    def moved(self, item: Item, day: int | None) -> int:
        stays = day is not None and day == item.kept
        return 0 if item.kept_on is None or stays else item.move_cost

    def fit(self, crew: Sequence[int], number: int, day: int) -> bool:
        """Whether these people, all of them needed, can fill the item's roles on the day."""
        roles, holders = self.items[number].roles, self.holders[day]
        if len(crew) != len(roles) or len(set(crew)) != len(crew):
            return False
        return can_fill([[p for p in crew if p in holders[code]] for code in roles])


def read(instance: Mapping[str, Any]) -> Problem:
    """The checked instance as a Problem; raises InstanceError."""
    reading.check(instance)
    settings = instance["settings"]
    as_of = date.fromisoformat(instance["as_of"])
    first, last = reading.span(instance["horizon"], "horizon")
    workdays = sorted(d for d in map(date.fromisoformat, instance["workdays"]) if as_of < d <= last)
    codes = _codes(instance)
    problem = Problem(
        instance["name"],
        as_of.toordinal(),
        settings["visit_overhead_min"],
        settings["visit_cost"],
        settings["level_tolerance_pct"],
        [d for d in workdays if d >= first],
        codes,
        [each["id"] for each in instance["enterprises"]],
        _people(instance, codes),
    )
    _lay_out_time(problem)
    _lay_out_people(problem)
    _add_items(problem, instance, [d.toordinal() for d in workdays])
    _level(problem)
    return problem


def _codes(instance: Mapping[str, Any]) -> list[str]:
    held = {code for each in instance["inspectors"] for code in each["codes"]}
    return sorted(held | {code for each in instance["items"] for code in each["roles"]})


def _people(instance: Mapping[str, Any], codes: list[str]) -> list[Person]:
    """The inspectors; those with the same codes and hours are of one kind."""
    kinds: dict[tuple[object, ...], int] = {}
    people = []
    for each in instance["inspectors"]:
        until = {
            codes.index(code): None if last is None else date.fromisoformat(last).toordinal()
            for code, last in each["codes"].items()
        }
        kind = kinds.setdefault((*sorted(until), each["daily_min"]), len(kinds))
        absent = reading.spans(each, "absent", "inspectors")
        people.append(Person(each["id"], each["daily_min"], until, absent, kind, len(until), _busy(each)))
    return people


def _busy(each: Mapping[str, Any]) -> dict[int, int]:
    """Minutes promised to something else, by day: they are not there for visits."""
    minutes: dict[int, int] = {}
    for busy in each.get("busy") or []:
        on = date.fromisoformat(busy["date"]).toordinal()
        minutes[on] = minutes.get(on, 0) + busy["minutes"]
    return minutes


def _lay_out_time(problem: Problem) -> None:
    labels: dict[str, list[int]] = {}
    months: dict[str, int] = {}
    for number, on in enumerate(problem.dates):
        year, week, _ = on.isocalendar()
        labels.setdefault(f"{year}-W{week:02d}", []).append(number)
    for label, days in labels.items():
        first = problem.dates[days[0]]
        thursday = date.fromordinal(first.toordinal() - first.weekday() + 3)
        month = months.setdefault(f"{thursday:%Y-%m}", len(months))
        problem.weeks.append(Week(label, tuple(days), month))
        problem.week_of += [len(problem.weeks) - 1] * len(days)
        problem.month_of += [month] * len(days)
    problem.months = list(months)
    problem.ordinals = [on.toordinal() for on in problem.dates]


def _lay_out_people(problem: Problem) -> None:
    capacity = [0] * len(problem.months)
    for number, on in enumerate(problem.dates):
        present = tuple(p for p, person in enumerate(problem.people) if person.present(on))
        ordinal = problem.ordinals[number]
        daily = tuple(person.minutes(ordinal) for person in problem.people)
        problem.present.append(present)
        problem.daily.append(daily)
        problem.holders.append(
            {
                code: tuple(p for p in present if problem.people[p].holds(code, ordinal))
                for code in range(len(problem.codes))
            }
        )
        capacity[problem.month_of[number]] += sum(max(0, daily[p] - problem.overhead) for p in present)
    problem.month_capacity = capacity


def _level(problem: Problem) -> None:
    """The load above which a month counts as overloaded."""
    problem.possible_work = sum(item.work for item in problem.items if item.days)
    total = sum(problem.month_capacity)
    share = (100 + problem.tolerance) * problem.possible_work
    problem.allowance = [-(-share * each // (100 * total)) if total else 0 for each in problem.month_capacity]


def _add_items(problem: Problem, instance: Mapping[str, Any], workdays: list[int]) -> None:
    sites = [Site(each, problem.dates) for each in instance["enterprises"]]
    crews = Crews(problem)
    number = {ordinal: d for d, ordinal in enumerate(problem.ordinals)}
    site_of = {name: e for e, name in enumerate(problem.enterprises)}
    people_of = {person.id: p for p, person in enumerate(problem.people)}
    previous = {each["item"]: each for each in instance.get("previous") or []}
    for each in instance["items"]:
        kept = previous.get(each["id"])
        kept_on = None if kept is None else date.fromisoformat(kept["date"]).toordinal()
        enterprise = site_of[each["enterprise"]]
        roles = tuple(sorted(problem.codes.index(code) for code in each["roles"]))
        earliest = each.get("earliest")
        earliest_on = date.fromisoformat(earliest).toordinal() if earliest else None
        latest = date.fromisoformat(each["latest"]).toordinal()
        ready = ready_on(workdays, each["prep_workdays"])
        window = [
            d
            for d in range(bisect_left(problem.ordinals, earliest_on or 0), bisect_left(problem.ordinals, latest + 1))
            if problem.ordinals[d] >= ready or problem.ordinals[d] == kept_on
        ]
        pinned = bool(kept and kept.get("pinned", False))
        days, reason = alone(
            window,
            sites[enterprise].days(each["state"], each["unit"]),
            crews.days(roles, 0),
            crews.days(roles, each["minutes"] + problem.overhead),
            {number.get(kept_on or 0)} if pinned else None,
        )
        problem.items.append(
            Item(
                each["id"], enterprise, each["unit"], each["minutes"], roles,
                date.fromisoformat(each["due"]).toordinal(), latest, earliest_on, each["state"],
                each["early_cost"], number.get(kept_on or 0), kept_on,
                int(kept.get("move_cost", 0)) if kept else 0, pinned, days, reason,
                _hint(kept, people_of), _start(kept),
            )
        )  # fmt: skip


def _hint(kept: Mapping[str, Any] | None, people_of: dict[str, int]) -> tuple[int, ...]:
    """The crew the plan in force names, if it does and all are still there."""
    named = (kept or {}).get("inspectors")
    if not isinstance(named, list) or not all(isinstance(n, str) and n in people_of for n in named):
        return ()
    return tuple(people_of[n] for n in named)


def _start(kept: Mapping[str, Any] | None) -> int:
    start = (kept or {}).get("start")
    return start if isinstance(start, int) else 0
