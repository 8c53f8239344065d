"""Telephone and printed notice: what a person works through. Nothing of it is ever sent by itself."""

from inspect_station.config import Settings
from inspect_station.reminders.channels.base import ChannelError, Outgoing


class ByHand:
    """Its letters have no time to go at, so no sender takes them; one that does all the same must not call it sent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def send(self, letter: Outgoing) -> str:
        raise ChannelError("这一条要由人去办，不会自动发出", down=True)

    def close(self) -> None:
        """Nothing is held open."""
