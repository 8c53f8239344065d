"""One database, SQLite or PostgreSQL, through the same code."""

import fcntl
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from select import POLLIN, poll
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import orjson
import peewee
from peewee import (
    DatabaseProxy,
    DateTimeField,
    InterfaceError,
    Model,
    OperationalError,
    PostgresqlDatabase,
    SqliteDatabase,
    TextField,
)
from playhouse.migrations import Runner
from playhouse.pool import _PooledPostgresqlDatabase

from inspect_station import turns, wall
from inspect_station.clock import SHANGHAI, monotonic
from inspect_station.errors import ConfigError

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
PATIENCE_SECONDS = 50  # a restart of the server takes seconds; the timetable comes by again every minute
_LOOK_AGAIN_SECONDS = 0.5
_WILL_PASS = ("locked", "busy", "full", "I/O", "unable to open")
_MIGRATION_LOCK = 5_570_114_331  # any number of ours; PostgreSQL's advisory locks are named by numbers

SYNCHRONOUS = 2  # FULL: what was acknowledged survives a power cut
LOG_PAGES = 4_000  # SQLite's log is copied into the file by whoever finds it longer than this
_IDLE = 0  # libpq's PQTRANS_IDLE

T = TypeVar("T")

db = DatabaseProxy()


class MomentField(DateTimeField):
    """An aware moment; stored as naive UTC, so that text order in SQLite is time order."""

    def db_value(self, value: Any) -> Any:
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.astimezone(UTC).replace(tzinfo=None)
        return super().db_value(value)  # type: ignore[no-untyped-call]

    def python_value(self, value: Any) -> Any:
        value = super().python_value(value)  # type: ignore[no-untyped-call]
        # Already aware: read twice, as peewee does with MIN and MAX of a field whose reader asks the field again.
        naive = isinstance(value, datetime) and value.tzinfo is None
        return value.replace(tzinfo=UTC).astimezone(SHANGHAI) if naive else value


class JsonField(TextField):
    """A JSON value kept as text: the same on both engines; never searched inside."""

    def db_value(self, value: Any) -> Any:
        return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()

    def python_value(self, value: Any) -> Any:
        return None if value is None else orjson.loads(value)


class Table(Model):
    """What every table of the station has in common."""

    class Meta:
        database = db
        legacy_table_names = False


def open_database(url: str) -> peewee.Database:
    """A database for `url`, not yet connected. Raises `ConfigError` for a URL that names none."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(unquote(url.removeprefix("sqlite:///")))
    if parts.scheme in {"postgresql", "postgres"}:
        return _postgresql(url)
    raise ConfigError(f"不认识的数据库地址：{parts.scheme}://")


def _sqlite(path: str) -> SqliteDatabase:
    if path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # IMMEDIATE: a deferred transaction that turns into a writer fails at once with "database is locked",
    # whatever busy_timeout says.
    return turns.Sqlite(
        path,
        pragmas={
            "journal_mode": "wal",
            "foreign_keys": 1,
            "synchronous": SYNCHRONOUS,
            "wal_autocheckpoint": LOG_PAGES,
            # Writers are short, but an import and senders beside twenty people queue up.
            "busy_timeout": 1000 * turns.BUSY_SECONDS,
            "cache_size": -64_000,  # at most, and gone with the request: a month over a million clocks walks through that much
        },
        lock_type="IMMEDIATE",
        autoconnect=False,
    )


class _Uncompiled(PostgresqlDatabase):
    def _connect(self) -> Any:
        """Compiling a month's figures takes PostgreSQL longer than working them out. Asked for here and not when the
        connection is opened, where a pool between us and the server may refuse it."""
        connection = super()._connect()  # type: ignore[misc]
        connection.execute("SET jit = off")
        return connection


class _Postgresql(_PooledPostgresqlDatabase, _Uncompiled):
    def _is_closed(self, conn: Any) -> bool:
        """Whether an idle connection is of no use any more.

        A server that ends one, as a restart does to all, says so on the line before it hangs up. Where nothing was
        said since the last answer the pool's own question, a round trip for each request, is saved.
        """
        if conn.closed or conn.pgconn.transaction_status != _IDLE:
            return bool(super()._is_closed(conn))
        line = poll()
        line.register(conn.fileno(), POLLIN)
        return bool(line.poll(0)) and bool(super()._is_closed(conn))


def _postgresql(url: str) -> peewee.Database:
    # A line that is cut says nothing: without these a request would wait for it for a quarter of an hour.
    line: dict[str, Any] = {"connect_timeout": 10, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3,
            "tcp_user_timeout": 20_000}  # fmt: skip
    database: peewee.Database = _Postgresql(
        url, prefer_psycopg3=True, autoconnect=False, max_connections=32, stale_timeout=300, timeout=10, **line
    )
    return database


def bind(url: str) -> peewee.Database:
    """Make `url` the database of this process."""
    database = open_database(url)
    db.initialize(database)
    return database


def run(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement written out, with `:named` parameters: for the few paths that every request takes.

    Building a query of models costs more than running it; the text is kept in the engine's own marks.
    """
    text, order = _marked(sql, is_sqlite())
    return db.execute_sql(text, [values[name] for name in order]).fetchall()  # type: ignore[no-any-return]


