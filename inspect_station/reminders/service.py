"""Reminders as others use them: the tick, its preview, what a person may do to a message, what must be seen."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from inspect_station.accounts import audit, station
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import bulk_insert, db, patiently
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.reminders import (
    delivery,
    digests,
    fallback,
    hands,
    ladder,
    letter,
    policies,
    prescriptions,
    routes,
    source,
    standing,
    steps,
)
from inspect_station.reminders.alarms import Alarm, alarms, beat, last_tick, worker_heartbeat
from inspect_station.reminders.delivery import paused
from inspect_station.reminders.fallback import domain_of
from inspect_station.reminders.figures import LAST_TICK, SENDING_PAUSED
from inspect_station.reminders.ladder import LadderRow
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.reminders.owed import Owed
from inspect_station.reminders.pace import Pace
from inspect_station.reminders.previews import letter_of, preview
from inspect_station.reminders.routes import Route
from inspect_station.reminders.words import reason_word

__all__ = [
    "Alarm", "alarms", "beat", "deliver", "last_tick", "letter_of", "paused", "preview", "tick", "worker_heartbeat",
]  # fmt: skip

LONG_GAP = timedelta(days=45)
# The day may be wrong: steps written for it would later pass for said, so nothing is written until somebody has looked.
_DAY_IN_DOUBT = ("clock_jump", "downtime")
_CATCH_UP = "catch_up"  # somebody has looked: what is owed is written with the next delivery
WARN_WITHIN = timedelta(days=10)


@dataclass(frozen=True)
class Ticked:
    """What a tick wrote."""

    steps: int
    superseded: int
    messages: int
    paused: bool = False


def tick(settings: Settings, today: date, now: datetime) -> Ticked:
    """Write the owed steps to the outbox and gather them into messages. A second run adds nothing.

    What stayed unanswered for the agreed working days is written once more for the next channel.
    After a gap of more than 45 days somebody must first look: sending is paused and nothing is written.
    """
    # Many that set out together can wait for each other longer than one statement may.
    return patiently(lambda: _tick(settings, today, now))


def _tick(settings: Settings, today: date, now: datetime) -> Ticked:
    _look_at_the_gap(today, now)
    if day_in_doubt():
        return Ticked(0, 0, 0, True)
    rules = policies.in_force()
    pace = Pace(today, rules, last_tick())
    source.refresh(today)
    prescriptions.write(rules, routes.channel_in_use(settings), today, now)
    written = steps.write(rules, routes.channel_in_use(settings), pace, now)
    written += steps.Written(fallback.escalate(settings, today, now))
    messages = digests.compose(digests.Day(now, domain_of(settings), pace))
    # Only now: a call that waits takes the next step along, and stays as old as it is.
    hands.tidy(settings, today, now)
    with db.atomic():
        station.put(LAST_TICK, {"on": today.isoformat(), "at": now.isoformat()}, now)
        station.put(_CATCH_UP, None, now)
    return Ticked(written.added, written.superseded, messages, paused() is not None)


def _look_at_the_gap(today: date, now: datetime) -> None:
    last = last_tick()
    if last is not None and today - last > LONG_GAP and not paused() and not station.get(_CATCH_UP):
        pause(Actor.system(), "downtime", now)


def deliver(settings: Settings, now: datetime, *, senders: int = 1, most: int = 100_000) -> Counter[str]:
    """Send what is pending; first what a resumed station has to catch up is written. See `delivery.deliver`."""
    if patiently(lambda: station.get(_CATCH_UP)):
        tick(settings, now.date(), now)
    return delivery.deliver(settings, now, senders=senders, most=most)


# --- pausing ------------------------------------------------------------------------------------------------------


def day_in_doubt() -> bool:
    """Whether today may be the wrong day: what is written for it would pass for said."""
    return (paused() or {}).get("why") in _DAY_IN_DOUBT


def pause(actor: Actor, why: str, now: datetime) -> None:
    """Nothing is sent until a person resumes. `why`: by_hand, restored, downtime, clock_jump."""
    actor.need("remind")
    with db.atomic():
        station.put(SENDING_PAUSED, {"since": now.isoformat(), "why": why, "by": actor.name}, now)
        audit.record(actor, "reminders.pause", "station", "sending", now=now, detail={"why": why})


def resume(actor: Actor, now: datetime) -> None:
    actor.need("remind")
    with db.atomic():
        end_pause(now)
        audit.record(actor, "reminders.resume", "station", "sending", now=now)


def end_pause(now: datetime) -> None:
    """Send again; what was not written while the day was in doubt is caught up. Call it inside a transaction."""
    if day_in_doubt():
        station.put(_CATCH_UP, {"since": now.isoformat()}, now)
    station.put(SENDING_PAUSED, None, now)


# --- one message --------------------------------------------------------------------------------------------------


def resend(actor: Actor, message_id: int, now: datetime) -> None:
    """Send a message again that was refused, is waiting for its next try, or may not have arrived."""
    actor.need("remind")
    with db.atomic():
        message = _find(actor, message_id)
        ready = Message.update(
            state="queued",
            reason="",
            next_at=now,
            done_at=None,
            tries=0,
            queued_at=now,
            revision=Message.revision + 1,
        ).where(Message.id == message_id, Message.state.in_(("refused", "failed", "uncertain", "suppressed", "sent")))
        if not ready.execute():
            raise Conflict("这条提醒正在发送或已被后来的提醒取代，不能重发。")
        if why := standing.why_nothing_stands(message, now.date()):
            raise Conflict(
                f"没有重发：这条提醒里的项目现在都不必提醒（{reason_word(why)}）。"
                "要照样提醒，请在到期清单勾选设备，人工提醒。"
            )
        OwedStep.update(state="queued", reason="", done_at=None).where(
            OwedStep.message == message_id, OwedStep.state != "superseded"
        ).execute()
        audit.record(actor, "reminders.resend", "message", message_id, now=now, enterprise_id=message.enterprise_id)


def stop(actor: Actor, message_id: int, why: str, now: datetime) -> None:
    """Keep a waiting message from going out; the reason stays with it."""
    actor.need("remind")
    reason = letter.one_line(why)
    if not 2 <= len(reason) <= 200:
        raise InvalidInput("请写明停发的原因（2 至 200 个字）。", {"reason": ["请写明原因"]})
    with db.atomic():
        message = _find(actor, message_id)
        stopped = Message.update(
            state="suppressed", reason=reason, next_at=None, done_at=now, revision=Message.revision + 1
        ).where(Message.id == message_id, Message.state.in_(("queued", "failed", "uncertain")))
        if not stopped.execute():
            raise Conflict("这条提醒已经发出、正在发送或已停止，不能再停发。")
        OwedStep.update(state="suppressed", reason=reason, done_at=now).where(
            OwedStep.message == message_id, OwedStep.state.in_(("queued", "failed", "uncertain"))
        ).execute()
        audit.record(
            actor,
            "reminders.stop",
            "message",
            message_id,
            now=now,
            enterprise_id=message.enterprise_id,
            detail={"reason": reason},
        )


def _find(actor: Actor, message_id: int) -> Message:
    message = Message.get_or_none(Message.id == message_id)
    if message is None:
        raise NotFound()
    actor.check(message.enterprise_id)
    return message


# --- by hand ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Draft:
    """A reminder a person is about to send to one enterprise: what it would say, to whom, told when last."""

    enterprise_id: int
    enterprise: str
    routes: Sequence[Route]
    letter: letter.Letter
    last_told: date | None
    warn: bool


def drafts(actor: Actor, settings: Settings, due_row_ids: Sequence[int], today: date) -> list[Draft]:
    """One draft for each enterprise of the ticked rows. Raises `InvalidInput` where nothing can be reminded of."""
    actor.need("remind")
    rows = source.of_due_rows(actor, due_row_ids, today)
    if not rows:
        raise InvalidInput("所选的设备里没有需要提醒的项目（停用、不适用或日期已变化）。请回到到期清单重新选择。")
    grouped = groupby(rows, key=lambda row: row.enterprise_id)
    return [_draft(settings, enterprise_id, list(theirs), today) for enterprise_id, theirs in grouped]


def _draft(settings: Settings, enterprise_id: int, rows: Sequence[LadderRow], today: date) -> Draft:
    told = last_told(enterprise_id)
    theirs = routes.of_enterprise(enterprise_id, routes.channel_in_use(settings), today)
    return Draft(
        enterprise_id,
        source.enterprise_name(enterprise_id),
        theirs,
        letter_of(settings, "（发送时编号）", enterprise_id, theirs[0].name, rows, today),
        told,
        told is not None and today - told <= WARN_WITHIN,
    )


def last_told(enterprise_id: int) -> date | None:
    """The day the enterprise was last sent a reminder, by whatever channel."""
    query = Message.select(Message.day).where(Message.enterprise == enterprise_id, Message.state == "sent")
    row = query.order_by(Message.day.desc()).limit(1).tuples().first()
    return row[0] if row else None


def remind_now(actor: Actor, settings: Settings, due_row_ids: Sequence[int], today: date, now: datetime) -> list[int]:
    """Queue a reminder of exactly these rows to every recipient of their enterprises; returns the messages."""
    actor.need("remind")
    made = []
    for draft_rows in _by_enterprise(actor, due_row_ids, today):
        enterprise_id = draft_rows[0].enterprise_id
        for route in routes.of_enterprise(enterprise_id, routes.channel_in_use(settings), today):
            with db.atomic():
                made.append(_queue_by_hand(actor, settings, draft_rows, route, today, now))
    if not made:
        raise InvalidInput("所选的设备里没有需要提醒的项目。请回到到期清单重新选择。")
    return made


def _by_enterprise(actor: Actor, due_row_ids: Sequence[int], today: date) -> list[list[LadderRow]]:
    rows = source.of_due_rows(actor, due_row_ids, today)
    return [list(theirs) for _, theirs in groupby(rows, key=lambda row: row.enterprise_id)]


def _queue_by_hand(
    actor: Actor, settings: Settings, rows: Sequence[LadderRow], route: Route, today: date, now: datetime
) -> int:
    enterprise_id = rows[0].enterprise_id
    key = f"manual:{uuid.uuid4()}"
    number = digests.insert(key, enterprise_id, route, today, now, domain_of(settings), actor.account_id)
    assert number is not None  # the key is new
    step = ladder.Step(ladder.MANUAL, number, 0, today, True)  # the number keeps two reminders of one day apart
    owed = [Owed(row, step, route) for row in rows]
    bulk_insert(OwedStep, [{**steps.values_of(one, False, now), "message": number} for one in owed])
    audit.record(
        actor,
        "reminders.by_hand",
        "message",
        number,
        now=now,
        enterprise_id=enterprise_id,
        detail={"devices": len(rows)},
    )
    return number
