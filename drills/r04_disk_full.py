"""R4: the disk full at claim, mark, upload, import and backup: what was acknowledged stays, and all resumes with the room.

A small file system in memory is filled to its last byte by a ballast file. Where none may be mounted, SQLite's own
`max_page_count` plays the full disk.
"""

import io
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from drills import park
from drills.ground import NOW, TODAY, Ground, Place, dispose
from drills.pages import Web, token_of_a_head
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station import clock, create_app
from inspect_station.accounts import sessions
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.backup import service as backup
from inspect_station.db import db
from inspect_station.errors import StationError
from inspect_station.registry.ledgers import service as ledgers
from inspect_station.registry.models import Document, Enterprise, Equipment
from inspect_station.reminders import service
from inspect_station.reminders.models import Message
from tests.registry.ledgers import books

FIRMS, SIZE_MB = 20, 48
_SOON_SECONDS = 2.0


def run(ground: Ground) -> Iterator[Tally]:
    place = ground.station("sqlite")
    with _small_disk(place) as disk:
        for drill in (_claim_and_mark, _writes, _looking, _upload, _import, _backup):
            yield drill(place, disk)


class _Disk:
    """The file system under a station, full or not."""

    def __init__(self, folder: Path, mounted: bool) -> None:
        self.folder, self.mounted = folder, mounted
        self._ballast = folder / "ballast"

    @property
    def kind(self) -> str:
        return f"{SIZE_MB} MB in memory" if self.mounted else "max_page_count"

    def fill(self) -> None:
        if not self.mounted:
            db.obj.pragma("max_page_count", 1, permanent=True)  # no page more than there are
            return
        with suppress(OSError), self._ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 12))

    def free(self) -> None:
        if not self.mounted:
            db.obj.pragma("max_page_count", 1 << 30, permanent=True)
        self._ballast.unlink(missing_ok=True)


@contextmanager
def _small_disk(place: Place) -> Iterator[_Disk]:
    kept = place.folder / "station.db"
    aside = shutil.copy(kept, place.folder.parent / "aside.db")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(place.folder)],
        capture_output=True,
        check=False,
    )
    mounted = done.returncode == 0
    if mounted:
        shutil.copy(aside, kept)
    try:
        yield _Disk(place.folder, mounted)
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(place.folder)], check=False)


def _claim_and_mark(place: Place, disk: _Disk) -> Tally:
    """No letter leaves whose claim cannot be written; one that left and cannot be marked is found again and flagged."""
    tally = Tally(f"disk full at claim and mark ({disk.kind})")
    with _Filling(disk) as office, place.opened():
        settings = place.mailing(office.port, mail_pdf=False)
        park.fill(FIRMS, 1, [10] * FIRMS)
        service.tick(settings, TODAY, NOW)
        disk.fill()
        timer = threading.Timer(_SOON_SECONDS, disk.free)
        timer.start()
        before = len(office.arrived)
        with suppress(Exception):  # it may give up before the room is back
            service.deliver(settings, NOW, most=1)
        timer.join()
        tally.given += 1
        tally.expect(len(office.arrived) - before <= 1, "letters went while nothing could be written")
        office.fill_at = len(office.arrived) + 2
        for hours in (0, 1, 2):
            with suppress(Exception):
                while service.deliver(settings, NOW + timedelta(hours=hours)).total():
                    pass
            time.sleep(_SOON_SECONDS)  # the room is back before the next hour
        tally.given += office.filled
        tally.weigh(park.addresses(FIRMS, 1), Counter(r for r, _ in office.arrived))
        tally.uncertain = Message.select().where(Message.doubtful).count()
        unsent = Message.select().where(Message.state != "sent").count()
    tally.expect_equal((tally.lost, unsent), (0, 0), "lost, not sent in the end")
    tally.expect(tally.doubled <= tally.uncertain, "doubled and not flagged")
    return tally


class _Filling(Postmaster):
    """Fills the disk as it takes a certain letter, before it says 250; the room is back a moment later."""

    def __init__(self, disk: _Disk) -> None:
        super().__init__()
        self.fill_at, self.filled, self._disk = 0, 0, disk

    def take(self, recipients: Any, content: bytes) -> None:
        super().take(recipients, content)
        if self.fill_at and len(self.arrived) == self.fill_at:
            self.fill_at, self.filled = 0, self.filled + 1
            self._disk.fill()
            threading.Timer(_SOON_SECONDS, self._disk.free).start()


@contextmanager
def _pages(place: Place) -> Iterator[tuple[FlaskClient, dict[str, str]]]:
    app = create_app(place.settings(mail_pdf=False))
    with db.connection_context():
        token = token_of_a_head(NOW) if not _HEAD else _HEAD[0]
        _HEAD[:] = [token]
    yield app.test_client(), {"Authorization": f"Bearer {token}"}
    dispose(db.obj)


_HEAD: list[str] = []


def _looking(place: Place, disk: _Disk) -> Tally:
    """Under the real server: who only looks goes on looking, who writes is told to wait, and no process ends."""
    tally = Tally(f"disk full, pages looked at ({disk.kind})")
    if not disk.mounted:
        tally.remark("needs a disk of its own: the server's processes do not see `max_page_count`")
        return tally
    cookie, web = _logged_in(place), Web(place, 0)
    web.start()
    try:
        with place.opened():  # as the worker does: without it SQLite makes its files anew for each request
            before = web.worker_pids()
            disk.fill()
            looked = [
                web.ask(path, Cookie=cookie).status for _ in range(5) for path in ("/due", "/equipment", "/login")
            ]
            told = web.ask("/api/v1/enterprises", _HEAD[0], {"name": "满盘企业"})
            after = web.worker_pids()
            disk.free()
            taken = web.ask("/api/v1/enterprises", _HEAD[0], {"name": "满盘企业"})
    finally:
        disk.free()
        web.stop()
    tally.given = len(looked) + 1
    tally.expect_equal(Counter(looked), {200: len(looked)}, "pages looked at")
    tally.expect_equal((told.status, "Retry-After" in told.headers), (503, True), "a write")
    tally.expect_equal(after, before, "processes before and after")
    tally.expect_equal(taken.status, 201, "the write, with the room back")
    return tally


