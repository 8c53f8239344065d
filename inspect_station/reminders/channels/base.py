"""What all channels have in common: the letter as it goes out, the way to fail, the line of the table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from inspect_station.config import Settings


class ChannelError(Exception):
    """A letter was not taken. `permanent`: no further try. `uncertain`: it may have been taken all the same.

    `down`: the fault lies with the channel, not with this letter; its others need not be tried now. `dead`: the address
    is to blame and useless until somebody mends it. `wait`: the receiver wants to be left alone for so long.
    """

    def __init__(
        self,
        sentence: str,
        *,
        permanent: bool = False,
        uncertain: bool = False,
        down: bool = False,
        dead: bool = False,
        wait: timedelta | None = None,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.permanent = permanent or dead
        self.uncertain = uncertain
        self.down = down
        self.dead = dead
        self.wait = wait


@dataclass(frozen=True)
class Target:
    """Where a letter goes, as far as `recipient` does not say it: never shown, never logged."""

    address: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    # What a limit is kept for: equal for two contacts who share one robot.
    digest: str = ""


@dataclass(frozen=True)
class Outgoing:
    """A letter ready to go."""

    message_id: str
    number: str
    recipient: str
    recipient_name: str
    subject: str
    text: str
    html: str
    written_at: datetime
    file_name: str = ""
    file: bytes = b""
    notice_name: str = ""
    notice: bytes = b""
    target: Target = field(default_factory=Target, repr=False)
    # The fields a text message's template may name.
    values: dict[str, str] = field(default_factory=dict)
    # When it goes out: signatures carry it.
    at: datetime | None = None


class Channel(Protocol):
    def send(self, letter: Outgoing) -> str:
        """Deliver; returns the receiver's own words for the record. Raises `ChannelError`."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Limit:
    """At most `burst` letters at once, then one each `every` seconds: within any minute fewer than the receiver allows.

    `shared`: one count for the whole channel, not one for each address. `penalty`: how long to keep quiet after a
    "too many" that names no time.
    """

    every: float
    burst: int
    penalty: timedelta
    shared: bool = False


class Kind(NamedTuple):
    """A line of the table. `wording`: letter (mail), short (a few lines), sms (a template), none (a person's work)."""

    label: str
    open: Callable[[Settings], Channel]
    wording: str = "letter"
    limit: Limit | None = None
