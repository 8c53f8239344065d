"""R15: up, down and up on data, three migrators at once, one killed in mid-step; and an upgrade by the command."""

import re
import subprocess
import sys
from collections.abc import Iterator

from drills import park, scale
from drills.ground import Ground
from drills.pages import ROOT
from drills.tally import Tally
from inspect_station import db as database
from inspect_station.backup import tables
from inspect_station.db import db

_TESTS = "tests/ground/test_migrations.py"
_SHORT = ["-k", "at_once or killed or up_down_up"]


def run(ground: Ground) -> Iterator[Tally]:
    yield _as_tested()
    for engine in ground.engines:
        place = ground.station(engine)
        with place.opened():
            park.fill(10, 2, [10] * 500)
            yield _last_step_down_and_up(engine)


def _as_tested() -> Tally:
    """The faults are delivered by tests; the row runs them and counts."""
    tally = Tally("migrations: up, down, 3 at once, killed")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", _TESTS, *([] if scale.FULL else _SHORT)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    passed = re.search(r"(\d+) passed", done.stdout)
    tally.given = int(passed.group(1)) if passed else 0
    tally.expect_equal(done.returncode, 0, f"exit code; {done.stdout[-600:] if done.returncode else ''}")
    return tally


def _last_step_down_and_up(engine: str) -> Tally:
    tally = Tally(f"a step down and up over 500 devices, {engine}")
    before = _contents()
    names = [m.name for m in database.runner().status() if m.applied]
    for name in names[-1:-4:-1]:
        database.runner().down(name)
        database.migrate()
        tally.given += 1
    after = _contents()
    tally.lost = sum(len(set(rows) - set(after.get(name, ()))) for name, rows in before.items())
    tally.expect_equal(tally.lost, 0, "rows lost or changed")
    tally.remark(f"{sum(map(len, before.values()))} rows before and after {', '.join(names[-3:])}")
    return tally


def _contents() -> dict[str, list[str]]:
    assert not db.is_closed()
    return {shape.name: [repr(row) for row in tables.rows(shape)] for shape in tables.shapes()}
