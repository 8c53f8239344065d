"""R5: a mail server that refuses, keeps silent, hangs up or shows a bad certificate; each five times.

5xx: one try, then the human list. 4xx and broken lines: again after 1, 5, 15, 60 minutes and then every four hours.
"""

import ssl
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drills import park
from drills.ground import NOW, TODAY, Ground, Place
from drills.postmaster import CLOSE, DOT, GREETING, HOLD, MAIL, MIDDLE, RCPT, TAKE_AND_CLOSE, Postmaster
from drills.tally import Tally
from inspect_station.config import Settings
from inspect_station.reminders import service
from inspect_station.reminders.channels import mail
from inspect_station.reminders.models import Attempt, Message
from tests import postgres

TIMES = 5
# When a letter refused for now is tried within the first 24 hours, in minutes.
_TRIED_AT = [0, 1, 6, 21, 81, 321, 561, 801, 1041, 1281]
_SHORT_SECONDS = 1  # how long a silent server is waited for here


@dataclass(frozen=True)
class Fault:
    """What the server does, how often each letter arrives in the end, and in which state it ends."""

    name: str
    point: str
    act: str
    arrivals: int = 1
    state: str = "sent"
    uncertain: bool | None = False  # None: may be either, as the sender cannot know
    tries_most: int = 2


FAULTS = (
    Fault("accepts and keeps silent", GREETING, HOLD),
    Fault("421 to the sender", MAIL, "421 closing"),
    Fault("421 to the recipient", RCPT, "421 closing"),
    Fault("450 to the recipient", RCPT, "450 busy"),
    Fault("451 after the text", DOT, "451 later"),
    Fault("550 to the recipient", RCPT, "550 no such mailbox", 0, "refused", tries_most=1),
    Fault("554 after the text", DOT, "554 no", 0, "refused", tries_most=1),
    Fault("hangs up within the text", MIDDLE, CLOSE, uncertain=None),
    Fault("hangs up after the dot, not taken", DOT, CLOSE, uncertain=True),
    Fault("hangs up after the dot, taken", DOT, TAKE_AND_CLOSE, 2, uncertain=True),
)


def run(ground: Ground) -> Iterator[Tally]:
    with _short_patience():
        for fault in FAULTS:
            yield _fault(ground.station("sqlite"), fault)
        yield _nobody_there(ground.station("sqlite"))
        yield _bad_certificate(ground.station("sqlite"), ground.folder)
    yield _slow(ground.station("sqlite"))
    yield _one_of_three(ground.station("sqlite"))
    yield _all_day(ground.station("sqlite"))


@contextmanager
def _short_patience() -> Iterator[None]:
    usual, mail.TIMEOUT_SECONDS = mail.TIMEOUT_SECONDS, _SHORT_SECONDS
    try:
        yield
    finally:
        mail.TIMEOUT_SECONDS = usual


def _owe(settings: Settings, people: int = 1) -> None:
    park.fill(TIMES, people, [10] * TIMES)
    service.tick(settings, TODAY, NOW)


def _until_nothing_waits(settings: Settings) -> None:
    for minute in range(0, 60):
        service.deliver(settings, NOW + timedelta(minutes=minute))


def _fault(place: Place, fault: Fault) -> Tally:
    tally = Tally(fault.name)
    with Postmaster() as office, place.opened():
        settings = place.mailing(office.port)
        _owe(settings)
        _arm(office, fault)
        _until_nothing_waits(settings)
        tally.given = sum(office.done[fault.point, act] for act in (fault.act,))
        letters = list(
            Message.select().where(Message.channel == "mail")
        )  # a refused one goes on to the telephone list
        _judge(tally, fault, office, letters)
    return tally


def _arm(office: Postmaster, fault: Fault) -> None:
    """A fault of the session strikes whoever comes; one of a letter strikes each letter once."""
    if fault.point in {GREETING, MAIL}:
        office.will(fault.point, *[fault.act] * TIMES)
    else:
        for firm in range(TIMES):
            office.will(fault.point, fault.act, recipient=park.address(firm, 0))


