"""P11–P13 and the memory and growth of imports: `python -m benchmarks.ledgers [ROWS]` (default 100 000)."""

import gc
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import openpyxl
import python_calamine
import xlsxwriter
from flask import Flask
from marshmallow import Schema, fields, validate

from benchmarks.measuring import cpu, line, note, percentile, process, slope
from benchmarks.parks import SYSTEM
from drills.ground import NOW, Ground, Place
from inspect_station import create_app
from inspect_station import db as database
from inspect_station.accounts import service as accounts
from inspect_station.db import db
from inspect_station.registry.ledgers import service
from inspect_station.registry.models import Enterprise, Equipment, Inspection
from schedules.dates import add_months

HEADINGS = (
    "单位名称", "设备名称", "设备目录代码", "内部编号", "出厂编号", "制造单位", "使用登记证编号", "投用日期", "安全状况等级",
    "检验日期", "检验结论", "下次检验日期",
)  # fmt: skip
SMALL, FEW = 10_000, 4_000


def rows(count: int) -> Iterator[tuple[Any, ...]]:
    random = Random(5)
    for n in range(count):
        done = date(2026, 6, 1) - timedelta(days=random.randint(0, 2000))
        yield (
            f"第{n % 55:02}化工有限公司", "储罐", "2150", f"V-{n:07}", f"C{n:08}", "某某压力容器厂", f"容15闽A{n:07}",
            "2015-03-01", random.choice((1, 2, 3)), done.isoformat(), "符合要求", add_months(done, 72).isoformat(),
        )  # fmt: skip


def workbook(path: Path, count: int) -> Path:
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("台账")
        for place, row in enumerate([HEADINGS, *rows(count)]):
            sheet.write_row(place, 0, row)
    return path


def table(path: Path, count: int) -> Path:
    with path.open("w", encoding="utf-8") as file:
        for row in [HEADINGS, *rows(count)]:
            file.write(",".join(map(str, row)) + "\n")
    return path


def main(size: int) -> None:
    with Ground() as ground:
        book = workbook(ground.folder / "ledger.xlsx", size)
        small = workbook(ground.folder / "few.xlsx", FEW)
        for engine in ground.engines:
            beside_bare(ground, engine, book, size)
            beside_models(ground, engine, small)
            while_importing(ground, engine, book)
        growth(ground, sorted({SMALL, size}))


def _spent(place: Place, work: Any) -> tuple[float, float]:
    """CPU seconds with children, and seconds, of work on a station's own database."""
    with place.opened():
        gc.collect()
        begun, clock = cpu(), time.perf_counter()
        work()
        return cpu() - begun, time.perf_counter() - clock


def _import(place: Place, path: Path, expected: int) -> None:
    done = service.import_file(SYSTEM, path, NOW, folder=place.folder / "imports", write=True)
    assert done["created"] == expected, {name: done[name] for name in ("rows", "created", "refused")}


# --- P11 ----------------------------------------------------------------------------------------------------------


def beside_bare(ground: Ground, engine: str, path: Path, size: int) -> None:
    """Against reading the sheet and writing its rows at once, unlooked at."""
    ours, theirs = [], []
    for _ in range(2):
        place = ground.station(engine)
        ours.append(_spent(place, partial(_import, place, path, size)))
        theirs.append(_spent(ground.station(engine), partial(_bare, path)))
    (cpu_ours, wall_ours), (cpu_bare, wall_bare) = min(ours), min(theirs)
    if engine == "sqlite":
        line("P11", f"import of {size} rows against calamine + executemany, CPU, sqlite", cpu_ours / cpu_bare, 2)
        note(
            f"ours {cpu_ours:.1f} s CPU, {wall_ours:.1f} s with the pauses for other writers; bare {wall_bare:.1f} s"
        )
    else:
        line("P11", f"import of {size} rows against calamine + executemany, {engine}", wall_ours / wall_bare, 2)
        note(
            f"ours {wall_ours:.1f} s, bare {wall_bare:.1f} s; CPU of this side {cpu_ours:.1f} s and {cpu_bare:.1f} s"
        )


def _bare(path: Path) -> None:
    found = python_calamine.load_workbook(str(path)).get_sheet_by_index(0).to_python()[1:]
    moment, mark = NOW.replace(tzinfo=None).isoformat(sep=" "), db.obj.param
    with db.atomic():
        firms: dict[str, int] = {}
        for row in found:
            if row[0] not in firms:
                firms[row[0]] = Enterprise.insert(name=row[0], initials="x", created_at=NOW, updated_at=NOW).execute()
        db.cursor().executemany(
            "INSERT INTO equipment (id, enterprise_id, name, catalogue_code, own_number, maker_number, maker, "
            "certificate_number, put_into_use_on, traits, created_at, updated_at) VALUES ("
            + ", ".join([mark] * 12)
            + ")",
            [
                (n, firms[r[0]], r[1], r[2], r[3], r[4], r[5], r[6], r[7], '{"material":"metal"}', moment, moment)
                for n, r in enumerate(found, 1)
            ],
        )
        db.cursor().executemany(
            "INSERT INTO inspection (equipment_id, clock, completed_on, conclusion, grade, next_due, recorded_at) "
            "VALUES (" + ", ".join([mark] * 7) + ")",
            [(n, "periodic", r[9], r[10], int(r[8]), r[11], moment) for n, r in enumerate(found, 1)],
        )
        db.cursor().executemany(
            f"INSERT INTO equipment_touched (equipment_id) VALUES ({mark})", [(n,) for n in range(1, len(found) + 1)]
        )


# --- P12 ----------------------------------------------------------------------------------------------------------


