"""The first half of a tick: every owed step goes into the outbox once; overtaken ones are superseded."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from peewee import fn

from inspect_station.db import bulk_insert, db, is_sqlite
from inspect_station.reminders import ladder, quiets, routes
from inspect_station.reminders.ladder import LadderRow, Step
from inspect_station.reminders.models import OwedStep
from inspect_station.reminders.policies import Policies
from inspect_station.reminders.quiets import MARK, Quiet, Quiets
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.routes import Route
from schedules import ladder as law

_LOCK = 55_701  # with the enterprise's id: the two-number form of PostgreSQL's advisory locks
# Reasons for which a step that is owed again is taken up again; and a quiet that has ended.
MOVED, RECIPIENT_GONE, REACHABLE = "moved", "recipient_gone", "reachable"
_TAKEN_UP_AGAIN = (MOVED, RECIPIENT_GONE, REACHABLE)

Key = tuple[int, str, str, str, str]  # equipment, clock, due, channel, recipient


@dataclass
class Written:
    added: int = 0
    superseded: int = 0

    def __iadd__(self, other: "Written") -> "Written":
        return Written(self.added + other.added, self.superseded + other.superseded)


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


def write(rows: Iterable[LadderRow], policies: Policies, channel: str, today: date, now: datetime) -> Written:
    """Record what is owed by `today`; `rows` come by enterprise.

    Any number may run at once and any number of times: the second adds nothing.
    """
    reachable = routes.of_enterprises(channel, today)
    resting, reached = quiets.standing(today), ladder.Reached(today)
    total = Written()
    for enterprise_id, theirs in groupby(rows, key=lambda row: row.enterprise_id):
        told = reachable.get(enterprise_id) or [routes.BY_PERSON]
        owed = list(owed_steps(theirs, told, reached, policies.of(enterprise_id).ladder))
        loud, held = _parted(owed, resting, today)
        # Looked at first without a lock: on most days most enterprises have nothing new.
        if owed and _is_news(loud, held, known(enterprise_id)):
            with db.atomic():
                _one_at_a_time(enterprise_id)
                total += _record(loud, known(enterprise_id), now)
                total += _hold_back(held, known(enterprise_id), now)
    return total


def record(enterprise_id: int, owed: Sequence[Owed], now: datetime) -> Written:
    """Those of one enterprise's owed steps that are not recorded yet."""
    # Looked at first without a lock: on most days most enterprises have nothing new.
    if not owed or not any(map(known(enterprise_id).lacks, owed)):
        return Written()
    with db.atomic():
        _one_at_a_time(enterprise_id)
        return _record(owed, known(enterprise_id), now)


Held = tuple[Owed, Quiet]


def _parted(owed: Sequence[Owed], resting: Quiets, today: date) -> tuple[list[Owed], list[Held]]:
    """What is to be said, and what a quiet holds back."""
    loud, held = [], []
    for one in owed:
        quiet = resting.over(one.row.equipment_id, one.row.clock, one.step.name, one.step.week, today)
        if quiet is None:
            loud.append(one)
        else:
            held.append((one, quiet))
    return loud, held


def _is_news(loud: Sequence[Owed], held: Sequence[Held], recorded: "Known") -> bool:
    return any(map(recorded.lacks, loud)) or any(recorded.should_hold(one) for one, _ in held)


def owed_steps(
    rows: Iterable[LadderRow], theirs: Sequence[Route], reached: ladder.Reached, rules: law.Ladder
) -> Iterator[Owed]:
    """The latest step of each row for each recipient."""
    for row in rows:
        step = reached(row, rules)
        if step is not None:
            yield from (Owed(row, step, route, rules) for route in theirs)


def unrecorded(
    rows: Iterable[LadderRow], policies: Policies, channel: str, on: date
) -> Iterator[tuple[Route, int, list[Owed]]]:
    """What a tick on a day would add, for each recipient; nothing is written."""
    reachable = routes.of_enterprises(channel, on)
    resting, reached = quiets.standing(on), ladder.Reached(on)
    for enterprise_id, theirs in groupby(rows, key=lambda row: row.enterprise_id):
        told = reachable.get(enterprise_id) or [routes.BY_PERSON]
        owed = list(owed_steps(theirs, told, reached, policies.of(enterprise_id).ladder))
        owed, _ = _parted(owed, resting, on)
        recorded = known(enterprise_id)
        for route, ones in groupby(sorted(owed, key=lambda o: o.route.recipient), key=lambda o: o.route):
            new = [one for one in ones if recorded.lacks(one)]
            if new:
                yield route, enterprise_id, new


