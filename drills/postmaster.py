"""A real SMTP server on this machine that can stand still, hang up or refuse at every point of a letter."""

import socketserver
import ssl
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from email.parser import BytesHeaderParser
from types import TracebackType
from typing import Any

# The points of a letter, in order.
GREETING, MAIL, RCPT, DATA, MIDDLE, DOT = "greeting", "mail", "rcpt", "data", "middle", "dot"
# What may be done there besides answering with a line of one's own.
HOLD, CLOSE, TAKE_AND_CLOSE = "hold", "close", "take and close"
_LONGEST_HOLD = 120


class Postmaster:
    """What arrived, in order; and what is done at each point: a list of acts, used up one by one, then all is well.

    `arrived` is what a receiver without memory has; `kept` what one has that drops a repeated Message-ID.
    """

    def __init__(self, seconds: float = 0.0, tls: ssl.SSLContext | None = None, slow: float = 0.0) -> None:
        self.seconds = seconds  # how long it thinks before it takes a letter
        self.slow = slow  # how long it thinks before every answer
        self.tls = tls
        self.arrived: list[tuple[str, str]] = []
        self.kept: list[tuple[str, str]] = []
        self.letters: list[bytes] = []
        self.held = threading.Event()
        self.tries: Counter[str] = Counter()
        self.done: Counter[tuple[str, str]] = Counter()
        self._acts: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.office = self

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def will(self, point: str, *acts: str, recipient: str = "") -> None:
        """Do these at a point, the first time the first; for one recipient, or for whoever comes."""
        self._acts[point, recipient] += acts

    def act(self, point: str, recipient: str = "") -> str:
        with self._lock:
            waiting = self._acts[point, recipient] or self._acts[point, ""]
            act = waiting.pop(0) if waiting else ""
            self.done[point, act] += 1
            return act

    def take(self, recipients: Sequence[str], content: bytes) -> None:
        # The head alone: taking a letter's files apart would cost more than sending it.
        message_id = str(BytesHeaderParser().parsebytes(content)["Message-ID"]).strip()
        with self._lock:
            self.letters.append(content)
            for recipient in recipients:
                self.arrived.append((recipient, message_id))
                if message_id not in self._seen:
                    self.kept.append((recipient, message_id))
            self._seen.add(message_id)

    def await_arrivals(self, count: int, seconds: float = 30) -> bool:
        """Wait until so many letters have arrived in all."""
        deadline = time.monotonic() + seconds
        while len(self.arrived) < count and time.monotonic() < deadline:
            time.sleep(0.002)
        return len(self.arrived) >= count

    def __enter__(self) -> "Postmaster":
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128
    office: Postmaster

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that was killed or hung up is what we are here for."""


class _HungUp(Exception):
    """The session is over."""


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def setup(self) -> None:
        self.office = self.server.office
        if self.office.tls is not None:
            self.request = self.office.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.recipients: list[str] = []

    def handle(self) -> None:
        try:
            self.at(GREETING, "220 ready")
            while True:
                self.obey(self.line())
        except (_HungUp, OSError):
            return

    def line(self) -> bytes:
        got = self.rfile.readline()
        if not got:
            raise _HungUp
        return got

    def say(self, words: str) -> None:
        if self.office.slow:
            time.sleep(self.office.slow)
        self.wfile.write(words.encode() + b"\r\n")

    def at(self, point: str, otherwise: str) -> bool:
        """Do what is to be done at this point; whether all is well."""
        act = self.office.act(point, self.recipients[0] if self.recipients else "")
        if act == HOLD:
            self.hold()
        if act in {CLOSE, TAKE_AND_CLOSE}:
            raise _HungUp
        self.say(act or otherwise)
        if act.startswith("421"):
            raise _HungUp
        return not act

    def hold(self) -> None:
        """Stand still until the other side is gone."""
        self.office.held.set()
        self.request.settimeout(_LONGEST_HOLD)
        while self.rfile.readline():
            pass
        raise _HungUp

    def obey(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb in {b"EHLO", b"HELO", b"NOOP", b"RSET"}:
            self.recipients = []
            self.say("250 ok")
        elif verb == b"MAIL":
            self.recipients = []
            self.at(MAIL, "250 ok")
        elif verb == b"RCPT":
            self.addressed(line.decode("ascii", "replace").partition("<")[2].partition(">")[0])
        elif verb == b"DATA":
            if self.at(DATA, "354 go on"):
                self.content()
        elif verb == b"QUIT":
            self.say("221 bye")
            raise _HungUp
        else:
            self.say("502 what?")

    def addressed(self, recipient: str) -> None:
        self.office.tries[recipient] += 1
        self.recipients.append(recipient)
        if not self.at(RCPT, "250 ok"):
            self.recipients.remove(recipient)

    def content(self) -> None:
        lines: list[bytes] = []
        while (line := self.line()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
            if len(lines) == 1:
                self.in_the_middle()
        if self.office.seconds:
            time.sleep(self.office.seconds)
        act = self.office.act(DOT, self.recipients[0])
        if act in {"", HOLD, TAKE_AND_CLOSE}:
            self.office.take(self.recipients, b"".join(lines))
        if act == HOLD:
            self.hold()
        if act in {CLOSE, TAKE_AND_CLOSE}:
            raise _HungUp
        self.say(act or "250 taken")

    def in_the_middle(self) -> None:
        if self.office.act(MIDDLE, self.recipients[0]) == CLOSE:
            raise _HungUp
