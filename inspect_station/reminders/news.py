"""Which rows of the due list might owe something that is not in the outbox: asked of the database, one enterprise at a time.

Only a filter: it may name a row too many, never one too few, and what is really owed is then decided step by step. Without
it each morning would read every date of the coming half year to find the few that moved.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from inspect_station.db import is_sqlite, run
from inspect_station.reminders import ladder, source
from inspect_station.reminders.ladder import LadderRow
from inspect_station.reminders.owed import TAKEN_UP_AGAIN
from inspect_station.reminders.pace import Pace
from inspect_station.reminders.policies import Policies
from inspect_station.reminders.quiets import MARK, Quiets
from inspect_station.reminders.routes import BY_PERSON, Route
from schedules import ladder as law
from schedules.terms import Clock

_ON = "(CASE WHEN answer = 'undetermined' THEN COALESCE(earliest, latest) ELSE due_on END)"
# Of a row the rank it has reached, and the highest in the outbox that was not withdrawn is lower. A value for each row, not
# NOT EXISTS: of that PostgreSQL makes a join, in which it reads all steps of the enterprise again for each row.
_LACKING = """
SELECT id FROM (
  SELECT id, equipment_id, clock, {reached} AS reached,
         CASE WHEN answer = 'forbidden' THEN '' ELSE CAST({on} AS VARCHAR(10)) END AS due
  FROM due_row
  WHERE enterprise_id = :enterprise AND sort_on <= :horizon AND answer IN ('due', 'undetermined', 'forbidden')
) d WHERE reached > COALESCE((
  SELECT MAX(o.rank) FROM owed_step o WHERE o.enterprise_id = :enterprise AND o.equipment_id = d.equipment_id
  AND o.clock = d.clock AND o.due = d.due AND o.channel = :channel AND o.recipient = :recipient
  AND NOT (o.state = 'suppressed' AND (o.reason IN ({again}) OR o.reason LIKE :mark))
), -1)"""


def rows(
    enterprise_ids: Sequence[int],
    reachable: Mapping[int, list[Route]],
    policies: Policies,
    pace: Pace,
    resting: Quiets,
) -> Iterator[tuple[int, list[LadderRow]]]:
    """By enterprise, the rows worth a look on the day of `pace`."""
    held = {equipment for equipment, _ in resting.held}
    quiet: dict[int, list[LadderRow]] = {}
    for row in source.present(held, pace.today).values():  # what waits may have become quiet
        quiet.setdefault(row.enterprise_id, []).append(row)
    for number in enterprise_ids:
        told = reachable.get(number) or [BY_PERSON]
        ids = {i for route in told for i in _lacking(number, route, policies.of(number).ladder, pace)}
        found = {(row.equipment_id, row.clock): row for row in [*quiet.get(number, ()), *source.of_rows(sorted(ids))]}
        if found:
            yield number, [found[key] for key in sorted(found)]


def _lacking(enterprise_id: int, route: Route, rules: law.Ladder, pace: Pace) -> list[int]:
    """A letter of today takes along what is reached before the next one."""
    until = pace.turn(enterprise_id, route.channel, route.recipient).ahead - timedelta(days=1)
    return [number for (number,) in run(*asked(enterprise_id, route, rules, pace.today, until))]


def asked(
    enterprise_id: int, route: Route, rules: law.Ladder, today: date, until: date
) -> tuple[str, dict[str, Any]]:
    """The statement that finds the rows, and its values; one index answers its part about the due list."""
    sql, values = _reached(rules, today, until)
    again = ", ".join(f":again{n}" for n in range(len(TAKEN_UP_AGAIN)))
    values |= {f"again{n}": reason for n, reason in enumerate(TAKEN_UP_AGAIN)}
    values |= {"enterprise": enterprise_id, "channel": route.channel, "recipient": route.recipient}
    values["mark"] = f"{MARK}%"
    return _LACKING.format(reached=sql, on=_ON, again=again), values


def _reached(rules: law.Ladder, today: date, until: date) -> tuple[str, dict[str, Any]]:
    """The rank a row has reached: by today past its date, by `until` before it. SQL and its values."""
    passed = (
        f"CAST(julianday(:today) - julianday({_ON}) AS INTEGER)" if is_sqlite() else f"(CAST(:today AS DATE) - {_ON})"
    )
    cases = [
        "WHEN answer = 'forbidden' THEN CAST(:forbidden AS INTEGER)",
        f"WHEN {_ON} < :today THEN {ladder.RANK_PASSED} + ({passed} - 1) / {rules.overdue_every_days:d} "
        f"* {rules.overdue_every_days:d}",
    ]
    values: dict[str, Any] = {"today": today.isoformat(), "forbidden": ladder.forbidden_rank(today, rules)}
    furthest = 0
    for days in sorted({days for clock in Clock for days in rules.steps_of(clock)}):
        theirs = [f"'{clock}'" for clock in Clock if days in rules.steps_of(clock)]
        only = "" if len(theirs) == len(Clock) else f"clock IN ({', '.join(theirs)}) AND "
        cases.append(f"WHEN {only}{_ON} <= :until{days} THEN {ladder.RANK_OF_DUE_DAY - days}")
        values[f"until{days}"] = (until + timedelta(days=days)).isoformat()
        furthest = days
    values["horizon"] = (until + timedelta(days=furthest)).isoformat()
    return f"CASE {' '.join(cases)} END", values


def enterprises() -> list[int]:
    """All that might owe something."""
    return [number for (number,) in run("SELECT id FROM enterprise ORDER BY id", {})]
