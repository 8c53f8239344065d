"""The coming months: what falls due by kind and by qualification, in hours, against the people there are.

Three layers, from sure to unsure: dates that stand; clocks whose date the institution still has to set (at the earliest
day, as the plan takes them); and the rounds after those, at the usual interval, which depend on inspections yet to come.
"""

# ruff: noqa: S608  names of our own only; every value is a bound parameter

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.db import is_sqlite, run
from inspect_station.duelist import service as duelist
from inspect_station.planning import service as planning
from inspect_station.planning.words import months_between
from inspect_station.staffing import service as staffing
from inspect_station.workload import coming, counting, people
from inspect_station.workload.coming import LAYERS, NOBODY
from inspect_station.workload.periods import Period, months
from schedules.terms import Kind

LENGTHS = (12, 24, 36)


@dataclass
class Month:
    """Person-minutes by layer and by code; `room` is what all inspectors have, `one` the average of them.

    In an inspector's own view: the work of the firms he looks after, beside his own hours and his own part of the plan.

    `holders`: what the holders of a code have; `renewed`: what they would have, had nobody's certificate run out.
    """

    period: Period
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LAYERS, 0))
    minutes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LAYERS, 0))
    kinds: dict[str, int] = field(default_factory=dict)
    codes: dict[str, int] = field(default_factory=dict)
    room: int = 0
    one: int = 0
    holders: dict[str, int] = field(default_factory=dict)
    renewed: dict[str, int] = field(default_factory=dict)
    planned: int = 0

    @property
    def key(self) -> str:
        return self.period.key

    @property
    def load(self) -> int:
        return sum(self.minutes.values())

    @property
    def least(self) -> int:
        """What is sure to come."""
        return self.minutes["sure"]

    @property
    def over(self) -> bool:
        return self.load > self.room

    @property
    def short(self) -> list[str]:
        """Codes whose holders have less time than what needs them, the worst first."""
        lacking = [c for c, need in self.codes.items() if need > self.holders.get(c, 0)]
        return sorted(lacking, key=lambda c: self.holders.get(c, 0) - self.codes[c])


@dataclass(frozen=True, slots=True)
class Forecast:
    months: Sequence[Month]
    backlog: int
    backlog_minutes: int
    advice: Sequence[Mapping[str, Any]]


def forecast(actor: Actor, today: date, count: int = 12, responsible: int | None = None) -> Forecast:
    """The months from the present one on, as many as asked. What is overdue already is the backlog, told apart."""
    actor.need_staff()
    duelist.refresh(today)
    found = {each.key: Month(each) for each in months(today, count)}
    backlog = _fill(found, today, responsible)
    _add_room(actor, found.values(), today)
    _add_planned(actor, found)
    ordered = list(found.values())
    return Forecast(ordered, *backlog, list(_advice(ordered, responsible)))


def _fill(found: Mapping[str, Month], today: date, responsible: int | None) -> tuple[int, int]:
    figures = planning.efforts.figures()
    codes, per_km = coming.codes(), coming.kilometre_minutes(figures)
    names = list(found)
    backlog = backlog_minutes = 0
    for month, kind, clock, standing, count, extra in _rows(per_km, today, found[names[-1]].period.last, responsible):
        figure = figures.get((kind, clock))
        if figure is None:
            continue
        each = coming.person_minutes(figure, count, int(extra))
        code = codes[kind, clock]
        if month < names[0] or month == "":
            backlog, backlog_minutes = backlog + count, backlog_minutes + each
            month = names[0]  # done now, it comes again after the usual interval
        elif month in found:
            _put(found[month], "sure" if standing == 1 else "open", kind, code, count, each)
        for later in _again(month, clock, names):
            _put(found[later], "next", kind, code, count, each)
    return backlog, backlog_minutes


def _again(month: str, clock: str, names: Sequence[str]) -> Iterable[str]:
    """The later months in which the same clocks come again at the usual interval."""
    step = months_between(clock)
    if month not in names:
        return
    yield from names[names.index(month) + step :: step]


def _put(month: Month, layer: str, kind: str, code: str, count: int, minutes: int) -> None:
    month.counts[layer] += count
    month.minutes[layer] += minutes
    month.kinds[kind] = month.kinds.get(kind, 0) + count
    month.codes[code] = month.codes.get(code, 0) + minutes


def _rows(per_km: str, today: date, until: date, responsible: int | None) -> list[tuple[Any, ...]]:
    """Running clocks of the institution by month, kind, clock and standing; overdue ones under the month ''."""
    month = "strftime('%Y-%m', d.sort_on)" if is_sqlite() else "to_char(d.sort_on, 'YYYY-MM')"
    whose = (
        "AND d.enterprise_id IN (SELECT o.id FROM enterprise o WHERE o.responsible_id = :who)" if responsible else ""
    )
    return run(
        f"SELECT CASE WHEN d.sort_on < :today THEN '' ELSE {month} END AS m, d.kind, d.clock, "
        f"CASE WHEN d.standing = 1 THEN 1 ELSE 2 END AS s, count(*), {per_km} "
        "FROM due_row d JOIN equipment e ON e.id = d.equipment_id WHERE d.done_by = 'institution' "
        f"AND d.standing IN (1, 2, 3) AND d.sort_on > '1900-01-01' AND d.sort_on <= :until {whose} "
        "GROUP BY 1, 2, 3, 4",
        {"today": today.isoformat(), "until": until.isoformat(), "who": responsible},
    )