def _judge(tally: Tally, fault: Fault, office: Postmaster, letters: list[Message]) -> None:
    owed = park.addresses(TIMES, 1) if fault.arrivals else set()
    tally.weigh(owed, Counter(recipient for recipient, _ in office.arrived))
    tally.uncertain = sum(letter.doubtful for letter in letters)
    tally.expect_equal(tally.given, TIMES, "times the fault struck")
    tally.expect_equal({letter.state for letter in letters}, {fault.state}, "states in the end")
    tally.expect_equal(tally.lost, 0, "lost")
    tally.expect_equal(tally.doubled, TIMES * (fault.arrivals - 1) if fault.arrivals else 0, "doubled")
    if fault.uncertain is not None:
        tally.expect_equal(tally.uncertain, TIMES if fault.uncertain else 0, "flagged as uncertain")
    tally.expect_equal(len(office.kept), len(set(office.kept)), "letters at a receiver with keys")
    most = max(office.tries.values())
    tally.expect(most <= fault.tries_most, f"one recipient was tried {most} times")


def _nobody_there(place: Place) -> Tally:
    tally = Tally("connection refused")
    with Postmaster() as office, place.opened():
        dead, alive = place.mailing(postgres.free_port()), place.mailing(office.port)
        _owe(dead)
        for number in range(TIMES):
            done = service.deliver(dead, NOW + timedelta(minutes=number))
            tally.given += done["failed"]
            tally.expect_equal(dict(done), {"failed": 1}, "one try, and the others are spared")
        _until_nothing_waits(alive)
        tally.weigh(park.addresses(TIMES, 1), Counter(recipient for recipient, _ in office.arrived))
        tally.expect_equal((tally.lost, tally.doubled), (0, 0), "lost, doubled")
    return tally


def _bad_certificate(place: Place, folder: Path) -> Tally:
    tally = Tally("certificate nobody vouches for")
    with Postmaster(tls=_self_signed(folder)) as office, place.opened():
        settings = place.mailing(office.port, smtp_tls="tls")
        _owe(settings)
        for number in range(TIMES):
            tally.given += service.deliver(settings, NOW + timedelta(minutes=number))["failed"]
        said = [attempt.detail for attempt in Attempt.select()]
        tally.expect_equal(len(office.arrived), 0, "letters handed to whoever showed it")
        tally.expect(all("证书" in words for words in said), f"the reason does not name it: {said[:1]}")
    return tally


def _self_signed(folder: Path) -> ssl.SSLContext:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _slow(place: Place) -> Tally:
    tally = Tally("slow at every answer")
    with Postmaster(slow=0.1) as office, place.opened():
        settings = place.mailing(office.port)
        _owe(settings)
        tally.given = service.deliver(settings, NOW)["sent"]
        tally.weigh(park.addresses(TIMES, 1), Counter(recipient for recipient, _ in office.arrived))
        tally.expect_equal((tally.given, tally.lost, tally.doubled), (TIMES, 0, 0), "sent, lost, doubled")
    return tally


def _one_of_three(place: Place) -> Tally:
    tally = Tally("one of three recipients refused for now")
    with Postmaster() as office, place.opened():
        settings = place.mailing(office.port)
        _owe(settings, people=3)
        for firm in range(TIMES):
            office.will(RCPT, "450 busy", recipient=park.address(firm, 1))
        _until_nothing_waits(settings)
        tally.given = office.done[RCPT, "450 busy"]
        wanted = {park.address(f, p): 2 if p == 1 else 1 for f in range(TIMES) for p in range(3)}
        tally.weigh(park.addresses(TIMES, 3), Counter(recipient for recipient, _ in office.arrived))
        tally.expect_equal(dict(office.tries) == wanted, True, "only the refused one is tried again")
        tally.expect_equal((tally.lost, tally.doubled), (0, 0), "lost, doubled")
    return tally


def _all_day(place: Place) -> Tally:
    """The times of the tries of one letter that is refused for now all day."""
    tally = Tally("450 all day: when it is tried")
    with Postmaster() as office, place.opened():
        settings = place.mailing(office.port)
        park.fill(1, 1, [10])
        service.tick(settings, TODAY, NOW)
        office.will(RCPT, *["450 busy"] * 30)
        tried = [minute for minute in range(24 * 60) if _tries_at(settings, minute)]
        tally.given = len(tried)
        tally.expect_equal(tried, _TRIED_AT, "minutes of the tries")
    return tally


def _tries_at(settings: Settings, minute: int) -> bool:
    now = NOW + timedelta(minutes=minute)
    is_due: Callable[[], bool] = Message.select().where(Message.next_at <= now).exists
    return is_due() and bool(service.deliver(settings, now)["failed"])
