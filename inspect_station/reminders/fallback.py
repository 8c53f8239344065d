"""When a channel fails for good, or nobody answers: the next one, and in the end a person.

Both write the same owed step once more, for the next recipient; that it is unique by channel and recipient makes any
number of runs write it once. Letters are gathered from it as from all others.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station import clock
from inspect_station.config import Settings
from inspect_station.db import bulk_insert
from inspect_station.reminders import digests, ladder, owed, policies, quiets, routes, source, steps
from inspect_station.reminders.answers.models import Answer
from inspect_station.reminders.channels import BY_HAND, config
from inspect_station.reminders.models import DeadAddress, HandDelivery, Message, OwedStep
from inspect_station.reminders.pace import Pace
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.routes import Route
from inspect_station.workcalendar import service as workcalendar

# Only what is due so soon is pressed by another channel: the ladder itself comes back to the rest.
PRESSING = timedelta(days=30)
_LOOK_BACK = timedelta(days=60)
_REACHED = ("reached", "delivered")
_COPIED = ("clock", "due", "step", "week", "rank", "urgent", "owed_on", "facts")


def domain_of(settings: Settings) -> str:
    """The right-hand side of Message-IDs: the sender's own domain."""
    return settings.mail_from.rpartition("@")[2] or "station.local"


# --- refused for good ---------------------------------------------------------------------------------------------


def mark_dead(message: Message, reason: str, now: datetime) -> None:
    """The receiver says the address is none; it stands beside the contact until somebody clears it."""
    d = DeadAddress
    same = (d.enterprise == message.enterprise_id) & (d.recipient == message.recipient)
    open_row = d.select().where(same, d.cleared_at.is_null()).order_by(d.id.desc()).first()
    values = {"reason": reason[:300], "message": message.id, "at": now}
    if open_row is not None:
        d.update(**values).where(d.id == open_row.id).execute()
    else:
        d.insert(
            enterprise=message.enterprise_id, recipient=message.recipient, channel=message.channel, **values
        ).execute()


def after_refusal(message: Message, settings: Settings, now: datetime) -> None:
    """What a refused letter said goes by the next channel at once."""
    refused = list(OwedStep.select().where(OwedStep.message == message.id, OwedStep.state == "refused"))
    if not refused or message.channel in BY_HAND:
        return
    today, mail = now.date(), routes.channel_in_use(settings)
    # The first channel was allowed to write today, so its stand-in is.
    rules = policies.in_force()
    day = digests.Day(now, domain_of(settings), Pace(today, rules, date.min, [message.enterprise_id]))
    for route in routes.following(message.enterprise_id, message.recipient, mail, today):
        if _copy(refused, route, now):
            digests.compose_for(message.enterprise_id, route, day)


def _copy(refused: Sequence[OwedStep], route: Route, now: datetime) -> int:
    """The steps once more for another recipient, but for those the recipient has already, or a later one of."""
    recorded = owed.known(refused[0].enterprise_id)
    fresh, again = [], 0
    for step in refused:
        key = (step.equipment_id, step.clock, step.due, route.channel, route.recipient)
        if (key, step.rank) in recorded.to_take_up:
            again += steps.take_up(key, step.rank)
        elif recorded.highest.get(key, -1) < step.rank:
            fresh.append(_copy_of(step, route, now))
    bulk_insert(OwedStep, fresh)
    return len(fresh) + again


def _copy_of(step: OwedStep, route: Route, now: datetime) -> dict[str, Any]:
    ids = {"equipment": step.equipment_id, "enterprise": step.enterprise_id}
    copied = {name: getattr(step, name) for name in _COPIED}
    return {**ids, **copied, "channel": route.channel, "recipient": route.recipient, "created_at": now}


# --- nobody answers -----------------------------------------------------------------------------------------------


