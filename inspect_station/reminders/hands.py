"""What a person works through: whom to call, whom to hand a printed notice, and what came of it.

A task is a message that no sender takes: everything owed to an enterprise that no channel reaches, or that kept silent.
New steps join it while it waits; what no longer stands leaves it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import JOIN, fn

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry import contacts
from inspect_station.registry.models import Contact, Enterprise
from inspect_station.reminders import letter, outgoing, prescriptions, routes, source, standing
from inspect_station.reminders.channels import BY_HAND
from inspect_station.reminders.models import Attempt, DeadAddress, HandDelivery, Message, OwedStep
from inspect_station.reminders.owed import MOVED, REACHABLE
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.words import HAND_WORDS

_WAITING = (Message.channel.in_(BY_HAND)) & (Message.state == "queued")
_CALL_OUTCOMES = tuple(name for name in HAND_WORDS if name != "delivered")


@dataclass(frozen=True)
class Row:
    """One enterprise to be told by a person."""

    id: int
    enterprise_id: int
    enterprise: str
    responsible: str
    since: datetime
    items: int
    earliest: str
    last: Mapping[str, Any] | None


def tasks(actor: Actor, *, mine: bool = False, q: str = "") -> list[Row]:
    """All that wait, what is forbidden first, then the earliest date; `mine`: of the enterprises this person answers for."""
    actor.need_staff()
    query = (
        Message.select(Message.id, Enterprise.id, Enterprise.name, Account.name, Message.created_at,
                       fn.COUNT(OwedStep.id), fn.MIN(OwedStep.due))
        .join(Enterprise).join(Account, JOIN.LEFT_OUTER, on=(Enterprise.responsible == Account.id))
        .join(OwedStep, JOIN.LEFT_OUTER, on=(OwedStep.message == Message.id) & (OwedStep.state == "queued"))
        .where(_WAITING, visible(actor, Message.enterprise))
        .group_by(Message.id, Enterprise.id, Enterprise.name, Account.name, Message.created_at)
    )  # fmt: skip
    if mine:
        query = query.where(Enterprise.responsible == actor.account_id)
    for word in q.split()[:5]:
        query = query.where(Enterprise.name.contains(word) | Enterprise.initials.contains(word))
    last = _last_of([row[0] for row in tuples(query)])
    found = [
        Row(number, firm_id, firm, who or "", since, items, earliest or "", last.get(number))
        for number, firm_id, firm, who, since, items, earliest in tuples(query)
    ]
    return sorted(found, key=lambda row: (row.earliest, row.enterprise))


def _last_of(numbers: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    return {entry["message"]: entry for entry in reversed(_log(HandDelivery.message.in_(numbers)))}


def _log(where: Any) -> list[dict[str, Any]]:
    names = ("message", "way", "outcome", "words", "contact_name", "account_name", "next_on", "delivered_on", "at")
    rows = (
        HandDelivery.select(*(getattr(HandDelivery, n) for n in names)).where(where).order_by(HandDelivery.id.desc())
    )
    return [{**dict(zip(names, row, strict=True)), "outcome_word": HAND_WORDS[row[2]][0]} for row in tuples(rows)]


def waiting(actor: Actor) -> tuple[int, int]:
    """How many tasks wait, and how many of them are this person's."""
    everything = Message.select().where(_WAITING).count()
    mine = Message.select().join(Enterprise).where(_WAITING, Enterprise.responsible == actor.account_id).count()
    return everything, mine


def waiting_count(actor: Actor) -> Any:
    """The query that counts the tasks: the figure in the navigation."""
    return Message.select(fn.COUNT(Message.id)).where(_WAITING, visible(actor, Message.enterprise))


@dataclass(frozen=True)
class Task:
    """One task with all it takes to do it."""

    message: Mapping[str, Any]
    enterprise: str
    text: str
    html: str
    items: Sequence[letter.Item]
    contacts: Sequence[Mapping[str, Any]]
    log: Sequence[Mapping[str, Any]]
    open: bool


