"""走访: when the station was last at a firm. Defined here once, for the rounds and for the head's month.

Seen is a firm at which somebody of ours stood: an inspection carried out by the institution, or a visit of the clinic
that was not called off. A day known to the month only counts as its 28th.
"""

# ruff: noqa: S608  names and marks of our own only; every value is a bound parameter

from datetime import date, timedelta

from inspect_station.db import run

UNSEEN_DAYS = 90
# How far back the last day is looked for; beyond it a firm counts as never seen.
_LOOK_BACK = timedelta(days=731)
_DONE = "CASE WHEN length(i.completed_on) = 7 THEN i.completed_on || '-28' ELSE i.completed_on END"


def firms_sql(first: str, last: str) -> str:
    """The firms seen between two days, each as often as it was; `first` and `last` are marks of named parameters."""
    return f"SELECT s.enterprise_id FROM ({_days_sql(first, last)}) s"


def _days_sql(first: str, last: str) -> str:
    return (
        f"SELECT d.enterprise_id, {_DONE} AS day FROM inspection i "
        "JOIN due_row d ON d.equipment_id = i.equipment_id AND d.clock = i.clock "
        f"WHERE d.done_by = 'institution' AND i.replaced_by_id IS NULL AND i.completed_on >= substr({first}, 1, 7) "
        f"AND i.completed_on <= {last} AND {_DONE} >= {first} AND {_DONE} <= {last} UNION ALL "
        "SELECT v.enterprise_id, CAST(v.visited_on AS text) FROM clinic_visit v WHERE v.state <> 'cancelled' "
        f"AND v.visited_on >= {first} AND v.visited_on <= {last}"
    )


def last_days(today: date) -> dict[int, date]:
    """The last day at each firm; firms of which no day is known within two years are missing."""
    values = {"first": (today - _LOOK_BACK).isoformat(), "last": today.isoformat()}
    found = run(
        f"SELECT s.enterprise_id, max(s.day) FROM ({_days_sql(':first', ':last')}) s GROUP BY s.enterprise_id", values
    )
    return {int(firm): date.fromisoformat(day) for firm, day in found}


def is_unseen(last: date | None, today: date) -> bool:
    return last is None or (today - last).days > UNSEEN_DAYS


def since(today: date) -> date:
    """The first day that still counts as seen."""
    return today - timedelta(days=UNSEEN_DAYS)
