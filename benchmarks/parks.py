"""Invented registers for the lists: vessels with one periodic and one annual inspection each, on either engine."""

import time
from collections.abc import Callable, Iterator
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
    numbers = range(1, devices + 1)
    said = ("2150", "储罐", "2015-03-01", '{"material":"metal"}', now.isoformat(), now.isoformat())
    columns = "id, enterprise_id, own_number, catalogue_code, name, put_into_use_on, traits, created_at, updated_at"
    _load("equipment", columns, [(n, firms[(n - 1) % FIRMS].id, f"V-{n - 1:07}", *said) for n in numbers])
    columns = "equipment_id, clock, completed_on, next_due, conclusion, grade, recorded_at"
    for name, months in (("periodic", 72), ("annual", 12)):
        rows = [(n, name, *_dates(months, random), "符合要求", 2, now.isoformat()) for n in numbers]
        _load("inspection", columns, rows)
    if not is_sqlite():
        db.execute_sql("SELECT setval(pg_get_serial_sequence('equipment', 'id'), max(id)) FROM equipment")


def _load(table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    """Facts by the fastest way there is: how they got in is not what is measured."""
    with db.atomic():
        if is_sqlite():
            marks = ", ".join("?" * len(rows[0]))
            db.cursor().executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
            return
        with db.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as lines:
            for row in rows:
                lines.write_row(row)


def _dates(months: int, random: Random) -> tuple[str, str]:
    done = TODAY - timedelta(days=random.randint(0, months * 31))
    return done.isoformat(), add_months(done, months).isoformat()


def many(sql: str, values: list[tuple[Any, ...]]) -> None:
    """One statement for many rows, its marks as SQLite writes them."""
    with db.atomic():
        db.cursor().executemany(sql if is_sqlite() else sql.replace("?", "%s"), values)


def clock_of(engine: str) -> Callable[[], float]:
    """CPU on SQLite; time on PostgreSQL, which works in a process of its own."""
    return time.process_time if engine == "sqlite" else time.perf_counter


class Station:
    """A filled station with its due list made, bound to this process."""

    def __init__(self, place: Place, app: Flask, rows: int, headers: dict[str, str], rebuilt: float) -> None:
        self.place, self.app, self.rows, self.headers = place, app, rows, headers
        self.rebuilt = rebuilt
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
    """`rows` clocks: half as many devices. Half of the inspections know which date they answered.

    `rebuilt` of it is what making the due list from nothing took, on the clock of its engine.
    """
    place = ground.station(engine)
    app = create_app(place.settings(log_level="ERROR"))
    try:
        with db.connection_context():
            fill(rows // 2, Random(1))
            db.execute_sql("UPDATE inspection SET answered_due = completed_on WHERE (id & 1) = 0")
            db.execute_sql("ANALYZE")
            begun = clock_of(engine)()
            written = duelist.refresh(TODAY)
            rebuilt = clock_of(engine)() - begun
            assert written == rows, written
            # What the database does by itself within minutes of so much writing.
            db.execute_sql("ANALYZE" if is_sqlite() else "VACUUM ANALYZE")
            account = accounts.create_account(SYSTEM, login="bench", name="量", role="head", now=clock.now())
            token = accounts.create_token(SYSTEM, account, "bench", clock.now())
        yield Station(place, app, rows, {"Authorization": f"Bearer {token}"}, rebuilt)
    finally:
        database.release()
