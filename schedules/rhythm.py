"""How often one recipient is written to, and how far a letter looks ahead.

Few letters, and yet nothing said after its day: whatever falls before the next gathered letter goes into this one. Steps
are brought forward, not put off. What could not be known before (a device just registered, a date just passed) need not
wait for the gathered letter, within the most that may go in a week.

One thing may go beyond that most: what must not run another day and was never said. A vessel just found to be overdue or
forbidden is in use against the law (安全法 art. 40, 84), and the firm cannot know unless it is told; so one letter more may
go, once in any seven days. Whoever has been told already waits for the next letter: it says nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schedules.dates import add_months
from schedules.workdays import Calendar

WEEK = 7
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one recipient has not been told of yet.

    `pressing`: something of it must not wait. `passed`: a date has passed that was told of before. `first_due`: the
    earliest date counted down to. `unheard`: a date that is here or passed, or forbidden use, and not a word of it yet.
    """

    pressing: bool = False
    passed: bool = False
    first_due: date | None = None
    unheard: bool = False

    def plus(self, other: Waiting) -> Waiting:
        dues = [due for due in (self.first_due, other.first_due) if due is not None]
        return Waiting(
            self.pressing or other.pressing,
            self.passed or other.passed,
            min(dues, default=None),
            self.unheard or other.unheard,
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """What may be written to one recipient today.

    `regular`: the gathered letter. `at_once`: a letter that cannot wait. `apart`: one about dates that have passed.
    `beyond`: the one above the most of a week, for what was never heard of. `chance`: the next day for a gathered letter if
    none goes today; `ahead`: if one does.
    """

    regular: bool
    at_once: bool
    apart: bool
    chance: date
    ahead: date
    beyond: bool = False

    @property
    def open(self) -> bool:
        """Whether any letter at all may go today."""
        return self.regular or self.at_once or self.beyond

    def is_urgent(self, waiting: Waiting) -> bool:
        """Whether this goes although it is not the day of the gathered letter."""
        return (
            (self.at_once and self.cannot_wait(waiting))
            or (self.apart and waiting.passed)
            or (self.beyond and waiting.unheard)
        )

    def cannot_wait(self, waiting: Waiting) -> bool:
        """The law wants the application a month ahead: by then it must have been said."""
        first = waiting.first_due
        return waiting.pressing or (first is not None and add_months(first, -1) <= self.chance)

    def writes(self, waiting: Waiting | None, coming: date | None = None) -> bool:
        """Whether a letter goes today: for what waits, or for what comes (its first day) before the next chance."""
        if self.regular and (waiting is not None or (coming is not None and coming < self.chance)):
            return True
        return waiting is not None and self.is_urgent(waiting)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A gathered letter every so many days, or on one weekday (0 = Monday); in any seven days at most so many letters, and
    one more for what was never heard of."""

    every_days: int = WEEK
    most_a_week: int = 2
    weekday: int | None = None

    def turn(self, today: date, told: Sequence[date], last_run: date | None, calendar: Calendar) -> Turn:
        """`told`: the days of the letters so far, as far back as they matter; `last_run`: when letters were last written.

        A letter dated later than today (the clock was set back) counts like any other.
        """
        room, since = self._has_room(today, told), _days_since(today, told)
        full = self._of_the_week(today, told) == self.most_a_week  # one more than that: this week's has gone
        return Turn(
            regular=self._gathers(today, told, last_run),
            at_once=room and since >= 1,
            apart=room and since >= self._pause,
            chance=self._following(today, told, calendar),
            ahead=self._following(today, [*told, today], calendar),
            beyond=full and since >= 1,
        )

    @property
    def _pause(self) -> int:
        """Days between two letters of which the second only says that dates have passed: a week's worth share them."""
        return max(1, WEEK // self.most_a_week)

    @property
    def _spacing(self) -> int:
        """Days between a letter and the next gathered one. A weekday brings its own week."""
        return self.every_days if self.weekday is None else max(1, self.every_days - WEEK + self._pause)

    def _gathers(self, day: date, told: Sequence[date], last_run: date | None) -> bool:
        return (
            self._has_room(day, told)
            and _days_since(day, told) >= self._spacing
            and self.is_its_weekday(day, last_run)
        )

    def is_its_weekday(self, day: date, last_run: date | None) -> bool:
        """On its weekday, or on the first day letters are written after it: a holiday costs a day or two, not a week."""
        if self.weekday is None:
            return True
        its_day = day - timedelta(days=(day.weekday() - self.weekday) % WEEK)
        return its_day == day or (last_run is not None and last_run < its_day)

    def _has_room(self, day: date, told: Sequence[date]) -> bool:
        return self._of_the_week(day, told) < self.most_a_week

    def _of_the_week(self, day: date, told: Sequence[date]) -> int:
        return sum((day - one).days < WEEK for one in told)

    def _following(self, day: date, told: Sequence[date], calendar: Calendar) -> date:
        """The first working day after `day` for a gathered letter; letters are written on working days."""
        run = day
        while True:
            day += _ONE_DAY
            if not calendar.is_workday(day):
                continue
            if self._gathers(day, told, run):
                return day
            run = day

    def reach(self, today: date, calendar: Calendar) -> timedelta:
        """How far ahead any letter of today looks at most."""
        full = self.turn(today, [today] * self.most_a_week, None, calendar)
        return full.ahead - today


def _days_since(day: date, told: Sequence[date]) -> int:
    return (day - max(told)).days if told else 10_000
