"""R13: gunicorn killed (SIGKILL) under POSTs: what was acknowledged stays, nothing is half there.

Results of inspections with photos, and records of the clinic's visits with photos and a signature.
"""

import base64
import io
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random

from PIL import Image, ImageDraw

from drills import timeshift
from drills.ground import NOW, Ground, Place
from drills.pages import Web, token_of_a_head
from drills.tally import Tally
from inspect_station.accounts.models import AuditEntry, IdempotencyKey
from inspect_station.casework.models import CaseFile, Report, ReportItem
from inspect_station.clinic.models import ClinicFinding, ClinicVisit
from inspect_station.registry.models import Enterprise, Equipment, Inspection

KILLS, WRITERS = 25, 4
# More than can be written to between so many starts; one result, one record each.
VESSELS, VISITS = 4_000, 2_000
_VISIT_KILLS = 10


@dataclass(frozen=True)
class _Paper:
    """What is sent of a number, where to, and how it is acknowledged; `count` looks at what it left."""

    word: str
    kills: int
    address: Callable[[int], str]
    body: Callable[[int], dict[str, object]]
    acknowledged: int
    numbers: Callable[[], list[int]]
    count: Callable[[Tally, set[int], Path], None]


def run(ground: Ground) -> Iterator[Tally]:
    for engine in ground.engines:
        for paper in (_RESULTS, _RECORDS):
            yield _under_posts(ground.station(engine), paper)


def _under_posts(place: Place, paper: _Paper) -> Tally:
    tally, random = Tally(f"SIGKILL to gunicorn under {paper.word}, {place.engine}"), Random(13)
    web = Web(place, timeshift.ahead_of_real_time())
    with place.opened():
        writers = _Writers(web, token_of_a_head(NOW), paper, paper.numbers())
    for _ in range(paper.kills):
        web.start()
        writers.write_until_cut(random.uniform(0.1, 0.6), web)
        tally.given += 1
    web.start()
    writers.ask_again()
    writers.ask_one_key_twice(tally)
    web.stop()
    with place.opened():
        paper.count(tally, writers.acknowledged, place.folder)
    tally.expect_equal(writers.refused, [], "answers that are neither success nor “come back”")
    tally.remark(f"{len(writers.acknowledged)} {paper.word} acknowledged, {writers.cut} cut off and asked again")
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


def _visits() -> list[int]:
    firm = Enterprise.create(name="演练化工有限公司", created_at=NOW, updated_at=NOW)
    row = {
        "enterprise": firm.id, "origin": "round", "kind": "hazard", "state": "open", "planned_on": NOW.date(),
        "visited_on": NOW.date(), "created_at": NOW,
    }  # fmt: skip
    for _ in range(0, VISITS, 500):
        ClinicVisit.insert_many([row] * 500).execute()
    return [number for (number,) in ClinicVisit.select(ClinicVisit.id).order_by(ClinicVisit.id).tuples()]


def _count_results(tally: Tally, acknowledged: set[int], folder: Path) -> None:
    """Each acknowledged result whole: one inspection, report, photo with its file, line of audit and kept answer."""
    inspected = Counter(number for (number,) in Inspection.select(Inspection.equipment).tuples())
    tally.weigh(acknowledged, inspected)
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
    _look_at_files(tally, folder)


def _count_records(tally: Tally, acknowledged: set[int], folder: Path) -> None:
    """Each acknowledged record whole: one finding, its photo, the signature, line of audit and kept answer."""
    recorded = Counter(number for (number,) in ClinicFinding.select(ClinicFinding.visit).tuples())
    tally.weigh(acknowledged, recorded)
    tally.expect_equal((tally.lost, tally.doubled), (0, 0), "lost, doubled")
    rows = sum(recorded.values())
    signed = [
        digest for (digest,) in ClinicVisit.select(ClinicVisit.signature).where(ClinicVisit.signature != "").tuples()
    ]
    halves = {
        "photo": CaseFile.select().where(CaseFile.owner == "clinic_finding").count(),
        "signature": len(signed),
        "audit": AuditEntry.select().where(AuditEntry.act == "clinic.save").count(),
        "kept answer": IdempotencyKey.select().where(IdempotencyKey.status == 200).count(),
    }
    for what, found in halves.items():
        tally.expect_equal(found, rows, f"{what} beside {rows} findings")
    _look_at_files(tally, folder, signed)


def _look_at_files(tally: Tally, folder: Path, more: Sequence[str] = ()) -> None:
    kept = IdempotencyKey.select().where(IdempotencyKey.status == 0).count()
    tally.expect_equal(kept, 0, "keys claimed without an answer")
    photos = [digest for (digest,) in CaseFile.select(CaseFile.sha256).distinct().tuples()]
    for digest in {*photos, *more}:
        path = folder / "files" / digest[:2] / digest
        tally.expect(path.is_file() and _whole(path), f"picture {digest[:12]} is missing or torn")


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
    """Inspectors who send their papers as fast as they are answered."""

    def __init__(self, web: Web, token: str, paper: _Paper, numbers: list[int]) -> None:
        self._web, self._token, self._paper, self._numbers = web, token, paper, iter(numbers)
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
                number = next(self._numbers)
            self._send(number)

    def _send(self, number: int) -> bytes:
        key = {"Idempotency-Key": f"drill-{number}"}
        answer = self._web.ask(self._paper.address(number), self._token, self._paper.body(number), **key)
        if answer.status == self._paper.acknowledged:
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
            tally.expect_equal(self._send(number), self._send(number), f"the answers for {number}")


def _result(number: int) -> dict[str, object]:
    return {
        "equipment_ids": [number], "clock": "annual", "completed_on": date(2026, 11, 20).isoformat(),
        "conclusion": "符合要求", "report_number": f"R13-{number}",
        "photos": [{"name": "现场.jpg", "data": _photo(number)}],
    }  # fmt: skip


def _record(number: int) -> dict[str, object]:
    return {
        "kind": "hazard", "minutes": 30, "signed_by": "李明", "signature": _signature(number),
        "findings": [{
            "symptom": f"有异响 {number}", "grade": "minor", "measure": "检查轴承", "deadline": "2027-01-20",
            "photos": [{"name": "现场.jpg", "data": _photo(number)}],
        }],
    }  # fmt: skip


def _signature(number: int) -> str:
    picture = Image.new("RGBA", (300, 120), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line((20, 100, 20 + number % 250, 20, 280, 90), fill="black", width=4)
    made = io.BytesIO()
    picture.save(made, "PNG")
    return "data:image/png;base64," + base64.b64encode(made.getvalue()).decode()


_RESULTS = _Paper("results", KILLS, lambda _: "/api/v1/results", _result, 201, _vessels, _count_results)
_RECORDS = _Paper(
    "records of visits",
    _VISIT_KILLS,
    lambda n: f"/api/v1/clinic/visits/{n}/record",
    _record,
    200,
    _visits,
    _count_records,
)
