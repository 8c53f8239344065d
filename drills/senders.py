"""Processes of the station that may be killed: senders, ticks, whole workers.

They are forked from one server process that has loaded everything, so a hundred kills cost no hundred imports.
"""

import logging
import multiprocessing
import os
import signal
import smtplib
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from drills import timeshift
from inspect_station import db as database
from inspect_station import jobs, logs, sealing
from inspect_station.config import Settings
from inspect_station.reminders import delivery, outgoing, recording, service
from inspect_station.worker import Worker

_FORK = multiprocessing.get_context("forkserver")
_FORK.set_forkserver_preload(["drills.senders"])

# Points of a letter at which only the sender itself can stand still, in order.
CLAIMING, CLAIMED, HALF_SENT, TAKEN, MARKED = "claiming", "claimed", "half sent", "taken", "marked"


def start(target: Callable[..., None], *args: Any) -> Any:
    """A process of the station."""
    process = _FORK.Process(target=target, args=args)
    process.start()
    return process


def at_once(target: Callable[..., None], count: int, *args: Any) -> list[int]:
    """So many processes that set out together; their exit codes."""
    gate = _FORK.Barrier(count)
    processes = [start(_after, gate, target, *args) for _ in range(count)]
    for process in processes:
        process.join(300)
    return [process.exitcode for process in processes]


def _after(gate: Any, target: Callable[..., None], *args: Any) -> None:
    gate.wait(60)
    target(*args)


def kill(process: Any) -> bool:
    """SIGKILL for a process of ours; whether it was still there to be killed."""
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join(30)
    return bool(process.exitcode == -signal.SIGKILL)


def _settle(settings: Settings) -> None:
    logs.configure(settings, quiet=True)
    database.bind(settings.database)
    sealing.use(settings.secret_key)


def end(process: Any) -> int | None:
    """SIGTERM; the exit code, or None where it is still there after 30 seconds."""
    os.kill(process.pid, signal.SIGTERM)
    process.join(30)
    if process.is_alive():
        kill(process)
        return None
    return int(process.exitcode)


def deliver(settings: Settings, now: datetime, senders: int = 1) -> None:
    _settle(settings)
    with database.connection():
        service.deliver(settings, now, senders=senders)
    database.release()


def tick_and_deliver(settings: Settings, now: datetime, senders: int = 1) -> None:
    _settle(settings)
    with database.connection():
        service.tick(settings, now.date(), now)
        service.deliver(settings, now, senders=senders)
    database.release()


def deliver_and_stand(settings: Settings, now: datetime, point: str, letter: int, word: Connection) -> None:
    """Deliver, but at a point of the n-th letter stand still and say so: whoever listens kills us there."""
    _stand_at(point, letter, word)
    deliver(settings, now)


def _stand_at(point: str, letter: int, word: Connection) -> None:
    left = [letter]

    def stand() -> None:
        left[0] -= 1
        if left[0] == 0:
            word.send(point)
            threading.Event().wait(60)

    if point in {CLAIMING, TAKEN}:
        place: tuple[Any, str] = (outgoing, "write") if point == CLAIMING else (recording, "record_sent")
        _before(place, stand)
    elif point == CLAIMED:
        _before((delivery._Run, "_send"), stand)
    elif point == MARKED:
        _behind((recording, "record_sent"), stand)
    elif point == HALF_SENT:
        _half_sent(stand)


def _before(place: tuple[Any, str], stand: Callable[[], None]) -> None:
    real = getattr(*place)

    def standing(*args: Any, **more: Any) -> Any:
        stand()
        return real(*args, **more)

    setattr(*place, standing)


def _behind(place: tuple[Any, str], stand: Callable[[], None]) -> None:
    real = getattr(*place)

    def standing(*args: Any, **more: Any) -> Any:
        done = real(*args, **more)
        stand()
        return done

    setattr(*place, standing)


def _half_sent(stand: Callable[[], None]) -> None:
    real = smtplib.SMTP.send

    def half(self: smtplib.SMTP, data: Any) -> None:
        if len(data) > 1000:
            real(self, data[: len(data) // 2])
            stand()
            data = data[len(data) // 2 :]
        real(self, data)

    smtplib.SMTP.send = half  # type: ignore[method-assign]


def pipe() -> tuple[Connection, Connection]:
    return _FORK.Pipe(duplex=False)


def work(settings: Settings, ahead: float) -> None:
    """A whole worker on the drill's clock that looks for letters every second instead of every minute."""
    timeshift.shift(ahead)
    _settle(settings)
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # it would report each second a run still lasts
    jobs.JOBS = (replace(jobs.job_named("deliver"), at={"second": "*"}),)
    jobs.owed_at_start = lambda _now: []
    sys.exit(Worker(settings).run())
