"""R3: PostgreSQL restarted in mid-batch, its sessions ended: nothing lost, and all works again without our doing."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import peewee

from drills import park, senders, timeshift
from drills.ground import NOW, TODAY, Ground, Place
from drills.pages import Web, token_of_a_head
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station.db import open_database
from inspect_station.reminders import service
from inspect_station.reminders.models import Message
from tests import postgres

PEOPLE, BETWEEN = 12, 60
WITHIN_SECONDS = 10


def run(ground: Ground) -> Iterator[Tally]:
    tally = Tally("PostgreSQL restarted, sessions ended")
    if "postgresql" not in ground.engines:
        tally.expect(False, "no PostgreSQL on this machine")
        yield tally
        return
    with postgres.server() as server, Postmaster(seconds=0.02) as office:
        yield _Drill(ground.station("postgresql", server), server, office, tally).run()


class _Drill:
    def __init__(self, place: Place, server: postgres.Server, office: Postmaster, tally: Tally) -> None:
        self.place, self.server, self.office, self.tally = place, server, office, tally
        self.settings = place.mailing(office.port)
        self.ahead = timeshift.ahead_of_real_time()
        self.web = Web(place, self.ahead)
        self.token = ""
        self.longest = 0.0

    def run(self) -> Tally:
        with self.place.opened():
            park.fill(park.FIRMS, PEOPLE, [10] * park.FIRMS)
            service.tick(self.settings, TODAY, NOW)
            self.token = token_of_a_head(NOW)
        self.web.start()
        worker = senders.start(senders.work, self.settings, self.ahead)
        self._until(lambda: self.web.ask("/readyz").status == 200, 30, "ready before the fault")
        for fault in (self._end_sessions, self._restart, self._crash):
            self.tally.expect(self.office.await_arrivals(len(self.office.arrived) + BETWEEN), "no letters flow")
            fault()
            self.tally.given += 1
            self._works_again()
        self.tally.expect(worker.is_alive(), "the worker ended by itself")
        senders.end(worker)
        self.tally.expect_equal(self.web.stop(), 0, "exit code of gunicorn")
        self._finish()
        return self.tally

    # --- the faults -----------------------------------------------------------------------------------------------

    def _end_sessions(self) -> None:
        control: peewee.Database = open_database(self.server.url)
        with control.connection_context():
            control.execute_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
        control.close_all()  # type: ignore[attr-defined]

    def _restart(self) -> None:
        self.server.stop("fast")
        self._is_down()
        self.server.start()

    def _crash(self) -> None:
        self.server.stop("immediate")
        self._is_down()
        self.server.start()

    def _is_down(self) -> None:
        """Meanwhile people are told to come back."""
        answers = {path: self.web.ask(path, self.token) for path in ("/login", "/due", "/api/v1/due", "/readyz")}
        for path, answer in answers.items():
            self.tally.expect_equal(answer.status, 503, f"{path} while the database is down")
            self.tally.expect("Retry-After" in answer.headers, f"{path} says no Retry-After")
        self.tally.expect_equal(self.web.ask("/healthz").status, 200, "/healthz while the database is down")

    # --- afterwards -----------------------------------------------------------------------------------------------

    def _works_again(self) -> None:
        begun, before = time.monotonic(), len(self.office.arrived)
        self._until(self._all_well, WITHIN_SECONDS, "pages well again")
        self._until(lambda: len(self.office.arrived) > before + 8, WITHIN_SECONDS, "letters flow again")
        self.longest = max(self.longest, time.monotonic() - begun)

    def _all_well(self) -> bool:
        asked = [self.web.ask("/login"), self.web.ask("/api/v1/due", self.token), self.web.ask("/readyz")]
        return {answer.status for answer in asked} == {200}

    def _until(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                self.tally.expect(False, f"not within {seconds:.0f} s: {what}")
                return
            time.sleep(0.05)

    def _finish(self) -> None:
        now = NOW + timedelta(hours=1)
        with self.place.opened():
            while service.deliver(self.settings, now, senders=4).total():
                now += timedelta(minutes=11)
            doubtful = {m for (m,) in Message.select(Message.message_id).where(Message.doubtful).tuples()}
            unsent = Message.select().where(Message.state != "sent").count()
        tally = self.tally
        tally.weigh(park.addresses(park.FIRMS, PEOPLE), Counter(recipient for recipient, _ in self.office.arrived))
        tally.uncertain = len(doubtful)
        twice = {m for (_, m), count in Counter(self.office.arrived).items() if count > 1}
        tally.expect_equal(tally.lost, 0, "lost")
        tally.expect_equal(len(twice - doubtful), 0, "doubled and not flagged")
        tally.expect_equal(unsent, 0, "letters not sent in the end")
        tally.remark(f"all well again after at most {self.longest:.1f} s; 503 with Retry-After meanwhile")
