"""P14 and P15: one day's reminders, and their delivery. `python -m benchmarks.reminders [ROWS]` (default 100 000).

P14 compares the tick of an ordinary day, the day before having been told, with a loop that reads every row of the due
list and asks the ladder what it owes. P15 hands 2 000 letters to a receiver that takes 50 ms for each, with eight
senders; the ideal is 2 000 × 50 ms ÷ 8. It is measured without and with the notice that each letter carries as a PDF:
setting one takes more CPU than all the rest of a letter, and two cores cannot set 2 000 in the ideal time.
"""

import multiprocessing
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from random import Random

from benchmarks.duelist import clock_of
from benchmarks.duelist import fill as fill_devices
from benchmarks.measuring import line, note
from drills import park
from drills.ground import NOW, TODAY, Ground
from drills.postmaster import Postmaster
from inspect_station.db import bulk_insert, db, is_sqlite
from inspect_station.duelist.models import DueRow
from inspect_station.registry.models import Contact, Enterprise
from inspect_station.reminders import service, source
from inspect_station.reminders.models import Message, OwedStep
from schedules import ladder as law
from schedules.answers import Due
from schedules.terms import Clock, DoneBy, Origin

LETTERS, SENDERS, TAKES_SECONDS = 2_000, 8, 0.05
IDEAL_SECONDS = LETTERS * TAKES_SECONDS / SENDERS
_FIRMS, _PEOPLE = 50, 40


def main(rows: int) -> None:
    with Ground() as ground:
        for engine in ground.engines:
            one_day(ground, engine, rows)
        for engine in ground.engines:
            for pdf in (False, True):
                delivery(ground, engine, pdf)


# --- P14 ----------------------------------------------------------------------------------------------------------


def one_day(ground: Ground, engine: str, rows: int) -> None:
    place = ground.station(engine)
    with place.opened():
        fill_devices(rows // 2, Random(1))  # two clocks each
        _people()
        settings = place.mailing(1)
        source.refresh(TODAY)
        service.tick(settings, TODAY, NOW)
        for table in (Message, OwedStep):
            table.update(state="sent", done_at=NOW).execute()
        tomorrow, then = TODAY + timedelta(days=1), NOW + timedelta(days=1)
        source.refresh(tomorrow)  # the night's job
        # What the database does by itself within minutes of so much writing.
        db.execute_sql("ANALYZE" if is_sqlite() else "VACUUM ANALYZE")
        spent = clock_of(engine)  # PostgreSQL works in a process of its own
        begun = spent()
        owing = _loop_over_all(tomorrow)
        reference = spent() - begun
        before = OwedStep.select().count()
        begun = spent()
        done = service.tick(settings, tomorrow, then)
        ours = spent() - begun
        second = service.tick(settings, tomorrow, then)
    note(
        f"{engine}, {rows} rows: {owing} owe a step, {done.steps} new ones of {before} recorded; loop {reference:.2f} s"
    )
    line("P14", f"one day's reminders against a loop over all, {engine}", ours / reference, 0.1)
    line("P14", f"added by a second run, {engine}", second.steps + second.messages, 0)


def _people() -> None:
    common = {"role": "safety_officer", "started_on": TODAY, "created_at": NOW, "name": "安全员"}
    firms = [firm.id for firm in Enterprise.select()]
    bulk_insert(Contact, [common | {"enterprise": firm, "email": park.address(firm, 0)} for firm in firms])


def _loop_over_all(today: object) -> int:
    """Every row is read and asked; nothing is looked up or written."""
    rules = law.load()
    query = DueRow.select(DueRow.clock, DueRow.due_on, DueRow.answer).tuples().iterator()
    return sum(bool(law.owed(_due(clock, on), today, rules)) for clock, on, answer in query if answer == "due")


def _due(clock: str, on: object) -> Due:
    by = DoneBy.INSTITUTION
    return Due(Clock(clock), by, (), None, (), None, on, "day", Origin.REPORT, on, None, None, None)


# --- P15 ----------------------------------------------------------------------------------------------------------


def delivery(ground: Ground, engine: str, pdf: bool) -> None:
    place = ground.station(engine)
    with receiver() as port:
        settings = place.mailing(port, mail_pdf=pdf)
        with place.opened():
            park.fill(_FIRMS, _PEOPLE, [10] * _FIRMS)
            service.tick(settings, TODAY, NOW)
            begun, spent = time.perf_counter(), time.process_time()
            sent = 0
            while done := service.deliver(settings, NOW, senders=SENDERS):  # one run ends after a minute at most
                sent += done["sent"]
            seconds, spent = time.perf_counter() - begun, time.process_time() - spent
    assert sent == LETTERS, sent
    kind = f"{engine}, {'with' if pdf else 'without'} PDF"
    note(f"{kind}: {LETTERS} letters in {seconds:.1f} s, {1000 * spent / LETTERS:.1f} ms CPU each")
    line("P15", f"{SENDERS} senders against the ideal, {kind}", seconds / IDEAL_SECONDS, 1.3)


@contextmanager
def receiver() -> Iterator[int]:
    """The port of a mail server in a process of its own, which takes its time for each letter."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_receive, args=[theirs], daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        ours.send("enough")
        process.join(10)


def _receive(word: Connection) -> None:
    with Postmaster(seconds=TAKES_SECONDS) as office:
        word.send(office.port)
        word.recv()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
