"""What the morning asks each enterprise: by how the engines say they would find it."""

from datetime import timedelta
from pathlib import Path

import pytest

from drills import park
from inspect_station.db import db, is_sqlite, run
from inspect_station.registry.models import Enterprise
from inspect_station.reminders import news, service
from inspect_station.reminders.routes import Route
from schedules import ladder as law
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.park import settings

FIRMS, VESSELS = 40, 60


@pytest.fixture
def plan(cast: Cast, tmp_path: Path) -> str:
    """How the engine would answer for one of many enterprises, most of whose dates lie far ahead."""
    park.fill(FIRMS, 1, [n % 900 - 30 for n in range(FIRMS * VESSELS)], TODAY)
    firm = Enterprise.select().order_by(Enterprise.id.desc()).get()
    route = Route("folder", park.address(FIRMS - 1, 0))
    sql, values = news.asked(firm.id, route, law.load(), TODAY, TODAY + timedelta(days=6))
    assert run(sql, values)
    service.tick(settings(tmp_path), TODAY, NOW)
    assert run(sql, values) == []  # all of it has been written down
    db.execute_sql("ANALYZE")
    return "\n".join(
        str(row[-1]) for row in run(("EXPLAIN QUERY PLAN " if is_sqlite() else "EXPLAIN ") + sql, values)
    )


def test_what_an_enterprise_owes_is_found_by_one_index_over_the_due_list(plan: str) -> None:
    assert "due_row_of_enterprise" in plan
    assert "SCAN due_row" not in plan
    assert "Seq Scan on due_row" not in plan
    if is_sqlite():
        assert "SEARCH due_row USING COVERING INDEX due_row_of_enterprise" in plan


def test_what_was_said_is_looked_up_by_an_index_too(plan: str) -> None:
    assert "Seq Scan on owed_step" not in plan
    assert "SCAN o" not in plan
