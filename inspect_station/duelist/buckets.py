"""Buckets and states as plain comparisons of dates with today: never stored, so that no night job can forget them.

`apply_by` is one month before the date. Months differ in length but keep their order, so "today has reached apply_by"
is the same as "the date is not after a day computed once from today": every bucket is a range of one indexed column.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from schedules.dates import add_months
from schedules.terms import Bucket

# What a row is apart from today, in the order of urgency.
FORBIDDEN, DATED, UNDETERMINED, DATE_MISSING, STOPPED, NOT_RUNNING = range(6)

SORT_FIRST = date(1900, 1, 1)  # forbidden: before every date
SORT_LAST = date(9999, 12, 31)  # no date: after every date
APPROACHING_DAYS = 90

# The tabs of the list, left to right.
ORDER = (
    Bucket.FORBIDDEN,
    Bucket.OVERDUE,
    Bucket.APPLY_NOW,
    Bucket.APPROACHING,
    Bucket.OK,
    Bucket.UNDETERMINED,
    Bucket.DATE_MISSING,
    Bucket.STOPPED,
    Bucket.NONE,
)


@dataclass(frozen=True)
class Bounds:
    """Today and the two days that part the states."""

    today: date
    apply_until: date
    near_until: date


def bounds(today: date) -> Bounds:
    """Dates up to `apply_until` have reached their apply-by day; dates up to `near_until` are within 90 days."""
    candidate = today + timedelta(days=31)
    while add_months(candidate, -1) > today:
        candidate -= timedelta(days=1)
    return Bounds(today, candidate, today + timedelta(days=APPROACHING_DAYS))


def names(today: date) -> dict[str, str]:
    """The values of the named parameters in the SQL below."""
    return dict(_names(today))


@lru_cache(maxsize=8)
def _names(today: date) -> dict[str, str]:
    b = bounds(today)
    return {
        "today": b.today.isoformat(),
        "apply_until": b.apply_until.isoformat(),
        "near_until": b.near_until.isoformat(),
        "sort_first": SORT_FIRST.isoformat(),
    }


# `{s}` is the column `standing`, or the same out of the planner's sight where a better index serves.
_OPEN = "(d.late_on IS NULL OR d.late_on >= :today)"
CONDITIONS = {
    Bucket.FORBIDDEN: "{s} = 0",
    Bucket.OVERDUE: "d.sort_on > :sort_first AND d.sort_on < :today AND d.late_on < :today",
    Bucket.APPLY_NOW: "{s} = 1 AND d.sort_on >= :today AND d.sort_on <= :apply_until",
    Bucket.APPROACHING: "{s} = 1 AND d.sort_on > :apply_until AND d.sort_on <= :near_until",
    Bucket.OK: "{s} = 1 AND d.sort_on > :near_until",
    Bucket.UNDETERMINED: "{s} = 2 AND " + _OPEN,
    Bucket.DATE_MISSING: "{s} = 3 AND " + _OPEN,
    Bucket.STOPPED: "{s} = 4",
    Bucket.NONE: "{s} = 5",
}

_STATE_OF = (
    "CASE WHEN {day} IS NULL THEN NULL WHEN {day} <= :apply_until THEN 'apply_now' "
    "WHEN {day} <= :near_until THEN 'approaching' ELSE 'ok' END"
)
BUCKET_SQL = (
    "CASE WHEN d.late_on < :today THEN 'overdue' WHEN d.standing = 1 THEN " + _STATE_OF.format(day="d.due_on") + " "
    "WHEN d.standing = 0 THEN 'forbidden' WHEN d.standing = 2 THEN 'undetermined' "
    "WHEN d.standing = 3 THEN 'date_missing' WHEN d.standing = 4 THEN 'stopped' ELSE 'none' END"
)
STATE_SQL = (
    "CASE WHEN d.standing NOT IN (1, 2, 3) THEN NULL WHEN d.late_on < :today THEN 'overdue' ELSE "
    + _STATE_OF.format(day="COALESCE(d.due_on, d.earliest, d.late_on)")
    + " END"
)


def bucket_of(row: Any, today: date) -> Bucket:
    """The bucket of one row (anything with `standing`, `late_on` and `due_on`), as `BUCKET_SQL` says it."""
    if row.late_on is not None and row.late_on < today:
        return Bucket.OVERDUE
    if row.standing != DATED:
        return _STANDING_BUCKETS[row.standing]
    b = bounds(today)
    if row.due_on <= b.apply_until:
        return Bucket.APPLY_NOW
    return Bucket.APPROACHING if row.due_on <= b.near_until else Bucket.OK


_STANDING_BUCKETS = {
    FORBIDDEN: Bucket.FORBIDDEN,
    UNDETERMINED: Bucket.UNDETERMINED,
    DATE_MISSING: Bucket.DATE_MISSING,
    STOPPED: Bucket.STOPPED,
    NOT_RUNNING: Bucket.NONE,
}