class RowSchema(Schema):
    """The usual way: a schema for each row."""

    firm = fields.String(required=True, validate=validate.Length(min=2, max=200))
    name = fields.String(required=True, validate=validate.Length(min=1, max=200))
    code = fields.String(required=True, validate=validate.Regexp(r"^[0-9F]{3,4}"))
    own_number = fields.String(required=True)
    maker_number = fields.String()
    maker = fields.String()
    certificate = fields.String()
    used = fields.Date(required=True)
    grade = fields.Integer(validate=validate.Range(1, 5))
    done = fields.Date()
    conclusion = fields.String()
    due = fields.Date()


def beside_models(ground: Ground, engine: str, path: Path) -> None:
    place = ground.station(engine)
    _, ours = _spent(place, lambda: _import(place, path, FEW))
    _, theirs = _spent(ground.station(engine), lambda: _models(path))
    line(
        "P12", f"openpyxl + marshmallow + create() against ours, {FEW} rows, {engine}", theirs / ours, 10, least=True
    )


def _models(path: Path) -> None:
    schema, names = RowSchema(), tuple(RowSchema().fields)
    sheet = openpyxl.load_workbook(path, read_only=True, data_only=True).active
    with db.atomic():
        for values in sheet.iter_rows(min_row=2, values_only=True):
            row = schema.load(dict(zip(names, values, strict=True)))
            firm, _ = Enterprise.get_or_create(
                name=row["firm"], defaults={"initials": "x", "created_at": NOW, "updated_at": NOW}
            )
            device = Equipment.create(
                enterprise=firm, name=row["name"], catalogue_code=row["code"], own_number=row["own_number"],
                maker_number=row["maker_number"], maker=row["maker"], certificate_number=row["certificate"],
                put_into_use_on=row["used"].isoformat(), traits={"material": "metal"}, created_at=NOW, updated_at=NOW,
            )  # fmt: skip
            Inspection.create(
                equipment=device, clock="periodic", completed_on=row["done"].isoformat(), grade=row["grade"],
                conclusion=row["conclusion"], next_due=row["due"].isoformat(), recorded_at=NOW,
            )  # fmt: skip


# --- P13 ----------------------------------------------------------------------------------------------------------


def while_importing(ground: Ground, engine: str, path: Path) -> None:
    """A reader and a writer in turn beside the import, which runs in a process of its own as it does for the pages."""
    place = ground.station(engine)
    app = create_app(place.settings(log_level="CRITICAL"))
    try:
        with db.connection_context():
            account = accounts.create_account(SYSTEM, login="bench", name="量", role="admin", now=NOW)
            headers = {"Authorization": f"Bearer {accounts.create_token(SYSTEM, account, 'bench', NOW)}"}
        numbers = itertools.count()
        idle = _visits(app, headers, numbers, lambda seen: len(seen.reads) >= 400)
        running = subprocess.Popen(
            [sys.executable, "-m", "inspect_station", "import", str(path)],
            env={**os.environ, **place.environment()}, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        busy = _visits(app, headers, numbers, lambda _: running.poll() is not None)
        assert running.returncode == 0
    finally:
        database.release()
    p99, before = percentile(busy.reads, 0.99), percentile(idle.reads, 0.99)
    line("P13", f"due list's p99 during an import against idle, {engine}", p99 / before, 2)
    line("P13", f"another writer's p99 during an import, ms, {engine}", 1000 * percentile(busy.writes, 0.99), 100)
    line("P13", f"locked or failed, {engine}", busy.failed, 0)
    note(
        f"{len(busy.reads)} reads and writes; reads idle {1000 * median(idle.reads):.1f} / {1000 * before:.1f} ms "
        f"(median / p99), busy {1000 * median(busy.reads):.1f} / {1000 * p99:.1f}; writes idle "
        f"{1000 * percentile(idle.writes, 0.99):.1f} ms (p99)"
    )


@dataclass
class _Seen:
    reads: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)
    failed: int = 0


def _visits(app: Flask, headers: dict[str, str], numbers: Iterator[int], enough: Callable[[_Seen], bool]) -> _Seen:
    client, seen = app.test_client(), _Seen()
    while not enough(seen):
        begun = time.perf_counter()
        read = client.get("/api/v1/due", headers=headers).status_code
        between = time.perf_counter()
        firm = {"name": f"正在填写的第{next(numbers)}有限公司"}
        written = client.post("/api/v1/enterprises", headers=headers, json=firm).status_code
        seen.reads.append(between - begun)
        seen.writes.append(time.perf_counter() - between)
        seen.failed += (read != 200) + (written != 201)
        time.sleep(0.01)
    return seen


# --- P10 ----------------------------------------------------------------------------------------------------------


def growth(ground: Ground, sizes: list[int]) -> None:
    """Of a text table: the workbook reader itself grows with the sheet."""
    command = (sys.executable, "-m", "inspect_station", "import")
    for engine in ground.engines:
        spent, peaks = [], []
        for size in sizes:
            place = ground.station(engine)
            path = table(ground.folder / "ledger.csv", size)
            wall, used, peak = process((*command, str(path)), place.environment())
            spent.append(used if engine == "sqlite" else wall)
            peaks.append(peak)
            note(f"import of {size} rows of CSV, {engine}: {wall:.1f} s, {used:.1f} s CPU, {peak:.0f} MB")
        line("P10", f"growth of an import, {sizes}, {engine}", slope(spent[0], spent[-1], sizes), 1.3)
        line("P10", f"growth of its memory, {engine}", slope(peaks[0], peaks[-1], sizes), 0.2)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