def _add_room(actor: Actor, found: Iterable[Month], today: date) -> None:
    team = _team(actor, today)
    groups = {"/".join(names): names for names in staffing.accepted_codes().values()}
    time = people.Time(today)
    for month in found:
        span = _left(month.period, today)
        able = [(each, time.minutes(each, span)) for each in team]
        month.room = sum(minutes for _, minutes in able)
        month.one = month.room // max(1, len(team))
        month.holders = {
            joint: sum(m for each, m in able if each.holds(names, span.last)) for joint, names in groups.items()
        }
        _add_renewed(month, able, groups)


def _add_renewed(month: Month, able: Any, groups: Mapping[str, Sequence[str]]) -> None:
    month.renewed = {
        joint: sum(m for each, m in able if any(name in each.codes for name in names))
        for joint, names in groups.items()
    }


def _team(actor: Actor, today: date) -> list[staffing.Inspector]:
    mine = counting.view_of(actor).responsible
    return [
        each
        for each in staffing.inspectors(actor, today)
        if each.planned and each.codes and mine in (None, each.account_id)
    ]


def _left(period: Period, today: date) -> Period:
    """What is left of a month."""
    return Period("month", max(period.first, today), period.last)


@dataclass(frozen=True, slots=True)
class Share:
    """What one person has of a month's hours: so many days at work, so many of its working days away."""

    person: staffing.Inspector
    minutes: int
    days: int
    away: int


def room_of(actor: Actor, period: Period, today: date, code: str = "") -> list[Share]:
    """The people whose time a month's `room` (or `holders[code]`) sums up."""
    names = {"/".join(each): each for each in staffing.accepted_codes().values()}.get(code, ())
    time, span = people.Time(today), _left(period, today)
    found = []
    for each in _team(actor, today):
        if code and not each.holds(names, span.last):
            continue
        days = time.workdays(span)
        away = sum(bool(each.away(day)) for day in days)
        found.append(Share(each, time.minutes(each, span), len(days) - away, away))
    return found


def planned_of(actor: Actor, period: Period) -> list[planning.reading.Visit]:
    """The visits whose work a month's `planned` sums up; in an inspector's view those he goes on."""
    plan, mine = planning.plans.in_force_id(), counting.view_of(actor).responsible
    return [] if plan is None else planning.reading.visits(actor, plan, period.first, period.last, person=mine)


def work_of(actor: Actor, visit: planning.reading.Visit) -> int:
    """Minutes of a visit: of everybody on it, in an inspector's view his own."""
    return visit.work if counting.view_of(actor).responsible is None else visit.minutes


def _add_planned(actor: Actor, found: Mapping[str, Month]) -> None:
    plan = planning.plans.in_force_id()
    if plan is None:
        return
    for visit in planning.reading.visits(actor, plan, person=counting.view_of(actor).responsible):
        if (month := found.get(visit.on.isoformat()[:7])) is not None:
            month.planned += work_of(actor, visit)


def _advice(found: Sequence[Month], responsible: int | None) -> Iterable[dict[str, Any]]:
    """Months that will not fit, and what would help: one more holder of a code, or the biggest firm's work earlier.

    Codes that one inspector lacks are no news: his colleagues have them.
    """
    for place, month in enumerate(found):
        short = month.short[:2] if responsible is None else []
        if not month.over and not short:
            continue
        need = month.load - month.room
        said = []
        for code in short:
            lack = month.codes[code] - month.holders.get(code, 0)
            if code == NOBODY:
                said.append(f"{_hours(lack)} 工时的项目没有可用的资格代码，请先在检验人员设置里补代码")
            else:
                said.append(
                    f"持 {code} 的人员还差 {_hours(lack)} 工时，{_more_people(month, lack)}取得 {code} 可以补上"
                )
            if (lapsed := month.renewed.get(code, 0) - month.holders.get(code, 0)) > 0:
                said.append(f"有 {code} 证书在此之前到期，按期换证可多出 {_hours(lapsed)} 工时")
        earlier = next((m for m in reversed(found[:place]) if m.room - m.load > 0), None)
        if earlier is not None and (firm := _biggest(month.period, responsible)):
            spare = _hours(earlier.room - earlier.load)
            said.append(f"请 {firm[0]}（{firm[1]} 项）提前到 {earlier.period.label}大修，那时还有 {spare} 工时空余")
        yield {"month": month.key, "label": month.period.label, "over": max(0, need), "help": said}


def _more_people(month: Month, lack: int) -> str:
    """How many full-time people of a month the lack is."""
    return f"再有 {max(1, -(-lack // max(1, month.one)))} 人"


def _biggest(period: Period, responsible: int | None) -> tuple[str, int] | None:
    whose = "AND f.responsible_id = :who" if responsible else ""
    rows = run(
        "SELECT f.name, count(*) FROM due_row d JOIN enterprise f ON f.id = d.enterprise_id WHERE d.done_by = 'institution' "
        f"AND d.standing = 1 AND d.sort_on >= :first AND d.sort_on <= :last {whose} "
        "GROUP BY f.id, f.name ORDER BY 2 DESC, 1 LIMIT 1",
        {"first": period.first.isoformat(), "last": period.last.isoformat(), "who": responsible},
    )
    return (rows[0][0], int(rows[0][1])) if rows else None


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.0f}"


def kinds_of(month: Month) -> list[tuple[str, str, int]]:
    """Kind, its word and how many of the month's are of it, the most first."""
    return [(kind, Kind(kind).label, n) for kind, n in sorted(month.kinds.items(), key=lambda p: -p[1])]
