"""Printed notices as messages, so that the code on the paper opens an answer page like the link in a letter.

No sender and no list of calls takes them: whoever printed a notice records its delivery where notices are kept.
"""

from collections.abc import Sequence
from datetime import date, datetime

from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import bulk_insert
from inspect_station.reminders import digests, ladder, source, steps
from inspect_station.reminders.answers import links
from inspect_station.reminders.channels import NOTICE
from inspect_station.reminders.fallback import domain_of
from inspect_station.reminders.models import Attempt, HandDelivery, Message, OwedStep
from inspect_station.reminders.owed import Owed
from inspect_station.reminders.routes import Route


def answer_url(
    actor: Actor,
    settings: Settings,
    number: str,
    addressee: str,
    enterprise_id: int,
    due_row_ids: Sequence[int],
    subject: str,
    today: date,
    now: datetime,
) -> str:
    """Keep a notice of these rows as a message under its number; the address of its answer page.

    Call it in the transaction that numbers the notice.
    """
    route = Route(NOTICE, number, addressee)
    made = digests.insert(_key(number), enterprise_id, route, today, now, domain_of(settings), actor.account_id)
    assert made is not None  # numbers are given once
    rows = source.of_due_rows(actor, due_row_ids, today)
    step = ladder.Step(ladder.MANUAL, made, 0, today, True)
    bulk_insert(OwedStep, [steps.values_of(Owed(row, step, route), False, now) | {"message": made} for row in rows])
    words = f"书面通知单 {number}，共 {len(rows)} 项；内容见通知单文件。"
    Message.update(subject=subject, text=words, manual=True, next_at=None).where(Message.id == made).execute()
    return links.url_for(Message.get_by_id(made), settings)


def delivered(actor: Actor, number: str, on: date, receiver: str, now: datetime) -> None:
    """The enterprise was handed the notice; put right by recording again. Nothing for a notice without a code."""
    message = Message.get_or_none(Message.key == _key(number))
    if message is None:
        return
    _end(message, "sent", "", now)
    words, way = f"签收人：{receiver}", {"way": "print", "outcome": "delivered"}
    HandDelivery.delete().where(HandDelivery.message == message.id).execute()
    HandDelivery.insert(
        message=message.id, enterprise=message.enterprise_id, account=actor.account_id, account_name=actor.name, words=words,
        delivered_on=on, at=now, **way,
    ).execute()  # fmt: skip
    detail = f"书面送达 {on.isoformat()}，{words}"
    Attempt.insert(message=message.id, at=now, sender=actor.name[:80], outcome="sent", detail=detail[:500]).execute()


def voided(number: str, reason: str, now: datetime) -> None:
    """The notice no longer stands; whoever holds the paper may still answer."""
    message = Message.get_or_none(Message.key == _key(number))
    if message is not None:
        _end(message, "suppressed", f"通知单已作废：{reason}"[:300], now)


def _end(message: Message, state: str, reason: str, now: datetime) -> None:
    Message.update(state=state, reason=reason, done_at=now, revision=Message.revision + 1).where(
        Message.id == message.id
    ).execute()
    if state == "sent":
        OwedStep.update(state=state, done_at=now).where(OwedStep.message == message.id).execute()


def _key(number: str) -> str:
    return f"notice:{number}"
