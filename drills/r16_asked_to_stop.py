"""R16: SIGTERM to the web server and to workers at random moments: gone in time, with 0, nothing lost or doubled."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from random import Random

from drills import park, postmaster, senders, timeshift
from drills.ground import NOW, TODAY, Ground, Place
from drills.pages import Web, token_of_a_head
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station.registry.models import Enterprise
from inspect_station.reminders import service
from inspect_station.reminders.models import Message

TERMS_OF_THE_WEB, TERMS_OF_WORKERS, WRITERS = 6, 7, 4
PEOPLE = 8
IN_TIME_SECONDS = 30


def run(ground: Ground) -> Iterator[Tally]:
    engine = ground.engines[-1]
    yield _workers(ground.station("sqlite"))
    yield _workers(ground.station(engine))
    yield _silent_server(ground.station("sqlite"))
    yield _web(ground.station(engine))


# --- workers ------------------------------------------------------------------------------------------------------


def _workers(place: Place) -> Tally:
    tally, random, ahead = Tally(f"SIGTERM to workers, {place.engine}"), Random(16), timeshift.ahead_of_real_time()
    with Postmaster(seconds=0.02) as office:
        settings = place.mailing(office.port)
        with place.opened():
            park.fill(park.FIRMS, PEOPLE, [10] * park.FIRMS)
            service.tick(settings, TODAY, NOW)
        for _ in range(TERMS_OF_WORKERS):
            worker = senders.start(senders.work, settings, ahead)
            office.await_arrivals(len(office.arrived) + random.randint(1, 25))
            worker.join(random.uniform(0, 0.03))
            _end(worker, tally)
        with place.opened():
            while service.deliver(settings, NOW, senders=4).total():
                pass
            _count(tally, office)
    return tally


def _end(worker: object, tally: Tally) -> float:
    begun = time.monotonic()
    code = senders.end(worker)
    seconds = time.monotonic() - begun
    tally.expect_equal(code, 0, f"exit code after {seconds:.1f} s")
    tally.given += 1
    return seconds


def _count(tally: Tally, office: Postmaster) -> None:
    tally.weigh(park.addresses(park.FIRMS, PEOPLE), Counter(recipient for recipient, _ in office.arrived))
    tally.uncertain = Message.select().where(Message.doubtful).count()
    tally.expect_equal((tally.lost, tally.doubled, tally.uncertain), (0, 0, 0), "lost, doubled, uncertain")


def _silent_server(place: Place) -> Tally:
    """A letter in hand that nobody answers must not keep the worker; it is tried again later."""
    tally = Tally("SIGTERM while a mail server is silent")
    with Postmaster() as office:
        settings = place.mailing(office.port)
        with place.opened():
            park.fill(1, 1, [10])
            service.tick(settings, TODAY, NOW)
        office.will(postmaster.GREETING, postmaster.HOLD)
        worker = senders.start(senders.work, settings, timeshift.ahead_of_real_time())
        tally.expect(office.held.wait(30), "the sender never came")
        seconds = _end(worker, tally)
        tally.expect(seconds <= IN_TIME_SECONDS, f"gone after {seconds:.0f} s only")
        tally.remark(f"gone after {seconds:.0f} s; the letter keeps its lease and is tried again")
    return tally


# --- the web ------------------------------------------------------------------------------------------------------


def _web(place: Place) -> Tally:
    """People write while the server is stopped; whoever got no answer asks again with the same key."""
    tally, random = Tally(f"SIGTERM to gunicorn under POSTs, {place.engine}"), Random(61)
    web = Web(place, timeshift.ahead_of_real_time())
    with place.opened():
        writers = _Writers(web, token_of_a_head(NOW))
    for _ in range(TERMS_OF_THE_WEB):
        web.start()
        writers.write_until_cut(lambda: time.sleep(random.uniform(0.1, 0.7)), lambda: _stop(web, tally))
    web.start()
    writers.ask_again()
    web.stop()
    with place.opened():
        rows = Counter(name for (name,) in Enterprise.select(Enterprise.name).tuples())
    tally.weigh(writers.acknowledged, rows)
    tally.expect_equal((tally.lost, tally.doubled), (0, 0), "lost, doubled")
    tally.expect_equal(writers.refused, [], "answers that are neither success nor “come back”")
    tally.remark(f"{len(writers.acknowledged)} writes acknowledged, {writers.cut} cut off and asked again")
    return tally


def _stop(web: Web, tally: Tally) -> None:
    begun = time.monotonic()
    tally.expect_equal(web.stop(), 0, f"exit code after {time.monotonic() - begun:.1f} s")
    tally.given += 1


class _Writers:
    """Several people who add enterprises as fast as they are answered."""

    def __init__(self, web: Web, token: str) -> None:
        self._web, self._token, self._numbers = web, token, count(1)
        self._open: list[int] = []
        self._stop = threading.Event()
        self.acknowledged: set[str] = set()
        self.refused: list[int] = []
        self.cut = 0

    def write_until_cut(self, wait: object, cut: object) -> None:
        assert callable(wait)
        assert callable(cut)
        self._stop.clear()
        threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        wait()
        cut()
        self._stop.set()
        for thread in threads:
            thread.join()

    def _write(self) -> None:
        while not self._stop.is_set():
            self._add(next(self._numbers))

    def _add(self, number: int) -> None:
        name = f"第{number:05}写入有限公司"
        answer = self._web.ask(
            "/api/v1/enterprises", self._token, {"name": name}, **{"Idempotency-Key": f"drill-{number}"}
        )
        if answer.status == 201:
            self.acknowledged.add(name)
        elif answer.status in {0, 503}:
            self.cut += 1
            self._open.append(number)
            time.sleep(0.02)
        else:
            self.refused.append(answer.status)

    def ask_again(self) -> None:
        waiting, self._open = self._open, []
        for number in waiting:
            self._add(number)
        assert not self._open
