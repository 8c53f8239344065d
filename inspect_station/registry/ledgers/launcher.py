"""Starts the work of an import in a process of its own: it outlives the request and never slows a page."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from inspect_station.config import PREFIX, Settings

_ROOT = Path(__file__).resolve().parents[3]
_started: list[subprocess.Popen[bytes]] = []


def start(settings: Settings, import_id: int) -> None:
    """Several starts for one import do no harm: the first claims the step, the others end at once."""
    _reap()
    environment = {
        **os.environ,
        f"{PREFIX}DATABASE_URL": settings.database,
        f"{PREFIX}DATA_DIR": settings.data_dir,
        f"{PREFIX}LOG_LEVEL": settings.log_level,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH", "")))),
    }
    _started.append(
        subprocess.Popen(
            [sys.executable, "-m", "inspect_station", "import-work", str(import_id)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # what a person must know stands in the import's own row
            start_new_session=True,  # a restart of the web service does not take the import with it
        )
    )


def _reap() -> None:
    """Ended children leave the process table."""
    _started[:] = [process for process in _started if process.poll() is None]
