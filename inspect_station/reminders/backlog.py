"""What would go out if sending were resumed now, and giving it up instead; several messages stopped or resent at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import JOIN, fn

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry.models import Enterprise
from inspect_station.reminders import delivery, letter, records, service
from inspect_station.reminders.channels import BY_HAND, NOTICE
from inspect_station.reminders.models import Message, OwedStep, PrescriptionStep, StaffLetter
from inspect_station.reminders.reading import tuples

FIRMS_SHOWN = 100
_WAITING = ("queued", "failed", "uncertain")
# No pause holds up what a person does, so no end of one sends it and none gives it up.
_PEOPLES = (*BY_HAND, NOTICE)


@dataclass(frozen=True)
class FirmBacklog:
    enterprise_id: int
    enterprise: str
    letters: int
    items: int
    oldest: date


@dataclass(frozen=True)
class Backlog:
    """`items` are steps in those letters; `ungathered` are steps that wait for their next letter."""

    paused: dict[str, Any] | None
    letters: int
    items: int
    ungathered: int
    staff: int
    firms: Sequence[FirmBacklog]
    firm_count: int


def look(actor: Actor, now: datetime) -> Backlog:
    """What waits, by firm, the oldest first."""
    actor.need("remind")
    query = (
        Message.select(
            Message.enterprise,
            Enterprise.name,
            fn.COUNT(fn.DISTINCT(Message.id)),
            fn.COUNT(OwedStep.id),
            fn.MIN(Message.day),
        )
        .join(Enterprise)
        .switch(Message)
        .join(OwedStep, JOIN.LEFT_OUTER, on=(OwedStep.message == Message.id))
        .where(_waits(now))
        .group_by(Message.enterprise, Enterprise.name)
    )
    firms = sorted((_firm(row) for row in tuples(query)), key=lambda firm: (firm.oldest, firm.enterprise))
    return Backlog(
        delivery.paused(),
        sum(firm.letters for firm in firms),
        sum(firm.items for firm in firms),
        OwedStep.select().where(_ungathered()).count(),
        StaffLetter.select().where(_waits(now, StaffLetter)).count(),
        firms[:FIRMS_SHOWN],
        len(firms),
    )


def _firm(row: Sequence[Any]) -> FirmBacklog:
    number, name, letters, items, oldest = row
    day = oldest if isinstance(oldest, date) else date.fromisoformat(oldest)
    return FirmBacklog(number, name, letters, items, day)


def _waits(now: datetime, table: type[Message] | type[StaffLetter] = Message) -> Any:
    """Also what a sender had in hand when it died: nobody sends it while sending is paused."""
    dead = (table.state == "claimed") & (table.lease_until < now)
    return (table.state.in_(_WAITING) | dead) & table.channel.not_in(_PEOPLES)


def _ungathered() -> Any:
    return (OwedStep.state == "queued") & OwedStep.message.is_null() & OwedStep.channel.not_in(_PEOPLES)


@dataclass(frozen=True)
class Voided:
    letters: int
    items: int
    staff: int


def void_and_resume(actor: Actor, why: str, now: datetime) -> Voided:
    """Give up everything that waits, with a reason that stays with it, and send from now on.

    The steps count as dealt with; the next step of each ladder comes in its time. Only while sending is paused.
    """
    actor.need("remind")
    reason = _reason(why)
    with db.atomic():
        state = delivery.paused()
        if state is None:
            raise Conflict("发送没有暂停，没有要作废的积压。")
        voided = _void(f"积压作废：{reason}"[:300], now)
        service.end_pause(now)
        detail = {"reason": reason, "why": state.get("why"), **vars(voided)}
        audit.record(actor, "reminders.void_backlog", "station", "sending", now=now, detail=detail)
    return voided


def _reason(why: str) -> str:
    reason = letter.one_line(why)
    if not 2 <= len(reason) <= 200:
        raise InvalidInput("请写明原因（2 至 200 个字）。", {"reason": ["请写明原因"]})
    return reason


def _void(reason: str, now: datetime) -> Voided:
    end = {"state": "suppressed", "reason": reason, "done_at": now}
    waiting = Message.select(Message.id).where(_waits(now))
    open_steps = OwedStep.state.in_((*_WAITING, "claimed"))
    of_letters = OwedStep.update(**end).where(open_steps, OwedStep.message.in_(waiting)).execute()
    ungathered = OwedStep.update(**end).where(_ungathered()).execute()
    p = PrescriptionStep
    p.update(state="suppressed").where(p.state == "queued", p.channel.not_in(_PEOPLES)).execute()
    letters = Message.update(**end, next_at=None, lease_until=None, revision=Message.revision + 1).where(_waits(now))
    own = StaffLetter.update(**end, next_at=None, lease_until=None).where(_waits(now, StaffLetter))
    return Voided(letters.execute(), of_letters + ungathered, own.execute())


# --- several at once ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bulk:
    """How many were done, and how many no longer could be."""

    done: int
    left: int


def stop_all(actor: Actor, ids: Sequence[int], why: str, now: datetime) -> Bulk:
    """Stop these messages with one reason; those already gone are left as they are."""
    actor.need("remind")
    reason = _reason(why)

    def stop(number: int) -> None:
        records.check_stop(actor, number)
        service.stop(actor, number, reason, now)

    return _each(ids, stop)


def resend_all(actor: Actor, ids: Sequence[int], now: datetime) -> Bulk:
    """Put these messages back into the queue; those on their way are left as they are."""
    actor.need("remind")

    def resend(number: int) -> None:
        records.check_resend(actor, number)
        service.resend(actor, number, now)

    return _each(ids, resend)


def _each(ids: Sequence[int], act: Callable[[int], None]) -> Bulk:
    done = 0
    for number in dict.fromkeys(ids):
        try:
            act(number)
            done += 1
        except (Conflict, NotFound):
            continue
    return Bulk(done, len(set(ids)) - done)
