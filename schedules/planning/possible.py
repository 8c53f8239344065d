"""On which days an item could be done were it alone in the world, and if on none, why."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from schedules.planning import reading
from schedules.planning.matching import can_fill

if TYPE_CHECKING:
    from schedules.planning.problem import Problem


class Site:
    """An enterprise's days: closed ones, and where each unit stands still."""

    def __init__(self, each: Mapping[str, Any], dates: list[date]) -> None:
        self.dates = dates
        self.closed = reading.spans(each, "closed", "enterprises")
        self.shutdowns = [
            (reading.span(s, "enterprises"), None if s.get("units") is None else frozenset(s["units"]))
            for s in each.get("shutdowns") or []
        ]
        self.known: dict[tuple[str, str], frozenset[int]] = {}

    def days(self, state: str, unit: str) -> frozenset[int]:
        key = (state, unit if state != "any" else "")
        if key not in self.known:
            self.known[key] = frozenset(d for d, on in enumerate(self.dates) if self._open(on, state, unit))
        return self.known[key]

    def _open(self, on: date, state: str, unit: str) -> bool:
        if any(first <= on <= last for first, last in self.closed):
            return False
        if state == "any":
            return True
        still = any(
            first <= on <= last and (units is None or unit in units) for (first, last), units in self.shutdowns
        )
        return still == (state == "shutdown")


class Crews:
    """On which days somebody could fill these roles, at all or for so many minutes."""

    def __init__(self, problem: "Problem") -> None:
        self.problem = problem
        self.known: dict[tuple[tuple[int, ...], int], frozenset[int]] = {}
        self.lengths = sorted({minutes for each in problem.daily for minutes in each})

    def days(self, roles: tuple[int, ...], daily: int) -> frozenset[int]:
        daily = min((m for m in self.lengths if m >= daily), default=daily)
        if (roles, daily) not in self.known:
            self.known[roles, daily] = frozenset(
                d
                for d, holders in enumerate(self.problem.holders)
                if can_fill([[p for p in holders[c] if self.problem.daily[d][p] >= daily] for c in roles])
            )
        return self.known[roles, daily]


def ready_on(workdays: list[int], preparation: int) -> int:
    """The first ordinal before which `preparation` working days have gone by since the day of planning."""
    if preparation == 0:
        return 0
    return workdays[preparation - 1] + 1 if preparation <= len(workdays) else date.max.toordinal()


def alone(
    window: Iterable[int],
    site: frozenset[int],
    crew: frozenset[int],
    long_enough: frozenset[int],
    pin: set[int | None] | None,
) -> tuple[tuple[int, ...], str | None]:
    days = tuple(window)
    tests = (
        ("WINDOW_EMPTY", None),
        ("NO_DAY_IN_STATE", site),
        ("NO_QUALIFIED_CREW", crew),
        ("TOO_LONG", long_enough),
        ("PINNED", pin),
    )
    for reason, allowed in tests:
        days = days if allowed is None else tuple(d for d in days if d in allowed)
        if not days:
            return (), reason
    return days, None
