"""R19: twenty people, an import and four senders on one SQLite file: nobody is told that the database is locked."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from random import Random

from drills import park, scale, senders, timeshift
from drills.ground import NOW, TODAY, Ground, Place
from drills.pages import ROOT, Web, token_of_a_head
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.reminders import service
from tests.registry.ledgers import books

PEOPLE, SECONDS, ROWS = 20, scale.times(20, 60), scale.times(3_000, 20_000)
_PAGES = (
    "/due",
    "/api/v1/due?per_page=50",
    "/equipment",
    "/enterprises",
    "/reminders",
    "/api/v1/equipment",
    "/workload",
)


def run(ground: Ground) -> Iterator[Tally]:
    yield _busy(ground.station("sqlite"))


def _busy(place: Place) -> Tally:
    tally, ahead = Tally(f"{PEOPLE} people, import, 4 senders, {SECONDS} s"), timeshift.ahead_of_real_time()
    web = Web(place, ahead, STATION_WEB_THREADS="10")
    rows = [["单位名称", "设备名称", "位号", "设备类别"]] + [
        ["繁忙化工", "反应釜", f"V-{n}", "第二类压力容器"] for n in range(ROWS)
    ]
    ledger = books.xlsx(place.folder / "busy.xlsx", {"台账": rows})
    with Postmaster(seconds=0.01) as office:
        settings = place.mailing(office.port, mail_pdf=False)
        with place.opened():
            park.fill(park.FIRMS, 20, [10] * 500)
            service.tick(settings, TODAY, NOW)
            token = token_of_a_head(NOW)
        web.start()
        sending = senders.start(senders.deliver, settings, NOW, 4)
        importing = subprocess.Popen(
            [sys.executable, "-m", "inspect_station", "import", str(ledger)], cwd=ROOT, env=_environment(place),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        crowd = _Crowd(web, token)
        crowd.ask_for(SECONDS)
        said = importing.communicate(timeout=300)[0]
        sending.join(120)
        log = (place.folder / "web.log").read_text()
        web.stop()
        with place.opened():
            stored = {name for (name,) in Enterprise.select(Enterprise.name).tuples()}
            imported = Equipment.select().where(Equipment.own_number.startswith("V-")).count()
        arrived = Counter(office.arrived)
    tally.given = sum(crowd.statuses.values())
    tally.lost = len(crowd.acknowledged - stored)
    tally.doubled = sum(n - 1 for n in arrived.values())
    faults = {status: n for status, n in crowd.statuses.items() if status == 0 or status >= 500}
    tally.expect_equal(faults, {}, "answers that are faults, or none within 15 s")
    tally.expect_equal((crowd.locked, log.count("locked")), (0, 0), "“locked” shown, in the log")
    tally.expect_equal((importing.returncode, imported), (0, ROWS), f"import’s exit code and devices ({said[-200:]})")
    tally.expect_equal((tally.lost, tally.doubled, sending.exitcode), (0, 0, 0), "lost, doubled, senders’ exit code")
    slow = sorted(crowd.seconds)
    tally.remark(
        f"{len(crowd.acknowledged)} writes, {len(arrived)} letters, {imported} devices imported; answers p50 "
        f"{slow[len(slow) // 2] * 1000:.0f} ms, p99 {slow[len(slow) * 99 // 100] * 1000:.0f} ms; "
        f"“database is locked” shown {crowd.locked} times"
    )
    return tally


def _environment(place: Place) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("STATION_")} | place.environment()


class _Crowd:
    """People who read, and write now and then, as fast as they are answered."""

    def __init__(self, web: Web, token: str) -> None:
        self._web, self._token, self._numbers = web, token, count(1)
        self.statuses: Counter[int] = Counter()
        self.acknowledged: set[str] = set()
        self.seconds: list[float] = []
        self.locked = 0

    def ask_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=self._ask, args=(n, until)) for n in range(PEOPLE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _ask(self, number: int, until: float) -> None:
        random = Random(number)
        while time.monotonic() < until:
            begun = time.monotonic()
            if random.random() < 0.25:
                name = f"第{next(self._numbers)}繁忙有限公司"
                answer = self._web.ask("/api/v1/enterprises", self._token, {"name": name})
                if answer.status == 201:
                    self.acknowledged.add(name)
            else:
                answer = self._web.ask(random.choice(_PAGES), self._token)
            self.seconds.append(time.monotonic() - begun)
            self.statuses[answer.status] += 1
            self.locked += b"locked" in answer.body
