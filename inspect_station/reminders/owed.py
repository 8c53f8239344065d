"""A step of a clock for one recipient, and what the outbox holds of an enterprise's steps already."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from peewee import chunked

from inspect_station.db import among, run
from inspect_station.reminders import ladder
from inspect_station.reminders.ladder import LadderRow, Step
from inspect_station.reminders.models import OwedStep
from inspect_station.reminders.quiets import MARK
from inspect_station.reminders.routes import Route
from schedules import ladder as law

# Reasons for which a step that is owed again is taken up again; and a quiet that has ended.
MOVED, RECIPIENT_GONE, REACHABLE = "moved", "recipient_gone", "reachable"
TAKEN_UP_AGAIN = (MOVED, RECIPIENT_GONE, REACHABLE)
WAITING = ("queued", "failed")
_CHUNK = 500

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

    def keep(self, key: Key, rank: int, withdrawn: bool, waits: bool, urgent: bool) -> None:
        """Take a recorded step in; of one key the lower ranks come first."""
        self.highest[key] = rank
        if withdrawn:
            self.to_take_up.add((key, rank))
        else:
            self.said[key] = rank
        if waits:
            self.waiting.add((key, rank))
            if urgent or rank == ladder.RANK_PASSED:
                self.pressing.setdefault(key, rank)

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


# Written out, for building the query costs more than running it. Of one key the lower ranks come first.
_KNOWN = f"""SELECT enterprise_id, equipment_id, clock, due, channel, recipient, rank, state, reason, urgent FROM owed_step
WHERE {{whose}} AND step <> '{ladder.MANUAL}' ORDER BY rank"""  # noqa: S608  our own word


def known(enterprise_id: int, equipment_ids: Collection[int] | None = None) -> Known:
    """What is recorded of this enterprise's clocks, or of these devices of it."""
    found: dict[int, Known] = {}
    ids = None if equipment_ids is None else sorted(set(equipment_ids))
    for chunk in [None] if ids is None else chunked(ids, _CHUNK):
        only, values = ("", {}) if chunk is None else among("device", chunk)
        whose = "enterprise_id = :firm" + (f" AND equipment_id {only}" if only else "")
        _keep(found, whose, {**values, "firm": enterprise_id})
    return found.get(enterprise_id, nothing_known())


def known_of(enterprise_ids: Collection[int]) -> dict[int, Known]:
    """The same of many enterprises, some hundreds in a statement; one that has nothing recorded is left out."""
    found: dict[int, Known] = {}
    for chunk in chunked(sorted(enterprise_ids), _CHUNK):
        chosen, values = among("firm", chunk)
        _keep(found, f"enterprise_id {chosen}", values)
    return found


def nothing_known() -> Known:
    return Known({}, {}, set(), set(), {})


def _keep(found: dict[int, Known], whose: str, values: Mapping[str, Any]) -> None:
    for firm, *place, rank, state, reason, urgent in run(_KNOWN.format(whose=whose), values):
        withdrawn = state == "suppressed" and (reason in TAKEN_UP_AGAIN or reason.startswith(MARK))
        if firm not in found:
            found[firm] = nothing_known()
        found[firm].keep(tuple(place), rank, withdrawn, state in WAITING, bool(urgent))


def may_be_taken_up() -> Any:
    o = OwedStep
    return (o.state == "suppressed") & (o.reason.in_(TAKEN_UP_AGAIN) | o.reason.startswith(MARK))
