"""gunicorn: threads, because a request waits for the database more than it computes."""

import os
import shutil
from typing import Any

from inspect_station.config import load as _load  # a name without underscore would be read as a setting

_settings = _load()

# Before prometheus_client is imported: the counters of all workers lie in files here, emptied at every start.
_metrics = _settings.data_path / "metrics"
shutil.rmtree(_metrics, ignore_errors=True)
_metrics.mkdir(parents=True)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_metrics.resolve())

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
