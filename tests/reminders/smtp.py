"""A real SMTP server on this machine that behaves as badly as it is told to."""

import asyncio
import socket
import ssl
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from inspect_station.config import Settings
from tests.reminders import park

# How the server ends a transaction that it does not simply answer.
CLOSE_MID_DATA, CLOSE_AFTER_DOT = "close mid DATA", "close after the dot"


class _Rude(SMTP):
    async def smtp_DATA(self, arg: str) -> None:
        if self.event_handler.next_answer(self.envelope, "DATA") == CLOSE_MID_DATA:
            await self.push("354 go on")
            await asyncio.sleep(0.02)
            self.transport.close()
            return
        await super().smtp_DATA(arg)


class Postbox:
    """What arrived, and what each recipient is answered: a list of answers, used up one by one; then all is well."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, EmailMessage]] = []
        self.tries: dict[str, int] = defaultdict(int)
        self.answers: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.port = 0

    def will_answer(self, recipient: str, *answers: str, at: str = "RCPT") -> None:
        self.answers[recipient, at] += answers

    def next_answer(self, envelope: Any, at: str) -> str:
        recipient = envelope.rcpt_tos[0] if envelope.rcpt_tos else ""
        waiting = self.answers[recipient, at]
        return waiting.pop(0) if waiting else ""

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        self.tries[address] += 1
        waiting = self.answers[address, "RCPT"]
        if waiting:
            return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        answer = self.next_answer(envelope, "END")
        if answer and answer != CLOSE_AFTER_DOT:
            return answer
        for recipient in envelope.rcpt_tos:
            mail = message_from_bytes(envelope.content, policy=policy.default)
            self.arrived.append((recipient, mail))  # type: ignore[arg-type]
        if answer == CLOSE_AFTER_DOT:
            server.transport.close()
        return "250 taken"

    def recipients(self) -> list[str]:
        return sorted(recipient for recipient, _ in self.arrived)

    def settings(self, data_dir: Any, **more: Any) -> Settings:
        given = {
            "smtp_host": "127.0.0.1",
            "smtp_port": self.port,
            "smtp_tls": "none",
            "mail_from": "tixing@station.example",
        }
        return park.settings(data_dir, **given | more)


class _Server(Controller):
    starttls: ssl.SSLContext | None = None

    def factory(self) -> SMTP:
        # Named, else it asks the DNS for its name.
        return _Rude(
            self.handler, hostname="localhost", tls_context=self.starttls, require_starttls=bool(self.starttls)
        )


@contextmanager
def postbox(tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> Iterator[Postbox]:
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        box.port = probe.getsockname()[1]
    server = _Server(box, hostname="127.0.0.1", port=box.port, ssl_context=tls)
    server.starttls = starttls
    server.start()
    try:
        yield box
    finally:
        server.stop()
