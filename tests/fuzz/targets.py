"""What is fuzzed: bytes in, an exception where a promise is broken. Each knows what must hold without asking the code it tries.

`tools/fuzz.py` drives them by coverage; `test_corpus.py` plays what it kept.
"""

import io
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from xml.parsers import expat

import xlsxwriter

from inspect_station.registry.ledgers import dates, guard, kinds, values
from inspect_station.registry.ledgers.refusals import REASONS, LedgerRefused
from inspect_station.registry.ledgers.sandbox import delimited, scan
from inspect_station.registry.ledgers.sandbox.scan import Hostile
from schedules.dates import Day
from schedules.terms import Kind, traits_of

_SHEET, _STYLES = "xl/worksheets/sheet1.xml", "xl/styles.xml"
_FAR_COLUMN, _FAR_ROW = 703, 100_000  # AAA; nearer cells are sampled, the child's limits hold for them
_MOST_CELLS = 12_000_000


def date(data: bytes) -> None:
    """A date is read as written or not at all; what was read reads again as itself."""
    text = data.decode("utf-8", "replace")
    for end in (False, True):
        found, flaw = dates._from_text.__wrapped__(text, end)
        assert found is None or flaw is None, (found, flaw)
        assert flaw is None or flaw.message.endswith(("。", "；")), flaw
        if found is not None:
            assert str(Day.parse(found)) == found
            assert dates.read_date(found) == (found, None)


def cell(data: bytes) -> None:
    """Every other column of a ledger: a value or a flaw with its sentence, whatever stands in the cell."""
    text = data.decode("utf-8", "replace")
    for read in _READERS:
        _found, flaw = read(text)[:2]
        assert flaw is None or flaw.message, read.__name__
    kinds.code_of_words(text)


_READERS = (
    *(getattr(values, name) for name in sorted(vars(values)) if name.startswith("read_")),
    *(values.trait_reader(name) for name in sorted({n for kind in Kind for n in traits_of(kind)})),
)


def number(data: bytes) -> None:
    """Any number a cell may hold, infinities too."""
    with suppress(ValueError):
        value = float(data)
        found, flaw = dates.read_date(value)
        assert (found is None) != (flaw is None)
        assert found is None or str(Day.parse(found)) == found


def day(data: bytes) -> None:
    """What the register takes for a date is written in one way only."""
    text = data.decode("utf-8", "replace")
    try:
        found = Day.parse(text)
    except ValueError:
        return
    assert str(found) == text


def archive(data: bytes) -> None:
    """Any bytes as an upload: a form, or a named reason; the look and the scan raise nothing else."""
    _looked_at(b"PK\x03\x04" + data if data[:2] != b"PK" else data, "x.xlsx")


def old_workbook(data: bytes) -> None:
    """The names inside an OLE container."""
    _looked_at(guard._OLE_MAGIC + data.removeprefix(guard._OLE_MAGIC), "x.xls")


def text_table(data: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        path = Path(folder) / "x.csv"
        path.write_bytes(data)
        with suppress(LedgerRefused):
            if guard.look(path) == "csv":
                with _only_named_reasons():
                    for line, cells in delimited.read_rows(path):
                        assert line >= 0
                        assert not any("\x00" in cell for cell in cells)


def sheet(data: bytes) -> None:
    """A cell far out is found however it is written: the reader would lay out the whole rectangle."""
    with _only_named_reasons() as refused:
        scan.scan_workbook(_packed(_SHEET, data))
    rows, columns = _extent(data)
    assert refused or rows * columns <= _MOST_CELLS, f"{rows} rows by {columns} columns were let through"


def styles(data: bytes) -> None:
    """The formats that show a month only."""
    with _only_named_reasons():
        scan.scan_workbook(_packed(_STYLES, data))


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "date": date,
    "cell": cell,
    "number": number,
    "day": day,
    "archive": archive,
    "old_workbook": old_workbook,
    "text_table": text_table,
    "sheet": sheet,
    "styles": styles,
}


class _only_named_reasons:  # noqa: N801  # reads as a sentence
    """Whether the block was refused; for a reason that has its sentence."""

    def __enter__(self) -> list[str]:
        self.refused: list[str] = []
        return self.refused

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if isinstance(error, Hostile):
            assert error.code in REASONS, error.code
            self.refused.append(error.code)
            return True
        return False


def _looked_at(data: bytes, name: str) -> None:
    path = _scratch() / name
    path.write_bytes(data)
    with suppress(LedgerRefused):
        if guard.look(path) == "xlsx":
            with _only_named_reasons():
                scan.scan_workbook(path)


def _extent(data: bytes) -> tuple[int, int]:
    """The last row and the last far column of a sheet by a parser of its own, as far as the sheet is XML."""
    rows, columns = [0], [0]

    def opened(name: str, attributes: dict[str, str]) -> None:
        place = attributes.get("r", "")
        plain = name.rpartition(":")[2]
        if plain == "row" and place.isascii() and place.isdigit() and len(place) < 10:
            rows.append(int(place))
        elif plain == "c" and place.isascii() and place.isalnum() and len(place) < 12:
            letters = place.rstrip("0123456789")
            digits = place[len(letters) :]
            if letters.isalpha() and digits:
                column = scan.column_index(letters.upper().encode()) + 1
                columns.append(column if column >= _FAR_COLUMN else 0)
                rows.append(int(digits) if int(digits) >= _FAR_ROW else 0)

    parser = expat.ParserCreate()
    parser.StartElementHandler = opened
    with suppress(expat.ExpatError):
        parser.Parse(data, True)
    return max(rows), max(columns)


@cache
def _scratch() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="fuzz-")
    _KEPT.append(folder)
    return Path(folder.name)


_KEPT: list[object] = []  # a folder goes when nothing holds it


@cache
def _book() -> Mapping[str, bytes]:
    """The parts of an ordinary workbook."""
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept) as book:
        book.add_worksheet().write(0, 0, 2026.5, book.add_format({"num_format": 'yyyy"年"m"月"'}))
    with zipfile.ZipFile(kept) as whole:
        return {name: whole.read(name) for name in whole.namelist()}


def _packed(name: str, part: bytes) -> Any:
    """A file of the sheet and the styles, one of them exchanged."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as book:
        for other in (_STYLES, _SHEET):
            book.writestr(other, part if other == name else _book()[other])
    return kept


def seeds(target: str) -> list[bytes]:
    """Where the fuzzer begins, besides the corpus."""
    if target == "sheet":
        return [_book()[_SHEET]]
    if target == "styles":
        return [_book()[_STYLES]]
    if target == "archive":
        return [_packed(_SHEET, b"<worksheet/>").getvalue()]
    return [b"2026-05-01", "2026年5月至2027年4月".encode(), b"46000", b"1e400"]