def _one_at_a_time(enterprise_id: int) -> None:
    if not is_sqlite():  # SQLite's IMMEDIATE transactions queue by themselves
        db.execute_sql("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, enterprise_id))


@dataclass
class Known:
    """What the outbox holds for one enterprise."""

    highest: dict[Key, int]
    to_take_up: set[tuple[Key, int]]
    waiting: set[tuple[Key, int]]

    def lacks(self, one: Owed) -> bool:
        """A step before the highest recorded one is no news: a clock set back must not repeat what was said."""
        return one.step.rank > self.highest.get(one.key, -1) or (one.key, one.step.rank) in self.to_take_up

    def should_hold(self, one: Owed) -> bool:
        """A step a quiet holds back that is not written yet, or still stands in the queue."""
        return one.step.rank > self.highest.get(one.key, -1) or (one.key, one.step.rank) in self.waiting

    def is_jump(self, one: Owed) -> bool:
        """Not the mere next step after one already told: first heard of, or after a silence."""
        usual = ladder.repeats_every(one.step, one.rules) if ladder.is_repeat(one.step) else 1
        return one.step.rank - self.highest.get(one.key, -1) > usual


def known(enterprise_id: int) -> Known:
    """What is recorded of this enterprise's clocks."""
    o = OwedStep
    key = (o.equipment, o.clock, o.due, o.channel, o.recipient)
    query = o.select(*key, fn.MAX(o.rank)).where(o.enterprise == enterprise_id, o.step != ladder.MANUAL)
    own = o.select(*key, o.rank).where(o.enterprise == enterprise_id, o.step != ladder.MANUAL)
    return Known(
        {tuple(row[:5]): row[5] for row in tuples(query.group_by(*key))},
        {(tuple(row[:5]), row[5]) for row in tuples(own.where(_may_be_taken_up()))},
        {(tuple(row[:5]), row[5]) for row in tuples(own.where(o.state.in_(_WAITING)))},
    )


_WAITING = ("queued", "failed")


def _may_be_taken_up() -> Any:
    o = OwedStep
    return (o.state == "suppressed") & (o.reason.in_(_TAKEN_UP_AGAIN) | o.reason.startswith(MARK))


def _record(owed: Sequence[Owed], recorded: Known, now: datetime) -> Written:
    new = [one for one in owed if recorded.lacks(one)]
    again = [one for one in new if (one.key, one.step.rank) in recorded.to_take_up]
    fresh = [one for one in new if (one.key, one.step.rank) not in recorded.to_take_up]
    bulk_insert(OwedStep, [values_of(one, recorded.is_jump(one), now) for one in fresh])
    later = [one for one in fresh if one.key in recorded.highest]
    return Written(len(fresh) + sum(map(_take_up_again, again)), _supersede(later, now))


def values_of(one: Owed, jump: bool, now: datetime) -> dict[str, Any]:
    row, step = one.row, one.step
    return {
        "equipment": row.equipment_id,
        "clock": row.clock,
        "due": row.due,
        "step": step.name,
        "week": step.week,
        "channel": one.route.channel,
        "recipient": one.route.recipient,
        "enterprise": row.enterprise_id,
        "rank": step.rank,
        "urgent": step.urgent or (jump and step.rank >= ladder.urgent_rank(one.rules)),
        "owed_on": step.owed_on,
        "facts": facts_of(row),
        "created_at": now,
    }


def facts_of(row: LadderRow) -> dict[str, Any]:
    """What is kept of the answer as it stood."""
    return {
        "answer": row.answer,
        "on": row.on.isoformat() if row.on else None,
        "late_on": row.late_on.isoformat() if row.late_on else None,
        "precision": row.precision,
        "origin": row.origin,
        "document": row.document,
        "clause": row.clause,
        "why": row.why,
        "done_by": row.done_by,
    }


def _same(one: Owed) -> Any:
    return _with(one.key)


def _with(key: Key) -> Any:
    o = OwedStep
    equipment, clock, due, channel, recipient = key
    return (
        (o.equipment == equipment)
        & (o.clock == clock)
        & (o.due == due)
        & (o.channel == channel)
        & (o.recipient == recipient)
    )


def _take_up_again(one: Owed) -> int:
    """A date that moved away and came back: the step suppressed then is owed again."""
    return take_up(one.key, one.step.rank)


def take_up(key: Key, rank: int) -> int:
    return int(
        OwedStep.update(state="queued", reason="", message=None, done_at=None)
        .where(_with(key), OwedStep.rank == rank, OwedStep.step != ladder.MANUAL, _may_be_taken_up())
        .execute()
    )


def _hold_back(held: Sequence[Held], recorded: Known, now: datetime) -> Written:
    """Steps under a quiet are written with its reason, and taken up when it ends; those that wait are suppressed."""
    fresh = [(one, quiet) for one, quiet in held if one.step.rank > recorded.highest.get(one.key, -1)]
    rows = [values_of(one, recorded.is_jump(one), now) | _held_values(quiet, now) for one, quiet in fresh]
    bulk_insert(OwedStep, rows)
    for one, quiet in held:
        if (one.key, one.step.rank) in recorded.waiting:
            OwedStep.update(**_held_values(quiet, now)).where(
                _same(one), OwedStep.rank == one.step.rank, OwedStep.state.in_(_WAITING)
            ).execute()
    later = [one for one, _ in fresh if one.key in recorded.highest]
    return Written(len(fresh), _supersede(later, now))


def _held_values(quiet: Quiet, now: datetime) -> dict[str, Any]:
    return {"state": "suppressed", "reason": quiet.reason[:300], "done_at": now}


def _supersede(later: Sequence[Owed], now: datetime) -> int:
    """Steps of the same clock still waiting are overtaken. One already with a sender is left to finish."""
    return sum(
        OwedStep.update(state="superseded", done_at=now)
        .where(_same(one), OwedStep.rank < one.step.rank, OwedStep.state.in_(("queued", "failed")))
        .execute()
        for one in later
    )
