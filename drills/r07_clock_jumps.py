"""R7: the wall clock jumps, a leap day comes, the host's time zone changes: each step once.

A worker that runs through a forward jump of more than 36 hours pauses sending and raises an alarm; a small jump, and
any jump back, repeats nothing.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from drills import park
from drills.ground import NOW, Ground, Place
from drills.pages import ROOT
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station import clock, jobs
from inspect_station.accounts.scope import Actor
from inspect_station.registry.models import Equipment
from inspect_station.reminders import service
from inspect_station.reminders.channels import BY_HAND
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.worker import Worker

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# (how far the clock jumps while the worker runs, whether a person must look)
JUMPS = ((HOUR, False), (-HOUR, False), (DAY, False), (-DAY, False), (400 * DAY, True), (-30 * DAY, True))
PEOPLE = 2
_DAYS = (170, 91, 60, 31, 16, 8, 1, 0, -6, -20)
LEAP_DAY = datetime(2028, 2, 29, 9, 30, tzinfo=clock.SHANGHAI)
ZONES = ("America/Los_Angeles", "Pacific/Kiritimati", "UTC")


def run(ground: Ground) -> Iterator[Tally]:
    for engine in ground.engines:
        for jump, pauses in JUMPS:
            yield _jump(ground.station(engine), jump, pauses)
    yield _leap_day(ground.station("sqlite"))
    for zone in ZONES:
        yield _zone(ground.station("sqlite"), zone)


class _Host:
    """A worker and the two clocks it lives by."""

    def __init__(self, place: Place, port: int, now: datetime, name: str) -> None:
        self.wall, self.ticks = now, 0.0
        self.worker = Worker(place.mailing(port), now=lambda: self.wall, ticks=lambda: self.ticks)
        self.worker._name = name

    def pass_time(self, length: timedelta) -> None:
        self.wall += length
        self.ticks += length.total_seconds()

    def run(self) -> None:
        self.worker.beat()
        for name in ("tick", "deliver"):
            self.worker.run_job(jobs.job_named(name))


def _jump(place: Place, jump: timedelta, pauses: bool) -> Tally:
    tally = Tally(f"{jump // HOUR:+} h in a running worker, {place.engine}", given=1)
    with Postmaster() as office, place.opened():
        park.fill(5, PEOPLE, _DAYS)
        host = _Host(place, office.port, NOW, "before")
        host.run()
        before = len(office.arrived)
        host.pass_time(timedelta(seconds=30))
        host.wall += jump
        host.run()
        _look(tally, office, before, jump, pauses)
        if pauses:
            service.resume(Actor.system(), host.wall)
        # It is killed, keeping its lease; the clock is set right; another goes on from there.
        host = _Host(place, office.port, host.wall - jump, "after")
        for _ in range(14):
            host.pass_time(DAY)
            host.run()
        _each_once(tally, office)
        tally.expect(len(office.arrived) > before, "two more weeks brought no letter")
    return tally


def _look(tally: Tally, office: Postmaster, before: int, jump: timedelta, pauses: bool) -> None:
    tally.expect_equal(service.paused() is not None, pauses, "paused after the jump")
    alarms = {alarm.code for alarm in service.alarms(NOW + jump)}
    tally.expect_equal("paused" in alarms, pauses, "alarm after the jump")
    if pauses or jump < timedelta(0):
        tally.expect_equal(len(office.arrived), before, "letters sent on the wrong clock")


def _each_once(tally: Tally, office: Postmaster) -> None:
    """Each Message-ID once, and each step in one letter that was sent, or overtaken."""
    tally.weigh({m for (m,) in _sent_messages()}, [m for _, m in office.arrived])
    o = OwedStep
    sent = o.select(o.equipment, o.clock, o.due, o.step, o.week, o.recipient).where(o.state == "sent").tuples()
    tally.doubled += len(sent) - len(set(sent))
    tally.superseded = o.select().where(o.state == "superseded").count()
    open_steps = o.state.not_in(("sent", "superseded", "suppressed")) & o.message.is_null(False)
    # After a silence of some days a person is to call: that waits for him, not for a sender.
    left = o.select().where(open_steps, o.channel.not_in(BY_HAND)).count()
    tally.expect_equal((tally.lost, tally.doubled, left), (0, 0, 0), "lost, doubled, left behind")


def _sent_messages() -> Sequence[tuple[str]]:
    return list(Message.select(Message.message_id).where(Message.state == "sent").tuples())


def _leap_day(place: Place) -> Tally:
    """Dates a month after the last of January, on 29 February itself, and a year after it."""
    tally = Tally("29 February", given=1)
    with Postmaster() as office, place.opened():
        park.fill(1, 1, [0, 1, 15, 366], today=LEAP_DAY.date())
        host = _Host(place, office.port, LEAP_DAY, "leap")
        for _ in range(3):
            host.run()
            host.pass_time(DAY)
        steps = {s.due: s.step for s in OwedStep.select().where(OwedStep.step != "overdue")}
        tally.expect_equal(steps, {"2028-02-29": "d0", "2028-03-01": "d0", "2028-03-15": "d15"}, "steps of the day")
        tally.expect(OwedStep.select().where(OwedStep.step == "overdue").exists(), "1 March brought no overdue step")
        _each_once(tally, office)
    return tally


def _zone(place: Place, zone: str) -> Tally:
    """The host's time zone changes between two ticks of the same day; the real command line is run."""
    tally = Tally(f"host moved to {zone}", given=1)
    with place.opened():
        owed = park.fill(5, PEOPLE, _DAYS, today=clock.today())
    said = [_tick(place, z) for z in ("Asia/Shanghai", zone)]
    with place.opened():
        o = OwedStep
        rows = o.select(Equipment.own_number, o.recipient, o.step, o.week).join(Equipment).tuples()
        tally.weigh(owed, Counter(tuple(row) for row in rows))
    tally.expect("新增提醒 0 项" in said[1], f"the second tick added something: {said[1]}")
    tally.expect_equal((tally.lost, tally.doubled), (0, 0), "lost, doubled")
    return tally


def _tick(place: Place, zone: str) -> str:
    given = {k: v for k, v in os.environ.items() if not k.startswith("STATION_")}
    mail = {"STATION_SMTP_HOST": "127.0.0.1", "STATION_MAIL_FROM": "tx@station.example"}
    done = subprocess.run(
        [sys.executable, "-m", "inspect_station", "tick"],
        cwd=ROOT,
        env=given | place.environment(TZ=zone, **mail),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr
