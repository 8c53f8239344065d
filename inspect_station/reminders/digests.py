"""The second half of a tick: everything owed and unsent for one enterprise and recipient becomes one message.

How often that may be, and what may not wait: `schedules.rhythm`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from inspect_station.db import db
from inspect_station.reminders import prescriptions
from inspect_station.reminders.channels import BY_HAND
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.reminders.pace import Group, Pace, Recipient, groups
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.routes import Route, of_enterprise


@dataclass(frozen=True)
class Day:
    """A day on which letters are written."""

    now: datetime
    domain: str
    pace: Pace

    @property
    def today(self) -> date:
        return self.pace.today


def compose(day: Day) -> int:
    """Put waiting steps into messages where one may go today; returns the messages made."""
    opened = _waited_for()
    # Most recipients wait for their day and nothing of theirs stands open: no transaction for each of them.
    return sum(_compose(group, day) for group in groups() if group.key in opened or day.pace.allows(group))


def compose_for(enterprise_id: int, route: Route, day: Day) -> int:
    """The same for one recipient at once, where another channel has just failed."""
    mine = (group for group in groups(enterprise_id) if group.recipient == route.recipient)
    return sum(_compose(group, day) for group in mine if group.channel == route.channel)


def _compose(group: Group, day: Day) -> int:
    with db.atomic():
        open_message = _open_message(group)
        if open_message is not None:
            # One that still waits to go takes the new steps along, rather than a second letter beside it.
            _attach(group, open_message)
            return 0
        if _in_flight(group) or not day.pace.allows(group):
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


def _to(group: Group) -> object:
    return (
        (Message.enterprise == group.enterprise_id)
        & (Message.channel == group.channel)
        & (Message.recipient == group.recipient)
    )


def _waited_for() -> set[Recipient]:
    """To whom a message waits to go, by one look at all of them."""
    m = Message
    query = m.select(m.enterprise, m.channel, m.recipient).where(m.state.in_(("queued", "failed"))).distinct()
    return {(int(number), str(channel), str(recipient)) for number, channel, recipient in tuples(query)}


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
    prescriptions.attach(*group.key, message_id)
