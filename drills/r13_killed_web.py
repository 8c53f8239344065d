"""R13: gunicorn killed (SIGKILL) while results with photos come in: what was acknowledged stays, nothing is half there."""

import base64
import io
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

from PIL import Image

from drills import timeshift
from drills.ground import NOW, Ground, Place
from drills.pages import Web, token_of_a_head
from drills.tally import Tally
from inspect_station.accounts.models import AuditEntry, IdempotencyKey
from inspect_station.casework.models import CaseFile, Report, ReportItem
from inspect_station.registry.models import Enterprise, Equipment, Inspection

KILLS, WRITERS = 25, 4
# More vessels than can be written to between so many starts; one result each.
VESSELS = 4_000
_ADDRESS = "/api/v1/results"


def run(ground: Ground) -> Iterator[Tally]:
    for engine in ground.engines:
        yield _under_posts(ground.station(engine))


def _under_posts(place: Place) -> Tally:
    tally, random = Tally(f"SIGKILL to gunicorn under POSTs, {place.engine}"), Random(13)
    web = Web(place, timeshift.ahead_of_real_time())
    with place.opened():
        writers = _Writers(web, token_of_a_head(NOW), _vessels())
    for _ in range(KILLS):
        web.start()
        writers.write_until_cut(random.uniform(0.1, 0.6), web)
        tally.given += 1
    web.start()
    writers.ask_again()
    writers.ask_one_key_twice(tally)
    web.stop()
    with place.opened():
        _count(tally, writers, place.folder)
    tally.expect_equal(writers.refused, [], "answers that are neither success nor “come back”")
    tally.remark(f"{len(writers.acknowledged)} results acknowledged, {writers.cut} cut off and asked again")
    return tally


def _vessels() -> list[int]:
    firm = Enterprise.create(name="演练化工有限公司", created_at=NOW, updated_at=NOW)
    row = {
        "enterprise": firm.id, "catalogue_code": "2150", "name": "储罐", "traits": {"material": "metal"},
        "put_into_use_on": "2019-03-15", "created_at": NOW, "updated_at": NOW,
    }  # fmt: skip
    for start in range(0, VESSELS, 500):
        Equipment.insert_many([row | {"own_number": f"V-{n}"} for n in range(start, start + 500)]).execute()
    return [number for (number,) in Equipment.select(Equipment.id).order_by(Equipment.id).tuples()]


def _count(tally: Tally, writers: "_Writers", folder: Path) -> None:
    """Each acknowledged result whole: one inspection, report, photo with its file, line of audit and kept answer."""
    inspected = Counter(number for (number,) in Inspection.select(Inspection.equipment).tuples())
    tally.weigh(writers.acknowledged, inspected)
    tally.expect_equal((tally.lost, tally.doubled), (0, 0), "lost, doubled")
    rows = sum(inspected.values())
    halves = {
        "report": Report.select().count(),
        "report item": ReportItem.select().count(),
        "photo": CaseFile.select().where(CaseFile.owner == "result").count(),
        "report told of": Report.select().join(ReportItem).join(Inspection).distinct().count(),
        "audit": AuditEntry.select().where(AuditEntry.act == "result.record").count(),
        "kept answer": IdempotencyKey.select().where(IdempotencyKey.status == 201).count(),
    }
    for what, found in halves.items():
        tally.expect_equal(found, rows, f"{what} beside {rows} inspections")
    kept = IdempotencyKey.select().where(IdempotencyKey.status == 0).count()
    tally.expect_equal(kept, 0, "keys claimed without an answer")
    for (digest,) in CaseFile.select(CaseFile.sha256).distinct().tuples():
        path = folder / "files" / digest[:2] / digest
        tally.expect(path.is_file() and _whole(path), f"photo {digest[:12]} is missing or torn")


def _whole(path: Path) -> bool:
    try:
        with Image.open(path) as picture:
            picture.load()
    except OSError:
        return False
    return True


def _photo(number: int) -> str:
    made = io.BytesIO()
    Image.new("RGB", (320, 240), (number % 256, number // 256 % 256, 90)).save(made, "JPEG")
    return base64.b64encode(made.getvalue()).decode()


class _Writers:
    """Inspectors who send results with photos as fast as they are answered."""

    def __init__(self, web: Web, token: str, vessels: list[int]) -> None:
        self._web, self._token, self._vessels = web, token, iter(vessels)
        self._open: list[int] = []
        self._stop, self._taking = threading.Event(), threading.Lock()
        self.acknowledged: set[int] = set()
        self.refused: list[int] = []
        self.cut = 0

    def write_until_cut(self, seconds: float, web: Web) -> None:
        self._stop.clear()
        threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        web.kill()
        self._stop.set()
        for thread in threads:
            thread.join()

    def _write(self) -> None:
        while not self._stop.is_set():
            with self._taking:
                number = next(self._vessels)
            self._send(number)

    def _send(self, number: int) -> bytes:
        answer = self._web.ask(_ADDRESS, self._token, _body(number), **{"Idempotency-Key": f"drill-{number}"})
        if answer.status == 201:
            self.acknowledged.add(number)
        elif answer.status in {0, 503}:
            self.cut += 1
            self._open.append(number)
        else:
            self.refused.append(answer.status)
        return answer.body

    def ask_again(self) -> None:
        waiting, self._open = self._open, []
        for number in waiting:
            self._send(number)
        assert not self._open

    def ask_one_key_twice(self, tally: Tally) -> None:
        """Whatever was acknowledged before a kill is answered the same afterwards."""
        for number in sorted(self.acknowledged)[:20]:
            tally.expect_equal(self._send(number), self._send(number), f"the answers for vessel {number}")


def _body(number: int) -> dict[str, object]:
    return {
        "equipment_ids": [number], "clock": "annual", "completed_on": date(2026, 11, 20).isoformat(),
        "conclusion": "符合要求", "report_number": f"R13-{number}",
        "photos": [{"name": "现场.jpg", "data": _photo(number)}],
    }  # fmt: skip
