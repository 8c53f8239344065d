"""The station's own letters as pages ask for them: the head and the administrator see all, others their own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, NotFound
from inspect_station.registry.rows import dicts
from inspect_station.reminders.models import StaffLetter
from inspect_station.reminders.staff.delivery import deliver
from inspect_station.reminders.staff.digest import Written, compose, without_address

__all__ = ["Written", "compose", "deliver", "letter_of", "letters", "refused_lately", "resend", "without_address"]

LISTED = 200
_SEE_ALL = ("head", "admin", "auditor", "system")
_COLUMNS = (
    "id",
    "kind",
    "day",
    "subject",
    "recipient",
    "channel",
    "state",
    "reason",
    "doubtful",
    "next_at",
    "done_at",
)


def letters(actor: Actor) -> Sequence[dict[str, Any]]:
    """The newest first."""
    actor.need_staff()
    return dicts(_seen(actor).order_by(StaffLetter.id.desc()).limit(LISTED))


def letter_of(actor: Actor, letter_id: int) -> dict[str, Any]:
    """One letter with its text. Raises `NotFound` for a missing one and for somebody else's."""
    actor.need_staff()
    found = dicts(_seen(actor, StaffLetter.text).where(StaffLetter.id == letter_id))
    if not found:
        raise NotFound()
    return found[0]


def _seen(actor: Actor, *more: Any) -> Any:
    columns = [getattr(StaffLetter, name) for name in _COLUMNS]
    query = StaffLetter.select(*columns, *more, Account.name.alias("who")).join(Account)
    return query if actor.role in _SEE_ALL else query.where(StaffLetter.account == actor.account_id)


def refused_lately(now: datetime) -> list[str]:
    """Whose letters were refused in the last seven days."""
    query = (
        StaffLetter.select(Account.name)
        .join(Account)
        .where(StaffLetter.state == "refused", StaffLetter.done_at > now - timedelta(days=7))
        .distinct()
    )
    return sorted(str(row["name"]) for row in dicts(query))


def resend(actor: Actor, letter_id: int, now: datetime) -> None:
    """Send a letter again that was refused or already went."""
    actor.need("remind")
    with db.atomic():
        letter_of(actor, letter_id)
        ready = StaffLetter.update(
            state="queued", reason="", next_at=now, queued_at=now, tries=0, done_at=None
        ).where(StaffLetter.id == letter_id, StaffLetter.state.not_in(("claimed", "queued")))
        if not ready.execute():
            raise Conflict("这封信正在发送或还在等候，不必重发。")
        audit.record(actor, "reminders.resend", "staff_letter", letter_id, now=now)
