"""R20: the worker killed, the mail server gone, backup and letters grown old: each seen where people and machines look."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from drills import park, senders, timeshift
from drills.ground import NOW, TODAY, Ground, Place
from drills.pages import Web, token_of_a_head
from drills.tally import Tally
from inspect_station import clock
from inspect_station.accounts import station
from inspect_station.backup.service import LAST_BACKUP
from inspect_station.reminders import service
from inspect_station.reminders.alarms import BEAT_SECONDS
from inspect_station.reminders.models import Message
from inspect_station.settings import checks
from tests import postgres

INTERVALS = 2
_SCRAPE = 1.0


def run(ground: Ground) -> Iterator[Tally]:
    yield _Drill(ground.station(ground.engines[-1])).run()


class _Drill:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.ahead = timeshift.ahead_of_real_time()
        self.tally = Tally(f"worker, mail, queue, backup, {place.engine}")
        self.settings = place.mailing(postgres.free_port())  # nobody listens there
        self.web = Web(place, self.ahead)
        self.token = ""

    def run(self) -> Tally:
        with self.place.opened():
            park.fill(3, 1, [10] * 3)
            self.token = token_of_a_head(NOW)
            station.put(LAST_BACKUP, {"at": NOW.isoformat(), "bytes": 1}, NOW)
            service.tick(self.settings, TODAY, NOW)
        self.web.start()
        worker = senders.start(senders.work, self.settings, self.ahead)
        try:
            self._await("worker", False, 30)
            self._seen("channel", "没有成功", 2 * 60)
        finally:
            senders.kill(worker)
        self._seen("worker", "没有动静", INTERVALS * BEAT_SECONDS + 2)
        self._grow_old()
        self._seen("backup", "上次备份在", _SCRAPE)
        self._seen("queue", "该发而未发", _SCRAPE)
        self.web.stop()
        return self.tally

    def _grow_old(self) -> None:
        with self.place.opened():
            old = NOW - timedelta(days=3)
            station.put(LAST_BACKUP, {"at": old.isoformat(), "bytes": 1}, old)
            Message.update(next_at=NOW - timedelta(hours=1), state="queued", lease_until=None).execute()

    def _seen(self, code: str, words: str, within: float) -> None:
        """In the metrics within the time, and then in `doctor` and on the head's page."""
        begun = time.monotonic()
        if not self._await(code, True, within):
            return
        seconds = time.monotonic() - begun
        with self.place.opened():
            shifted = clock.now() + timedelta(seconds=self.ahead)
            told = [c for c in checks.run_all(self.settings, shifted) if words in c.text and c.level != "ok"]
        self.tally.expect(bool(told), f"{code}: doctor says nothing")
        page = self.web.ask("/workload", self.token).body.decode()
        self.tally.expect(words in page, f"{code}: not on the head's page")
        self.tally.given += 1
        self.tally.remark(f"{code}: in the metrics after {seconds:.0f} s, in doctor, on the page")

    def _await(self, code: str, rings: bool, within: float) -> bool:
        return self._until(lambda: self._figure(code) is rings, within, f"{code} {'rings' if rings else 'is silent'}")

    def _figure(self, code: str) -> bool | None:
        found = re.search(rf'station_alarms\{{what="{code}"\}} (\S+)', self.web.ask("/metrics").body.decode())
        return float(found.group(1)) > 0 if found else None

    def _until(self, holds: Callable[[], bool], seconds: float, what: str) -> bool:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                self.tally.expect(False, f"not within {seconds:.0f} s: {what}")
                return False
            time.sleep(0.3)
        return True
