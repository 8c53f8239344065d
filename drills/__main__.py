"""`python -m drills [ROW …]`: run the rows, print the table; 1 where a row failed.

All rows together run in a few processes of their own, then those that hold a time run alone, so that they meet no other's work.
"""

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence

from drills import (
    hosts,
    r01_killed_sender,
    r02_many_workers,
    r03_database_restarted,
    r04_disk_full,
    r05_mail_faults,
    r06_robots,
    r07_clock_jumps,
    r08_downtime,
    r09_hostile_workbooks,
    r10_hostile_text,
    r11_generated_requests,
    r12_tenant_matrix,
    r13_killed_web,
    r14_backup_under_writes,
    r15_migrations,
    r16_asked_to_stop,
    r17_audit,
    r18_sessions,
    r19_busy_sqlite,
    r20_alarms,
    soak,
)
from drills.ground import Ground
from drills.tally import Tally

Row = Callable[[Ground], Iterator[Tally]]

# A row of measures is one module and one line here.
ROWS: Mapping[str, Row] = {
    "R1": r01_killed_sender.run,
    "R2": r02_many_workers.run,
    "R3": r03_database_restarted.run,
    "R4": r04_disk_full.run,
    "R5": r05_mail_faults.run,
    "R6": r06_robots.run,
    "R7": r07_clock_jumps.run,
    "R8": r08_downtime.run,
    "R9": r09_hostile_workbooks.run,
    "R10": r10_hostile_text.run,
    "R11": r11_generated_requests.run,
    "R12": r12_tenant_matrix.run,
    "R13": r13_killed_web.run,
    "R14": r14_backup_under_writes.run,
    "R15": r15_migrations.run,
    "R16": r16_asked_to_stop.run,
    "R17": r17_audit.run,
    "R18": r18_sessions.run,
    "R19": r19_busy_sqlite.run,
    "R20": r20_alarms.run,
    "HOSTS": hosts.run,
}
# Asked for by name only: they take longer than all others together.
LONG: Mapping[str, Row] = {"SOAK": soak.run}
# Side by side; each row has stations, servers and ports of its own. The first two compute, the others mostly wait: for
# gunicorn to start, for an alarm's interval, for a lease to run out.
LANES = (
    ("R8", "R12", "R9", "R5", "R17", "R6"),
    ("R1", "R7", "R2"),
    ("R13", "R20"),
    ("HOSTS", "R3", "R15", "R11", "R18", "R10"),
)
# Half a minute to end, or (R4) what the disk of this machine has left: little beside them does no harm.
APART = (("R16",), ("R4",))
# Milliseconds that any other work would eat up.
ALONE = ("R14", "R19")
_LANE = "--lane"
_HEAD = f"{'row':5} {'fault':44} {'given':>6} {'lost':>5} {'doubled':>8} {'uncertain':>10} {'superseded':>11}  verdict    s  cpu"


def main(wanted: list[str]) -> int:
    lane = wanted[:1] == [_LANE]
    wanted = wanted[lane:]
    known = {**ROWS, **LONG}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"no row {unknown[0]}; there are {' '.join(known)}", file=sys.stderr)
        return 2
    begun = time.monotonic()
    if not lane:
        print(_HEAD, flush=True)
    failed = [] if wanted else _side_by_side(LANES) + _side_by_side(APART)
    with Ground() as ground:
        failed += [name for name in wanted or ALONE if not _row(name, known[name], ground)]
    if not lane:
        spent = f"{time.monotonic() - begun:.0f} s, {_cpu():.0f} s of them computing"
        said = f"failed: {' '.join(failed)}" if failed else f"{len(wanted) or len(ROWS)} rows passed"
        print(f"{said}; {spent}; load {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores")
    return 1 if failed else 0


def _side_by_side(lanes: Sequence[Sequence[str]]) -> list[str]:
    """Run the lanes, each a process that prints its own lines; the lanes that failed."""
    running = [subprocess.Popen([sys.executable, "-m", "drills", _LANE, *rows]) for rows in lanes]
    return [f"one of {' '.join(rows)}" for lane, rows in zip(running, lanes, strict=True) if lane.wait()]


def _row(name: str, run: Row, ground: Ground) -> bool:
    """Run one row and print its lines as they come; whether all passed."""
    passed, begun, spent = True, time.monotonic(), _cpu()
    try:
        for tally in run(ground):
            _print(name, tally, time.monotonic() - begun, _cpu() - spent)
            passed, begun, spent = passed and tally.passed, time.monotonic(), _cpu()
    except Exception:  # the rows after it are still worth knowing
        traceback.print_exc(file=sys.stdout)
        print(f"{name:4} ended by an error: FAIL", flush=True)
        return False
    return passed


def _cpu() -> float:
    """Seconds that this process and those it has waited for have computed; PostgreSQL's own are not among them."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _print(name: str, tally: Tally, seconds: float, computing: float) -> None:
    counts = f"{tally.given:6} {tally.lost:5} {tally.doubled:8} {tally.uncertain:10} {tally.superseded:11}"
    verdict = "pass" if tally.passed else "FAIL"
    lines = [f"{name:5} {tally.fault:44} {counts}  {verdict:7} {seconds:4.0f} {computing:4.0f}"]
    lines += [f"{'':6}{sentence}" for sentence in tally.remarks]
    lines += [f"{'':6}WRONG: {sentence}" for sentence in tally.wrong]
    sys.stdout.write("\n".join(lines) + "\n")  # at once: another process writes into the same table
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
