"""A step of a clock for one recipient, and what the outbox holds of an enterprise's steps already."""

from dataclasses import dataclass, field
from typing import Any

from peewee import Case, fn

from inspect_station.reminders import ladder
from inspect_station.reminders.ladder import LadderRow, Step
from inspect_station.reminders.models import OwedStep
from inspect_station.reminders.quiets import MARK
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.routes import Route
from schedules import ladder as law

# Reasons for which a step that is owed again is taken up again; and a quiet that has ended.
MOVED, RECIPIENT_GONE, REACHABLE = "moved", "recipient_gone", "reachable"
_TAKEN_UP_AGAIN = (MOVED, RECIPIENT_GONE, REACHABLE)
WAITING = ("queued", "failed")

Key = tuple[int, str, str, str, str]  # equipment, clock, due, channel, recipient


@dataclass(frozen=True, slots=True)
class Owed:
    """A step of a clock for one recipient."""

    row: LadderRow
    step: Step
    route: Route
    rules: law.Ladder = field(default_factory=law.Ladder)

    @property
    def key(self) -> Key:
        return (self.row.equipment_id, self.row.clock, self.row.due, self.route.channel, self.route.recipient)


@dataclass
class Known:
    """What the outbox holds for one enterprise: the highest ranks recorded, and those of what was not withdrawn again."""

    highest: dict[Key, int]
    said: dict[Key, int]
    to_take_up: set[tuple[Key, int]]
    waiting: set[tuple[Key, int]]
    pressing: dict[Key, int]  # the lowest rank that waits and cannot

    def lacks(self, one: Owed) -> bool:
        """A step before the highest one said is no news: a clock set back must not repeat it."""
        return one.step.rank > self.said.get(one.key, -1) or (one.key, one.step.rank) in self.to_take_up

    def should_hold(self, one: Owed) -> bool:
        """A step a quiet holds back that is not written yet, or still stands in the queue."""
        return one.step.rank > self.highest.get(one.key, -1) or (one.key, one.step.rank) in self.waiting

    def is_urgent(self, one: Owed) -> bool:
        """Soon by itself; or late and no mere next step after one already told: first heard of, or after a silence.

        What overtakes a notice before it went out is as urgent as that was.
        """
        late = one.step.rank >= ladder.urgent_rank(one.rules)
        overtakes = self.pressing.get(one.key, one.step.rank) < one.step.rank
        return one.step.urgent or (late and self._is_jump(one)) or overtakes

    def _is_jump(self, one: Owed) -> bool:
        if one.key not in self.said:
            return True
        passed = one.step.rank - self.said[one.key]
        return ladder.is_repeat(one.step) and passed > ladder.repeats_every(one.step, one.rules)


def known(enterprise_id: int) -> Known:
    """What is recorded of this enterprise's clocks."""
    o = OwedStep
    key = (o.equipment, o.clock, o.due, o.channel, o.recipient)
    withdrawn = Case(None, ((may_be_taken_up(), 1),), 0)
    query = o.select(*key, withdrawn, fn.MAX(o.rank)).where(o.enterprise == enterprise_id, o.step != ladder.MANUAL)
    own = o.select(*key, o.rank).where(o.enterprise == enterprise_id, o.step != ladder.MANUAL)
    waits = o.select(*key, o.rank, o.urgent).where(
        o.enterprise == enterprise_id, o.step != ladder.MANUAL, o.state.in_(WAITING)
    )
    waiting = list(tuples(waits.order_by(o.rank)))
    highest: dict[Key, int] = {}
    said: dict[Key, int] = {}
    for *parts, is_withdrawn, rank in tuples(query.group_by(*key, withdrawn)):
        place = tuple(parts)
        highest[place] = max(rank, highest.get(place, -1))
        if not is_withdrawn:
            said[place] = rank
    return Known(
        highest,
        said,
        {(tuple(row[:5]), row[5]) for row in tuples(own.where(may_be_taken_up()))},
        {(tuple(row[:5]), row[5]) for row in waiting},
        {tuple(row[:5]): row[5] for row in reversed(waiting) if row[6] or row[5] == ladder.RANK_PASSED},
    )


def may_be_taken_up() -> Any:
    o = OwedStep
    return (o.state == "suppressed") & (o.reason.in_(_TAKEN_UP_AGAIN) | o.reason.startswith(MARK))
