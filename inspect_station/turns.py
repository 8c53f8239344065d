"""Who waits to write to SQLite, so that long work makes room when somebody does and not otherwise.

SQLite lets one process write and tells nobody who waits: a waiter looks again now and then. Everybody here holds a
shared lock on a file beside the database while waiting for a transaction to begin; long work looks whether it is held.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from peewee import OperationalError, SqliteDatabase

from inspect_station.clock import monotonic

_SUFFIX = "-waiting"
_LOOK_AGAIN_SECONDS = 0.001
_WRITES = ("INSERT", "UPDATE", "DELETE")
BUSY_SECONDS = 30


@contextmanager
def waiting(database: str) -> Iterator[None]:
    """Stands in line for the length of the block. Where there is none (in memory, a folder that is not there) nothing happens."""
    handle = _locked(database, fcntl.LOCK_SH)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def somebody_waits(database: str) -> bool:
    try:
        handle = _locked(database, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    if handle is not None:
        os.close(handle)
    return False


def soon(begin: Callable[[], object], seconds: float) -> None:
    """Begins as soon as the lock is free. Raises `OperationalError` where it is not within so many seconds."""
    ends = monotonic() + seconds
    while True:
        try:
            begin()
            return
        except OperationalError as error:
            if "locked" not in str(error) or monotonic() > ends:
                raise
        time.sleep(_LOOK_AGAIN_SECONDS)


def make_room(database: str, seconds: float) -> None:
    """Waits until those in line have begun, at most so long: a line that never ends must not stop the work."""
    for _ in range(int(seconds / _LOOK_AGAIN_SECONDS)):
        if not somebody_waits(database):
            return
        time.sleep(_LOOK_AGAIN_SECONDS)


def _locked(database: str, how: int) -> int | None:
    """An open file that holds the lock; closing it lets go. Raises `BlockingIOError` where it is held and not to be waited for."""
    if database == ":memory:":
        return None
    try:
        # Read only is enough for a lock, also where another account of the machine made the file.
        handle = os.open(database + _SUFFIX, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return None
    try:
        fcntl.flock(handle, how)
    except OSError as error:
        os.close(handle)
        if isinstance(error, BlockingIOError):
            raise
        return None  # a file system without locks
    return handle


class Sqlite(SqliteDatabase):
    """Stands in line for each write, in a transaction or by itself."""

    def begin(self, lock_type: str | None = None) -> None:
        """SQLite's own waiting looks again at ever longer intervals, up to a tenth of a second, and misses its turn."""
        with waiting(self.database):
            waits = self.connection().execute  # type: ignore[no-untyped-call]  # no statement of the station's
            waits("PRAGMA busy_timeout = 0")
            try:
                soon(lambda: super(Sqlite, self).begin(lock_type), BUSY_SECONDS)
            finally:
                waits(f"PRAGMA busy_timeout = {1000 * BUSY_SECONDS}")

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        if sql.startswith(_WRITES) and not self.in_transaction():
            with waiting(self.database):
                return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]
        return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]

    def rollback(self) -> None:
        """SQLite ends a transaction itself where the disk is full; asking again would hide that behind another error."""
        if self.is_closed() or self.connection().in_transaction:  # type: ignore[no-untyped-call]
            super().rollback()
