"""HOSTS: two hosts, each with pages and a worker, before one PostgreSQL. The one that leads is cut off, and comes back."""

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from drills import park, timeshift
from drills.ground import NOW, TODAY, Ground, Place
from drills.namespaces import Door, Net
from drills.pages import ROOT, token_of_a_head
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station.registry.models import Enterprise
from inspect_station.reminders import service
from inspect_station.reminders.models import Lease, Message

HOSTS = ("a", "b")
PEOPLE, BEFORE_THE_CUT = 8, 60
TAKEOVER_SECONDS, RETURN_SECONDS = 3 * 30 + 60, 30
_PORT = 8000


def run(ground: Ground) -> Iterator[Tally]:
    tally = Tally("two hosts, the leading one cut off")
    if "postgresql" not in ground.engines:
        tally.expect(False, "no PostgreSQL on this machine")
        yield tally
        return
    with Net(HOSTS) as net, Postmaster(seconds=0.4) as office:
        yield _Drill(ground.station("postgresql"), net, office, tally).run()


class _Drill:
    def __init__(self, place: Place, net: Net, office: Postmaster, tally: Tally) -> None:
        self.place, self.net, self.office, self.tally = place, net, office, tally
        self.ahead = timeshift.ahead_of_real_time()
        self.processes: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
        self.token = ""

    def run(self) -> Tally:
        with self.place.opened():
            park.fill(park.FIRMS, PEOPLE, [10] * park.FIRMS)
            service.tick(self.place.mailing(self.office.port), TODAY, NOW)
            self.token = token_of_a_head(NOW)
        database = urlsplit(self.place.url)
        assert database.port is not None
        with Door(self.net.here, database.port) as door, Door(self.net.here, self.office.port) as mail:
            url = f"postgresql://station@{self.net.here}:{door.port}{database.path}"
            for host in HOSTS:
                self._start(host, url, mail.port)
            try:
                self._cut_and_mend()
            finally:
                for process in self.processes.values():
                    process.terminate()
                for process in self.processes.values():
                    process.wait(40)
        self._finish()
        return self.tally

    def _start(self, host: str, url: str, mail: int) -> None:
        folder = self.place.folder / host
        folder.mkdir()
        mine = {k: v for k, v in os.environ.items() if not k.startswith("STATION_")}
        environment: Mapping[str, str] = mine | self.place.environment(
            STATION_DATA_DIR=str(folder), STATION_DATABASE_URL=url, STATION_BIND=f"{self.net.address(host)}:{_PORT}",
            STATION_SMTP_HOST=self.net.here, STATION_SMTP_PORT=str(mail), STATION_SMTP_TLS="none",
            STATION_MAIL_FROM="tx@station.example", STATION_MAIL_PDF="false", STATION_WEB_WORKERS="1",
            STATION_LOG_LEVEL="WARNING", **timeshift.environment(self.ahead),
        )  # fmt: skip
        commands = {"web": ["-m", "gunicorn", "drills.web:app"], "worker": ["-m", "drills.host_worker"]}
        for name, command in commands.items():
            with (folder / f"{name}.log").open("wb") as log:
                self.processes[host, name] = subprocess.Popen(
                    [*self.net.inside(host), sys.executable, *command],
                    cwd=ROOT,
                    env=environment,
                    stdout=log,
                    stderr=log,
                )

    def _cut_and_mend(self) -> None:
        for host in HOSTS:
            self._until(lambda host=host: self._ask(host, "/readyz") == 200, 60, f"host {host} ready")  # type: ignore[misc]
        self.tally.expect(self.office.await_arrivals(BEFORE_THE_CUT, 90), "no letters flow")
        leader = self._leader()
        other = next(host for host in HOSTS if host != leader)
        crowd = _Crowd(self, other)
        crowd.start()
        self.net.cut(leader)
        self.tally.given += 1
        begun = time.monotonic()
        took_over = self._until(lambda: self._leader() == other, TAKEOVER_SECONDS, "the other worker leads")
        seconds, before = time.monotonic() - begun, len(self.office.arrived)
        if took_over:
            self._until(lambda: len(self.office.arrived) > before, 90, "letters flow from the other host")
        flowing = time.monotonic() - begun
        self.net.mend(leader)
        self.tally.given += 1
        begun = time.monotonic()
        self._until(lambda: self._ask(leader, "/readyz") == 200, RETURN_SECONDS, "the cut host answers again")
        back = time.monotonic() - begun
        self._until(lambda: len(self.office.arrived) >= park.FIRMS * PEOPLE * 0.9, 120, "most letters out")
        self.acknowledged = crowd.stop()
        self.tally.expect_equal(crowd.refused, Counter(), "answers of the host that stayed")
        dead = [name for name, process in self.processes.items() if process.poll() is not None]
        self.tally.expect_equal(dead, [], "processes that ended by themselves")
        self.tally.remark(
            f"the other worker led after {seconds:.0f} s, its letters flowed after {flowing:.0f} s; "
            f"the host that came back was ready after {back:.0f} s; "
            f"{len(self.acknowledged)} writes acknowledged meanwhile by the host that stayed"
        )

    def _leader(self) -> str:
        with self.place.opened():
            lease = Lease.get_or_none(Lease.name == "timetable")
        pids = {str(process.pid): host for (host, name), process in self.processes.items() if name == "worker"}
        return pids.get(lease.holder.rpartition(":")[2], "") if lease else ""

    def _ask(self, host: str, path: str, body: bytes | None = None, **headers: str) -> int:
        request = urllib.request.Request(f"http://{self.net.address(host)}:{_PORT}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def write(self, host: str, name: str) -> int:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return self._ask(host, "/api/v1/enterprises", f'{{"name": "{name}"}}'.encode(), **headers)

    def _until(self, holds: Callable[[], bool], seconds: float, what: str) -> bool:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                self.tally.expect(False, f"not within {seconds:.0f} s: {what}; {self._logs()}")
                return False
            time.sleep(0.2)
        return True

    def _logs(self) -> str:
        logs = [Path(self.place.folder / host / f"{name}.log") for host, name in self.processes]
        return " | ".join(f"{log.parent.name}/{log.name}: {log.read_text()[-300:]}" for log in logs)

    def _finish(self) -> None:
        """What a cut sender had in hand has a lease; after it the letter goes again, flagged."""
        now = NOW + timedelta(hours=1)
        with self.place.opened():
            while service.deliver(self.place.mailing(self.office.port, mail_pdf=False), now, senders=4).total():
                now += timedelta(minutes=11)
            doubtful = {m for (m,) in Message.select(Message.message_id).where(Message.doubtful).tuples()}
            unsent = Message.select().where(Message.state != "sent").count()
            stored = {name for (name,) in Enterprise.select(Enterprise.name).tuples()}
        tally = self.tally
        tally.weigh(park.addresses(park.FIRMS, PEOPLE), Counter(recipient for recipient, _ in self.office.arrived))
        tally.uncertain = len(doubtful)
        twice = {m for (_, m), times in Counter(self.office.arrived).items() if times > 1}
        tally.lost += len(self.acknowledged - stored)
        tally.expect_equal((tally.lost, unsent), (0, 0), "lost, letters not sent in the end")
        tally.expect_equal(len(twice - doubtful), 0, "doubled and not flagged")


class _Crowd(threading.Thread):
    """Somebody who writes on the host that stays, all the while."""

    def __init__(self, drill: _Drill, host: str) -> None:
        super().__init__(daemon=True)
        self._drill, self._host, self._over = drill, host, threading.Event()
        self._acknowledged: set[str] = set()
        self.refused: Counter[int] = Counter()

    def run(self) -> None:
        for number in count(1):
            if self._over.wait(0.1):
                return
            name = f"第{number}两机有限公司"
            status = self._drill.write(self._host, name)
            if status == 201:
                self._acknowledged.add(name)
            else:
                self.refused[status] += 1

    def stop(self) -> set[str]:
        self._over.set()
        self.join(10)
        return self._acknowledged
