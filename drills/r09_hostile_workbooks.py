"""R9: hostile workbooks through the upload page of a real gunicorn, then through the reader alone, which is measured."""

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests

from drills import timeshift
from drills.ground import NOW, Ground
from drills.pages import Web, token_of_a_head
from drills.tally import Tally
from inspect_station.registry.ledgers import reading
from inspect_station.registry.ledgers.models import LedgerImport
from inspect_station.registry.ledgers.refusals import LedgerRefused
from inspect_station.registry.models import Equipment
from tests.registry.ledgers.test_hostile import KINDS

MOST_KB, MOST_SECONDS = 1 << 20, 60
_END_STATES = {"failed", "previewed", "mapped", "cancelled"}


def run(ground: Ground) -> Iterator[Tally]:
    yield _through_the_page(ground)
    yield _by_the_reader()


def _through_the_page(ground: Ground) -> Tally:
    tally, place = Tally("hostile workbooks uploaded to gunicorn"), ground.station("sqlite")
    web = Web(place, timeshift.ahead_of_real_time())
    with place.opened():
        headers = {"Authorization": f"Bearer {token_of_a_head(NOW)}"}
    web.start()
    before = web.worker_pids()
    with tempfile.TemporaryDirectory() as folder:
        statuses = [_upload(web.address, headers, make, Path(folder)) for make, _ in KINDS]
    tally.given = len(statuses)
    tally.expect_equal([s for s in statuses if s not in {302, 413, 422}], [], "answers that are no refusal")
    with place.opened():
        deadline = time.monotonic() + 180
        while LedgerImport.select().where(LedgerImport.state.not_in(_END_STATES)).exists():
            if time.monotonic() > deadline:
                tally.expect(False, "imports still at work after 180 s")
                break
            time.sleep(0.5)
        accepted = LedgerImport.select().where(LedgerImport.state != "failed").count()
        tally.expect_equal((accepted, Equipment.select().count()), (0, 0), "files accepted, devices written")
    tally.expect_equal(web.worker_pids(), before, "web workers (killed ones are replaced by others)")
    tally.expect_equal(web.ask("/healthz").status, 200, "/healthz afterwards")
    tally.expect_equal(web.stop(), 0, "exit code of gunicorn")
    tally.remark("web workers killed 0" if not tally.wrong else "see above")
    return tally


def _upload(address: str, headers: dict[str, str], make: Any, folder: Path) -> int:
    for old in folder.iterdir():
        old.unlink()
    path = make(folder)
    with path.open("rb") as file:
        try:
            answer = requests.post(
                f"{address}/imports",
                headers=headers,
                files={"file": (path.name, file)},
                timeout=60,
                allow_redirects=False,
            )
        except requests.ConnectionError:
            return 413  # too large: the server answers before it has read all, and hangs up
    return answer.status_code


def _by_the_reader() -> Tally:
    tally = Tally("the import child, measured")
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_read_all, args=(theirs,))
    process.start()
    results, largest_kb = ours.recv()
    process.join()
    for name, wanted, found, seconds in results:
        tally.expect_equal(found, wanted, f"reason for {name}")
        tally.expect(seconds <= MOST_SECONDS, f"{name} took {seconds:.0f} s")
    tally.given = len(results)
    tally.expect(largest_kb <= MOST_KB, f"a child of {largest_kb >> 10} MB")
    slowest = max(results, key=lambda r: r[3])
    tally.remark(f"largest child {largest_kb >> 10} MB; slowest {slowest[0]} with {slowest[3]:.1f} s")
    return tally


def _read_all(word: Connection) -> None:
    """In a process of its own, whose children are import children only."""
    results = []
    for make, wanted in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            path, begun = make(Path(folder)), time.monotonic()
            try:
                reading.read(path, folder=Path(folder)).close()
                found = "accepted"
            except LedgerRefused as refused:
                found = refused.code
            results.append((make.__name__, wanted, found, time.monotonic() - begun))
    word.send((results, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))
