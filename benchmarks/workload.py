"""P6, and for P10 what the month's figures cost: measured on the stations of `benchmarks.duelist`."""

import time
from collections.abc import Callable
from datetime import date

from benchmarks.measuring import Work, cost, line, note, ratio
from benchmarks.parks import SYSTEM, TODAY, Station
from inspect_station.db import run
from inspect_station.duelist import service as duelist
from inspect_station.workload import service
from inspect_station.workload.periods import around, months
from schedules.terms import DoneBy

_PERIOD = around("month", date(TODAY.year, TODAY.month, 1)).before()
FIGURES: dict[str, Work] = {
    "a month's figures": lambda: service.counting.figures(SYSTEM, _PERIOD, TODAY),
    "a month by kind": lambda: service.shares.parts(SYSTEM, _PERIOD, TODAY, "kind"),
    "the forecast of 12 months": lambda: service.forecast.forecast(SYSTEM, TODAY, 12),
}


def measure(here: Station, *, full: bool) -> dict[str, float]:
    """Seconds of each figure; the counts of a year beside twelve raw ones, where all is asked for."""
    clock: Callable[[], float] = time.process_time if here.engine == "sqlite" else time.perf_counter
    if full:
        figure = ratio(25, _raw_counts(), _year_counts(), clock)
        line("P6", f"month counts of a year against 12 raw counts, {here.rows} rows, {here.engine}", figure, 1.3)
    spent = {name: cost(work, 5, clock) for name, work in FIGURES.items()}
    for name, seconds in spent.items():
        note(f"{name}, {here.rows} rows, {here.engine}: {1000 * seconds:.0f} ms")
    return spent


def _year_counts() -> Work:
    filters = duelist.Filters(done_by=DoneBy.INSTITUTION.value)
    return lambda: duelist.calendar_counts(SYSTEM, TODAY.replace(day=1), 12, filters, TODAY)


def _raw_counts() -> Work:
    spans = [(p.first.isoformat(), p.last.isoformat()) for p in months(TODAY, 12)]
    sql = "SELECT count(*) FROM due_row WHERE done_by = 'institution' AND sort_on >= :first AND sort_on <= :last"
    return lambda: [run(sql, {"first": first, "last": last}) for first, last in spans]
