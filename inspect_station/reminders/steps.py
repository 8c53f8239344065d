"""The first half of a tick: every owed step goes into the outbox once; overtaken ones are superseded."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from inspect_station.db import bulk_insert, db, is_sqlite
from inspect_station.reminders import ladder, news, quiets, routes
from inspect_station.reminders.early import Ahead
from inspect_station.reminders.ladder import LadderRow
from inspect_station.reminders.models import OwedStep
from inspect_station.reminders.owed import WAITING, Key, Known, Owed, known, may_be_taken_up
from inspect_station.reminders.pace import Pace
from inspect_station.reminders.policies import Policies
from inspect_station.reminders.quiets import Quiet, Quiets
from inspect_station.reminders.routes import Route
from schedules import ladder as law

_LOCK = 55_701  # with the enterprise's id: the two-number form of PostgreSQL's advisory locks
_OVERTAKE = (
    "UPDATE owed_step SET state = {}, done_at = {} WHERE enterprise_id = {} AND equipment_id = {} AND clock = {} "
    "AND due = {} AND channel = {} AND recipient = {} AND rank < {} AND state IN ('queued', 'failed')"
)


@dataclass
class Written:
    added: int = 0
    superseded: int = 0

    def __iadd__(self, other: "Written") -> "Written":
        return Written(self.added + other.added, self.superseded + other.superseded)


Held = tuple[Owed, Quiet]


def write(policies: Policies, channel: str, pace: Pace, now: datetime) -> Written:
    """Record what is owed by the day of `pace`, and what a letter of that day takes along.

    Any number may run at once and any number of times: the second adds nothing. The due list is up to date.
    """
    total = Written()
    day = _Day(policies, channel, pace)
    found = news.rows(news.enterprises(), day.reachable, policies, pace, day.resting)
    for enterprise_id, said, held, recorded in day.looked_at(found):
        # Looked at first without a lock: on most days most enterprises have nothing new.
        if _is_news(said, held, recorded):
            touched = {one.row.equipment_id for one in [*said, *(one for one, _ in held)]}
            with db.atomic():
                _one_at_a_time(enterprise_id)
                total += _record(said, known(enterprise_id, touched), now)
                total += _hold_back(held, known(enterprise_id, touched), now) if held else Written()
    return total


def unrecorded(
    rows: Iterable[LadderRow], policies: Policies, channel: str, pace: Pace
) -> Iterator[tuple[Route, int, list[Owed]]]:
    """What a tick would add of these rows, which come by enterprise, for each recipient; nothing is written."""
    grouped = groupby(rows, key=lambda row: row.enterprise_id)
    for enterprise_id, said, _, recorded in _Day(policies, channel, pace).looked_at(grouped):
        for route, ones in groupby(sorted(said, key=lambda o: o.route.recipient), key=lambda o: o.route):
            new = [one for one in ones if recorded.lacks(one)]
            if new:
                yield route, enterprise_id, new


class _Day:
    """One day's look at what is owed: who can be told, what rests, what a letter takes along."""

    def __init__(self, policies: Policies, channel: str, pace: Pace) -> None:
        self._policies = policies
        self._today = pace.today
        self.reachable = routes.of_enterprises(channel, pace.today)
        self.resting = quiets.standing(pace.today)
        self._reached = ladder.Reached(pace.today)
        self._ahead = Ahead(pace, self.resting)

    def looked_at(
        self, found: Iterable[tuple[int, Iterable[LadderRow]]]
    ) -> Iterator[tuple[int, list[Owed], list[Held], Known]]:
        """Of each enterprise what is to be said, what a quiet holds back, and what is recorded already."""
        for enterprise_id, its in found:
            rows, rules = list(its), self._policies.of(enterprise_id).ladder
            told = self.reachable.get(enterprise_id) or [routes.BY_PERSON]
            owed = list(owed_steps(rows, told, self._reached, rules))
            if not owed and not self._ahead.comes(rows, told, rules):
                continue
            loud, held = _parted(owed, self.resting, self._today)
            recorded = known(enterprise_id, {row.equipment_id for row in rows})
            yield enterprise_id, self._ahead.said(rows, told, loud, rules, recorded), held, recorded


