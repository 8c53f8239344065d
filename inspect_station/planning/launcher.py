"""Starts the making of a plan in a process of its own: memory, threads and time are not the web service's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from inspect_station.config import PREFIX, Settings

_ROOT = Path(__file__).resolve().parents[2]
_started: list[subprocess.Popen[bytes]] = []


def start(settings: Settings, plan_id: int, steps: int | None = None) -> None:
    """Several starts for one plan do no harm: the first claims it, the others end at once. `steps`: see `work.work`."""
    _started[:] = [process for process in _started if process.poll() is None]
    environment = {
        **os.environ,
        f"{PREFIX}DATABASE_URL": settings.database,
        f"{PREFIX}DATA_DIR": settings.data_dir,
        f"{PREFIX}LOG_LEVEL": settings.log_level,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", "")))),
    }
    amount = [] if steps is None else ["--steps", str(steps)]
    _started.append(
        subprocess.Popen(
            [sys.executable, "-m", "inspect_station", "plan-work", str(plan_id), *amount],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # what a person must know stands in the plan's own row
            start_new_session=True,  # a restart of the web service does not take the plan with it
        )
    )
