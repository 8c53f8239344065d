from collections.abc import Iterator
from datetime import timedelta

import pytest

from inspect_station import clock, sealing
from inspect_station import db as database
from tests.conftest import SECRET, Cast, dispose, make_cast
from tests.reminders.receivers import Receiver, receiver
from tests.reminders.smtp import Postbox, postbox


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as made:
        yield made


@pytest.fixture
def robot() -> Iterator[Receiver]:
    """A receiver of HTTP requests; the process has its keys."""
    sealing.use(SECRET)
    with receiver() as made:
        yield made


class Driven:
    """Seconds that pass only when somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        assert seconds > 0
        self.seconds += seconds

    @property
    def passed(self) -> timedelta:
        return timedelta(seconds=self.seconds)


@pytest.fixture
def driven(monkeypatch: pytest.MonkeyPatch) -> Driven:
    made = Driven()
    monkeypatch.setattr(clock, "monotonic", made.monotonic)
    monkeypatch.setattr(clock, "pause", made.pause)
    return made


@pytest.fixture
def sqlite_cast(sqlite_url: str) -> Iterator[Cast]:
    """The cast on SQLite, where one engine is enough."""
    bound = database.bind(sqlite_url)
    database.db.connect()
    yield make_cast()
    dispose(bound)
