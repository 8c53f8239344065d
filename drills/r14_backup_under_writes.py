"""R14: a backup while people write, restored into an empty station: equal, damage found, and sending waits."""

import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from drills import park, scale
from drills.ground import NOW, TODAY, Ground, Place
from drills.postmaster import Postmaster
from drills.tally import Tally
from inspect_station import db as database
from inspect_station.accounts.scope import Actor
from inspect_station.backup import service, tables
from inspect_station.db import connection, db
from inspect_station.errors import InvalidInput
from inspect_station.registry import service as registry
from inspect_station.reminders import service as reminders

# Each device has two inspections and, once computed, two due rows: 100 000 rows in all.
DEVICES = scale.times(20_000, 100_000)
SLOWEST_MS = 150
DAMAGED = 8
_QUIET_SECONDS = 3


def run(ground: Ground) -> Iterator[Tally]:
    for engine in ground.engines:
        yield from _round(ground, engine)


def _round(ground: Ground, engine: str) -> Iterator[Tally]:
    place, copy = ground.station(engine), ground.folder / f"copy-{engine}.zip"
    with place.opened():
        park.fill(park.FIRMS, 1, [10] * DEVICES)
        yield _under_writes(place, copy, engine)
    other = ground.station("postgresql" if engine == "sqlite" and len(ground.engines) > 1 else "sqlite")
    with Postmaster() as office, other.opened():
        yield _restored(other, copy, engine, office)
    yield _damaged(copy)


def _under_writes(place: Place, copy: Path, engine: str) -> Tally:
    tally, stop, slowest, written = Tally(f"backup under writes, {engine}"), threading.Event(), [0.0], [0]

    def write() -> None:
        with connection():
            while not stop.is_set():
                begun = time.monotonic()
                with db.atomic():
                    registry.enterprises.create(Actor.system(), {"name": f"第{written[0]}备份有限公司"}, NOW)
                slowest[0] = max(slowest[0], time.monotonic() - begun)
                written[0] += 1
                time.sleep(0.005)

    writer = threading.Thread(target=write)
    writer.start()
    time.sleep(_QUIET_SECONDS)
    quiet, slowest[0] = slowest[0], 0.0
    begun = time.monotonic()
    manifest = service.back_up(Actor.system(), copy, place.folder / "files", NOW)
    seconds = time.monotonic() - begun
    stop.set()
    writer.join()
    rows = sum(t["rows"] for t in manifest["tables"])
    tally.given = written[0]
    tally.expect(rows >= 4 * DEVICES, f"only {rows} rows copied")
    tally.expect(
        slowest[0] * 1000 <= SLOWEST_MS,
        f"slowest write {slowest[0] * 1000:.0f} ms, without backup {quiet * 1000:.0f}",
    )
    tally.remark(
        f"{rows} rows in {seconds:.1f} s, {written[0]} writes meanwhile, the slowest {slowest[0] * 1000:.0f} ms "
        f"(without backup {quiet * 1000:.0f} ms)"
    )
    return tally


def _restored(place: Place, copy: Path, engine: str, office: Postmaster) -> Tally:
    tally = Tally(f"{engine} restored into {place.engine}", given=1)
    begun = time.monotonic()
    manifest = service.restore(copy, place.folder / "files", NOW)
    found = {s.name: sum(1 for _ in tables.rows(s)) for s in tables.shapes()}
    wanted = {t["name"]: t["rows"] for t in manifest["tables"]}
    own = {"audit_entry", "station_setting"}  # the restore itself is written there
    tally.lost = sum(abs(found[n] - count) for n, count in wanted.items() if n not in own)
    tally.expect_equal(tally.lost, 0, "rows missing or too many")
    settings = place.mailing(office.port)
    reminders.tick(settings, TODAY, NOW)
    outcome = reminders.deliver(settings, NOW)
    tally.expect_equal(
        (dict(outcome), len(office.arrived)), ({"paused": 1}, 0), "letters sent before a person's word"
    )
    tally.remark(f"{sum(found.values())} rows compared by content in {time.monotonic() - begun:.0f} s; sending waits")
    assert not database.pending_migrations()
    return tally


def _damaged(copy: Path) -> Tally:
    """A byte turned over in a member, here and there, and the end cut off."""
    tally = Tally("damaged copies")
    whole = copy.read_bytes()
    with zipfile.ZipFile(copy) as archive:
        members = [i for i in archive.infolist() if i.compress_size > 200][:DAMAGED]
    broken = copy.with_name("broken.zip")
    for member in members:
        at = member.header_offset + 30 + len(member.filename) + member.compress_size // 2
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        tally.expect(_refused(broken), f"damage in {member.filename} passes")
        tally.given += 1
    broken.write_bytes(whole[: len(whole) - 500])
    tally.expect(_refused(broken), "a copy cut short passes")
    tally.given += 1
    return tally


def _refused(path: Path) -> bool:
    try:
        service.verify(path)
    except InvalidInput:
        return True
    return False
