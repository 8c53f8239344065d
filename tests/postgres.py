"""A throw-away PostgreSQL for the tests: Debian's own binaries, a cluster in a temporary folder, a free port."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def binaries() -> Path | None:
    """The folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[4]))
    return found[-1].parent if found else None


class Server:
    """A running server in a folder of its own. It can be stopped and started again at the same port."""

    def __init__(self, folder: Path) -> None:
        programs = binaries()
        assert programs is not None
        self._programs, self._folder, self._port = programs, folder, free_port()
        self.url = f"postgresql://station@127.0.0.1:{self._port}/postgres"

    def create(self) -> None:
        options = ["-U", "station", "--auth=trust", "--locale=C.UTF-8", "-E", "UTF8", "-N"]
        _run([str(self._programs / "initdb"), "-D", self._data, *options])

    def start(self) -> None:
        options = (
            f"-p {self._port} -k {self._folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        )
        self._control("-o", options, "-l", str(self._folder / "log"), "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends sessions and shuts down; `immediate` is as good as a crash."""
        self._control("-m", mode, "-w", "stop")

    @property
    def _data(self) -> str:
        return str(self._folder / "data")

    def _control(self, *arguments: str) -> None:
        _run([str(self._programs / "pg_ctl"), "-D", self._data, *arguments])


@contextmanager
def server() -> Iterator[Server]:
    """A fresh server without durability, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="station-pg-"))
    made = Server(folder)
    try:
        _own(folder)
        made.create()
        made.start()
        yield made
    finally:
        with suppress(RuntimeError):  # it may stand still already
            made.stop("immediate")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a fresh server."""
    with server() as made:
        yield made.url


def _own(folder: Path) -> None:
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)


def _run(command: list[str]) -> None:
    # The server refuses to run as root.
    user = "postgres" if os.getuid() == 0 else None
    done = subprocess.run(command, user=user, capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr or done.stdout}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
