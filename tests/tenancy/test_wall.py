"""The second wall: what PostgreSQL itself keeps from an enterprise's request, whatever the services forget."""

import sys
from collections.abc import Iterator
from pathlib import Path

import peewee
import pytest
from flask import Flask
from peewee import SQL

from inspect_station import db as database
from inspect_station import wall
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import as_station, db
from inspect_station.duelist import query as due_query
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.settings import checks
from inspect_station.web import settings
from tests.conftest import NOW, Cast, _renamed, _server, csrf_of, dispose, log_in, make_cast, people, token_for
from tests.ground.test_migrations import all_tables
from tests.registry.park import CANARY, furnish
from tests.tenancy.test_matrix import MATRIX, MISSING, ask, routes, scene, text_of  # noqa: F401

_condition = due_query._condition


def test_every_table_says_which_of_its_rows_an_enterprise_may_meet() -> None:
    assert {table._meta.table_name for table in all_tables()} == set(wall.POLICIES)


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """SQLite has no row-level security."""
    return postgres_url


@pytest.fixture
def cast(app: Flask) -> Iterator[Cast]:
    with people(app) as made, app.app_context():
        furnish(made, settings().files_dir)
        yield made


def visible_rows() -> dict[str, list]:
    """What plain SQL finds in every table."""
    tables = [t for t in sorted(wall.POLICIES) if t not in {"audit_entry", "plan"}]
    return {t: [str(row) for row in db.execute_sql(f'SELECT * FROM "{t}"').fetchall()] for t in tables}


def test_plain_sql_in_an_enterprises_scope_finds_nothing_of_another(app: Flask, scene) -> None:  # noqa: F811
    cast, _ = scene
    with db.connection_context():
        everything = visible_rows()
        wall.stand_behind(db.obj, cast.yi.id)
        try:
            found = visible_rows()
            owned = [t for t, rule in wall.POLICIES.items() if rule == wall._OWN]
            foreign = {
                t: db.execute_sql(f'SELECT COUNT(*) FROM "{t}" WHERE enterprise_id = %s', (cast.jia.id,)).fetchone()[
                    0
                ]
                for t in owned
            }
            for hidden in ("act, detail FROM audit_entry", "name, instance FROM plan"):
                with pytest.raises(peewee.ProgrammingError, match="permission denied"):
                    db.execute_sql(f"SELECT {hidden}")
            with pytest.raises(peewee.ProgrammingError, match="row-level security"):
                Equipment.create(enterprise=cast.jia, catalogue_code="2150", name="x", created_at=NOW, updated_at=NOW)
        finally:
            wall.step_out(db.obj)
        assert visible_rows() == everything
    assert sum(CANARY in row for rows in everything.values() for row in rows) > 20
    assert [row for rows in found.values() for row in rows if CANARY in row] == []
    assert sum(foreign.values()) == 0
    assert len(found["enterprise"]) == 1


def test_with_every_filter_of_the_services_dropped_nothing_of_jias_reaches_yi(
    app: Flask,
    scene,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast, things = scene
    for name, module in list(sys.modules.items()):
        if name.startswith("inspect_station.") and hasattr(module, "visible"):
            monkeypatch.setattr(module, "visible", lambda *_: SQL("1 = 1"))
    monkeypatch.setattr(Actor, "sees", lambda *_: True)
    monkeypatch.setattr(due_query, "_condition", lambda _staff, shape, sqlite: _condition(True, shape, sqlite))
    client, headers = log_in(app, cast.yi_user), token_for(cast.yi_user)
    csrf, asked = csrf_of(client), 0
    for rule, method in routes(app):
        what = MATRIX[rule.endpoint]
        if method != "GET" or what == "leave":
            continue
        answer = ask(client, rule, method, getattr(things, what, MISSING) if what else MISSING, csrf, headers)
        assert CANARY not in text_of(answer), rule.endpoint
        asked += 1
    assert asked > 100


def test_a_connection_comes_back_from_an_enterprise_without_its_scope(app: Flask) -> None:
    with people(app) as cast, app.app_context():
        furnish(cast, settings().files_dir)
    assert log_in(app, cast.yi_user).get("/equipment").status_code == 200
    with db.connection_context():
        assert Enterprise.select().count() == 2
    assert CANARY in log_in(app, cast.inspector).get("/equipment").text


def test_work_of_the_station_steps_aside_and_back_even_where_it_fails(app: Flask, cast: Cast) -> None:

    def fail() -> None:
        with db.atomic(), as_station():
            db.execute_sql("SELECT 1 / 0")

    wall.stand_behind(db.obj, cast.yi.id)
    with as_station(), as_station():
        assert Enterprise.select().count() == 2
    assert Enterprise.select().count() == 1
    with pytest.raises(peewee.DatabaseError):
        fail()
    assert Enterprise.select().count() == 1
    wall.step_out(db.obj)


def test_building_the_wall_again_changes_nothing_and_a_changed_policy_is_replaced(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wall.build(db.obj) == 0
    monkeypatch.setattr(wall, "POLICIES", {**wall.POLICIES, "plan": "false"})
    assert wall.build(db.obj) == 1
    names = db.execute_sql("SELECT polname FROM pg_policy WHERE polrelid = 'plan'::regclass").fetchall()
    assert names == [(wall._name("plan"),)]
    monkeypatch.undo()
    assert wall.build(db.obj) == 1


@pytest.mark.parametrize("granted", [True, False])
def test_a_database_user_who_is_no_superuser_builds_the_wall_or_doctor_says_what_it_lacks(
    postgres_server: str, migrated_postgres: str, granted: bool, tmp_path: Path
) -> None:
    """As docs/operations.md has it set up; `migrated_postgres` has made the role in this server."""
    if "//station@" not in postgres_server:
        pytest.skip("a server of somebody else: no roles are made there")
    name = f"plain_{granted}".lower()
    with _server(postgres_server) as server:
        server.execute_sql(f'CREATE ROLE "{name}" LOGIN')
        if granted:
            server.execute_sql(f'GRANT {wall.ROLE} TO "{name}"')
        server.execute_sql(f'CREATE DATABASE "{name}" OWNER "{name}"')
    url = _renamed(postgres_server.replace("//station@", f"//{name}@"), name)
    bound = database.bind(url)
    try:
        with database.connection():
            database.migrate()
            assert db.execute_sql("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (False,)
            told = checks.tenant_wall(Settings(database_url=url, data_dir=str(tmp_path)), NOW)
            assert told.level == ("ok" if granted else "warn")
            assert granted or f"GRANT {wall.ROLE} TO" in told.mend
            make_cast()
            wall.stand_behind(db.obj, 1)
            assert Enterprise.select().count() == (1 if granted else 2)
            wall.step_out(db.obj)
            assert Enterprise.select().count() == 2
    finally:
        dispose(bound)
        with _server(postgres_server) as server:
            server.execute_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
            server.execute_sql(f'DROP ROLE "{name}"')
