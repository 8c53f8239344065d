"""The database as a process finds it: gone for a moment, back again, restarted behind a pool."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import peewee
import pytest

from inspect_station import db as database
from inspect_station.db import db
from tests.conftest import dispose


@pytest.fixture(autouse=True)
def look_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_LOOK_AGAIN_SECONDS", 0.001)


def failing(times: int, error: Exception) -> Callable[[], Any]:
    left = [times]

    def work() -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise error
        return db.execute_sql("SELECT 7").fetchone()[0]

    return work


def test_patient_work_is_done_when_the_database_is_back(station: peewee.Database) -> None:
    assert database.patiently(failing(3, peewee.OperationalError("database is locked"))) == 7


def test_patience_has_an_end_and_other_errors_none_of_it(station: peewee.Database) -> None:
    with pytest.raises(peewee.OperationalError):
        database.patiently(failing(1_000_000, peewee.OperationalError("database is locked")), seconds=-1)
    with pytest.raises(peewee.DatabaseError, match="no_such"):
        database.patiently(lambda: db.execute_sql("SELECT * FROM no_such_table"))
    with pytest.raises(peewee.IntegrityError):
        database.patiently(failing(1, peewee.IntegrityError("twice")))


def test_half_a_transaction_is_not_done_again(station: peewee.Database) -> None:
    with pytest.raises(peewee.OperationalError), db.atomic():
        database.patiently(failing(1, peewee.OperationalError("database is locked")))


def test_a_connection_context_survives_a_new_connection_within(station: peewee.Database) -> None:
    db.close()
    with database.connection():
        db.close()
        db.connect()
        assert db.execute_sql("SELECT 7").fetchone()[0] == 7
    assert db.is_closed()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_pool_hands_out_no_connection_that_the_server_has_ended(
    database_url: str, station: peewee.Database
) -> None:
    (pid,) = db.execute_sql("SELECT pg_backend_pid()").fetchone()
    db.close()
    other = database.open_database(database_url)
    with other.connection_context():
        other.execute_sql("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    other.close_all()  # type: ignore[attr-defined]
    db.connect()
    assert db.execute_sql("SELECT 7").fetchone()[0] == 7


def test_a_full_disk_is_called_by_its_name_and_waited_out(sqlite_url: str) -> None:
    """SQLite has ended the transaction by then; a second rollback would hide the reason behind another error."""
    bound = database.bind(sqlite_url)
    with database.connection():
        bound.execute_sql("PRAGMA max_page_count = 1")  # no page more than there are
        tries = []

        def write() -> None:
            tries.append(1)
            if len(tries) == 2:
                bound.execute_sql("PRAGMA max_page_count = 1000000")
            with db.atomic():
                db.execute_sql(
                    "INSERT INTO station_setting (key, value, changed_at) VALUES ('x', ?, 'now')", ("y" * 100_000,)
                )

        with pytest.raises(peewee.OperationalError, match="full"):
            write()
        database.patiently(write, seconds=5)
        assert len(tries) == 2
        db.begin()
        db.commit()
        db.rollback()  # nothing is open: nothing to do
    dispose(bound)


def test_a_station_on_sqlite_waits_for_the_disk_at_each_commit(sqlite_url: str) -> None:
    """In a process of its own: the tests in this one do without."""
    asked = (
        "from inspect_station import db\n"
        f"bound = db.open_database({sqlite_url!r}); bound.connect()\n"
        "print(bound.execute_sql('PRAGMA synchronous').fetchone()[0])\n"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "2"  # FULL
