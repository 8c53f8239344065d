"""R1: the sender is killed at named points and at random; then the rest is delivered and all is counted.

Exactly-once mail does not exist: a letter whose sender died between the final dot and the mark goes again. It must
be flagged, and it carries the same Message-ID, so that a receiver that keeps them has it once.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from drills import park, postmaster, senders
from drills.ground import NOW, TODAY, Ground, Place
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.reminders import service
from inspect_station.reminders.models import Message, OwedStep

PEOPLE = 28  # of each of 55 firms: 1 540 letters
KILLS_AT_A_POINT, RANDOM_KILLS = 5, 60
# (point, who can stand still there, whether the receiver may have the letter by then)
POINTS = (
    (senders.CLAIMING, "sender", False),
    (senders.CLAIMED, "sender", False),
    (postmaster.GREETING, "server", False),
    (postmaster.RCPT, "server", False),
    (senders.HALF_SENT, "sender", False),
    (postmaster.DOT, "server", True),
    (senders.TAKEN, "sender", True),
    (senders.MARKED, "sender", False),
)


def run(ground: Ground) -> Iterator[Tally]:
    for engine in ground.engines:
        yield _on(ground.station(engine))


def _on(place: Place) -> Tally:
    tally = Tally(f"sender killed, {place.engine}")
    with Postmaster() as office:
        drill = _Drill(place, office, tally)
        with place.opened():
            park.fill(park.FIRMS, PEOPLE, [10] * park.FIRMS)
            service.tick(drill.settings, TODAY, NOW)
        for point, stands, may_have_it in POINTS:
            for _ in range(KILLS_AT_A_POINT):
                drill.kill_at(point, stands, may_have_it)
        for _ in range(RANDOM_KILLS):
            drill.kill_somewhere()
        drill.finish()
    return tally


class _Drill:
    def __init__(self, place: Place, office: Postmaster, tally: Tally) -> None:
        self.place, self.office, self.tally = place, office, tally
        self.settings: Settings = place.mailing(office.port)
        self.random = Random(1)
        self.before_the_dot: set[str] = set()  # Message-IDs in a killed sender's hand that cannot have been taken
        self.in_hand: set[str] = set()

    def kill_at(self, point: str, stands: str, may_have_it: bool) -> None:
        letter = self.random.randint(1, 4)
        listen, word = senders.pipe()
        if stands == "server":
            # A greeting is given once for a connection; at the other points some letters pass first.
            self.office.held.clear()
            self.office.will(point, *[""] * (0 if point == postmaster.GREETING else letter - 1), postmaster.HOLD)
            victim = senders.start(senders.deliver, self.settings, NOW)
            reached = self.office.held.wait(60)
        else:
            victim = senders.start(senders.deliver_and_stand, self.settings, NOW, point, letter, word)
            word.close()
            reached = listen.poll(60)
        listen.close()
        killed = senders.kill(victim)
        self.tally.expect(reached and killed, f"the sender was not killed at “{point}”")
        self.tally.given += killed
        self._note(may_have_it)

    def kill_somewhere(self) -> None:
        """After a few letters more, and then somewhere within the next one."""
        wanted = len(self.office.arrived) + self.random.randint(0, 20)
        victim = senders.start(senders.deliver, self.settings, NOW)
        self.office.await_arrivals(wanted + 1)
        victim.join(self.random.uniform(0, 0.01))
        self.tally.given += senders.kill(victim)
        self._note(True)

    def _note(self, may_have_it: bool) -> None:
        with self.place.opened():
            claimed = {m for (m,) in Message.select(Message.message_id).where(Message.state == "claimed").tuples()}
        if not may_have_it:
            self.before_the_dot |= claimed - self.in_hand
        self.in_hand |= claimed

    def finish(self) -> None:
        now: datetime = NOW + timedelta(minutes=11)
        with self.place.opened():
            while service.deliver(self.settings, now, senders=4).total():
                now += timedelta(minutes=1)
        with self.place.opened():
            self._count()

    def _count(self) -> None:
        tally = self.tally
        owed = park.addresses(park.FIRMS, PEOPLE)
        tally.weigh(owed, Counter(recipient for recipient, _ in self.office.arrived))
        doubtful = {m for (m,) in Message.select(Message.message_id).where(Message.doubtful).tuples()}
        twice = {m for (_, m), count in Counter(self.office.arrived).items() if count > 1}
        tally.uncertain = len(doubtful)
        tally.expect_equal(tally.lost, 0, "lost")
        tally.expect(tally.doubled <= tally.given, "more doubled than killed")
        tally.expect_equal(len(twice & self.before_the_dot), 0, "doubled by a kill before the final dot")
        tally.expect_equal(len(twice - doubtful), 0, "doubled and not flagged")
        tally.expect_equal(len(self.office.kept) - len(set(self.office.kept)), 0, "doubled at a receiver with keys")
        tally.expect_equal(len(self.office.kept), len(owed), "letters at a receiver with keys")
        tally.expect_equal(tally.given, len(POINTS) * KILLS_AT_A_POINT + RANDOM_KILLS, "kills delivered")
        tally.expect_equal(_unsent(), 0, "letters or steps not marked sent")
        tally.remark(f"{len(owed)} letters; with keys at the receiver 0 doubled")


def _unsent() -> int:
    assert not db.is_closed()
    unsent = Message.select().where(Message.state != "sent").count()
    return int(unsent + OwedStep.select().where(OwedStep.state != "sent").count())