def _logged_in(place: Place) -> str:
    """The cookie of somebody whose last look was minutes ago, so that his next one is to be noted."""
    with _pages(place) as (client, _):
        with db.connection_context():
            token = sessions.start(Account.get(Account.login == "drill"), clock.now() - timedelta(minutes=5))
        with client.session_transaction() as session:
            session["sid"] = token
        cookie = client.get_cookie(client.application.config["SESSION_COOKIE_NAME"])
        assert cookie is not None
        return f"{cookie.key}={cookie.value}"


def _writes(place: Place, disk: _Disk) -> Tally:
    """Firms are added until the disk says no and after: each acknowledged one is there."""
    tally = Tally("disk full under writes of the API")
    with _pages(place) as (client, headers):
        acknowledged, refused = set(), Counter[int]()
        for n in range(60):
            if n == 20:
                disk.fill()
            if n == 40:
                disk.free()
            answer = client.post("/api/v1/enterprises", json={"name": f"第{n}满盘有限公司"}, headers=headers)
            if answer.status_code == 201:
                acknowledged.add(f"第{n}满盘有限公司")
            else:
                refused[answer.status_code] += 1
        with db.connection_context():
            stored = {name for (name,) in Enterprise.select(Enterprise.name).tuples() if "满盘" in name}
    tally.given = sum(refused.values())
    tally.lost = len(acknowledged - stored)
    tally.expect_equal(stored, acknowledged, "firms stored against acknowledged")
    tally.expect_equal(set(refused) - {503}, set(), "refused otherwise than by 503")
    tally.remark(f"{len(acknowledged)} acknowledged, refused {dict(refused)}")
    return tally


def _upload(place: Place, disk: _Disk) -> Tally:
    tally = Tally("disk full under an upload")
    with _pages(place) as (client, headers):
        with db.connection_context():
            number = Equipment.select(Equipment.id).scalar()
        address, png = f"/equipment/{number}/documents/new", _picture()
        disk.fill()
        first = _send(client, address, headers, png)
        disk.free()
        second = _send(client, address, headers, png)
        with db.connection_context():
            rows = list(Document.select())
    tally.given = 1
    tally.expect_equal(first, 503, "answer while full")
    tally.expect_equal(second, 302, "answer once there is room")
    tally.lost = 1 - len(rows)
    files = [p for p in (place.folder / "files").rglob("*") if p.is_file()]
    torn = [p for p in files if p.stat().st_size != len(png)]
    tally.expect_equal((len(rows), torn), (1, []), "documents, torn files")
    return tally


def _picture() -> bytes:
    return b"%PDF-1.4\n" + b"0" * 200_000 + b"\n%%EOF\n"


def _send(client: FlaskClient, address: str, headers: dict[str, str], content: bytes) -> int:
    data = {"title": "检验报告", "file": (io.BytesIO(content), "r.pdf")}
    return client.post(address, data=data, headers=headers).status_code


def _import(place: Place, disk: _Disk) -> Tally:
    tally = Tally("disk full under an import")
    rows = [["单位名称", "设备名称", "位号", "设备类别"]] + [
        ["满盘化工", "反应釜", f"V-{n}", "第二类压力容器"] for n in range(800)
    ]
    ledger = books.xlsx(place.folder.parent / "full.xlsx", {"台账": rows})
    with place.opened():
        before = Equipment.select().count()
        disk.fill()
        said = _outcome(
            lambda: ledgers.import_file(Actor.system(), ledger, NOW, folder=place.folder / "imports", write=True)
        )
        disk.free()
        left = Equipment.select().count() - before
        again = ledgers.import_file(Actor.system(), ledger, NOW, folder=place.folder / "imports", write=True)
        after = Equipment.select().count() - before
    tally.given = 1
    tally.expect(said != "done", "the import claims to be done")
    tally.expect_equal(after, left + again["created"], "devices after the import was asked again")
    tally.lost = 800 - after
    tally.expect_equal(tally.lost, 0, "devices missing in the end")
    tally.remark(f"{said}; {left} rows stood, asked again {again['created']} created, {again['unchanged']} unchanged")
    return tally


def _backup(place: Place, disk: _Disk) -> Tally:
    tally, target = Tally("disk full under a backup"), place.folder / "copy.zip"
    with place.opened():
        disk.fill()
        said = _outcome(lambda: backup.back_up(Actor.system(), target, place.folder / "files", NOW))
        left = [p.name for p in place.folder.glob("copy*")]
        disk.free()
        backup.back_up(Actor.system(), target, place.folder / "files", NOW)
        backup.verify(target)
    tally.given = 1
    tally.expect(said.startswith("refused") or not disk.mounted, f"no sentence of ours: {said}")
    tally.expect(said != "done" or not disk.mounted, "a backup on a full disk claims to be done")
    tally.expect(not left or not disk.mounted, f"left behind: {left}")
    tally.remark(f"{said}; whole once there was room")
    return tally


def _outcome(work: Any) -> str:
    try:
        work()
    except StationError as error:
        return f"refused: {error.message}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "done"
