"""P1–P6 and P8–P10 of a filled station: `python -m benchmarks.duelist [ROWS [ENGINE …]]` (default 100 000, both engines).

P1 compares with a bare Flask route that runs the same SQL on a connection of its own and dumps it with orjson; P1 and P5
are CPU of the web process. Elsewhere the cost is CPU on SQLite, and time on PostgreSQL, which works in a process of its own.
"""

import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from statistics import median
from typing import Any

import orjson
import psycopg
from flask import Flask, Response

from benchmarks import workload
from benchmarks.measuring import Work, cost, line, note, ratio, slope
from benchmarks.parks import SYSTEM, TODAY, Station, clock_of, fill, many, station
from drills.ground import Ground
from inspect_station import db as database
from inspect_station.db import db, is_sqlite
from inspect_station.duelist import query, rows, service
from inspect_station.duelist.query import Filters, condition, parameters
from inspect_station.registry.models import Equipment
from schedules.dates import add_months
from tests.statements import counted

__all__ = ["fill"]
BUCKETS = (None, "overdue", "approaching", "ok")
SMALL = 10_000


def main(size: int, engines: Sequence[str] = ()) -> None:
    sizes = sorted({SMALL, size})
    with Ground() as ground:
        for engine in engines or ground.engines:
            measured = [_measure(ground, engine, each, full=each == size) for each in sizes]
            if len(sizes) > 1:
                _growth(engine, sizes, measured)


def _measure(ground: Ground, engine: str, size: int, *, full: bool) -> dict[str, float]:
    begun = time.perf_counter()
    with station(ground, engine, size) as here:
        note(f"{engine}, {size} rows: filled in {time.perf_counter() - begun:.0f} s")
        note(f"{engine}: of it the due list of {size} rows from nothing: {here.rebuilt:.1f} s")
        found = {"rebuild": here.rebuilt, "list": ratio(60, _yardstick, here.asking("/api/v1/due"), clock_of(engine))}
        if full:
            _lists(here)
        with db.connection_context():
            found |= workload.measure(here, full=full)
            if full:
                _refreshing(here)
    return found


def _yardstick() -> None:
    """Always the same work, as long as a request: two stations are asked minutes apart, and the machine is not the same."""
    sum(n * n for n in range(20_000))


def _growth(engine: str, sizes: Sequence[int], measured: Sequence[dict[str, float]]) -> None:
    small, large = measured
    what = f"{sizes[-1]} against {sizes[0]} rows"
    line("P2", f"JSON list, {what}, {engine}", large["list"] / small["list"], 1.3)
    line("P10", f"growth of the list, {engine}", slope(small["list"], large["list"], sizes), 0.15)
    for name in workload.FIGURES:
        line("P10", f"growth of {name}, {engine}", slope(small[name], large[name], sizes), 1.15)
    line(
        "P10", f"growth of the rebuild, which writes, {engine}", slope(small["rebuild"], large["rebuild"], sizes), 1.3
    )


# --- the list -----------------------------------------------------------------------------------------------------


def _lists(here: Station) -> None:
    clock, engine = clock_of(here.engine), here.engine
    for bucket in BUCKETS:
        filters = Filters(bucket=bucket)
        address = "/api/v1/due" + (f"?bucket={bucket}" if bucket else "")
        figure = ratio(150, bare(here, filters), here.asking(address))
        line("P1", f"JSON list, {bucket or 'all'}, against bare Flask + SQL + orjson, {engine}", figure, 1.5)
    for address in ("/api/v1/due?per_page=1", "/api/v1/due?per_page=200"):
        with counted() as ran:
            here.asking(address)()
        line("P3", f"statements of {address}, {engine}", len(ran), 5)
    far = here.asking(f"/api/v1/due?cursor={_cursor(here, 39)}")
    line("P4", f"page 40 by cursor against page 1, {engine}", ratio(60, here.asking("/api/v1/due"), far, clock), 2.5)
    for view, words in (("/due?view=flat", "flat"), ("/due", "by firm")):
        figure = ratio(25, here.asking("/api/v1/due"), here.asking(view), time.process_time)
        line("P5", f"HTML list ({words}) against JSON, CPU of the web process, {engine}", figure, 5)


