"""The reminder ladder: which steps are owed by today. A step is owed from its day on, not on its day only."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from schedules.answers import Answer, Forbidden, Undetermined, enforced_on
from schedules.terms import Clock
from schedules.wording import show

DATA = Path(__file__).with_name("ladder.toml")
EVERY_MOST = 28  # a letter looks ahead to the next one: further apart, its dates would be too far off to act on


class LadderError(ValueError):
    """A ladder that makes no sense; the message says which value and why."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Days before the enforced date on which each step becomes owed, how often an overdue one repeats, and how many
    letters one recipient may get for all of it."""

    steps: tuple[int, ...] = (90, 60, 30, 15, 7, 0)
    more: Mapping[Clock, tuple[int, ...]] = field(default_factory=dict)
    overdue_every_days: int = 7
    forbidden_every_days: int = 7
    urgent_within_days: int = 15
    letters_every_days: int = 7
    letters_most_a_week: int = 2

    def steps_of(self, clock: Clock) -> tuple[int, ...]:
        """The steps of one clock, the earliest (most days before) first."""
        return tuple(sorted({*self.steps, *self.more.get(clock, ())}, reverse=True))


@dataclass(frozen=True, slots=True)
class Step:
    """One reminder owed: `id` is stable (d90, d0, overdue-w3, forbidden-w1), `target` is the enforced date.

    `urgent`: may go out sooner than the weekly digest. `superseded`: a later step is owed already, so this
    one is recorded but not sent. `undetermined`: to be worded 待确定.
    """

    id: str
    clock: Clock
    owed_on: date
    target: date
    urgent: bool
    superseded: bool = False
    undetermined: bool = False


def load(path: Path | None = None) -> Ladder:
    """Read a ladder file (the one shipped, if none is named). LadderError where it makes no sense."""
    return from_toml(tomllib.loads((path or DATA).read_text(encoding="utf-8")))


def from_toml(table: Mapping[str, Any]) -> Ladder:
    more = table.get("more", {})
    unknown = [name for name in more if name not in set(Clock)]
    if unknown:
        raise LadderError(f"提醒阶梯 more：没有检验项目 {show(unknown[0])}。")
    return Ladder(
        steps=_days(table, "steps"),
        more={Clock(name): _days(more, name) for name in more},
        overdue_every_days=_every(table, "overdue_every_days"),
        forbidden_every_days=_every(table, "forbidden_every_days"),
        urgent_within_days=int(table.get("urgent_within_days", 15)),
        letters_every_days=_every(table, "letters_every_days", EVERY_MOST),
        letters_most_a_week=_every(table, "letters_most_a_week", 7, default=2),
    )


def to_table(ladder: Ladder) -> dict[str, Any]:
    """The ladder as `from_toml` reads it."""
    return {
        "steps": list(ladder.steps),
        "more": {str(clock): list(days) for clock, days in ladder.more.items()},
        "overdue_every_days": ladder.overdue_every_days,
        "forbidden_every_days": ladder.forbidden_every_days,
        "urgent_within_days": ladder.urgent_within_days,
        "letters_every_days": ladder.letters_every_days,
        "letters_most_a_week": ladder.letters_most_a_week,
    }


def _days(table: Mapping[str, Any], name: str) -> tuple[int, ...]:
    days = table.get(name)
    if not isinstance(days, list) or not all(type(day) is int and 0 <= day <= 730 for day in days):
        raise LadderError(f"提醒阶梯 {name}：应为 0 到 730 的整数（提前的天数），现为 {show(days)}。")
    return tuple(days)


def _every(table: Mapping[str, Any], name: str, most: int = 365, default: int = 7) -> int:
    given = table.get(name, default)
    if type(given) is not int or not 1 <= given <= most:
        raise LadderError(f"提醒阶梯 {name}：应为 1 到 {most} 的整数，现为 {show(given)}。")
    return given


def owed(answer: Answer, today: date, ladder: Ladder, *, forbidden_since: date | None = None) -> tuple[Step, ...]:
    """The steps owed by today, oldest first; all but the last are superseded.

    An undetermined date runs on `earliest`, weekly after it as well: a decision is then overdue, even while a
    lawful date is left. A forbidden clock is owed at once and weekly: its weeks count from `forbidden_since`
    (the day it was first seen; today, if not given).
    """
    steps = _until(answer, today, ladder, forbidden_since or today)
    return tuple(_superseded(step) for step in steps[:-1]) + tuple(steps[-1:])


def upcoming(
    answer: Answer, today: date, until: date, ladder: Ladder, *, forbidden_since: date | None = None
) -> tuple[Step, ...]:
    """The steps that become owed after today and by `until`, if nothing changes."""
    steps = _until(answer, until, ladder, forbidden_since or today)
    return tuple(step for step in steps if step.owed_on > today)


def _until(answer: Answer, day: date, ladder: Ladder, forbidden_since: date) -> list[Step]:
    if isinstance(answer, Forbidden):
        return _weekly(answer, "forbidden", forbidden_since, forbidden_since, ladder.forbidden_every_days, day)
    target = enforced_on(answer)
    if target is None:
        return []
    steps = [_before(answer, target, days, ladder) for days in ladder.steps_of(answer.clock)]
    steps = [step for step in steps if step.owed_on <= day]
    first = target + timedelta(days=1)
    return steps + _weekly(answer, "overdue", target, first, ladder.overdue_every_days, day)


def _before(answer: Answer, target: date, days: int, ladder: Ladder) -> Step:
    urgent = days <= ladder.urgent_within_days
    owed_on = target - timedelta(days=days)
    return Step(f"d{days}", answer.clock, owed_on, target, urgent, undetermined=_is_open(answer))


def _weekly(answer: Answer, name: str, target: date, first: date, every: int, day: date) -> list[Step]:
    """Week 1 is owed on the first day itself."""
    weeks = range((day - first).days // every + 1)
    return [
        Step(
            f"{name}-w{week + 1}", answer.clock, first + timedelta(days=week * every), target,
            urgent=True, undetermined=_is_open(answer),
        )
        for week in weeks
    ]  # fmt: skip


def _is_open(answer: Answer) -> bool:
    return isinstance(answer, Undetermined)


def _superseded(step: Step) -> Step:
    return Step(
        step.id,
        step.clock,
        step.owed_on,
        step.target,
        step.urgent,
        superseded=True,
        undetermined=step.undetermined,
    )
