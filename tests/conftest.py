"""One cast for all tests, both databases, no network, no real clock.

The cast: the station's administrator, head, technical head, two inspectors and an auditor; 甲 (Jia) and 乙 (Yi), two
enterprises with an account each. Yi must never see a byte of Jia's.
"""

import io
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import peewee
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from inspect_station import clock, config, create_app, logs, sealing
from inspect_station import db as database
from inspect_station.accounts import service as accounts
from inspect_station.accounts import sessions
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.app import configure
from inspect_station.db import db
from inspect_station.registry.models import Enterprise
from inspect_station.sample import load, months, paper, told
from tests import postgres
from tests.chromium import launch

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=clock.SHANGHAI)
TODAY = NOW.date()
SECRET = "a secret for tests that nobody else may use"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only this machine can be reached."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else "local"
        if host not in {"127.0.0.1", "::1", "localhost", "local"} and not str(host).startswith("/"):
            raise AssertionError(f"a test tried to reach {host}")
        return real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def fixed_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is half past nine on 22 November 2026, in Shanghai, for ever."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", lambda: TODAY)


@pytest.fixture(scope="session", autouse=True)
def nobody_pulls_the_plug() -> Iterator[None]:
    """No waiting for the disk at each commit, as on the throw-away PostgreSQL. Processes of their own still wait."""
    before, database.SYNCHRONOUS = database.SYNCHRONOUS, 0
    yield
    database.SYNCHRONOUS = before


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server the tests may fill: TEST_DATABASE_URL, or a throw-away cluster."""
    if os.environ.get("TEST_DATABASE_URL"):
        yield os.environ["TEST_DATABASE_URL"]
    elif postgres.binaries() is None:
        pytest.skip("no PostgreSQL here: neither Debian's binaries nor TEST_DATABASE_URL")
    else:
        with postgres.cluster() as url:
            yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("template") / "station.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def sample_folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """A data folder with the whole sample park in it, to copy: loading takes longer than any test."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "station.db").write_bytes(migrated_sqlite.read_bytes())
    bound = database.bind(f"sqlite:///{folder / 'station.db'}")
    with database.connection():
        load_sample(config.Settings(data_dir=str(folder), secret_key=SECRET))
    dispose(bound)
    return folder


def load_sample(settings: config.Settings) -> None:
    """All of what `demo` loads, into the connected database."""
    sealing.use(SECRET)
    load.load(20261122, 1, TODAY, NOW)
    told.load(settings, TODAY, NOW)
    paper.load(settings, TODAY, NOW)
    months.load(TODAY, NOW)


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    name = f"template_{os.getpid()}"
    with _server(postgres_server) as server:
        server.execute_sql(f'CREATE DATABASE "{name}"')
    _migrate(_renamed(postgres_server, name))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated, empty database on each engine."""
    if request.param == "sqlite":
        path = tmp_path / "station.db"
        path.write_bytes(request.getfixturevalue("migrated_sqlite").read_bytes())
        yield f"sqlite:///{path}"
        return
    yield request.getfixturevalue("postgres_url")


@pytest.fixture
def postgres_url(postgres_server: str, migrated_postgres: str) -> str:
    """A fresh, migrated, empty PostgreSQL database."""
    return _emptied_postgres(postgres_server, migrated_postgres)


def _emptied_postgres(server_url: str, template: str) -> str:
    """This process's database, emptied: 3 ms, where a fresh copy takes 300. A changed schema gets a fresh copy."""
    name = f"test_{os.getpid()}"
    url = _renamed(server_url, name)
    with suppress(peewee.OperationalError):  # there is none yet, or a test dropped it
        if _empty(url) == _fresh_schema(_renamed(server_url, template)):
            return url
    with _server(server_url) as server:
        server.execute_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return url


def _empty(url: str) -> object:
    """Delete all rows, whatever the triggers say, and say what schema is left."""
    with _server(url) as server:
        schema = _schema(server)
        server.execute_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        server.execute_sql("SET session_replication_role = replica")
        tables = [t for t in server.get_tables() if t != "schema_migration"]
        server.execute_sql("BEGIN;" + "".join(f'DELETE FROM "{t}";' for t in tables) + "COMMIT")
        server.execute_sql(
            "SELECT setval(c.oid, 1, false) FROM pg_class c WHERE c.relkind = 'S' "
            "AND c.relname <> 'schema_migration_id_seq'"  # its rows stay
        )
    return schema


@cache
def _fresh_schema(url: str) -> object:
    with _server(url) as server:
        return _schema(server)


