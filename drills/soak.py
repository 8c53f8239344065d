"""SOAK: mixed load for minutes with a kill every minute: errors shown to people 0, nothing lost, memory level.

Not among the rows that run by themselves: `python -m drills SOAK`, five minutes; FULL=1: twenty.
"""

import os
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count

from drills import park, scale, senders, timeshift
from drills.ground import NOW, TODAY, Ground, Place
from drills.pages import Answer, Web, token_of_a_head
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.reminders import service
from inspect_station.reminders.models import Message

SECONDS, EVERY, PEOPLE = scale.times(5 * 60, 20 * 60), 60, 6
_LOOK = 10  # seconds from one look at the memory to the next
_PAGES = (
    "/due",
    "/api/v1/due?per_page=50",
    "/equipment",
    "/enterprises",
    "/reminders",
    "/workload",
    "/cases",
    "/plan/",
    "/clinic",
)
_DEVICES = 5_000
# Of what people send, most corrects something: a park that grew a hundredfold in a quarter of an hour would need more memory.
_WRITES, _NEW_FIRMS = 0.2, 0.05
_GROWTH = 1.3  # memory at the end against after the first minute


def run(ground: Ground) -> Iterator[Tally]:
    yield _Soak(ground.station(ground.engines[-1])).run()


class _Soak:
    def __init__(self, place: Place) -> None:
        self.place, self.ahead = place, timeshift.ahead_of_real_time()
        self.tally = Tally(f"mixed load for {SECONDS // 60} minutes, {place.engine}")
        self.web = Web(place, self.ahead)
        self.statuses: Counter[int] = Counter()
        self.bad: list[str] = []
        self.acknowledged: set[str] = set()
        self.corrected: dict[int, str] = {}
        self.numbers = count(1)
        self.over = threading.Event()

    def run(self) -> Tally:
        with Postmaster(seconds=0.5) as office:
            self.settings = self.place.mailing(office.port, mail_pdf=False)
            with self.place.opened():
                park.fill(park.FIRMS, 20, [10 + n % 300 for n in range(_DEVICES)])
                service.tick(self.settings, TODAY, NOW)
                self.token = token_of_a_head(NOW)
                self.devices = [
                    number for (number,) in Equipment.select(Equipment.id).order_by(Equipment.id).tuples()
                ]
            self.web.start()
            people = [threading.Thread(target=self._person, args=(n,)) for n in range(PEOPLE)]
            for person in people:
                person.start()
            memory = self._kill_every_minute()
            self.over.set()
            for person in people:
                person.join()
            self.web.stop()
            self._count(office, memory)
        return self.tally

    def _kill_every_minute(self) -> list[tuple[float, int]]:
        """A worker of the timetable dies; another has already been started. The pages' memory: (seconds, bytes)."""
        memory: list[tuple[float, int]] = []
        worker, begun = senders.start(senders.work, self.settings, self.ahead), time.monotonic()
        for _ in range(SECONDS // EVERY):
            for _ in range(EVERY // _LOOK):
                time.sleep(_LOOK)
                memory.append((time.monotonic() - begun, sum(_resident(pid) for pid in self.web.worker_pids())))
            another = senders.start(senders.work, self.settings, self.ahead)
            self.tally.given += senders.kill(worker)
            worker = another
        senders.end(worker)
        return memory

    def _person(self, number: int) -> None:
        chance, mine = random.Random(number), self.devices[number::PEOPLE]
        while not self.over.wait(0.05):
            begun = time.monotonic()
            if chance.random() < _WRITES:
                path, answer = self._found() if chance.random() < _NEW_FIRMS else self._correct(chance.choice(mine))
            else:
                path = chance.choice(_PAGES)
                answer = self.web.ask(path, self.token)
            if answer.status not in {200, 201}:
                took, load = time.monotonic() - begun, os.getloadavg()[0]
                said = answer.status or answer.body.decode()
                self.bad.append(f"{path} after {took:.1f} s at load {load:.0f}: {said}")
            self.statuses[answer.status] += 1

    def _found(self) -> tuple[str, Answer]:
        name, path = f"第{next(self.numbers)}浸泡有限公司", "/api/v1/enterprises"
        answer = self.web.ask(path, self.token, {"name": name})
        if answer.status == 201:
            self.acknowledged.add(name)
        return path, answer

    def _correct(self, device: int) -> tuple[str, Answer]:
        """As a person does: looks at it, and changes what he has seen. Nobody else has this device."""
        path, number = f"/api/v1/equipment/{device}", f"S-{next(self.numbers)}"
        seen = self.web.ask(path, self.token)
        if seen.status != 200:
            return path, seen
        given, version = {"own_number": number, "reason": "现场核对"}, {"If-Match": seen.headers["ETag"]}
        answer = self.web.ask(path, self.token, given, "PATCH", **version)
        if answer.status == 200:
            self.corrected[device] = number
        return path, answer

    def _count(self, office: Postmaster, memory: list[tuple[float, int]]) -> None:
        now = NOW + timedelta(hours=2)
        with self.place.opened():
            while service.deliver(self.settings, now, senders=4).total():
                now += timedelta(minutes=11)
            doubtful = {m for (m,) in Message.select(Message.message_id).where(Message.doubtful).tuples()}
            stored = {name for (name,) in Enterprise.select(Enterprise.name).tuples()}
            numbers = dict(Equipment.select(Equipment.id, Equipment.own_number).tuples())
            owed = {m for (m,) in Message.select(Message.message_id).tuples()}
        tally, told = self.tally, Counter(m for _, m in office.arrived)
        undone = sum(numbers[device] != number for device, number in self.corrected.items())
        tally.lost = len(owed - set(told)) + len(self.acknowledged - stored) + undone
        tally.doubled = sum(n - 1 for n in told.values() if n > 1)
        tally.uncertain = len(doubtful)
        tally.expect_equal(self.bad, [], "errors shown to people")
        tally.expect_equal(tally.lost, 0, "letters and writes lost")
        tally.expect_equal(len({m for m, n in told.items() if n > 1} - doubtful), 0, "doubled and not flagged")
        by_minute = [m >> 20 for _, m in memory[EVERY // _LOOK - 1 :: EVERY // _LOOK]]
        tally.expect(by_minute[-1] <= _GROWTH * by_minute[0], f"memory grew: {by_minute}")
        tally.remark(
            f"{sum(self.statuses.values())} answers {dict(self.statuses)}, {len(self.acknowledged)} new firms, "
            f"{len(self.corrected)} devices corrected, {len(told)} letters; the pages' memory by the minute (MB): {by_minute}"
        )
        tally.remark(
            f"slope by least squares: {slope(memory[EVERY // _LOOK :]):+.0f} MB an hour after the first minute, "
            f"{slope(memory[len(memory) // 2 :]):+.0f} in the second half"
        )


def slope(memory: Sequence[tuple[float, int]]) -> float:
    """MB an hour, by least squares over (seconds, bytes)."""
    times, sizes = zip(*memory, strict=True)
    return statistics.linear_regression(times, sizes).slope * 3600 / (1 << 20)


def _resident(pid: str) -> int:
    with open(f"/proc/{pid}/statm") as file:
        return int(file.read().split()[1]) * 4096
