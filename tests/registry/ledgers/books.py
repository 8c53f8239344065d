"""Real workbooks made for the tests, after the three forms people have."""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
import xlwt

FORMS = json.loads((Path(__file__).parent / "ledger_headings.json").read_text(encoding="utf-8"))


def xlsx(
    path: Path, sheets: dict[str, Sequence[Sequence[Any]]], formats: dict[tuple[int, int], str] | None = None
) -> Path:
    """A workbook from rows of values; ``formats`` gives number formats by (row, column) of every sheet."""
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for r, row in enumerate(rows):
                for c, value in enumerate(row):
                    code = (formats or {}).get((r, c))
                    if value is not None:
                        sheet.write(r, c, value, book.add_format({"num_format": code}) if code else None)
    return path


def form(path: Path, name: str, rows: Sequence[dict[str, Any]]) -> Path:
    """One of the real forms, filled: bands and title merged as in the original."""
    spec = FORMS[name]
    leaf_row = spec.get("leaf_header_row", spec["header_rows"][-1])
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("台账")
        for merge in spec.get("merged_cells", []):
            sheet.merge_range(merge["row0"], merge["col0"], merge["row1"], merge["col1"], merge["text"])
        for c, heading in enumerate(spec["leaf_headers"]):
            sheet.write_string(leaf_row, c, heading)
        for r, row in enumerate(rows, spec.get("first_data_row", leaf_row + 1)):
            for heading, value in row.items():
                sheet.write(r, spec["leaf_headers"].index(heading), value)
    return path


def xls(path: Path, rows: Sequence[Sequence[Any]]) -> Path:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("设备")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            sheet.write(r, c, value)
    book.save(str(path))
    return path


def edited(source: Path, target: Path, edits: dict[str, Callable[[bytes], bytes] | bytes | None]) -> Path:
    """The same workbook with parts changed, added (bytes for a new name) or left out (``None``)."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            edit = edits.get(name, old.read(name))
            if callable(edit):
                edit = edit(old.read(name))
            if edit is not None:
                new.writestr(name, edit)
        for name in edits.keys() - set(old.namelist()):
            part = edits[name]
            assert isinstance(part, bytes)
            new.writestr(name, part)
    return target


def plain(path: Path) -> Path:
    """A small proper ledger."""
    return xlsx(
        path,
        {"台账": [["单位名称", "设备名称", "内部编号", "下次检验日期"], ["甲公司", "储罐", "V-1", "2027-03-31"]]},
    )


def zipped(path: Path, parts: dict[str, bytes]) -> Path:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    path.write_bytes(buffer.getvalue())
    return path
