"""Throw-away stations to drill on: a migrated SQLite file copied, or a database of a throw-away PostgreSQL."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import peewee

from inspect_station import clock, logs, sealing
from inspect_station import db as database
from inspect_station.config import Settings
from tests import postgres

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=clock.SHANGHAI)  # a Wednesday that is worked
TODAY = NOW.date()
SECRET = "a secret for drills that nobody else may use"
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Place:
    """One station: its engine, where its database is, a folder for its files."""

    engine: str
    url: str
    folder: Path

    def settings(self, **more: Any) -> Settings:
        given = {
            "database_url": self.url,
            "secret_key": SECRET,
            "data_dir": str(self.folder),
            "log_level": "CRITICAL",
        }
        return Settings(**given | more)

    def mailing(self, port: int, **more: Any) -> Settings:
        """Settings that send through the server at this port."""
        mail = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none", "mail_from": "tx@station.example"}
        return self.settings(**mail | more)

    def environment(self, **more: str) -> dict[str, str]:
        """What a process of this station is started with."""
        given = {
            "STATION_DATA_DIR": str(self.folder),
            "STATION_DATABASE_URL": self.url,
            "STATION_SECRET_KEY": SECRET,
        }
        return given | more

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Its database and its key in this process for a moment; nothing of it stays open."""
        sealing.use(SECRET)
        bound = database.bind(self.url)
        try:
            with database.connection():  # it survives the new connections that patient work makes
                yield
        finally:
            dispose(bound)


class Ground:
    """Where all rows of one run stand; left, everything is gone."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="station-drill-")))

    def __enter__(self) -> "Ground":
        logs.configure(Settings(secret_key=SECRET, data_dir=str(self.folder), log_level="CRITICAL"), quiet=True)
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    @property
    def engines(self) -> Sequence[str]:
        """Both, where PostgreSQL is installed."""
        return ("sqlite", "postgresql") if postgres.binaries() else ("sqlite",)

    @cached_property
    def server(self) -> postgres.Server:
        return self._stack.enter_context(postgres.server())

    def station(self, engine: str, server: postgres.Server | None = None) -> Place:
        """A new, empty, migrated station; on a server of its own, if one is given."""
        number = next(_NUMBERS)
        folder = self.folder / f"station-{number}"
        folder.mkdir()
        if engine == "sqlite":
            shutil.copy(self._migrated_file, folder / "station.db")
            return Place(engine, f"sqlite:///{folder / 'station.db'}", folder)
        if server is not None:
            _migrate(server.url)
            return Place(engine, server.url, folder)
        name = f"drill_{number}"
        with _control(self.server.url) as control:
            control.execute_sql(f'CREATE DATABASE "{name}" TEMPLATE "{self._migrated_database}"')
        return Place(engine, _renamed(self.server.url, name), folder)

    @cached_property
    def _migrated_file(self) -> Path:
        path = self.folder / "template.db"
        _migrate(f"sqlite:///{path}")
        return path

    @cached_property
    def _migrated_database(self) -> str:
        with _control(self.server.url) as control:
            control.execute_sql('CREATE DATABASE "template_drill"')
        _migrate(_renamed(self.server.url, "template_drill"))
        return "template_drill"


def _migrate(url: str) -> None:
    bound = database.bind(url)
    database.migrate()
    dispose(bound)


def dispose(bound: Any) -> None:
    """Close a database for good, pooled connections too."""
    if not bound.is_closed():
        bound.close()
    if hasattr(bound, "close_all"):
        bound.close_all()


@contextmanager
def _control(url: str) -> Iterator[peewee.Database]:
    control = peewee.PostgresqlDatabase(url, prefer_psycopg3=True, isolation_level=None)
    control.connect()
    control.connection().autocommit = True
    yield control
    control.close()


def _renamed(url: str, name: str) -> str:
    return url.rsplit("/", 1)[0] + f"/{name}"
