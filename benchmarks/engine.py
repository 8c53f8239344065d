"""P7: the due engine against a vectorised month addition. `python -m benchmarks.engine [SMALL LARGE]` (10 000, 100 000).

Both sides give one date for each clock of the same park, in memory, in one run; the engine leaves reasons out. The
figures are CPU time, the best of three. The growth is the log-log slope from the small park to the large.
"""

import gc
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import partial
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks.measuring import line, note, slope
from schedules.dates import Day, add_months
from schedules.due import due_dates
from schedules.facts import Equipment, Inspection
from schedules.many import due_dates_of
from schedules.rulebook import load
from schedules.terms import Clock, Conclusion, Kind, clocks_of

Days = NDArray[np.datetime64]

ON = date(2026, 11, 22)
BOOK = load()
BAR = 20.0
GROWTH_BAR = 1.15
PARK: tuple[tuple[Kind, str, dict[str, str], dict[Clock, int]], ...] = (
    (Kind.FIXED_VESSEL, "2150", {"material": "metal"}, {Clock.PERIODIC: 72, Clock.ANNUAL: 12}),
    (Kind.BOILER, "1100", {}, {Clock.EXTERNAL: 12, Clock.INTERNAL: 24}),
    (Kind.INDUSTRIAL_PIPE, "8310", {"pipe_grade": "GC2"}, {Clock.PERIODIC: 72, Clock.ANNUAL: 12}),
    (Kind.SAFETY_VALVE, "7310", {"on": "vessel"}, {Clock.CALIBRATION: 12}),
    (Kind.GAUGE, "F000", {"accessory": "gauge"}, {Clock.VERIFICATION: 6}),
)
"""Kind, code, traits and the usual months of its clocks: what a park consists of, in this mixture."""


def park(devices: int) -> list[Equipment]:
    """Each clock with up to three inspections; half of the reports print a date, a fifth of them only a month."""
    random = Random(7)
    return [_device(random, number) for number in range(devices)]


def _device(random: Random, number: int) -> Equipment:
    kind, code, traits, clocks = PARK[number % len(PARK)]
    used = date(2005, 1, 1) + timedelta(days=random.randint(0, 7000))
    found = [one for clock, months in clocks.items() for one in _history(random, clock, months)]
    return Equipment(kind, code, put_into_use_on=Day(used), traits=dict(traits), inspections=tuple(found))


def _history(random: Random, clock: Clock, months: int) -> list[Inspection]:
    last = ON - timedelta(days=random.randint(0, months * 31))
    return [
        _inspection(random, clock, add_months(last, -months * back), months) for back in range(random.randint(0, 3))
    ]


def _inspection(random: Random, clock: Clock, done: date, months: int) -> Inspection:
    grade = random.choice((1, 2, 2, 3)) if clock is Clock.PERIODIC else None
    printed = None
    if random.random() < 0.5:
        printed = Day(add_months(done, months), "month" if random.random() < 0.2 else "day")
    return Inspection(clock, Day(done), Conclusion.MEETS, grade, printed)


def together(devices: Sequence[Equipment]) -> int:
    return sum(map(len, due_dates_of(devices, ON, BOOK)))


def one_by_one(devices: Sequence[Equipment], *, reasons: bool) -> int:
    return sum(len(due_dates(device, ON, BOOK, reasons=reasons)) for device in devices)


def months_added(starts: Days, months: NDArray[np.timedelta64]) -> Days:
    """The anniversary, clipped to the month's last day, for all starts at once."""
    month = starts.astype("M8[M]")
    there = month + months
    last = (there + 1).astype("M8[D]") - there.astype("M8[D]") - 1
    added: Days = there.astype("M8[D]") + np.minimum(starts - month.astype("M8[D]"), last)
    return added


def reference(clocks: int) -> Callable[[], object]:
    random = np.random.default_rng(7)
    starts = np.datetime64(ON) - random.integers(0, 3000, clocks).astype("m8[D]")
    months = random.choice([6, 12, 24, 36, 72], clocks).astype("m8[M]")
    return lambda: months_added(starts, months)


def cost(work: Callable[[], object], rounds: int = 3) -> float:
    """CPU seconds of the best round, the garbage of the others swept before."""
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def main(sizes: Sequence[int]) -> None:
    costs = []
    for size in sizes:
        devices = park(size)
        gc.freeze()  # the park is the data, not the work
        clocks = sum(len(clocks_of(device.kind)) for device in devices)
        ours, theirs = cost(partial(together, devices)), cost(reference(clocks), 9)
        costs.append(ours)
        said = f"{size} devices, {clocks} clocks, against numpy: {1e9 * ours / clocks:.0f} ns a clock"
        line("P7", said, ours / theirs, BAR)
    line("P7", "growth (log-log slope)", slope(costs[0], costs[-1], sizes), GROWTH_BAR)
    some = devices[:20_000]
    clocks = sum(len(clocks_of(device.kind)) for device in some)
    for words, reasons in (("without", False), ("with", True)):
        spent = cost(partial(one_by_one, some, reasons=reasons)) / clocks
        note(f"asked for one device at a time, {words} reasons: {1e6 * spent:.2f} us a clock")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10_000, 100_000])