def record(enterprise_id: int, owed: Sequence[Owed], now: datetime) -> Written:
    """Those of one enterprise's owed steps that are not recorded yet."""
    # Looked at first without a lock: on most days most enterprises have nothing new.
    if not owed or not any(map(known(enterprise_id).lacks, owed)):
        return Written()
    with db.atomic():
        _one_at_a_time(enterprise_id)
        return _record(owed, known(enterprise_id), now)


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


def _is_news(said: Sequence[Owed], held: Sequence[Held], recorded: Known) -> bool:
    return any(map(recorded.lacks, said)) or any(recorded.should_hold(one) for one, _ in held)


def owed_steps(
    rows: Iterable[LadderRow], theirs: Sequence[Route], reached: ladder.Reached, rules: law.Ladder
) -> Iterator[Owed]:
    """The latest step of each row for each recipient."""
    for row in rows:
        step = reached(row, rules)
        if step is not None:
            yield from (Owed(row, step, route, rules) for route in theirs)


def _one_at_a_time(enterprise_id: int) -> None:
    if not is_sqlite():  # SQLite's IMMEDIATE transactions queue by themselves
        db.execute_sql("SELECT pg_advisory_xact_lock(%s, %s)", (_LOCK, enterprise_id))


def _record(owed: Sequence[Owed], recorded: Known, now: datetime) -> Written:
    new = [one for one in owed if recorded.lacks(one)]
    again = [one for one in new if (one.key, one.step.rank) in recorded.to_take_up]
    fresh = [one for one in new if (one.key, one.step.rank) not in recorded.to_take_up]
    bulk_insert(OwedStep, [values_of(one, recorded.is_urgent(one), now) for one in fresh])
    later = [one for one in new if one.key in recorded.highest]
    return Written(len(fresh) + sum(map(_take_up_again, again)), _supersede(later, now))


def values_of(one: Owed, urgent: bool, now: datetime) -> dict[str, Any]:
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
        "urgent": urgent or step.urgent,
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
        .where(_with(key), OwedStep.rank == rank, OwedStep.step != ladder.MANUAL, may_be_taken_up())
        .execute()
    )


def _hold_back(held: Sequence[Held], recorded: Known, now: datetime) -> Written:
    """Steps under a quiet are written with its reason, and taken up when it ends; those that wait are suppressed."""
    fresh = [(one, quiet) for one, quiet in held if one.step.rank > recorded.highest.get(one.key, -1)]
    rows = [values_of(one, recorded.is_urgent(one), now) | _held_values(quiet, now) for one, quiet in fresh]
    bulk_insert(OwedStep, rows)
    for one, quiet in held:
        if (one.key, one.step.rank) in recorded.waiting:
            OwedStep.update(**_held_values(quiet, now)).where(
                _same(one), OwedStep.rank == one.step.rank, OwedStep.state.in_(WAITING)
            ).execute()
    later = [one for one, _ in fresh if one.key in recorded.highest]
    return Written(len(fresh), _supersede(later, now))


def _held_values(quiet: Quiet, now: datetime) -> dict[str, Any]:
    return {"state": "suppressed", "reason": quiet.reason[:300], "done_at": now}


def _supersede(later: Sequence[Owed], now: datetime) -> int:
    """Steps of the same clock still waiting are overtaken. One already with a sender is left to finish."""
    if not later:
        return 0
    ended: Any = OwedStep.done_at
    values = [("superseded", ended.db_value(now), one.row.enterprise_id, *one.key, one.step.rank) for one in later]
    cursor = db.cursor()
    cursor.executemany(_OVERTAKE.replace("{}", db.obj.param), values)
    return max(int(cursor.rowcount), 0)
