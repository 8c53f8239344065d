"""`python -m drills [ROW …]`: run the rows, print the table; 1 where a row failed."""

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping

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
_HEAD = f"{'row':4} {'fault':44} {'given':>6} {'lost':>5} {'doubled':>8} {'uncertain':>10} {'superseded':>11}  verdict    s  cpu"


def main(wanted: list[str]) -> int:
    known = {**ROWS, **LONG}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        print(f"no row {unknown[0]}; there are {' '.join(known)}", file=sys.stderr)
        return 2
    begun = time.monotonic()
    print(_HEAD, flush=True)
    with Ground() as ground:
        verdicts = [_row(name, known[name], ground) for name in wanted or ROWS]
    spent = f"{time.monotonic() - begun:.0f} s, {_cpu():.0f} s of them computing"
    print(
        f"{sum(verdicts)} of {len(verdicts)} rows passed in {spent}; load {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores"
    )
    return 0 if all(verdicts) else 1


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
    print(
        f"{name:4} {tally.fault:44} {counts}  {'pass' if tally.passed else 'FAIL':7} {seconds:4.0f} {computing:4.0f}"
    )
    for sentence in tally.remarks:
        print(f"{'':5}{sentence}")
    for sentence in tally.wrong:
        print(f"{'':5}WRONG: {sentence}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