def task(actor: Actor, settings: Settings, message_id: int, today: date) -> Task:
    """Raises `NotFound` for what is no task, does not exist or is another enterprise's."""
    message = _find(actor, message_id)
    name = source.enterprise_name(message.enterprise_id)
    written = _written(message, settings, today)
    return Task(
        message={"id": message.id, "number": outgoing.number_of(message), "created_at": message.created_at,
                 "enterprise_id": message.enterprise_id, "revision": message.revision, "channel": message.channel},
        enterprise=name,
        text=message.text or written.text,
        html=written.html,
        items=written.items,
        contacts=[_contact(row) for row in contacts.of(actor, message.enterprise_id, ended=False)],
        log=_log(HandDelivery.message == message_id),
        open=message.state == "queued",
    )  # fmt: skip


def _contact(row: Mapping[str, Any]) -> dict[str, Any]:
    wrong = DeadAddress.select().where(
        DeadAddress.recipient == f"phone:{row['id']}", DeadAddress.cleared_at.is_null()
    )
    return {**row, "wrong": wrong.exists()}


def _find(actor: Actor, message_id: int) -> Message:
    actor.need_staff()
    message = Message.get_or_none(Message.id == message_id, Message.channel.in_(BY_HAND))
    if message is None:
        raise NotFound()
    actor.check(message.enterprise_id)
    return message


def _written(message: Message, settings: Settings, today: date) -> letter.Letter:
    still = OwedStep.state.not_in(("superseded", "suppressed"))
    steps = list(OwedStep.select().where(OwedStep.message == message.id, still))
    day = today if message.state == "queued" else message.done_at.date() if message.done_at else today
    name, number = source.enterprise_name(message.enterprise_id), outgoing.number_of(message)
    return letter.write(
        settings,
        number,
        name,
        "",
        outgoing.items_of(steps, day),
        day,
        "",
        prescriptions.of(message, day),
        contact=source.inspector_of(message.enterprise_id),
    )


# --- what came of it ----------------------------------------------------------------------------------------------


def record_call(actor: Actor, settings: Settings, message_id: int, given: Mapping[str, Any], now: datetime) -> bool:
    """Keep what came of a call; returns whether the enterprise has been told and the task is done.

    `given`: outcome, contact (id or none), words, next_on (needed where they must be called again).
    """
    actor.need("remind")
    outcome, next_on = given["outcome"], given.get("next_on")
    if outcome not in _CALL_OUTCOMES:
        raise InvalidInput("请选择通话结果。", {"outcome": ["请选择"]})
    if outcome == "later" and (next_on is None or next_on < now.date()):
        raise InvalidInput("约好再打，请写明哪一天（今天或以后）。", {"next_on": ["请写今天或以后的日期"]})
    with db.atomic():
        message = _open(actor, message_id)
        contact = _person(message, given.get("contact"))
        if outcome == "wrong_number":
            _mark_wrong(message, contact, now)
        entry = {"way": "phone", "outcome": outcome, "words": given.get("words", ""), "next_on": next_on}
        _keep(actor, message, contact, entry, now)
        if HAND_WORDS[outcome][1]:
            _finish(actor, settings, message, f"电话告知{contact.name if contact else ''}", now)
    return HAND_WORDS[outcome][1]


def record_delivery(
    actor: Actor, settings: Settings, message_id: int, given: Mapping[str, Any], now: datetime
) -> None:
    """The printed notice was handed over: `delivered_on`, `receiver`."""
    actor.need("remind")
    day, receiver = given["delivered_on"], letter.one_line(given["receiver"])
    if day > now.date():
        raise InvalidInput("送达日期不能晚于今天。", {"delivered_on": ["不能晚于今天"]})
    with db.atomic():
        message = _open(actor, message_id)
        if day < message.created_at.date():
            raise InvalidInput(
                "送达日期早于这份通知写成的日期。", {"delivered_on": [f"不早于 {message.created_at.date()}"]}
            )
        entry = {"way": "print", "outcome": "delivered", "words": f"签收人：{receiver}", "delivered_on": day}
        _keep(actor, message, None, entry, now)
        Message.update(channel="print").where(Message.id == message_id).execute()
        _finish(actor, settings, message, f"书面送达 {day.isoformat()}，签收人 {receiver}", now)


