"""The pages of a station under a real gunicorn, and how a program asks for them."""

import atexit
import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drills import timeshift
from drills.ground import Place
from inspect_station.accounts import service as accounts
from inspect_station.accounts.scope import Actor
from tests import postgres

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Answer:
    """`status` 0: nobody answered; the body then says what came instead."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


class Web:
    """gunicorn with its workers; started, asked, stopped."""

    def __init__(self, place: Place, ahead: float, **more: str) -> None:
        self.address = f"http://127.0.0.1:{postgres.free_port()}"
        self._environment = place.environment(
            STATION_BIND=self.address.removeprefix("http://"),
            **{"STATION_LOG_LEVEL": "ERROR", "STATION_WEB_WORKERS": "2", **timeshift.environment(ahead), **more},
        )
        self._log = place.folder / "web.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it answers."""
        given = {k: v for k, v in os.environ.items() if not k.startswith("STATION_")}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "drills.web:app"],
                cwd=ROOT,
                start_new_session=True,
                env=given | self._environment,
                stdout=log,
                stderr=log,
            )
        # Its own session keeps Ctrl-C of the drill away from it: so the drill takes it along when it is left that way.
        atexit.register(self.reap)
        deadline = time.monotonic() + 60
        while self.ask("/healthz").status != 200:
            if time.monotonic() > deadline:
                raise RuntimeError(f"gunicorn did not start: {self._log.read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> int | None:
        """SIGTERM; the exit code, or None after 30 seconds."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return None

    def worker_pids(self) -> set[str]:
        """The processes that answer, without the master."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return set(children.read_text().split())

    def kill(self) -> None:
        """SIGKILL to the master and its workers at one moment."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def reap(self) -> None:
        """End what is left of it; nothing where it has ended."""
        atexit.unregister(self.reap)
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def ask(self, path: str, token: str = "", given: Any = None, method: str | None = None, **headers: str) -> Answer:
        """GET, or POST (or `method`) what is given as JSON."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = None if given is None else json.dumps(given).encode()
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.address + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=15) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())
        except (OSError, http.client.HTTPException) as error:  # nobody answered, or was killed in mid-answer
            return Answer(0, {}, repr(error).encode())


def token_of_a_head(now: Any) -> str:
    """A token that may do what the station's administrator may."""
    account = accounts.create_account(Actor.system(), login="drill", name="演练", role="admin", now=now)
    return accounts.create_token(Actor.system(), account, "drill", now)
