"""A lease in the database: one of several workers does the work, the others stand by."""

from datetime import datetime, timedelta

from inspect_station.db import db
from inspect_station.reminders.models import Lease


def take(name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Take a free or expired lease, or keep one's own. Whoever gets True leads until `now + length`."""
    with db.atomic():
        # One that ends later than any can was taken on a clock gone wrong: waiting for its end would take a year.
        free = (Lease.holder == holder) | (Lease.until < now) | (Lease.until > now + 2 * length)
        taken = Lease.update(holder=holder, until=now + length).where(Lease.name == name, free).execute()
        if not taken:
            made = Lease.insert(name=name, holder=holder, until=now + length).on_conflict_ignore()
            taken = made.as_rowcount().execute()
    return bool(taken)


def give_up(name: str, holder: str) -> None:
    """Let another take over at once."""
    with db.atomic():
        Lease.delete().where(Lease.name == name, Lease.holder == holder).execute()
