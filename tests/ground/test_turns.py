"""Who waits to write to SQLite is seen, and an import makes room for them."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee
import pytest

from inspect_station import db as database
from inspect_station import turns
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.registry.ledgers import service
from inspect_station.registry.models import Enterprise, Equipment
from tests.conftest import NOW, dispose
from tests.registry.ledgers import books

LONG_ENOUGH = 10.0  # seconds, for another thread to be scheduled
ROWS = 400


@pytest.fixture
def station(sqlite_url: str) -> Iterator[peewee.Database]:
    bound = database.bind(sqlite_url)
    db.connect()
    yield bound
    dispose(bound)


def write_in_a_transaction(number: int) -> None:
    with db.atomic():
        write_by_itself(number)


def write_by_itself(number: int) -> None:
    Enterprise.insert(name=f"第{number}公司", initials="x", created_at=NOW, updated_at=NOW).execute()


def beside(work: Callable[[], Any]) -> threading.Thread:
    def connected() -> None:
        with database.connection():
            work()

    thread = threading.Thread(target=connected)
    thread.start()
    return thread


def until_somebody_waits(path: str) -> None:
    limit = threading.Event()
    timer = threading.Timer(LONG_ENOUGH, limit.set)
    timer.start()
    while not turns.somebody_waits(path):
        assert not limit.is_set(), "nobody ever stood in line"
    timer.cancel()


@pytest.mark.parametrize("write", [write_in_a_transaction, write_by_itself])
def test_who_waits_to_write_is_seen_until_it_is_their_turn(
    station: peewee.Database, write: Callable[[int], None]
) -> None:
    assert not turns.somebody_waits(station.database)
    with db.atomic():
        write(1)
        other = beside(lambda: write(2))
        until_somebody_waits(station.database)
    turns.make_room(station.database, LONG_ENOUGH)
    assert not turns.somebody_waits(station.database)
    other.join(LONG_ENOUGH)
    assert Enterprise.select().count() == 2


def test_reading_stands_in_no_line(station: peewee.Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_database: str) -> Any:
        raise AssertionError("in line")

    monkeypatch.setattr(turns, "waiting", nobody)
    assert Enterprise.select().count() == 0


def test_a_line_that_never_ends_does_not_stop_the_work(station: peewee.Database) -> None:
    with turns.waiting(station.database):
        turns.make_room(station.database, 0.01)
        assert turns.somebody_waits(station.database)


@pytest.mark.parametrize("path", [":memory:", "/nowhere/at/all/station.db"])
def test_where_there_is_no_line_nobody_waits(path: str) -> None:
    with turns.waiting(path):
        assert not turns.somebody_waits(path)


def test_an_import_lets_a_waiting_writer_in_between_its_rows(station: peewee.Database, tmp_path: Path) -> None:
    headings = ["使用单位", "设备名称", "设备类别", "单位内编号"]
    rows = [["福州甲化工有限公司", "储罐", "第二类压力容器", f"V-{n}"] for n in range(ROWS)]
    path = books.xlsx(tmp_path / "a.xlsx", {"台账": [headings, *rows]})
    found: list[int] = []

    def settle() -> None:
        if not found:
            found.append(-1)
            others.append(beside(look_and_write))
            until_somebody_waits(station.database)

    def look_and_write() -> None:
        with db.atomic():
            found.append(Equipment.select().count())
            write_by_itself(1)

    others: list[threading.Thread] = []
    done = service.import_file(Actor.system("测试"), path, NOW, folder=tmp_path / "spool", write=True, settle=settle)
    others[0].join(LONG_ENOUGH)
    assert done["created"] == ROWS
    assert 0 < found[1] < ROWS


def test_the_line_belongs_to_no_process_that_has_ended(station: peewee.Database) -> None:
    """A file that is left behind says nothing; only who holds it open does."""
    with turns.waiting(station.database):
        pass
    assert Path(station.database + "-waiting").exists()
    assert not turns.somebody_waits(station.database)
    with sqlite3.connect(station.database) as plain:  # and SQLite itself does not mind the file
        assert plain.execute("PRAGMA quick_check").fetchone() == ("ok",)
