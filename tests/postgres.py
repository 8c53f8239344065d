"""A throw-away PostgreSQL for the tests: Debian's own binaries, a cluster in a temporary folder, a free port."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def binaries() -> Path | None:
    """The folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[4]))
    return found[-1].parent if found else None


@contextmanager
def cluster() -> Iterator[str]:
    """The URL of a fresh server without durability, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="station-pg-"))
    programs = binaries()
    assert programs is not None
    port = _free_port()
    try:
        _own(folder)
        options = [
            "-D",
            str(folder / "data"),
            "-U",
            "station",
            "--auth=trust",
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
            "-N",
        ]
        _run([str(programs / "initdb"), *options])
        server = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
        _run(
            [
                str(programs / "pg_ctl"),
                "-D",
                str(folder / "data"),
                "-o",
                server,
                "-l",
                str(folder / "log"),
                "-w",
                "start",
            ]
        )
        yield f"postgresql://station@127.0.0.1:{port}/postgres"
    finally:
        _run([str(programs / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _own(folder: Path) -> None:
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)


def _run(command: list[str], check: bool = True) -> None:
    # The server refuses to run as root.
    user = "postgres" if os.getuid() == 0 else None
    done = subprocess.run(command, user=user, capture_output=True, text=True, cwd="/", check=False)
    if check and done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr or done.stdout}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
