"""P1–P5, P8, P9 of the due list: ratios inside one run. `python -m benchmarks.duelist [DEVICES]` (default 20 000).

P1 compares with a bare Flask route that runs the same SQL on the same connection and dumps it with orjson.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import orjson
from flask import Flask, Response

from inspect_station import clock, config, create_app
from inspect_station import db as database
from inspect_station.accounts import service as accounts
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.duelist import query, rows, service
from inspect_station.duelist.query import Filters, condition, parameters
from inspect_station.registry.models import Enterprise, Equipment, Inspection
from schedules.dates import add_months

TODAY = clock.today()
SYSTEM = Actor.system()
FIRMS = 55


def fill(devices: int, random: Random) -> None:
    """Vessels with one periodic and one annual inspection each, the dates spread over the years."""
    now = clock.now()
    firms = [
        Enterprise.create(name=f"企业{n:03}", initials=f"qy{n}", created_at=now, updated_at=now) for n in range(FIRMS)
    ]
    numbers = [(n + 1, firms[n % FIRMS].id, f"V-{n:07}") for n in range(devices)]
    _many(
        "INSERT INTO equipment (id, enterprise_id, catalogue_code, name, own_number, put_into_use_on, traits, "
        "created_at, updated_at) VALUES (?, ?, '2150', '储罐', ?, '2015-03-01', '{\"material\":\"metal\"}', ?, ?)",
        [(*row, now.isoformat(), now.isoformat()) for row in numbers],
    )
    for name, months in (("periodic", 72), ("annual", 12)):
        _many(
            "INSERT INTO inspection (equipment_id, clock, completed_on, conclusion, grade, next_due, recorded_at) "
            "VALUES (?, ?, ?, '符合要求', 2, ?, ?)",
            [(n, name, *_dates(months, random), now.isoformat()) for n, _, _ in numbers],
        )


def _dates(months: int, random: Random) -> tuple[str, str]:
    done = TODAY - timedelta(days=random.randint(0, months * 31))
    return done.isoformat(), add_months(done, months).isoformat()


def _many(sql: str, values: list[tuple[Any, ...]]) -> None:
    with db.atomic():
        db.cursor().executemany(sql, values)


def cost(work: Callable[[], object], times: int = 60) -> float:
    """CPU seconds of one call: the median of many."""
    work()
    spent = []
    for _ in range(times):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return median(spent)


def bare(path: str, where: str, values: dict[str, Any]) -> Callable[[], object]:
    """The reference: Flask, the same two statements, orjson; nobody asked who is asking."""
    app = Flask("bare")
    sql = query.page_sql(rows.ITEM_SQL, where, "due", False, False)
    names = (*rows.HEAD, "body")

    @app.get("/due")
    def due() -> Response:
        import sqlite3

        connection = sqlite3.connect(path)
        text, order = query._marked(sql, True)
        found = connection.execute(text, [values[name] for name in order]).fetchall()
        counting, order = query._marked(query.count_sql(where), True)
        ((total,),) = connection.execute(counting, [values[name] for name in order]).fetchall()
        connection.close()
        items = [dict(zip(names, row, strict=False)) for row in found[:50]]
        for item in items:
            item["body"] = orjson.Fragment(item["body"])
        return Response(orjson.dumps({"items": items, "total": total}), mimetype="application/json")

    client = app.test_client()
    return lambda: client.get("/due")


def main(devices: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "station.db")
        settings = config.Settings(
            database_url=f"sqlite:///{path}", secret_key="x" * 40, data_dir=folder, log_level="ERROR"
        )
        app = create_app(settings)
        database.migrate()
        with db.connection_context():
            token = _prepare(devices)
        report(app, path, token)


def _prepare(devices: int) -> str:
    with db.atomic():
        fill(devices, Random(1))
    begun = time.perf_counter()
    written = service.refresh(TODAY)
    print(f"rebuild: {written} rows in {time.perf_counter() - begun:.1f} s")
    account = accounts.create_account(SYSTEM, login="bench", name="量", role="inspector", now=clock.now())
    return accounts.create_token(SYSTEM, account, "bench", clock.now())


def report(app: Flask, path: str, token: str) -> None:
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    def ask(address: str) -> Callable[[], object]:
        def once() -> None:
            answer = client.get(address, headers=headers)
            assert answer.status_code == 200, answer.get_data(as_text=True)[:500]

        return once

    for bucket in (None, "overdue", "approaching", "ok"):
        filters = Filters(bucket=bucket)
        values = parameters(SYSTEM, filters, TODAY) | {"most": 51}
        reference = cost(bare(path, condition(SYSTEM, filters), values))
        ours = cost(ask("/api/v1/due" + (f"?bucket={bucket}" if bucket else "")))
        _line("P1", f"JSON list, {bucket or 'all'}, against bare Flask", ours / reference, 1.5)
    first = cost(ask("/api/v1/due"))
    _line(
        "P4", "page 40 against page 1", cost(ask(f"/api/v1/due?cursor={_cursor(client, headers, 39)}")) / first, 2.5
    )
    _line("P5", "HTML list against JSON (flat)", cost(ask("/due?view=flat"), 20) / first, 5)
    _line("P5", "HTML list against JSON (by firm)", cost(ask("/due"), 20) / first, 5)
    with db.connection_context():
        _line("P8", "refresh, nothing changed: ms", 1000 * cost(lambda: service.refresh(TODAY)), None)
        _changed_share()


def _cursor(client: Any, headers: dict[str, str], pages: int) -> str:
    cursor = ""
    for _ in range(pages):
        answer = client.get(f"/api/v1/due{'?cursor=' + cursor if cursor else ''}", headers=headers).get_json()
        cursor = answer["next"]
    return str(cursor)


def _changed_share() -> None:
    """P9: one per cent of the devices inspected anew, against updating those dates by one statement for the rule."""
    share = range(100, Equipment.select().count() + 1, 100)
    done: date = TODAY - timedelta(days=1)
    _many(
        "UPDATE inspection SET completed_on = ?, next_due = ? WHERE equipment_id = ? AND clock = 'periodic'",
        [(done.isoformat(), add_months(done, 72).isoformat(), n) for n in share],
    )
    _many("INSERT INTO equipment_touched (equipment_id) VALUES (?)", [(n,) for n in share])
    begun = time.process_time()
    written = service.refresh(TODAY)
    ours = time.process_time() - begun
    begun = time.process_time()
    with db.atomic():
        db.execute_sql(
            "UPDATE due_row SET due_on = date(due_on, '+1 day'), late_on = date(late_on, '+1 day'), "
            "sort_on = date(sort_on, '+1 day'), apply_by = date(apply_by, '+1 day'), latest = date(latest, '+1 day'), "
            "body = replace(body, 'x', 'y') WHERE clock = 'periodic' AND equipment_id IN "
            "(SELECT equipment_id FROM inspection WHERE equipment_id % 100 = 0)"
        )
    _line("P9", f"1 % changed ({written} rows) against one UPDATE", ours / (time.process_time() - begun), 3)
    assert Inspection.select().exists()


def _line(name: str, what: str, figure: float, bar: float | None) -> None:
    print(
        f"{name}  {what:48} {figure:7.2f}" + (f"   bar {bar}  {'ok' if figure <= bar else 'MISSED'}" if bar else "")
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
