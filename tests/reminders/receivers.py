"""Real HTTP servers on this machine that behave like robots and gateways: limits, blocks, error codes in 200 answers."""

import base64
import hmac
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

OK = {"errcode": 0, "errmsg": "ok", "code": 0}


@dataclass
class Got:
    """One request as it arrived; `at` by the receiver's clock."""

    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    raw: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Answer:
    status: int = 200
    body: Any = field(default_factory=lambda: dict(OK))
    headers: dict[str, str] = field(default_factory=dict)
    slow: float = 0.0  # seconds between the pieces of the body
    hang_up: bool = False


class Receiver:
    """Takes what comes; answers what is waiting for a path, one by one, then what `rule` says, else all is well."""

    def __init__(self) -> None:
        self.port = 0
        self.got: list[Got] = []
        self.taken: list[Got] = []
        self.waiting: dict[str, list[Answer]] = {}
        self.rule: Callable[[Got], Answer] | None = None
        self.clock: Callable[[], float] = time.time
        self.lock = threading.Lock()

    def address(self, path: str = "/robot?key=abcd-efgh", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def will_answer(self, *answers: Answer, path: str = "/robot") -> None:
        self.waiting.setdefault(path, []).extend(answers)

    def answer(self, got: Got) -> Answer:
        with self.lock:
            self.got.append(got)
            waiting = self.waiting.get(got.path)
            found = waiting.pop(0) if waiting else self.rule(got) if self.rule else Answer()
            if found.status == 200 and isinstance(found.body, dict) and 0 in found.body.values():
                self.taken.append(got)
            return found


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        got = Got(parts.path, parse_qs(parts.query), dict(self.headers), raw, self.receiver.clock())
        answer = self.receiver.answer(got)
        self.close_connection = True
        if answer.hang_up:
            return
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body, ensure_ascii=False).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(body)), "Connection": "close", **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self._write(body, answer.slow)

    def _write(self, body: bytes, slow: float) -> None:
        try:
            for piece in [body[i : i + 1] for i in range(len(body))] if slow else [body]:
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(slow)
        except OSError:
            pass  # the other side had enough

    do_POST = do_GET = _serve  # noqa: N815 - the names http.server calls

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def receiver(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    made = Receiver()
    handler = type("Handler", (_Handler,), {"receiver": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that turned away
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Limited:
    """A robot that counts: more than `most` in any minute are refused, and block it for `block` seconds."""

    def __init__(self, most: int, block: float, refusal: dict[str, Any]) -> None:
        self.most, self.block, self.refusal = most, block, refusal
        self.moments: dict[str, list[float]] = {}
        self.blocked_until: dict[str, float] = {}
        self.broken = 0

    def __call__(self, got: Got) -> Answer:
        key = "&".join(sorted(v for values in got.query.values() for v in values if len(v) < 20)) or got.path
        recent = [m for m in self.moments.get(key, []) if got.at - m < 60]
        if got.at < self.blocked_until.get(key, 0) or len(recent) >= self.most:
            self.broken += 1
            self.blocked_until[key] = max(self.blocked_until.get(key, 0), got.at + self.block)
            return Answer(body=self.refusal)
        self.moments[key] = [*recent, got.at]
        return Answer()


def dingtalk_signature(secret: str, moment: str) -> str:
    digest = hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), "sha256").digest()
    return base64.b64encode(digest).decode()


def feishu_signature(secret: str, moment: str) -> str:
    digest = hmac.new(f"{moment}\n{secret}".encode(), b"", "sha256").digest()
    return base64.b64encode(digest).decode()
