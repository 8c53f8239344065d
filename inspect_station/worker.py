"""The process that runs the timetable.

Any number may run: what they do is safe twice, and a lease in the database lets one of them do it. A wall clock that
jumps while the process runs (wall against monotonic clock) pauses sending until a person has looked.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from inspect_station import clock, jobs
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import connection, patiently
from inspect_station.reminders import service as reminders
from inspect_station.reminders.alarms import BEAT_SECONDS
from inspect_station.reminders.delivery import stopping, worker_name
from inspect_station.reminders.leases import give_up, take

log = structlog.get_logger()
logging.getLogger("apscheduler").setLevel(logging.WARNING)  # it would report every beat

LEASE_NAME = "timetable"
LEASE = timedelta(seconds=3 * BEAT_SECONDS)
JUMP = timedelta(hours=36)  # beyond this a day's reminders may be skipped or sent early
GRACE_SECONDS = 25  # within the 30 s a service manager waits
_LOOK_SECONDS = 0.3
# Whether a morning's job was missed: the machine slept, or nobody led at its minute. Beside the jobs' own minutes.
_LOOK_FOR_MISSED = {"minute": "9-59/10", "second": "30"}


class JumpWatch:
    """Compares how far the wall clock and the monotonic clock have gone."""

    def __init__(self, now: datetime, ticks: float) -> None:
        self._now, self._ticks = now, ticks

    def jump(self, now: datetime, ticks: float) -> timedelta:
        """By how much the wall clock has gone ahead (or back) of the time that really passed since the last look."""
        ahead = (now - self._now) - timedelta(seconds=ticks - self._ticks)
        self._now, self._ticks = now, ticks
        return ahead


class Worker:
    def __init__(
        self,
        settings: Settings,
        now: Callable[[], datetime] | None = None,
        ticks: Callable[[], float] | None = None,
    ) -> None:
        self._settings = settings
        self._now = now or clock.now
        self._ticks = ticks or clock.monotonic
        self._name = worker_name()
        self._started_at = self._now()
        self._watch = JumpWatch(self._started_at, self._ticks())
        self._watching = threading.Lock()
        self._leads = False

    def run(self) -> int:
        """Run the timetable until SIGTERM or SIGINT; a job under way may finish. Returns the exit code."""
        stopping.clear()
        asked: list[int] = []
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda signum, _frame: asked.append(signum))
        scheduler = self.scheduler()
        scheduler.start()
        log.info("worker started", worker=self._name)
        # An Event set by the signal itself could wait for ever for a lock that the interrupted wait holds.
        while not asked:
            time.sleep(_LOOK_SECONDS)
        stopping.set()  # senders finish the letter in hand and begin no other
        log.info("worker stopping", worker=self._name)
        if not self._finish(scheduler):
            log.warning("a job did not end in time", worker=self._name)
            os._exit(0)  # the interpreter would wait for its threads; what they hold has a lease and heals by itself
        return 0

    def scheduler(self) -> BackgroundScheduler:
        """The timetable, not yet running."""
        # misfire_grace_time: by default a job one second late is dropped.
        defaults = {"misfire_grace_time": 3600, "coalesce": True, "max_instances": 1}
        scheduler = BackgroundScheduler(timezone=clock.SHANGHAI, job_defaults=defaults)
        scheduler.add_job(self.beat, IntervalTrigger(seconds=BEAT_SECONDS, timezone=clock.SHANGHAI), id="beat")
        for job in jobs.JOBS:
            trigger = CronTrigger(timezone=clock.SHANGHAI, **job.at)
            scheduler.add_job(self.run_job, trigger, args=[job], id=job.name, name=job.title)
        scheduler.add_job(self.catch_up, id="catch up")
        scheduler.add_job(self.catch_up, CronTrigger(timezone=clock.SHANGHAI, **_LOOK_FOR_MISSED), id="missed")
        return scheduler

    def _finish(self, scheduler: BackgroundScheduler) -> bool:
        scheduler.pause()
        waiting = threading.Thread(target=self._shut_down, args=[scheduler], daemon=True)
        waiting.start()
        waiting.join(GRACE_SECONDS)
        return not waiting.is_alive()

    def _shut_down(self, scheduler: BackgroundScheduler) -> None:
        scheduler.shutdown(wait=True)
        with connection():
            give_up(LEASE_NAME, self._name)

    def beat(self) -> None:
        """A sign of life, a look at the clock, and the lease taken or kept."""
        patiently(lambda: self._beat(self._now()), BEAT_SECONDS)

    def _beat(self, now: datetime) -> None:
        with connection():
            self.look_at_the_clock(now)
            reminders.beat(self._name, self._started_at, now)
            self._leads = take(LEASE_NAME, self._name, now, LEASE)

    def look_at_the_clock(self, now: datetime) -> None:
        with self._watching:
            jump = self._watch.jump(now, self._ticks())
        if abs(jump) < JUMP:
            return
        log.error("clock jump", seconds=jump.total_seconds())
        if not reminders.paused():
            reminders.pause(Actor.system("后台进程"), "clock_jump", now)

    def run_job(self, job: jobs.Job) -> None:
        """One job, if this process leads. An error is logged and the timetable goes on: the next run does what is owed."""
        try:
            patiently(lambda: self._run(job, self._now()))
        except Exception:
            log.exception("job failed", job=job.name)

    def _run(self, job: jobs.Job, now: datetime) -> None:
        with connection():
            self.look_at_the_clock(now)
            if self._leads:
                log.info("job done", job=job.name, result=str(job.run(self._settings, now)))

    def catch_up(self) -> None:
        """What should have run before we were there, or while nobody could run it."""
        self.beat()
        with connection():
            owed = jobs.owed_at_start(self._now())
        for job in owed:
            self.run_job(job)
