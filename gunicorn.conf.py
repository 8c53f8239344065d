"""gunicorn: threads, because a request waits for the database more than it computes."""

from inspect_station import config

_settings = config.load()

bind = _settings.bind
workers = _settings.web_workers
threads = _settings.web_threads
worker_class = "gthread"
timeout = 60
graceful_timeout = 25
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the heartbeat file must not wait for a slow disk
control_socket_disable = True  # its default place is the home folder: two instances would share it
accesslog = None
