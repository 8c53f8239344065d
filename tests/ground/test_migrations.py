"""The schema: the migrations alone make exactly what the models say, up, down and up again."""

import importlib
import multiprocessing
import os
import pkgutil
import re
import signal
from pathlib import Path

import peewee
import pytest

import inspect_station
from inspect_station import db as database
from inspect_station.db import Table
from tests.conftest import Cast, dispose
from tests.registry.park import furnish


def all_tables() -> list[type[Table]]:
    for module in pkgutil.walk_packages(inspect_station.__path__, "inspect_station."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)
    return sorted(Table.__subclasses__(), key=lambda t: t._meta.table_name)


def sqlite_catalogue(bound: peewee.Database) -> dict[str, str]:
    rows = bound.execute_sql(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' "
        "AND tbl_name <> 'schema_migration' AND type <> 'trigger'"
    )
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows}


def postgres_catalogue(bound: peewee.Database) -> set[tuple]:
    columns = bound.execute_sql(
        "SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default "
        "FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'schema_migration'"
    )
    constraints = bound.execute_sql(
        "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text <> 'schema_migration'"
    )
    indexes = bound.execute_sql(
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'schema_migration'"
    )
    return {tuple(map(str, row)) for rows in (columns, constraints, indexes) for row in rows}


def catalogue(bound: peewee.Database) -> object:
    return sqlite_catalogue(bound) if database.is_sqlite() else postgres_catalogue(bound)


def test_the_migrations_make_the_schema_the_models_describe(station: peewee.Database) -> None:
    migrated = catalogue(station)
    names = [m.name for m in database.runner().status() if m.applied]
    database.runner().down(names[0])
    tables = all_tables()
    station.create_tables(tables, safe=False)
    assert catalogue(station) == migrated


def test_up_down_up_gives_the_same_schema(station: peewee.Database) -> None:
    before = catalogue(station)
    first = min(m.name for m in database.runner().status() if m.applied)
    database.runner().down(first)
    database.migrate()
    assert catalogue(station) == before


def test_no_migration_imports_the_application() -> None:
    for path in Path(database.MIGRATIONS).glob("*.py"):
        assert "inspect_station" not in path.read_text(encoding="utf-8"), path.name


def _migrate(url: str, results: "multiprocessing.Queue") -> None:
    database.bind(url)
    results.put(len(database.migrate()))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_of_three_migrators_at_once_one_applies_and_the_others_wait(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}" if engine == "sqlite" else _empty_postgres(request)
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_migrate, args=(url, results)) for _ in range(3)]
    for process in processes:
        process.start()
    applied = sorted(results.get(timeout=60) for _ in processes)
    for process in processes:
        process.join(60)
    assert applied[:2] == [0, 0]
    assert applied[2] == len(list(Path(database.MIGRATIONS).glob("[0-9]*.py")))


def _empty_postgres(request: pytest.FixtureRequest) -> str:
    from tests.conftest import _renamed, _server

    server_url = request.getfixturevalue("postgres_server")
    with _server(server_url) as server:
        server.execute_sql('DROP DATABASE IF EXISTS "fresh" WITH (FORCE)')
        server.execute_sql('CREATE DATABASE "fresh"')
    return _renamed(server_url, "fresh")


def shape(bound: peewee.Database) -> dict[str, list[str]]:
    """Every table but the runner's own, with its columns."""
    return {t: [c.name for c in bound.get_columns(t)] for t in bound.get_tables() if t != "schema_migration"}


def contents(bound: peewee.Database, shaped: dict[str, list[str]]) -> dict[str, list[str]]:
    """Every row of these columns of these tables."""
    listed = {table: ", ".join(f'"{name}"' for name in names) for table, names in shaped.items()}
    return {
        table: sorted(map(repr, bound.execute_sql(f'SELECT {columns} FROM "{table}"').fetchall()))
        for table, columns in listed.items()
    }


def test_each_step_down_and_up_again_leaves_the_data_of_the_others(
    station: peewee.Database, cast: Cast, tmp_path: Path
) -> None:
    furnish(cast, tmp_path)
    names = [m.name for m in database.runner().status() if m.applied]
    for name in reversed(names):
        database.runner().down(name)
        kept = shape(station)
        before = contents(station, kept)
        database.migrate()
        assert contents(station, kept) == before, name
        database.runner().down(name)
    database.migrate()


def _migrate_and_die(url: str, after: int) -> None:
    """Killed at the given statement, as by the power going off."""
    bound = database.bind(url)
    ran = 0

    def count(_event: object) -> None:
        nonlocal ran
        ran += 1
        if ran == after:
            os.kill(os.getpid(), signal.SIGKILL)

    bound.query_hooks.append(count)
    database.migrate()


@pytest.mark.parametrize("after", [17, 60])
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_migrator_killed_in_mid_step_is_made_good_by_the_next(
    engine: str, after: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}" if engine == "sqlite" else _empty_postgres(request)
    process = multiprocessing.get_context("spawn").Process(target=_migrate_and_die, args=(url, after))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    bound = database.bind(url)
    try:
        database.migrate()
        with database.connection():
            migrated = catalogue(bound)
            first = min(m.name for m in database.runner().status() if m.applied)
            database.runner().down(first)
            bound.create_tables(all_tables(), safe=False)
            assert catalogue(bound) == migrated
    finally:
        dispose(bound)
