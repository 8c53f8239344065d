"""The running service for browser tests: in this process, so that it lives on the tests' clock."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.serving import make_server

from inspect_station.accounts import service
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from tests.conftest import NOW


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address at which `app` answers for the length of the block."""
    server = make_server("127.0.0.1", 0, _at_once(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _at_once(app: Flask) -> Any:
    """Answers whose body is read and closed before any of it is sent.

    Where a browser hangs up in mid-answer, werkzeug's server leaves the body, often an open file, to the collector.
    """

    def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
        body = app(environ, start_response)
        try:
            return [b"".join(body)]
        finally:
            getattr(body, "close", lambda: None)()

    return answer


def login_link(address: str, login: str) -> str:
    """A one-time link, as `user reset` prints it."""
    with db.connection_context():
        return f"{address}/login/{service.issue_link(Actor.system(), service.find_login(login), NOW, 72)}"
