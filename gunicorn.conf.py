"""gunicorn: threads, because a request waits for the database more than it computes."""

import os
import shutil
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from inspect_station.config import load as _load  # a name without underscore would be read as a setting

_settings = _load()


def _counters() -> Path:
    """A folder of this station's own in memory, emptied at every start.

    The counters of all processes are files mapped into memory: on a disk that is full, writing to one ends the process
    (SIGBUS), and with it every page that only reads.
    """
    name = sha256(f"{_settings.data_path.resolve()} {_settings.bind}".encode()).hexdigest()[:16]
    for folder in (Path("/dev/shm") / f"station-counters-{os.getuid()}-{name}", _settings.data_path / "metrics"):  # noqa: S108
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # no such place, or somebody else sits in it
            folder.mkdir(mode=0o700, parents=True)
            break
    return folder


# Before prometheus_client is imported.
_folder = _counters().resolve()
_made = _folder.stat().st_ino if _folder.exists() else 0
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_folder)

bind = _settings.bind
workers = _settings.web_workers
threads = _settings.web_threads
worker_class = "gthread"
timeout = 60
graceful_timeout = 25
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the heartbeat file must not wait for a slow disk
# Longer than any proxy keeps an idle connection: else it sends a request into one that is just being closed.
keepalive = 75
control_socket_disable = True  # its default place is the home folder: two instances would share it
accesslog = None


def child_exit(_server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    # A server that ends slowly must not take away what the next one has already made in its place.
    with suppress(OSError):
        if _folder.stat().st_ino == _made:
            shutil.rmtree(_folder, ignore_errors=True)
