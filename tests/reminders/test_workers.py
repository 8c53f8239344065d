"""Real processes: several share the outbox, one is killed, one is asked to stop."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from inspect_station import db as database
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.reminders import service
from inspect_station.reminders.models import Heartbeat, Lease, Message, OwedStep
from tests.conftest import NOW, SECRET, TODAY, dispose, make_cast
from tests.reminders.park import contact, in_days, settings, vessel
from tests.reminders.smtp import Postbox

ROOT = Path(__file__).resolve().parents[2]
LETTERS = 60
_SPAWN = multiprocessing.get_context("spawn")


def deliver(url: str, config: Settings, now: Any, senders: int) -> None:
    database.bind(url)
    with database.connection():
        service.deliver(config, now, senders=senders)


def tick_and_deliver(url: str, config: Settings) -> None:
    database.bind(url)
    with database.connection():
        service.tick(config, TODAY, NOW)
        service.deliver(config, NOW, senders=2)


@contextmanager
def station_at(url: str) -> Iterator[None]:
    """The database in this process for a moment; nothing of it stays open."""
    bound = database.bind(url)
    try:
        with db.connection_context():
            yield
    finally:
        dispose(bound)


def start(target: Any, count: int, *args: Any) -> list[Any]:
    processes = [_SPAWN.Process(target=target, args=args) for _ in range(count)]
    for process in processes:
        process.start()
    return processes


def wait(processes: list[Any]) -> None:
    for process in processes:
        process.join(120)
        assert process.exitcode == 0


def fill() -> None:
    cast = make_cast()
    vessel(cast.jia, in_days(10))
    for number in range(LETTERS):
        contact(cast.jia, f"p{number}@jia.example")


@pytest.mark.parametrize("workers", [2, 4])
def test_several_workers_deliver_each_letter_exactly_once(
    database_url: str, tmp_path: Path, box: Postbox, workers: int
) -> None:
    config = box.settings(tmp_path, database_url=database_url)
    with station_at(database_url):
        fill()
    wait(start(tick_and_deliver, workers, database_url, config))
    assert Counter(box.recipients()) == Counter(f"p{number}@jia.example" for number in range(LETTERS))
    with station_at(database_url):
        assert Message.select().where(Message.state == "sent").count() == LETTERS
        assert OwedStep.select().where(OwedStep.state == "sent").count() == LETTERS
        assert not Message.select().where(Message.doubtful).exists()


def test_a_killed_sender_loses_nothing_and_repeats_at_most_what_it_held(
    database_url: str, tmp_path: Path, box: Postbox
) -> None:
    config = box.settings(tmp_path, database_url=database_url)
    with station_at(database_url):
        fill()
        service.tick(config, TODAY, NOW)
    kills = 0
    for _ in range(4):
        before = len(box.arrived)
        (victim,) = start(deliver, 1, database_url, config, NOW, 1)
        deadline = time.monotonic() + 120
        while len(box.arrived) < before + 3 and victim.is_alive() and time.monotonic() < deadline:
            time.sleep(0.002)
        if victim.is_alive():
            os.kill(victim.pid, signal.SIGKILL)
            kills += 1
        victim.join(120)
    with station_at(database_url):
        service.deliver(config, NOW + timedelta(minutes=11))
        service.deliver(config, NOW + timedelta(minutes=12))
        doubtful = Message.select().where(Message.doubtful).count()
        assert Message.select().where(Message.state == "sent").count() == LETTERS
    arrived = Counter(box.recipients())
    assert kills > 0
    assert len(arrived) == LETTERS  # lost: 0
    assert max(arrived.values()) <= 2
    assert sum(count - 1 for count in arrived.values()) <= doubtful <= kills


def environment(tmp_path: Path, url: str) -> dict[str, str]:
    given = {k: v for k, v in os.environ.items() if not k.startswith("STATION_")}
    station = {
        "STATION_DATA_DIR": str(tmp_path),
        "STATION_DATABASE_URL": url,
        "STATION_SECRET_KEY": SECRET,
        "STATION_LOG_LEVEL": "INFO",
    }
    return given | station


def until(condition: Any, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def _beats(url: str) -> bool:
    with station_at(url):
        return Heartbeat.select().exists()


def test_the_worker_beats_and_leaves_cleanly_when_asked_to(sqlite_url: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "inspect_station", "worker"]
        worker = subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path, sqlite_url), stderr=out)
        until(lambda: "worker started" in log.read_text())
        until(lambda: _beats(sqlite_url))
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
    with station_at(sqlite_url):
        assert Heartbeat.select().count() == 1
        assert Lease.select().count() == 0


def test_the_previous_days_letter_waits_in_the_folder_when_nothing_is_configured(
    sqlite_url: str, tmp_path: Path
) -> None:
    with station_at(sqlite_url):
        cast = make_cast()
        vessel(cast.jia, in_days(10))
        contact(cast.jia, "a@jia.example")
        service.tick(settings(tmp_path), TODAY, NOW)
        service.deliver(settings(tmp_path), NOW)
    (letter,) = tmp_path.rglob("*.eml")
    assert letter.parent.name == TODAY.isoformat()
    assert not list(tmp_path.rglob("*.partial"))
