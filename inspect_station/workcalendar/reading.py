"""A calendar file: date, 休 or 班, name; CSV or workbook, with or without a heading row."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import python_calamine

from inspect_station.errors import InvalidInput
from inspect_station.workcalendar.schemas import FIRST_YEAR, LAST_YEAR

_BYTES_MOST = 2 << 20
_UNPACKED_MOST = 32 << 20
_ROWS_MOST = 5_000
_DATE = re.compile(r"\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?\s*(?:[T ].*)?")
_KINDS = {"休": "off", "放假": "off", "休息": "off", "班": "work", "上班": "work", "补班": "work"}


@dataclass(frozen=True)
class Entry:
    day: date
    kind: str
    name: str


def read(data: bytes, file_name: str) -> list[Entry]:
    """The entries of the file. Raises `InvalidInput` naming the first rows that cannot be read: all or nothing."""
    if len(data) > _BYTES_MOST:
        raise InvalidInput(f"文件“{file_name}”超过 2 MB，一份节假日表不会这么大，请检查是否选错了文件。")
    entries: dict[date, Entry] = {}
    problems: list[str] = []
    for number, row in enumerate(_rows(data, file_name), start=1):
        cells = [_text(cell) for cell in row]
        if number > _ROWS_MOST:
            raise InvalidInput(f"文件“{file_name}”超过 {_ROWS_MOST} 行，请检查是否选错了文件。")
        if not any(cells) or (number == 1 and not _DATE.fullmatch(cells[0])):
            continue
        try:
            entry = _entry(cells)
            if entry.day in entries and entries[entry.day] != entry:
                raise ValueError(f"{entry.day} 前面已有另一种安排")
            entries[entry.day] = entry
        except ValueError as error:
            problems.append(f"第 {number} 行：{error}")
    if problems:
        more = f"；另有 {len(problems) - 5} 行" if len(problems) > 5 else ""
        raise InvalidInput(f"文件“{file_name}”没有导入，请改正后再传。{'；'.join(problems[:5])}{more}。")
    if not entries:
        raise InvalidInput(f"文件“{file_name}”里没有日期。每行应写：日期、休或班、名称，例如 2027-01-01,休,元旦。")
    return list(entries.values())


def _entry(cells: Sequence[str]) -> Entry:
    shown, kind, name = [*cells, "", "", ""][:3]
    match = _DATE.fullmatch(shown)
    if match is None:
        raise ValueError(f"日期“{shown[:20]}”应写成 2027-01-01 的样子")
    day = _day(*map(int, match.groups()))
    if kind not in _KINDS:
        raise ValueError(f"第二列应为“休”或“班”，现在是“{kind[:20]}”")
    if len(name) > 60:
        raise ValueError("名称最多 60 个字")
    return Entry(day, _KINDS[kind], name)


def _day(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise ValueError(f"没有 {year}-{month}-{day} 这一天") from None
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"{year} 年不在 {FIRST_YEAR} 至 {LAST_YEAR} 年之间")
    return found


def _text(cell: Any) -> str:
    if isinstance(cell, datetime | date):
        return cell.strftime("%Y-%m-%d")
    return str(cell).strip()


def _rows(data: bytes, file_name: str) -> Iterator[Sequence[Any]]:
    if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
        return iter(_workbook(data, file_name))
    return csv.reader(io.StringIO(_decoded(data, file_name), newline=""))


def _workbook(data: bytes, file_name: str) -> list[list[Any]]:
    try:
        if data[:2] == b"PK":
            _check_unpacked(data, file_name)
        sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
        rows: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, zipfile.BadZipFile, ValueError, IndexError) as error:
        raise InvalidInput(f"文件“{file_name}”打不开，可能已损坏；请另存为 CSV 或 .xlsx 后再传。") from error
    return rows


def _check_unpacked(data: bytes, file_name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _UNPACKED_MOST:
            raise InvalidInput(f"文件“{file_name}”展开后太大，一份节假日表不会这么大，没有导入。")


def _decoded(data: bytes, file_name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InvalidInput(f"文件“{file_name}”不是文字表格，请用 CSV 或 .xlsx。")
