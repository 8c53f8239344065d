"""The second half of a tick: everything owed and unsent for one enterprise and recipient becomes one message.

At most one message in 7 days; only steps of 15 days or less, overdue and forbidden go sooner, one a day at most.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from peewee import fn

from inspect_station.db import db
from inspect_station.reminders.channels import BY_HAND
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.reminders.policies import Policies, may_gather
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.routes import Route, of_enterprise

DAYS_BETWEEN = 7
# Letters that reached nobody do not count against the next one.
_COUNTED = ("queued", "claimed", "failed", "uncertain", "sent", "refused")


@dataclass(frozen=True, slots=True)
class Group:
    """What waits for one recipient of one enterprise."""

    enterprise_id: int
    channel: str
    recipient: str
    urgent: bool


def may_write(today: date, last: date | None, urgent: bool) -> bool:
    """Whether a letter may go today, the last one having gone on `last`. A clock set back waits."""
    if last is None:
        return True
    return (today - last).days >= (1 if urgent else DAYS_BETWEEN)


@dataclass(frozen=True)
class Day:
    """A day on which letters are written, and the last one before it."""

    today: date
    now: datetime
    domain: str
    last_tick: date | None
    policies: Policies

    def allows(self, group: Group) -> bool:
        gathers = may_gather(self.policies.of(group.enterprise_id), self.today, self.last_tick)
        return (group.urgent or gathers) and may_write(self.today, last_day(group), group.urgent)


def compose(day: Day) -> int:
    """Put waiting steps into messages where one may go today; returns the messages made."""
    return sum(_compose(group, day) for group in _waiting())


def compose_for(enterprise_id: int, route: Route, day: Day) -> int:
    """The same for one recipient at once, where another channel has just failed."""
    mine = (g for g in _waiting() if (g.enterprise_id, g.recipient) == (enterprise_id, route.recipient))
    return sum(_compose(group, day) for group in mine if group.channel == route.channel)


def _waiting() -> Iterator[Group]:
    o = OwedStep
    query = (
        o.select(o.enterprise, o.channel, o.recipient, fn.SUM(o.urgent.cast("integer")))
        .where(o.state == "queued", o.message.is_null())
        .group_by(o.enterprise, o.channel, o.recipient)
    )
    for enterprise_id, channel, recipient, urgent in tuples(query):
        yield Group(enterprise_id, channel, recipient, bool(urgent))


def _compose(group: Group, day: Day) -> int:
    with db.atomic():
        open_message = _open_message(group)
        if open_message is not None:
            # One that still waits to go takes the new steps along, rather than a second letter beside it.
            _attach(group, open_message)
            return 0
        if _in_flight(group) or not day.allows(group):
            return 0
        return _make(group, day.today, day.now, day.domain)


def _make(group: Group, today: date, now: datetime, domain: str) -> int:
    key = f"auto:{group.enterprise_id}:{group.channel}:{group.recipient}:{today.isoformat()}"
    names = {r.recipient: r.name for r in of_enterprise(group.enterprise_id, group.channel, today)}
    route = Route(group.channel, group.recipient, names.get(group.recipient, ""))
    created = insert(key, group.enterprise_id, route, today, now, domain)
    if created is None:  # another process made it a moment ago
        return 0
    _attach(group, created)
    return 1


def insert(
    key: str, enterprise_id: int, route: Route, day: date, now: datetime, domain: str, account_id: int | None = None
) -> int | None:
    """A new message, or None where one with this key exists. Call it inside a transaction."""
    made = Message.insert(
        key=key,
        message_id=f"<{key_digest(key)}@{domain}>",
        enterprise=enterprise_id,
        channel=route.channel,
        recipient=route.recipient,
        recipient_name=route.name,
        manual=key.startswith("manual:"),
        day=day,
        next_at=None if route.channel in BY_HAND else now,  # no sender takes what has no time to go at
        account=account_id,
        created_at=now,
        queued_at=now,
    ).on_conflict_ignore()
    if not made.as_rowcount().execute():
        return None
    return int(Message.select(Message.id).where(Message.key == key).scalar())


def key_digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:32]


def last_day(group: Group) -> date | None:
    """The day of the last letter to this recipient."""
    found = Message.select(fn.MAX(Message.day)).where(_to(group), Message.state.in_(_COUNTED)).scalar()
    return date.fromisoformat(found) if isinstance(found, str) else found


def _to(group: Group) -> object:
    return (
        (Message.enterprise == group.enterprise_id)
        & (Message.channel == group.channel)
        & (Message.recipient == group.recipient)
    )


def _open_message(group: Group) -> int | None:
    """A message to this recipient that still waits; touched, so that nobody claims it until we have committed."""
    query = Message.select(Message.id).where(_to(group), Message.state.in_(("queued", "failed")))
    for (number,) in tuples(query.order_by(Message.id).limit(1)):
        touched = Message.update(revision=Message.revision + 1).where(
            Message.id == number, Message.state.in_(("queued", "failed"))
        )
        if touched.execute():
            return int(number)
    return None


def _in_flight(group: Group) -> bool:
    return bool(Message.select().where(_to(group), Message.state.in_(("claimed", "uncertain"))).exists())


def _attach(group: Group, message_id: int) -> None:
    OwedStep.update(message=message_id).where(
        OwedStep.enterprise == group.enterprise_id,
        OwedStep.channel == group.channel,
        OwedStep.recipient == group.recipient,
        OwedStep.state == "queued",
        OwedStep.message.is_null(),
    ).execute()
