"""An institute of 100 stations on one PostgreSQL server: imports, ticks and readers at once.

`python -m benchmarks.institute [STATIONS [DEVICES [SECONDS]]]` (default 100, 200 each, 40 s). Each station is a database of
its own, as docs/scale.md proposes; one process reads and corrects, one imports, one does the night's work of all in turn.
Lag is the time from a correction until the due list of its station shows it.
"""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import psycopg
from flask import Flask

from benchmarks.ledgers import table
from benchmarks.measuring import line, note, percentile
from benchmarks.parks import SYSTEM, TODAY, fill, many
from drills import park
from drills.ground import NOW, Ground, Place, dispose
from inspect_station import create_app
from inspect_station.accounts import service as accounts
from inspect_station.db import bulk_insert, db
from inspect_station.duelist import service as duelist
from inspect_station.registry.models import Contact, Enterprise
from inspect_station.reminders import service as reminders

STATIONS, DEVICES, SECONDS, ROWS = 100, 200, 40.0, 300
Seen = dict[str, list[float]]


def main(stations: int, devices: int, seconds: float) -> None:
    with Ground() as ground:
        if "postgresql" not in ground.engines:
            note("not simulated: PostgreSQL is not installed")
            return
        begun = time.perf_counter()
        first = ground.station("postgresql")
        token = _filled(first, devices)
        places = [first, *(_copy(ground, first, number) for number in range(1, stations))]
        note(f"{stations} stations of {devices} devices each made in {time.perf_counter() - begun:.0f} s")
        ledger = table(ground.folder / "ledger.csv", ROWS)
        found = _at_once(seconds, (_read, places, token), (_import, places, str(ledger)), (_night, places, None))
    _say(found, stations)


def _say(found: Seen, stations: int) -> None:
    for name, words in (("read", "due list"), ("write", "correcting a device"), ("lag", "correction until it shows")):
        times = found.get(name) or [0.0]
        note(
            f"{words}: {len(times)} times, median {1000 * percentile(times, 0.5):.0f} ms, p99 {1000 * percentile(times, 0.99):.0f} ms"
        )
    for name, words in (("import", f"import of {ROWS} rows"), ("night", "night's work of one station")):
        times = found.get(name) or [0.0]
        note(f"{words}: {len(times)} times, median {percentile(times, 0.5):.2f} s, longest {max(times):.2f} s")
    nights = found.get("night") or [0.0]
    line(
        "INST",
        f"{stations} stations: seconds of a whole night's round in one process",
        stations * sum(nights) / len(nights),
    )
    line(
        "INST", f"{stations} stations at once: reader's p99, ms", 1000 * percentile(found.get("read") or [0.0], 0.99)
    )
    line("INST", f"{stations} stations at once: answers other than 200", len(found.get("failed", ())), 0)


def _copy(ground: Ground, first: Place, number: int) -> Place:
    """Another station with the same content: what a database is copied from must have no visitors."""
    name, folder = f"station_{number:03}", ground.folder / f"copy-{number}"
    folder.mkdir()
    with psycopg.connect(ground.server.url, autocommit=True) as control:
        control.execute(f'CREATE DATABASE "{name}" TEMPLATE "{first.url.rsplit("/", 1)[1]}"')
    return Place("postgresql", f"{first.url.rsplit('/', 1)[0]}/{name}", folder)


def _filled(place: Place, devices: int) -> str:
    with place.opened():
        fill(devices, Random(1))
        common = {"role": "safety_officer", "started_on": TODAY, "created_at": NOW, "name": "安全员"}
        firms = [firm.id for firm in Enterprise.select()]
        bulk_insert(Contact, [common | {"enterprise": firm, "email": park.address(firm, 0)} for firm in firms])
        duelist.refresh(TODAY)
        account = accounts.create_account(SYSTEM, login="bench", name="量", role="admin", now=NOW)
        return accounts.create_token(SYSTEM, account, "bench", NOW)


Work = Callable[[Sequence[Place], Any, float, Path], None]


def _at_once(seconds: float, *works: tuple[Work, Sequence[Place], Any]) -> Seen:
    """Each kind of work in a process of its own; what each has seen, gathered."""
    context, found = multiprocessing.get_context("spawn"), Seen()
    folder = works[0][1][0].folder.parent
    running = []
    for number, (work, places, more) in enumerate(works):
        path = folder / f"seen-{number}.json"
        process = context.Process(target=work, args=(places, more, seconds, path))
        process.start()
        running.append((process, path))
    for process, path in running:
        process.join(seconds + 120)
        assert process.exitcode == 0, (path, process.exitcode)
        for name, times in json.loads(path.read_text(encoding="utf-8")).items():
            found.setdefault(name, []).extend(times)
    return found


def _read(places: Sequence[Place], token: str, seconds: float, path: Path) -> None:
    """At each station in turn: some pages of the due list, and a correction that must show at once."""
    ends, seen = time.monotonic() + seconds, Seen(read=[], write=[], lag=[], failed=[])
    number = 0
    while time.monotonic() < ends:
        place = places[number % len(places)]
        app = create_app(place.settings(log_level="CRITICAL"))
        try:
            _visit(app, {"Authorization": f"Bearer {token}"}, number, seen)
        finally:
            dispose(db.obj)
        number += 1
    path.write_text(json.dumps(seen), encoding="utf-8")


def _visit(app: Flask, headers: dict[str, str], number: int, seen: Seen) -> None:
    client = app.test_client()
    client.get("/healthz")
    for bucket in ("", "?bucket=overdue", "?bucket=approaching", "?per_page=200"):
        begun = time.perf_counter()
        code = client.get(f"/api/v1/due{bucket}", headers=headers).status_code
        seen["read"].append(time.perf_counter() - begun)
        if code != 200:
            seen["failed"].append(code)
    with db.connection_context():
        begun = time.perf_counter()
        many("UPDATE equipment SET put_into_use_on = '2016-01-01' WHERE id = ?", [(1 + number % 50,)])
        many("INSERT INTO equipment_touched (equipment_id) VALUES (?) ON CONFLICT DO NOTHING", [(1 + number % 50,)])
        between = time.perf_counter()
        seen["write"].append(between - begun)
        duelist.refresh(TODAY)
        seen["lag"].append(time.perf_counter() - between)


def _import(places: Sequence[Place], ledger: str, seconds: float, path: Path) -> None:
    ends, seen = time.monotonic() + seconds, Seen()
    number = len(places) // 2
    while time.monotonic() < ends:
        place = places[number % len(places)]
        begun = time.perf_counter()
        command = [sys.executable, "-m", "inspect_station", "import", ledger]
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(
                command, env={**os.environ, **place.environment()}, stdout=subprocess.DEVNULL, check=True, timeout=120
            )
            seen.setdefault("import", []).append(time.perf_counter() - begun)
        number += 1
    path.write_text(json.dumps(seen), encoding="utf-8")


def _night(places: Sequence[Place], _more: None, seconds: float, path: Path) -> None:
    """Refresh and tick of each station in turn, as a worker of each would do them."""
    ends, seen = time.monotonic() + seconds, Seen(night=[])
    number = 0
    while time.monotonic() < ends:
        place = places[number % len(places)]
        begun = time.perf_counter()
        with place.opened():
            duelist.refresh(TODAY)
            reminders.tick(place.mailing(1), TODAY, NOW)
        seen["night"].append(time.perf_counter() - begun)
        number += 1
    path.write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(
        int(given[0]) if given else STATIONS,
        int(given[1]) if len(given) > 1 else DEVICES,
        float(given[2]) if len(given) > 2 else SECONDS,
    )
