"""The reading child: one workbook in, one spool file of JSON lines out, under limits of memory, time and size.

Spool: ``{"sheet": name, "hidden": bool}`` opens a sheet, then lines of ``[[row, [cells]], …]`` (row from 1, empty
rows left out); the last line is ``{"end": true, "rows": n}``. A cell is text, a number, or a date as ISO text; a day that the
workbook does not show is cut off. A refusal is printed to stdout as ``{"refused": code, "detail": text}``.
"""

from __future__ import annotations

import datetime as dt
import errno
import io
import resource
import signal
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree

import orjson

from . import scan
from .delimited import read_rows
from .scan import MONTH, Hostile, Notes

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 60
SPOOL_BYTES = 1 << 30
_CHUNK_ROWS = 200

Cell = str | int | float
Merge = tuple[tuple[int, int], tuple[int, int]]


def main(arguments: list[str]) -> int:
    form, source, spool, title = arguments
    _limit()
    try:
        with Path(spool).open("wb") as out:
            rows = _read(form, Path(source), out, title)
            out.write(orjson.dumps({"end": True, "rows": rows}) + b"\n")
    except Hostile as hostile:
        return _refuse(hostile.code, hostile.detail)
    except MemoryError:
        return _refuse("memory_exceeded")
    except OSError as failed:
        reasons = {errno.EFBIG: "content_too_large", errno.ENOSPC: "disk_full", errno.EDQUOT: "disk_full"}
        return _refuse(reasons.get(failed.errno or 0, "unreadable"))
    return 0


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 2))
    resource.setrlimit(resource.RLIMIT_FSIZE, (SPOOL_BYTES, SPOOL_BYTES))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a full spool is then an OSError with a reason


def _refuse(code: str, detail: str = "") -> int:
    sys.stdout.write(orjson.dumps({"refused": code, "detail": detail}).decode())
    return 3


def _read(form: str, source: Path, out: BinaryIO, title: str) -> int:
    """Writes all rows; returns how many are not empty. A text table has no sheet name: `title` stands for it."""
    if form == "csv":
        _open_sheet(out, title, hidden=False)
        return _write_rows(out, ((number + 1, list(record)) for number, record in read_rows(source)))
    return _read_workbook(source, out, _notes_by_sheet(source) if form == "xlsx" else {})


def _read_workbook(source: Path, out: BinaryIO, notes: dict[str, Notes]) -> int:
    import python_calamine

    rows = 0
    try:
        # By content, not by name: an .xlsx that somebody called .xls is still an .xlsx.
        workbook = python_calamine.load_workbook(io.BytesIO(source.read_bytes()))
        for meta in workbook.sheets_metadata:
            if meta.typ == python_calamine.SheetTypeEnum.WorkSheet:
                hidden = meta.visible != python_calamine.SheetVisibleEnum.Visible
                _open_sheet(out, meta.name, hidden=hidden)
                if not hidden:
                    rows += _write_rows(out, _sheet_rows(workbook.get_sheet_by_name(meta.name), notes.get(meta.name)))
    except python_calamine.PasswordError as locked:
        raise Hostile("encrypted") from locked
    except python_calamine.CalamineError as broken:
        raise Hostile("unreadable") from broken
    return rows


def _open_sheet(out: BinaryIO, name: str, *, hidden: bool) -> None:
    out.write(orjson.dumps({"sheet": name, "hidden": hidden}) + b"\n")


def _write_rows(out: BinaryIO, rows: Iterator[tuple[int, list[Cell]]]) -> int:
    chunk: list[tuple[int, list[Cell]]] = []
    count = 0
    for number, cells in rows:
        if any(cell != "" for cell in cells):
            chunk.append((number, cells))
            count += 1
        if len(chunk) == _CHUNK_ROWS:
            out.write(orjson.dumps(chunk) + b"\n")
            chunk.clear()
    if chunk:
        out.write(orjson.dumps(chunk) + b"\n")
    return count


def _sheet_rows(sheet: Any, notes: Notes | None) -> Iterator[tuple[int, list[Cell]]]:
    """Rows from 1 with their cells from column A; merged cells repeat their text, marks of the scan are applied."""
    if sheet.start is None:
        return
    left: list[Cell] = [""] * sheet.start[1]
    merges = _Merges(sheet.merged_cell_ranges or [])
    marks = _by_row(notes.marks) if notes else {}
    for index, values in enumerate(sheet.iter_rows()):
        cells: list[Cell] = [v if type(v) is str else plain(v) for v in values]
        if left:
            cells = [*left, *cells]
        if index in marks:
            _apply(marks[index], cells)
        if merges.pending or merges.active:
            merges.fill(index, cells)
        yield index + 1, cells


def plain(value: Any) -> Cell:
    """A reader's value as text or number; a date at midnight loses its time."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return value if isinstance(value, int) else str(value)


def _by_row(marks: dict[tuple[int, int], str]) -> dict[int, list[tuple[int, str]]]:
    rows: dict[int, list[tuple[int, str]]] = {}
    for (row, column), mark in marks.items():
        rows.setdefault(row, []).append((column, mark))
    return rows


def _apply(marks: list[tuple[int, str]], cells: list[Cell]) -> None:
    for column, mark in marks:
        if column >= len(cells):
            continue
        value = cells[column]
        if mark != MONTH:
            cells[column] = mark
        elif isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
            cells[column] = value[:7]


class _Merges:
    """Merged ranges met from top to bottom, so that a merge over a million cells costs nothing until it is read."""

    def __init__(self, ranges: list[Merge]) -> None:
        self.pending = sorted(ranges, key=lambda merge: merge[0][0], reverse=True)
        self.active: list[tuple[Merge, Cell]] = []

    def fill(self, row: int, cells: list[Cell]) -> None:
        self.active = [(merge, text) for merge, text in self.active if merge[1][0] >= row]
        while self.pending and self.pending[-1][0][0] <= row:
            merge = self.pending.pop()
            column = merge[0][1]
            if merge[0][0] == row and column < len(cells) and cells[column] != "":
                self.active.append((merge, cells[column]))
        for merge, text in self.active:
            for column in range(merge[0][1], min(merge[1][1] + 1, len(cells))):
                cells[column] = text


_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


def _notes_by_sheet(source: Path) -> dict[str, Notes]:
    by_part = scan.scan_workbook(source)
    try:
        with zipfile.ZipFile(source) as archive:
            parts = _parts_by_sheet(archive)
    except (ElementTree.ParseError, KeyError) as broken:
        raise Hostile("xml_malformed", "xl/workbook.xml") from broken
    return {name: by_part[part] for name, part in parts.items() if part in by_part}


def _parts_by_sheet(archive: zipfile.ZipFile) -> dict[str, str]:
    # Entities were refused by the scan, so the standard parser is safe here.
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations.iter(_RELATION)}
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
    parts = {}
    for sheet in book.iter(f"{_MAIN}sheet"):
        target = targets.get(sheet.get(_LINK), "")
        parts[sheet.get("name", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return parts
