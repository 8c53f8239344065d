"""Invented registers for the lists: vessels with one periodic and one annual inspection each, on either engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any

from flask import Flask

from benchmarks.measuring import Work
from drills.ground import Ground, Place
from inspect_station import clock, create_app
from inspect_station import db as database
from inspect_station.accounts import service as accounts
from inspect_station.accounts.scope import Actor
from inspect_station.db import db, is_sqlite
from inspect_station.duelist import service as duelist
from inspect_station.registry.models import Enterprise
from schedules.dates import add_months

TODAY = clock.today()
SYSTEM = Actor.system()
FIRMS = 55


def fill(devices: int, random: Random) -> None:
    """The dates are spread over the years. A firm has the more devices the more there are."""
    now = clock.now()
    firms = [
        Enterprise.create(name=f"企业{n:03}", initials=f"qy{n}", created_at=now, updated_at=now) for n in range(FIRMS)
    ]
    numbers = [(n + 1, firms[n % FIRMS].id, f"V-{n:07}") for n in range(devices)]
    many(
        "INSERT INTO equipment (id, enterprise_id, catalogue_code, name, own_number, put_into_use_on, traits, "
        "created_at, updated_at) VALUES (?, ?, '2150', '储罐', ?, '2015-03-01', '{\"material\":\"metal\"}', ?, ?)",
        [(*row, now.isoformat(), now.isoformat()) for row in numbers],
    )
    for name, months in (("periodic", 72), ("annual", 12)):
        many(
            "INSERT INTO inspection (equipment_id, clock, completed_on, conclusion, grade, next_due, recorded_at) "
            "VALUES (?, ?, ?, '符合要求', 2, ?, ?)",
            [(n, name, *_dates(months, random), now.isoformat()) for n, _, _ in numbers],
        )
    if not is_sqlite():
        db.execute_sql("SELECT setval(pg_get_serial_sequence('equipment', 'id'), max(id)) FROM equipment")


def _dates(months: int, random: Random) -> tuple[str, str]:
    done = TODAY - timedelta(days=random.randint(0, months * 31))
    return done.isoformat(), add_months(done, months).isoformat()


def many(sql: str, values: list[tuple[Any, ...]]) -> None:
    """One statement for many rows, its marks as SQLite writes them."""
    with db.atomic():
        db.cursor().executemany(sql if is_sqlite() else sql.replace("?", "%s"), values)


class Station:
    """A filled station with its due list made, bound to this process."""

    def __init__(self, place: Place, app: Flask, rows: int, headers: dict[str, str]) -> None:
        self.place, self.app, self.rows, self.headers = place, app, rows, headers
        self.client = app.test_client()

    @property
    def engine(self) -> str:
        return self.place.engine

    def asking(self, address: str, code: int = 200) -> Work:
        def once() -> None:
            answer = self.client.get(address, headers=self.headers)
            assert answer.status_code == code, answer.get_data(as_text=True)[:500]

        return once


@contextmanager
def station(ground: Ground, engine: str, rows: int) -> Iterator[Station]:
    """`rows` clocks: half as many devices. Half of the inspections know which date they answered."""
    place = ground.station(engine)
    app = create_app(place.settings(log_level="ERROR"))
    try:
        with db.connection_context():
            fill(rows // 2, Random(1))
            db.execute_sql("UPDATE inspection SET answered_due = completed_on WHERE (id & 1) = 0")
            duelist.refresh(TODAY)
            db.execute_sql("ANALYZE")
            account = accounts.create_account(SYSTEM, login="bench", name="量", role="head", now=clock.now())
            token = accounts.create_token(SYSTEM, account, "bench", clock.now())
        yield Station(place, app, rows, {"Authorization": f"Bearer {token}"})
    finally:
        database.release()