def escalate(settings: Settings, today: date, now: datetime) -> int:
    """Where letters stayed unanswered for the agreed working days: what they said, by the next channel.

    Returns the steps written; a second run adds none.
    """
    mail = routes.channel_in_use(settings)
    return sum(
        _press(enterprise_id, recipients, mail, today, now)
        for enterprise_id, recipients in _silent(_days_before(today, config.switches().escalate_after))
    )


def _days_before(today: date, working_days: int) -> date:
    """The last day whose letters have waited for so many working days."""
    calendar, day = workcalendar.calendar(today), today
    while working_days > 0:
        working_days -= calendar.is_workday(day)
        day -= timedelta(days=1)
    return day


def _silent(until: date) -> Iterable[tuple[int, set[str]]]:
    """Enterprises that answered nothing of what went out by `until`, and the recipients it went to."""
    sent = (
        Message.select(Message.enterprise, Message.recipient, Message.day)
        .where(Message.state == "sent", Message.day <= until, Message.day > until - _LOOK_BACK)
        .where(Message.channel.not_in([*BY_HAND, "folder"]))
    )
    found: dict[int, set[str]] = defaultdict(set)
    reached = _reached(until - _LOOK_BACK)
    for enterprise_id, recipient, day in tuples(sent):
        if day > reached.get(enterprise_id, date.min):
            found[enterprise_id].add(recipient)
    return found.items()


def _reached(since: date) -> dict[int, date]:
    """When an enterprise last answered, was talked to or handed a notice: that answers what went out before."""
    h = HandDelivery
    start = datetime.combine(since, datetime.min.time(), clock.SHANGHAI)
    told = h.select(h.enterprise, h.at).where(h.outcome.in_(_REACHED), h.at >= start)
    own = Answer.select(Answer.enterprise, Answer.given_at).where(Answer.given_at >= start)
    moments = sorted((at, int(enterprise_id)) for rows in (told, own) for enterprise_id, at in tuples(rows))
    return {enterprise_id: at.date() for at, enterprise_id in moments}


def _press(enterprise_id: int, recipients: set[str], mail: str, today: date, now: datetime) -> int:
    rows = _unmoved(enterprise_id, recipients, today)
    ways = {
        route for recipient in recipients for route in routes.following(enterprise_id, recipient, mail, today)
        if route.recipient not in recipients
    }  # fmt: skip
    if len(ways) > 1:  # a person calls when no other way is left
        ways.discard(routes.BY_PERSON)
    rules = policies.of_enterprise(enterprise_id).ladder
    again = [
        owed.Owed(row, step, route, rules)
        for route in sorted(ways, key=lambda r: (r.channel, r.recipient))
        for row in rows
        if (step := ladder.latest(row, today, rules)) is not None
    ]
    return steps.record(enterprise_id, again, now).added


def _unmoved(enterprise_id: int, recipients: set[str], today: date) -> list[ladder.LadderRow]:
    """The clocks they were told of that still stand as told and press."""
    o = OwedStep
    told = o.select(o.equipment, o.clock, o.due).where(
        o.enterprise == enterprise_id, o.state == "sent", o.recipient.in_(recipients)
    )
    keys = {(int(equipment), str(clock), str(due)) for equipment, clock, due in tuples(told.distinct())}
    present = source.present((equipment for equipment, _, _ in keys), today)
    found = [
        row for equipment, clock, due in sorted(keys)
        if (row := present.get((equipment, clock))) is not None and row.due == due and row.enterprise_id == enterprise_id
    ]  # fmt: skip
    resting = quiets.standing(today, [enterprise_id])
    found = [row for row in found if resting.over(row.equipment_id, row.clock, "", 0, today) is None]
    return [row for row in found if row.answer == "forbidden" or (row.on is not None and row.on - today <= PRESSING)]


def clear(dead_id: int, account_id: int | None, now: datetime) -> int:
    """Somebody says the address works again; the rows are kept."""
    return int(
        DeadAddress.update(cleared_at=now, cleared_by=account_id)
        .where(DeadAddress.id == dead_id, DeadAddress.cleared_at.is_null())
        .execute()
    )
