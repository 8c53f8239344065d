"""Addresses that a receiver has refused for good: seen beside the contact, and used again once a person says so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.reminders import fallback, letter, routes
from inspect_station.reminders.models import DeadAddress, Message, OwedStep
from inspect_station.reminders.reading import tuples


def of(actor: Actor, enterprise_id: int) -> list[dict[str, Any]]:
    """The addresses of an enterprise that were refused for good and not cleared since."""
    d = DeadAddress
    query = d.select(d.id, d.recipient, d.channel, d.reason, d.at).where(
        d.enterprise == enterprise_id, visible(actor, d.enterprise), d.cleared_at.is_null()
    )
    names = ("id", "recipient", "channel", "reason", "at")
    return [dict(zip(names, row, strict=True)) for row in tuples(query.order_by(d.id))]


def clear(actor: Actor, dead_id: int, now: datetime) -> int:
    """The address works again; returns its enterprise."""
    actor.need("remind")
    with db.atomic():
        row = DeadAddress.get_or_none(DeadAddress.id == dead_id, visible(actor, DeadAddress.enterprise))
        if row is None:
            raise NotFound()
        if not fallback.clear(dead_id, actor.account_id, now):
            raise Conflict("这个地址已经恢复使用。")
        audit.record(
            actor, "contact.address_cleared", "enterprise", row.enterprise_id, now=now,
            enterprise_id=row.enterprise_id, detail={"channel": row.channel},
        )  # fmt: skip
    return int(row.enterprise_id)


def bounced(actor: Actor, message_id: int, why: str, settings: Settings, now: datetime) -> None:
    """A mail that was taken and came back later: a relay says so only to the sender's mailbox, so a person tells.

    The address is dead from here on, and the next channel takes over as after a refusal at once.
    """
    actor.need("remind")
    words = letter.one_line(why)
    if not 2 <= len(words) <= 200:
        raise InvalidInput("请写明退信的原因（2 至 200 个字）。", {"reason": ["请写明退信里说的原因"]})
    with db.atomic():
        message = Message.get_or_none(Message.id == message_id, visible(actor, Message.enterprise))
        if message is None:
            raise NotFound()
        reason = f"退信：{words}"
        changed = Message.update(state="refused", reason=reason, done_at=now, revision=Message.revision + 1).where(
            Message.id == message_id, Message.state == "sent", Message.channel == "mail"
        )
        if not changed.execute():
            raise Conflict("只有已经发出的邮件才能登记退信。")
        OwedStep.update(state="refused", reason=reason, done_at=now).where(
            OwedStep.message == message_id, OwedStep.state == "sent"
        ).execute()
        fallback.mark_dead(message, reason, now)
        fallback.after_refusal(message, settings, now)
        audit.record(
            actor, "reminders.bounced", "message", message_id, now=now, enterprise_id=message.enterprise_id,
            detail={"reason": words},
        )  # fmt: skip


def recipients_of(contact: Mapping[str, Any]) -> set[str]:
    """What a contact is called in the outbox."""
    own = {f"{kind}:{contact['id']}" for kind in ("sms", "phone", contact.get("robot_kind") or "sms")}
    return own | set(routes.addresses(contact.get("email") or ""))