def _open(actor: Actor, message_id: int) -> Message:
    message = _find(actor, message_id)
    if message.state != "queued":
        raise Conflict("这一项已经办完，不必再登记。")
    return message


def _person(message: Message, contact_id: int | None) -> Contact | None:
    if contact_id is None:
        return None
    found = Contact.get_or_none(Contact.id == contact_id, Contact.enterprise == message.enterprise_id)
    if found is None:
        raise NotFound()
    return found


def _mark_wrong(message: Message, contact: Contact | None, now: datetime) -> None:
    if contact is None:
        raise InvalidInput("请选择是谁的号码不对。", {"contact": ["请选择联系人"]})
    for recipient, channel in ((f"phone:{contact.id}", "phone"), (f"sms:{contact.id}", "sms")):
        DeadAddress.insert(
            enterprise=message.enterprise_id, recipient=recipient, channel=channel, reason="打过去，对方说号码不对",
            message=message.id, at=now,
        ).execute()  # fmt: skip


def _keep(actor: Actor, message: Message, contact: Contact | None, entry: Mapping[str, Any], now: datetime) -> None:
    HandDelivery.insert(
        message=message.id,
        enterprise=message.enterprise_id,
        contact=contact.id if contact else None,
        contact_name=contact.name if contact else "",
        account=actor.account_id,
        account_name=actor.name,
        at=now,
        **entry,
    ).execute()
    audit.record(
        actor,
        "reminders.delivered" if entry["way"] == "print" else "reminders.call",
        "message",
        message.id,
        now=now,
        enterprise_id=message.enterprise_id,
        detail={"outcome": entry["outcome"]},
    )


def _finish(actor: Actor, settings: Settings, message: Message, words: str, now: datetime) -> None:
    """Told: the text is kept as it was told, the steps are sent."""
    written = _written(message, settings, now.date())
    done = Message.update(
        state="sent", reason="", done_at=now, day=now.date(), subject=written.subject, text=written.text,
        html=written.html, revision=Message.revision + 1,
    ).where(Message.id == message.id, Message.state == "queued")  # fmt: skip
    if not done.execute():
        raise Conflict("这一项刚被别人办完。")
    OwedStep.update(state="sent", done_at=now).where(
        OwedStep.message == message.id, OwedStep.state == "queued"
    ).execute()
    Attempt.insert(message=message.id, at=now, sender=actor.name[:80], outcome="sent", detail=words[:500]).execute()


def tidy(settings: Settings, today: date, now: datetime) -> int:
    """Take out what no longer stands; a task of which nothing is left ends. Returns the tasks ended."""
    mail, ended = routes.channel_in_use(settings), 0
    for (number,) in list(tuples(Message.select(Message.id).where(_WAITING))):
        with db.atomic():
            ended += _tidy(Message.get_by_id(number), mail, today, now)
    return ended


def _tidy(message: Message, mail: str, today: date, now: datetime) -> int:
    left = standing.still_standing(message, today, now)
    taken_over = _taken_over(message, left, mail, today)
    OwedStep.update(state="suppressed", reason=REACHABLE, done_at=now).where(OwedStep.id.in_(taken_over)).execute()
    if len(left) > len(taken_over) or (not taken_over and prescriptions.stands(message, today)):
        return 0
    reason = REACHABLE if taken_over else MOVED
    over = Message.update(state="suppressed", reason=reason, done_at=now).where(Message.id == message.id, _WAITING)
    return int(over.execute())


def _taken_over(message: Message, steps: Sequence[OwedStep], mail: str, today: date) -> list[int]:
    """Steps on the list for want of an address, where there is one now; what channels failed at stays."""
    if routes.of_enterprise(message.enterprise_id, mail, today)[0].recipient == routes.NO_ADDRESS or message.manual:
        return []
    o = OwedStep
    failed = o.select(o.equipment, o.clock, o.due).where(
        o.enterprise == message.enterprise_id, o.recipient != routes.NO_ADDRESS, o.state.in_(("sent", "refused"))
    )
    tried = {tuple(row) for row in tuples(failed)}
    return [s.id for s in steps if (s.equipment_id, s.clock, s.due) not in tried]