def bare(here: Station, filters: Filters) -> Work:
    """The reference: Flask, the same two statements, orjson; the same request, but nobody asks who is asking."""
    app = Flask("bare")
    where = condition(SYSTEM, filters)
    values = parameters(SYSTEM, filters, TODAY) | {"most": 51}
    sqlite = here.engine == "sqlite"
    (page, page_order), (count, count_order) = (
        database._marked(sql, sqlite)
        for sql in (query.page_sql(rows.ITEM_SQL, where, "due", False, False), query.count_sql(where))
    )
    names = (*rows.HEAD, "body")
    held = None if sqlite else psycopg.connect(here.place.url, autocommit=True)

    @app.get("/due")
    def due() -> Response:
        import sqlite3

        connection: Any = held or sqlite3.connect(here.place.url.removeprefix("sqlite:///"))
        found = connection.execute(page, [values[name] for name in page_order]).fetchall()
        ((total,),) = connection.execute(count, [values[name] for name in count_order]).fetchall()
        if held is None:
            connection.close()
        items = [dict(zip(names, row, strict=False)) for row in found[:50]]
        for item in items:
            item["body"] = orjson.Fragment(item["body"])
        return Response(orjson.dumps({"items": items, "total": total}), mimetype="application/json")

    client = app.test_client()
    return lambda: client.get("/due", headers=here.headers)


def _cursor(here: Station, pages: int) -> str:
    cursor = ""
    for _ in range(pages):
        address = f"/api/v1/due{'?cursor=' + cursor if cursor else ''}"
        cursor = here.client.get(address, headers=here.headers).get_json()["next"]
    return cursor


# --- the night's work ---------------------------------------------------------------------------------------------


def _refreshing(here: Station) -> None:
    clock, engine = clock_of(here.engine), here.engine
    with counted() as ran:
        assert service.refresh(TODAY) == 0
    line("P8", f"statements of a refresh with nothing changed, {engine}", len(ran), 1)
    note(f"it takes {1000 * cost(lambda: service.refresh(TODAY), 60, clock):.2f} ms and writes 0 rows")
    _changed_share(here)


def _changed_share(here: Station) -> None:
    """P9: one per cent of the devices inspected anew, against one UPDATE for the rule of just those rows."""
    clock, found = clock_of(here.engine), []
    for place in (10, 20, 30):
        _inspect_anew(place)
        begun = clock()
        _by_update()
        between = clock()
        _inspect_anew(place + 5)
        again = clock()
        written = service.refresh(TODAY)
        found.append((clock() - again) / (between - begun))
    line("P9", f"refresh, 1 % changed ({written} rows), against one UPDATE, {here.engine}", median(found), 3)


def _inspect_anew(place: int) -> None:
    done = TODAY - timedelta(days=place)
    changed = range(place, Equipment.select().count() + 1, 100)
    many(
        "UPDATE inspection SET completed_on = ?, next_due = ? WHERE equipment_id = ? AND clock = 'periodic'",
        [(done.isoformat(), add_months(done, 72).isoformat(), n) for n in changed],
    )
    many("INSERT INTO equipment_touched (equipment_id) VALUES (?)", [(n,) for n in changed])


def _by_update() -> None:
    """What SQL alone can do where every report prints its date: it knows no reasons, and shifts months by itself."""
    day = "i.next_due" if is_sqlite() else "CAST(i.next_due AS date)"
    before = "date(i.next_due, '-1 month')" if is_sqlite() else f"CAST({day} - interval '1 month' AS date)"
    with db.atomic():
        db.execute_sql(
            f"UPDATE due_row SET due_on = {day}, late_on = {day}, sort_on = {day}, latest = {day}, apply_by = {before}, "
            "grade = i.grade, body = replace(body, CAST(due_row.due_on AS text), i.next_due) FROM inspection i "
            "JOIN equipment_touched t ON t.equipment_id = i.equipment_id WHERE i.equipment_id = due_row.equipment_id "
            "AND i.clock = due_row.clock AND i.clock = 'periodic' AND i.replaced_by_id IS NULL"
        )
        db.execute_sql("DELETE FROM equipment_touched")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, sys.argv[2:])
