"""The link in a message: derived from the message by a keyed hash, so a resend carries the same and none is stored."""

import hmac
from base64 import b32encode
from datetime import datetime, timedelta
from hashlib import sha256

from inspect_station.config import Settings
from inspect_station.reminders.models import Message

_SEAL = 26  # characters of base 32: 128 bits
HIDDEN = "（链接只在发给企业的那一份里）"


def url_for(message: Message, settings: Settings) -> str:
    """The address of the page on which this message's recipient answers."""
    return f"{settings.base_url.rstrip('/')}/r/{secret_of(message, settings)}"


def secret_of(message: Message, settings: Settings) -> str:
    """Seal first, number last: letters and digits only, so that no mail program cuts it short.

    The Message-ID is sealed in, for after a restore the same number may be another firm's message.
    """
    return _seal(message.id, message.message_id, settings) + str(message.id)


def _seal(number: int, identity: str, settings: Settings) -> str:
    said = f"answer\0{number}\0{identity}".encode()
    digest = hmac.new(settings.secret_key.encode(), said, sha256).digest()[:16]
    return b32encode(digest).decode().rstrip("=").lower()


def find(secret: str, settings: Settings, now: datetime) -> Message | None:
    """The message behind a link; None for an unknown, a forged and an expired one: they must look the same."""
    seal, number = secret[:_SEAL], secret[_SEAL:]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    message = Message.get_or_none(Message.id == int(number))
    if message is None or not hmac.compare_digest(
        seal.encode(), _seal(message.id, message.message_id, settings).encode()
    ):
        return None
    expired = now.date() > message.day + timedelta(days=settings.answer_link_days)
    return None if expired or f"{message.id}" != number else message


def hidden(text: str, url: str) -> str:
    """The text as it is kept: the link opens the firm's page, so only the letter that goes out holds it."""
    return text.replace(url, HIDDEN) if url else text


def shown(text: str, url: str) -> str:
    """The kept text as it went out."""
    return text.replace(HIDDEN, url)
