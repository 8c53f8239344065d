"""How fast a receiver may be written to, kept in the database for all senders of all workers.

A generic cell rate: each letter granted is paid for by `every` seconds, `burst` of them may be owed at once. Granting is
one conditional update, so two senders never take the same place.
"""

from peewee import Case

from inspect_station.reminders.channels import Limit
from inspect_station.reminders.models import SendLimit

_SLIGHTLY_LATER = 0.001  # rounding must not make the promised moment a hair too early
_CLOCKS_APART = 120.0  # seconds; what is owed further ahead was written by a clock that was wrong


def take(key: str, limit: Limit, at: float) -> float | None:
    """Take a place now; None where granted, else the second from which on to ask again."""
    SendLimit.insert(key=key).on_conflict_ignore().execute()
    s, slack = SendLimit, (limit.burst - 1) * limit.every
    wrong_clock = s.full_at > at + slack + limit.every + _CLOCKS_APART
    start = Case(None, (((s.full_at > at) & ~wrong_clock, s.full_at),), at)
    free = ((s.full_at <= at + slack) | wrong_clock) & (s.blocked_until <= at)
    if s.update(full_at=start + limit.every).where(s.key == key, free).execute():
        return None
    row = s.get(s.key == key)
    return max(row.full_at - slack, row.blocked_until, at) + _SLIGHTLY_LATER


def block(key: str, until: float) -> None:
    """The receiver said "too many": nobody asks before then."""
    SendLimit.insert(key=key).on_conflict_ignore().execute()
    SendLimit.update(blocked_until=until).where(SendLimit.key == key, SendLimit.blocked_until < until).execute()
