"""P6 and P10 of the month: ratios inside one run. `python -m benchmarks.workload [DEVICES]` (default 20 000).

P6: the year's month counts against twelve raw range counts. P10: the cost of a month's figures at a tenth and at the full
number of devices, as a slope of logarithms.
"""

import math
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random

from flask import Flask

from benchmarks.duelist import SYSTEM, TODAY, _line, costs, fill
from inspect_station import clock, config, create_app
from inspect_station import db as database
from inspect_station.accounts import service as accounts
from inspect_station.db import db, run
from inspect_station.duelist import service as duelist
from inspect_station.workload import service
from inspect_station.workload.periods import around, months
from schedules.terms import DoneBy


@contextmanager
def station(devices: int, folder: str):
    """A filled station, its due list made; half of the last year's inspections know which date they answered."""
    url = f"sqlite:///{Path(folder) / f'{devices}.db'}"
    settings = config.Settings(database_url=url, secret_key="x" * 40, data_dir=folder, log_level="ERROR")
    app = create_app(settings)
    database.migrate()
    with db.connection_context():
        with db.atomic():
            fill(devices, Random(1))
            db.execute_sql("UPDATE inspection SET answered_due = completed_on WHERE id % 2 = 0")
        duelist.refresh(TODAY)
        db.execute_sql("ANALYZE")
    yield app
    database.release()


def year_counts() -> Callable[[], object]:
    filters = duelist.Filters(done_by=DoneBy.INSTITUTION.value)
    return lambda: duelist.calendar_counts(SYSTEM, TODAY.replace(day=1), 12, filters, TODAY)


def raw_counts() -> Callable[[], object]:
    spans = [(p.first.isoformat(), p.last.isoformat()) for p in months(TODAY, 12)]
    sql = "SELECT count(*) FROM due_row WHERE done_by = 'institution' AND sort_on >= :first AND sort_on <= :last"
    return lambda: [run(sql, {"first": first, "last": last}) for first, last in spans]


def figures() -> dict[str, Callable[[], object]]:
    period = around("month", date(TODAY.year, TODAY.month, 1)).before()
    return {
        "a month's figures": lambda: service.counting.figures(SYSTEM, period, TODAY),
        "a month by kind": lambda: service.shares.parts(SYSTEM, period, TODAY, "kind"),
        "the forecast of 12 months": lambda: service.forecast.forecast(SYSTEM, TODAY, 12),
    }


def _measure(app: Flask, spent: dict[str, list[float]], full: bool) -> None:
    with db.connection_context():
        for name, work in figures().items():
            spent[name].append(costs(5, work)[0])
        account = accounts.create_account(SYSTEM, login="bench", name="量", role="head", now=clock.now())
        headers = {"Authorization": f"Bearer {accounts.create_token(SYSTEM, account, 'bench', clock.now())}"}
        if full:
            raw, ours = costs(25, raw_counts(), year_counts())
            _line("P6", "month counts of a year against 12 raw counts", ours / raw, 1.3)
    client = app.test_client()
    spent["the page"].append(costs(5, lambda: client.get("/workload", headers=headers))[0])


def main(devices: int) -> None:
    spent: dict[str, list[float]] = {name: [] for name in (*figures(), "the page")}
    with tempfile.TemporaryDirectory() as folder:
        for size in (devices // 10, devices):
            with station(size, folder) as app:
                _measure(app, spent, size == devices)
        for name, (small, large) in spent.items():
            _line("P10", f"growth of {name}", math.log10(large / small), 1.15)
            print(f"     {name} at {devices} devices: {large * 1000:.0f} ms CPU")


if __name__ == "__main__":
    begun = time.perf_counter()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
    print(f"in {time.perf_counter() - begun:.0f} s")
