"""The head's page: a period's figures beside those of the one before and of a year ago; targets; what the charts draw."""

# ruff: noqa: S608  names and marks of our own only; every value is a bound parameter

from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile
from typing import Any

from inspect_station.accounts import audit, station
from inspect_station.accounts.scope import Actor
from inspect_station.db import db, run
from inspect_station.duelist import service as duelist
from inspect_station.errors import InvalidInput
from inspect_station.workload import closing, counting
from inspect_station.workload.counting import Figure
from inspect_station.workload.definitions import DEFINITIONS
from inspect_station.workload.narrowing import Narrowed
from inspect_station.workload.periods import Period, around, months

_TARGETS = "workload.targets"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure with the same figure of the period before and of a year ago."""

    figure: Figure
    before: Figure
    year_ago: Figure

    @property
    def key(self) -> str:
        return self.figure.key

    def difference(self, other: Figure) -> float | None:
        if self.figure.value is None or other.value is None:
            return None
        return round(self.figure.value - other.value, 1)

    @property
    def change(self) -> float | None:
        return self.difference(self.year_ago)


def lines(actor: Actor, period: Period, today: date, narrowed: Narrowed | None = None) -> dict[str, Line]:
    """Every figure, three times: now, the period before, a year ago; of closed months as they were told.

    While the period runs, the other two are told as they stood on the like day: half a month is not held against a whole.
    """
    actor.need_staff()
    duelist.refresh(today)
    since = counting.begun()
    spans = (period, *period.beside(today))
    now, before, ago = (closing.told(actor, each, today, narrowed, since) for each in spans)
    return {key: Line(now[key], before[key], ago[key]) for key in DEFINITIONS}


# --- the year's target ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """`planned` None: nobody has set one; the year is then measured against what falls due in it."""

    year: int
    planned: int | None
    due: int
    done: int

    @property
    def of(self) -> int:
        return self.planned or self.due

    @property
    def share(self) -> float | None:
        return round(100 * self.done / self.of, 1) if self.of else None


def target(actor: Actor, year: int, today: date, narrowed: Narrowed | None = None) -> Target:
    """Inspections of the year so far against the number set for it."""
    period = around("year", date(year, 1, 1))
    found = counting.figures(actor, period, today, narrowed, only=("due", "inspected"))
    held = station.get(_TARGETS) or {}
    # One inspector's share of the station's target is nobody's to guess.
    planned = held.get(str(year)) if (narrowed or counting.view_of(actor)).responsible is None else None
    return Target(year, planned, int(found["due"].value or 0), int(found["inspected"].value or 0))


def set_target(actor: Actor, year: int, number: int | None, now: datetime) -> None:
    """How many inspections are planned for the year; None takes it back."""
    actor.need("approve")
    if number is not None and not 1 <= number <= 10_000_000:
        raise InvalidInput("年度目标应是 1 至 10000000 的整数。", {"target": ["应是正整数"]})
    with db.atomic():
        held = dict(station.get(_TARGETS) or {})
        before = held.pop(str(year), None)
        if number is not None:
            held[str(year)] = number
        station.put(_TARGETS, held, now)
        audit.record(
            actor,
            "workload.target",
            "setting",
            _TARGETS,
            now=now,
            detail={"year": year, "from": before, "to": number},
        )


# --- what the charts draw ---------------------------------------------------------------------------------------------------


def heat(actor: Actor, first: date, count: int, today: date) -> list[dict[str, Any]]:
    """Dates falling due by day over so many months: the calendar as a heat map."""
    duelist.refresh(today)
    span = months(first, count)
    parts, values = counting.view_of(actor).conditions()
    where = "".join(f" AND {part}" for part in parts)
    rows = run(
        "SELECT r.sort_on, count(*) FROM due_row r WHERE r.done_by = 'institution' AND r.standing = 1 "
        f"AND r.sort_on >= :first AND r.sort_on <= :last{where} GROUP BY r.sort_on ORDER BY r.sort_on",
        {"first": span[0].first.isoformat(), "last": span[-1].last.isoformat()} | values,
    )
    return [{"day": str(day), "count": int(count)} for day, count in rows]


def plots(actor: Actor, today: date) -> list[dict[str, Any]]:
    """The park by area (the letters before a plot's number): firms and how many of their clocks are overdue, at hand, or in order."""
    duelist.refresh(today)
    conditions, values = counting.view_of(actor).conditions()
    where = "".join(f" AND {part}" for part in conditions)
    rows = run(
        "SELECT f.plot, f.id, f.name, f.short_name, "
        "sum(CASE WHEN r.late_on < :today AND r.sort_on > '1900-01-01' THEN 1 ELSE 0 END), "
        "sum(CASE WHEN r.standing = 0 THEN 1 ELSE 0 END), "
        "sum(CASE WHEN r.standing = 1 AND r.sort_on >= :today AND r.sort_on <= :near THEN 1 ELSE 0 END), count(*) "
        "FROM enterprise f JOIN due_row r ON r.enterprise_id = f.id WHERE f.status = 'active' AND r.standing <= 3 "
        f"AND r.done_by = 'institution'{where} GROUP BY f.plot, f.id, f.name, f.short_name ORDER BY f.plot, f.id",
        {"today": today.isoformat(), "near": date.fromordinal(today.toordinal() + 90).isoformat()} | values,
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for plot, number, name, short, late, forbidden, near, total in rows:
        state = "forbidden" if forbidden else "overdue" if late else "approaching" if near else "ok"
        area = "".join(takewhile(lambda letter: not letter.isdigit(), plot)).strip(" -") or plot
        found.setdefault(area or "未填地块", []).append(
            {"id": number, "plot": plot, "name": name, "short": short or name, "state": state, "late": int(late), "near": int(near),
             "forbidden": int(forbidden), "total": int(total)}
        )  # fmt: skip
    return [{"plot": plot, "firms": firms} for plot, firms in found.items()]
