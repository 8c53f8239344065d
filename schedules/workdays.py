"""Counting in Chinese working days over a calendar that is given: weekends, holidays, make-up days (调休)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Year:
    """What the State Council announced for one year, or (`provisional`) what is expected until it does."""

    off: frozenset[date] = frozenset()
    make_up: frozenset[date] = frozenset()
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """Announced years; a year that is not announced yet counts Monday to Friday and is provisional."""

    years: Mapping[int, Year] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        year = self.years.get(day.year)
        if year is not None and day in year.make_up:
            return True
        return day.weekday() < 5 and (year is None or day not in year.off)

    def is_provisional(self, day: date) -> bool:
        return self._not_announced(day.year)

    def _not_announced(self, year: int) -> bool:
        return year not in self.years or self.years[year].provisional

    def add(self, start: date, days: int) -> date:
        """The working day `days` working days after `start` (before, if negative); 0: `start` itself."""
        step = _ONE_DAY if days >= 0 else -_ONE_DAY
        day, left = start, abs(days)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def count(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`; negative where `end` comes first."""
        if end < start:
            return -self.count(end, start)
        days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
        return sum(map(self.is_workday, days))

    def provisional_years(self, start: date, end: date) -> tuple[int, ...]:
        """The years between two days that are not announced yet: a count over them may still change."""
        first, last = sorted((start.year, end.year))
        return tuple(year for year in range(first, last + 1) if self._not_announced(year))
