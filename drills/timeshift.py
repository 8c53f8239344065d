"""Processes of a station that live on the drill's clock: it begins at `NOW` and runs as fast as the real one."""

import os
from datetime import datetime, timedelta

from drills.ground import NOW
from inspect_station import clock

_AHEAD = "DRILL_AHEAD_SECONDS"


def ahead_of_real_time() -> float:
    """How far `NOW` lies ahead of this moment; handed to each process, so that all agree."""
    return (NOW - clock.now()).total_seconds()


def environment(ahead: float) -> dict[str, str]:
    return {_AHEAD: str(ahead)}


def shift(ahead: float | None = None) -> None:
    """Move this process's clock."""
    real = clock.now
    by = timedelta(seconds=float(os.environ.get(_AHEAD, 0)) if ahead is None else ahead)

    def shifted() -> datetime:
        return real() + by

    clock.now = shifted
    clock.today = lambda: shifted().date()
