"""The face of the answers: links for letters and notices, the page behind them, the inbox, the station's word."""

from datetime import datetime

from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.errors import NotFound
from inspect_station.reminders.answers import words
from inspect_station.reminders.answers.asking import ask
from inspect_station.reminders.answers.giving import give, just_applied
from inspect_station.reminders.answers.handling import confirm, finish, reject, replaceable
from inspect_station.reminders.answers.inbox import (
    Filters,
    Page,
    counts,
    evidence_of,
    json_of,
    of_message,
    one,
    open_count,
    page_of,
    phones,
    stream,
)
from inspect_station.reminders.answers.links import find, secret_of, url_for
from inspect_station.reminders.answers.sheet import Sheet, sheet_of
from inspect_station.reminders.models import Message

__all__ = [
    "Filters", "Page", "Sheet", "ask", "behind", "confirm", "counts", "evidence_of", "finish", "give", "holder_of",
    "json_of", "just_applied", "of_message", "one", "open_count", "page_of", "phones", "reject", "replaceable",
    "secret_of", "secret_of_message", "sheet_of", "stream", "url_for", "words",
]  # fmt: skip


def behind(secret: str, settings: Settings, now: datetime) -> Sheet:
    """The page behind a link. Raises `NotFound`, with the same words for unknown, forged and expired."""
    message = find(secret, settings, now)
    if message is None:
        raise NotFound("这个链接已失效或不完整。")
    return sheet_of(message, now.date())


def holder_of(sheet: Sheet) -> Actor:
    """Whoever holds the link: the enterprise, by a person nobody knows; he sees and may do no more than this page."""
    name = sheet.message.recipient_name[:40]  # the trail keeps 64 characters
    return Actor(None, f"凭链接（{name}）" if name else "凭链接", "enterprise", sheet.message.enterprise_id)


def secret_of_message(actor: Actor, message_id: int, settings: Settings) -> str:
    """The link of one of the enterprise's own messages, for its log-in. Raises `NotFound` for a foreign one."""
    message = Message.get_or_none(Message.id == message_id)
    if message is None or actor.is_staff:
        raise NotFound()
    actor.check(message.enterprise_id)
    return secret_of(message, settings)