def run_for(sql: str, column: str, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    """The rows of a statement in which `{some}` stands for: this column is one of these ids."""
    chosen, values = among("ids", ids)
    return run(sql.format(some=f"{column} {chosen}"), values)


_as_peewee = peewee.__exception_wrapper__  # type: ignore[attr-defined]


def run_many(sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement in the engine's own marks for many rows, on PostgreSQL in one round trip for all of them."""
    with _as_peewee:  # or a server that went away would not be known for what it is
        db.cursor().executemany(sql, rows)


@lru_cache(maxsize=1024)
def _marked(sql: str, sqlite: bool) -> tuple[str, tuple[str, ...]]:
    order: list[str] = []

    def mark(match: re.Match[str]) -> str:
        order.append(match.group(1))
        return "?" if sqlite else "%s"

    return re.sub(r":([a-z_0-9]+)", mark, sql), tuple(order)


def among(name: str, values: Collection[Any]) -> tuple[str, dict[str, Any]]:
    """What follows a column in a statement of `run`: it is one of these values; and the parameter that goes with it.

    They are one parameter, so that any number of them makes the same text.
    """
    if is_sqlite():
        return f"IN (SELECT value FROM json_each(:{name}))", {name: orjson.dumps(list(values)).decode()}  # noqa: S608  a name of ours
    return f"= ANY(:{name})", {name: list(values)}


def moment(value: Any) -> datetime | None:
    """A moment as `run` reads it from either engine: naive UTC or its text."""
    if value is None:
        return None
    read = datetime.fromisoformat(value) if isinstance(value, str) else value
    return read.replace(tzinfo=UTC).astimezone(SHANGHAI)


def day(value: Any) -> date | None:
    """A day as `run` reads it from either engine: a date or its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def release() -> None:
    """Close what this process holds open; a short-lived command leaves no connection behind."""
    if not db.is_closed():
        db.close()
    if hasattr(db.obj, "close_all"):
        db.obj.close_all()


@contextmanager
def connection() -> Iterator[None]:
    """A connection for the length of the block; an open one is used as it is."""
    if not db.is_closed():
        yield
        return
    db.connect()
    try:  # not peewee's own context: that one does not survive a new connection in between
        yield
    finally:
        if not db.is_closed():
            db.close()


def patiently(work: Callable[[], T], seconds: float = PATIENCE_SECONDS) -> T:
    """Do it again until the database is back: for work without a person waiting, and safe to do twice."""
    ends, connected = monotonic() + seconds, not db.is_closed()
    while True:
        try:
            return work()
        except (OperationalError, InterfaceError) as error:
            if not _will_pass(error) or monotonic() > ends or (connected and db.in_transaction()):
                raise
            time.sleep(_LOOK_AGAIN_SECONDS)
            if connected:
                _reconnect()


def _will_pass(error: Exception) -> bool:
    """SQLite names a missing table by the same class as a locked file; PostgreSQL has one for each."""
    return not is_sqlite() or any(words in str(error) for words in _WILL_PASS)


def _reconnect() -> None:
    """A new connection for this thread; where there is none to be had yet, the work meets the error itself."""
    with suppress(OperationalError, InterfaceError):
        db.close()
    with suppress(OperationalError, InterfaceError):
        db.connect(reuse_if_open=True)


def is_sqlite() -> bool:
    return isinstance(db.obj, SqliteDatabase)


def runner(database: peewee.Database | None = None) -> Runner:
    return Runner(database or db.obj, directory=str(MIGRATIONS))


def migrate(target: str | None = None) -> list[str]:
    """Bring the schema to the newest version (or to `target`); returns the names applied.

    The runner itself has no lock, so several starts at once would collide: the first one works, the others wait.
    """
    with connection(), _migration_lock():
        done = list(runner().up(target))
        if not is_sqlite():
            wall.build(db.obj)
        return done


@contextmanager
def as_station() -> Iterator[None]:
    """Inside an enterprise's request: work that is the station's own, not limited to that enterprise (see `wall`)."""
    with wall.aside(db.obj):
        yield


def pending_migrations() -> list[str]:
    """Names of the migrations not applied yet."""
    with connection():
        return [m.name for m in runner().status() if not m.applied]


@contextmanager
def _migration_lock() -> Iterator[None]:
    if is_sqlite():
        with _file_lock(Path(f"{db.obj.database}.migrate.lock")):
            yield
        return
    db.execute_sql("SELECT pg_advisory_lock(%s)", (_MIGRATION_LOCK,))
    try:
        yield
    finally:
        db.execute_sql("SELECT pg_advisory_unlock(%s)", (_MIGRATION_LOCK,))


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with open(path, "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def bulk_insert(table: type[Table], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many rows that name the same fields, several times faster than peewee's own `insert_many`.

    Values pass through the fields' converters; defaults of the model fill what a row leaves out.
    """
    if not rows:
        return
    fields = table._meta.fields
    defaults = {name: f.default for name, f in fields.items() if f.default is not None and name not in rows[0]}
    names = [*rows[0], *defaults]
    chosen = [fields[name] for name in names]
    columns = ", ".join(f'"{f.column_name}"' for f in chosen)
    marks = ", ".join([db.obj.param] * len(chosen))
    values = ([f.db_value({**defaults, **row}[f.name]) for f in chosen] for row in rows)
    run_many(f'INSERT INTO "{table._meta.table_name}" ({columns}) VALUES ({marks})', list(values))  # noqa: S608
