"""Lists as workbooks: rows are streamed, so that memory does not grow with them, and no text becomes a formula."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter

from inspect_station.errors import InvalidInput

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS_MOST = 1_048_576
# What a spreadsheet program may take for the beginning of a formula; a Chinese one reads the wide signs so, too.
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")
_CELL_MOST = 32_767


@dataclass(frozen=True)
class Column:
    """One column: its heading, how a row gives its value, its width in characters."""

    label: str
    value: str | Callable[[Mapping[str, Any]], Any]
    width: int = 14

    def of(self, row: Mapping[str, Any]) -> Any:
        return row.get(self.value) if isinstance(self.value, str) else self.value(row)


def write(
    path: Path,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    *,
    sheet: str,
    author: str = "",
    created: datetime | None = None,
) -> int:
    """Write a list as the file's name says: .xlsx or .csv; returns its rows.

    Raises `InvalidInput` for another name, or where the file cannot be written.
    """
    form = path.suffix.lower()
    if form not in {".csv", ".xlsx"}:
        raise InvalidInput(f"{path.name} 的扩展名应为 .xlsx 或 .csv。")
    try:
        with open(path, "w", encoding="utf-8", newline="") as file:  # said now, not after all rows were read
            if form == ".csv":
                return sum(1 for _ in map(file.write, csv_lines(columns, rows))) - 1
    except OSError as error:
        raise InvalidInput(f"{path} 写不了，请检查文件夹是否存在、文件是否正被打开。") from error
    return write_workbook(path, columns, rows, sheet=sheet, author=author, created=created)


def csv_lines(columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A list as CSV, heading first, with a byte order mark so that a spreadsheet program reads the Chinese."""
    yield "\ufeff" + _csv_line([column.label for column in columns])
    for row in rows:
        yield _csv_line([_csv_cell(column.of(row)) for column in columns])


def _csv_line(cells: list[str]) -> str:
    held = io.StringIO()
    csv.writer(held).writerow(cells)
    return held.getvalue()


def _csv_cell(value: Any) -> str:
    """Text that no spreadsheet program takes for a formula: a mark before it, which our import takes off again.

    What bears such a mark by itself gets another, so that every text comes back as it was.
    """
    if isinstance(value, bool):
        return "是" if value else "否"
    text = "" if value is None else _text(value)
    starts = text.lstrip("'")[:1]
    return "'" + text if starts in _FORMULA_STARTS and not isinstance(value, int | float) else text


def write_workbook(
    path: Path,
    columns: Sequence[Column],
    rows: Iterable[Mapping[str, Any]],
    *,
    sheet: str,
    author: str = "",
    created: datetime | None = None,
) -> int:
    """Write `rows` under `columns` into a new .xlsx; returns how many rows it holds.

    Every text is written as text whatever it begins with, never as a formula, number or link. A list longer than a
    sheet goes on in further sheets, each with its headings.
    """
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "in_memory": False}) as book:
        book.set_properties({"author": author, "created": created.replace(tzinfo=None) if created else None})
        return _fill(book, columns, rows, sheet)


def _fill(book: Any, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], sheet: str) -> int:
    dates = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    page, line, written, pages = _new_page(book, columns, sheet), 1, 0, 1
    for row in rows:
        if line == _ROWS_MOST:
            pages += 1
            page, line = _new_page(book, columns, f"{sheet} {pages}"), 1
        for number, column in enumerate(columns):
            _write(page, line, number, column.of(row), dates)
        line += 1
        written += 1
    return written


def _new_page(book: Any, columns: Sequence[Column], sheet: str) -> Any:
    page = book.add_worksheet(sheet[:31])
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for number, column in enumerate(columns):
        page.set_column(number, number, column.width)
        page.write_string(0, number, column.label, head)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.set_footer("&C第 &P 页，共 &N 页")
    return page


def _write(page: Any, line: int, number: int, value: Any, dates: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_string(line, number, "是" if value else "否")
    elif isinstance(value, int | float):
        page.write_number(line, number, value)
    elif isinstance(value, date) and not isinstance(value, datetime):
        page.write_datetime(line, number, value, dates)
    else:
        page.write_string(line, number, _text(value))


def _text(value: Any) -> str:
    text = value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else str(value)
    return text[:_CELL_MOST]