def _schema(server: peewee.Database) -> object:
    """What a test may have changed: objects and the migrations that made them."""
    objects = server.execute_sql(
        "SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    ).fetchall()
    done = (
        "schema_migration" in server.get_tables()
        and server.execute_sql("SELECT name FROM schema_migration ORDER BY 1").fetchall()
    )
    return objects, done


@pytest.fixture
def sqlite_url(tmp_path: Path, migrated_sqlite: Path) -> str:
    """A fresh, migrated SQLite database, where one engine is enough."""
    path = tmp_path / "station.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    return f"sqlite:///{path}"


@pytest.fixture
def station(database_url: str) -> Iterator[peewee.Database]:
    """An empty station, connected, on each engine."""
    bound = database.bind(database_url)
    db.connect()
    yield bound
    for used in {bound, db.obj}:  # a test may have moved on to another database
        dispose(used)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for all browser tests of a process; each test opens contexts of its own."""
    with launch(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@dataclass
class Cast:
    admin: Actor
    head: Actor
    technical_head: Actor
    inspector: Actor
    other_inspector: Actor
    auditor: Actor
    jia: Enterprise
    yi: Enterprise
    jia_user: Actor
    yi_user: Actor

    def actors(self) -> dict[str, Actor]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Actor)}


@pytest.fixture
def cast(station: peewee.Database) -> Cast:
    """The people everybody in the tests knows."""
    return make_cast()


def make_cast() -> Cast:
    jia = Enterprise.create(
        name="福州甲化工有限公司", short_name="甲化工", initials="jhg", created_at=NOW, updated_at=NOW
    )
    yi = Enterprise.create(
        name="连江乙新材料有限公司", short_name="乙新材", initials="yxc", created_at=NOW, updated_at=NOW
    )

    def person(login: str, name: str, role: str, enterprise: Enterprise | None = None) -> Actor:
        firm = enterprise.id if enterprise else None
        account = accounts.create_account(
            Actor.system(), login=login, name=name, role=role, now=NOW, enterprise_id=firm
        )
        return sessions.actor_of(account)

    return Cast(
        admin=person("admin", "管小理", "admin"),
        head=person("head", "站大长", "head"),
        technical_head=person("tech", "技小负", "technical_head"),
        inspector=person("insp1", "检一", "inspector"),
        other_inspector=person("insp2", "检二", "inspector"),
        auditor=person("audit", "审小计", "auditor"),
        jia=jia,
        yi=yi,
        jia_user=person("jia", "甲安全", "enterprise", jia),
        yi_user=person("yi", "乙安全", "enterprise", yi),
    )


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The web application on a fresh database of each engine."""
    yield from _app(database_url, tmp_path)


@pytest.fixture
def sqlite_app(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The web application on SQLite, where one engine is enough."""
    yield from _app(sqlite_url, tmp_path)


def _app(url: str, data_dir: Path) -> Iterator[Flask]:
    settings = config.Settings(database_url=url, secret_key=SECRET, data_dir=str(data_dir), log_level="ERROR")
    app, config_as_built = _built()
    app.config.clear()
    app.config.update(config_as_built)
    configure(app, settings)
    logs.configure(settings)
    app.testing = True
    bound = database.bind(url)
    yield app
    for used in {bound, db.obj}:
        dispose(used)


@cache
def _built() -> tuple[Flask, dict[str, Any]]:
    """One application for all tests of a process, which each of them moves to its own database and settings.

    Building it takes 200 ms, and its templates are compiled once. A test that adds routes builds its own.
    """
    app = create_app(config.Settings(database_url="sqlite:///:memory:", secret_key=SECRET, log_level="ERROR"))
    return app, dict(app.config)


@contextmanager
def people(app: Flask) -> Iterator[Cast]:
    """The cast inside an application's database."""
    with db.connection_context():
        yield make_cast()


def log_in(app: Flask, actor: Actor) -> FlaskClient:
    """A browser in which this person is logged in."""
    with db.connection_context():
        token = sessions.start(Account.get_by_id(actor.account_id), NOW)
    client = app.test_client()
    with client.session_transaction() as session:
        session["sid"] = token
    return client


def token_for(actor: Actor) -> dict[str, str]:
    """Headers with which a program speaks for this person."""
    with db.connection_context():
        account = Account.get_by_id(actor.account_id)
        return {"Authorization": f"Bearer {accounts.create_token(Actor.system(), account, 'test', NOW)}"}


def downloaded(client: FlaskClient, address: str) -> Any:
    """The workbook at an address, as a spreadsheet program reads it."""
    return downloaded_from(client.get(address))


def downloaded_from(answer: Any) -> Any:
    """The workbook that an answer is."""
    with answer:
        return openpyxl.load_workbook(io.BytesIO(answer.get_data()))


def csrf_of(client: FlaskClient) -> str:
    """The token a page of ours would carry."""
    page = client.get("/me").get_data(as_text=True)
    return page.split('name="csrf-token" content="')[1].split('"')[0]


def _migrate(url: str) -> None:
    bound = database.bind(url)
    database.migrate()
    dispose(bound)


def dispose(bound: Any) -> None:
    if not bound.is_closed():
        bound.close()
    if hasattr(bound, "close_all"):
        bound.close_all()


@contextmanager
def _server(url: str) -> Iterator[peewee.Database]:
    server = peewee.PostgresqlDatabase(url, prefer_psycopg3=True, isolation_level=None)
    server.connect()
    server.connection().autocommit = True
    yield server
    server.close()


def _renamed(url: str, name: str) -> str:
    return url.rsplit("/", 1)[0] + f"/{name}"
