"""The planner on invented stations, beside what people do and what is proven: `python -m benchmarks.planning`.

Every plan is judged by the judge; one that breaks a hard rule ends the run. Times are wall and processor seconds of
a process of its own, memory its peak. The lines P17 are the bars; the best known plans are the best this planner has
made of the same stations in runs of any length, so that a worse one shows even where the bound is loose.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.baselines import earliest_due_date
from benchmarks.measuring import line as figure
from benchmarks.stations import replanned, station
from schedules.planning import measure
from schedules.planning.output import plan_json
from schedules.planning.problem import read
from schedules.planning.rule import careful

Json = dict[str, Any]
STATIONS: dict[str, tuple[Callable[[], Json], float]] = {
    "year": (lambda: station(seed=1), 60),
    "year-2": (lambda: station(seed=2), 60),
    "tight": (lambda: station(enterprises=25, items=700, inspectors=4, days=182, seed=3), 110),
    "large": (lambda: station(enterprises=550, items=20_000, inspectors=80, festival=0.2, seed=1), 600),
}
WORK_PCT, ECONOMY, MOVES, LIMITS, MEGABYTES = 1.0, 1.05, 1.25, {"large": 600.0}, 1_500.0
"""Overload above the bound in per cent of the work; economy and moves against the best known; seconds; memory."""
SECONDS, AT_ONCE = 120.0, 1.0
BEST_ECONOMY = {"year": 29_546_872, "tight": 11_484_253, "replan": 22_947_555, "large": 283_035_462}
BEST_MOVES = {"replan": 41}
PARTS = ("unplanned", "late_days", "move_cost", "overload_min", "economy")
COLUMNS = (*PARTS, "weeks", "days", "early", "wall", "cpu", "MB")


@dataclass
class Line:
    """One way to plan one station."""

    name: str
    objective: Json
    metrics: Json
    wall: float = 0.0
    cpu: float = 0.0
    megabytes: float = 0.0

    def __str__(self) -> str:
        values = [self.objective.get(part, "–") for part in PARTS]
        values += [self.metrics.get(k, "–") for k in ("enterprise_weeks", "enterprise_days", "early_days")]
        values += [f"{self.wall:.1f}", f"{self.cpu:.1f}", f"{self.megabytes:.0f}"]
        return f"{self.name:<10}" + "".join(f"{value!s:>13}" for value in values)


def judged(name: str, whole: Json, made: Json, **spent: float) -> Line:
    result = measure(whole, made)
    if not result["ok"]:
        sys.exit(f"{name}: {result['errors'][:3]}")
    return Line(name, result["objective"], result["metrics"], **spent)


def by_hand(whole: Json) -> Iterable[Line]:
    """What a person can do with a list."""
    for name, rule in (
        ("due date", lambda p: earliest_due_date(p, join=False)),
        ("joined", lambda p: earliest_due_date(p, join=True)),
        ("careful", careful),
    ):
        began, cpu = time.perf_counter(), time.process_time()
        draft = rule(read(whole))
        spent = {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}
        yield judged(name, whole, plan_json(draft), **spent)


def by_planner(whole: Json, seconds: float, folder: Path) -> tuple[Line, Json]:
    given, out = folder / "instance.json", folder / "plan.json"
    given.write_text(json.dumps(whole), encoding="utf-8")
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-m", "schedules.planning", str(given), "--seconds", str(seconds), "-o", str(out)]
    )
    _, status, used = os.wait4(running.pid, 0)
    wall = time.perf_counter() - began
    if status:
        sys.exit(f"the planner ended with {status}")
    made = json.loads(out.read_text(encoding="utf-8"))
    spent = {"wall": wall, "cpu": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}
    return judged("ours", whole, made, **spent), made


def run(name: str, whole: Json, seconds: float, folder: Path, *, stages: bool) -> Json:
    """Prints one station's table and its bars; returns the plan."""
    print(f"\n{name}: {whole['name']}, {seconds:g} s")
    print(f"{'':<10}" + "".join(f"{column:>13}" for column in COLUMNS))
    for line in by_hand(whole):
        print(line, flush=True)
    careful_line = line
    line, made = by_planner(whole, seconds, folder)
    print(line)
    print(Line("bound", made["bounds"], {}))
    print(f"{'gap %':<10}" + "".join(f"{made['gap'][part]!s:>13}" for part in PARTS))
    if stages:
        print(*made["stages"], sep="\n", flush=True)
    bars(name, whole, careful_line, line, made["bounds"])
    return made


def bars(name: str, whole: Json, hand: Line, ours: Line, bounds: Json) -> None:
    """What is asked of the planner, one line each."""
    got, work = ours.objective, sum(i["minutes"] * len(i["roles"]) for i in whole["items"])
    above = {part: got[part] - bounds[part] for part in PARTS}
    figure("P17", f"{name}: items out, above the bound", above["unplanned"], 0)
    figure("P17", f"{name}: late days, above the bound", above["late_days"], 0)
    figure(
        "P17", f"{name}: overload above the bound, per cent of the work", 100 * above["overload_min"] / work, WORK_PCT
    )
    figure("P17", f"{name}: economy ÷ proven bound", got["economy"] / max(1, bounds["economy"]))
    figure("P17", f"{name}: economy ÷ best known", got["economy"] / BEST_ECONOMY.get(name, got["economy"]), ECONOMY)
    figure("P17", f"{name}: economy ÷ the careful rule's", got["economy"] / hand.objective["economy"])
    if name in BEST_MOVES:
        figure("P17", f"{name}: moves ÷ best known", got["move_cost"] / BEST_MOVES[name], MOVES)
        figure("P17", f"{name}: moves ÷ proven bound", got["move_cost"] / max(1, bounds["move_cost"]))
    figure("P17", f"{name}: seconds", ours.wall, LIMITS.get(name, SECONDS))
    figure("P17", f"{name}: CPU seconds", ours.cpu)
    figure("P17", f"{name}: MB", ours.megabytes, MEGABYTES)
    if name.startswith("year"):
        figure("P17", f"{name}: CPU seconds of the careful rule", hand.cpu, AT_ONCE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    known = [*STATIONS, "replan"]
    parser.add_argument("stations", nargs="*", default=["year", "tight", "replan", "large"], help=", ".join(known))
    parser.add_argument("--seconds", type=float, help="instead of each station's own limit")
    parser.add_argument("--stages", action="store_true", help="what each stage came to")
    args = parser.parse_args()
    made: dict[str, Json] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in args.stations:
            make, seconds = STATIONS["year" if name == "replan" else name]
            limit = args.seconds or seconds
            whole = make()
            if name == "replan":
                first = made.get("year") or by_planner(whole, limit, Path(folder))[1]
                whole = replanned(whole, first)
            made[name] = run(name, whole, limit, Path(folder), stages=args.stages)


if __name__ == "__main__":
    main()
