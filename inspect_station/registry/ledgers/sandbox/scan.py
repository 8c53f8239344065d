"""A look through the XML of an .xlsx before the reader sees it, in one streaming pass over each sheet.

The reader lays a sheet out as a full rectangle, so one cell at XFD1048576 asks for 512 GB; extents and filled cells
are therefore counted first. The same pass notes what the reader would hide: cells shown as a month only (their day is
invented by the spreadsheet program), formula errors, and formulas without a computed value.
"""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

MAX_FILLED_CELLS = 4_000_000
MAX_RECTANGLE_CELLS = 12_000_000
MAX_ELEMENTS = 5_000_000
MAX_MERGES = 200_000
_CHUNK = 1 << 20
_MAX_TOKEN = 8 << 20
_EXCEL_COLUMNS = 16_384
_EXCEL_ROWS = 1_048_576
_LONG_NUMBER = 9  # digits

MONTH = "month"
# Longer than any real value and told apart by the parent; the wording is what a person sees as the cell's value.
NOT_COMPUTED = "#公式未计算"

# Each begins with a literal, to which the matcher skips: the pass costs a fraction of the reading itself.
_FAR = re.compile(rb' r="(?:[A-Za-z]{3,}\d+|[A-Za-z]{1,2}\d{6,})"')
_ROW = re.compile(rb'row\b[^>]*? r="(\d+)')
_COLUMN = re.compile(rb' r="([A-Za-z]{1,2})\d')
# XML leaves freedoms that no spreadsheet program takes and the reader understands all the same.
_OTHER_SPACES = (b"\t", b"\n", b"\r", b"\f", b"\v")
_ODD_SPACE = re.compile(rb"\br(?:\s+=|=\s)")
_REFERENCE = re.compile(rb"""[\s"']r\s*=\s*["'](\w*)["']""")
_CELL = re.compile(rb"<(?:\w+:)?c\s([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ATTRIBUTE = re.compile(rb"""(\w+)=["']([^"']*)["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v>([^<]*)</")
_NUMBER_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\s([^>]*)>")
_CELL_FORMATS = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_CELL_FORMAT = re.compile(rb"<(?:\w+:)?xf\b[^>]*?\snumFmtId=[\"'](\d+)[\"']")
_SHEET_TAG = b"sheetData"
_SHEET_PART = re.compile(r"^xl/worksheets/[^/]+\.xml$", re.IGNORECASE)

_BUILT_IN_MONTH_FORMATS = {17, 55}  # mmm-yy; 55 is yyyy"年"m"月" in Chinese Excel


class Hostile(Exception):
    """The workbook is refused; ``code`` is a key of ``refusals.REASONS``."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        super().__init__(code)


@dataclass
class Notes:
    """What the scan saw in one sheet: marks by (row, column), both from 0."""

    filled: int = 0
    elements: int = 0
    merges: int = 0
    last_row: int = 0
    last_column: int = 0
    marks: dict[tuple[int, int], str] = field(default_factory=dict)


def scan_workbook(path: Path) -> dict[str, Notes]:
    """Notes for each sheet part (``xl/worksheets/sheet1.xml``), or ``Hostile``."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _scan_parts(archive)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as broken:
        raise Hostile("zip_damaged") from broken
    except zipfile.zlib.error as broken:  # type: ignore[attr-defined]
        raise Hostile("zip_damaged") from broken


def _scan_parts(archive: zipfile.ZipFile) -> dict[str, Notes]:
    month_styles = _month_styles(archive)
    notes: dict[str, Notes] = {}
    filled = 0
    for entry in archive.infolist():
        if _is_sheet(archive, entry.filename):
            notes[entry.filename] = _scan_sheet(archive, entry.filename, month_styles)
            filled += notes[entry.filename].filled
    if filled > MAX_FILLED_CELLS:
        raise Hostile("too_many_cells", f"共 {filled} 个单元格")
    return notes


def _is_sheet(archive: zipfile.ZipFile, name: str) -> bool:
    """By its name, or by what is in it: the book may call any part a sheet. Entities are refused on the way."""
    if _SHEET_PART.match(name):
        return True
    if name.lower().endswith((".xml", ".rels", ".vml")):
        found = False
        for piece in _pieces(archive, name):
            _refuse_entities(piece)
            found = found or _SHEET_TAG in piece
        return found
    with archive.open(name) as part:
        before = b""
        while block := part.read(_CHUNK):
            if _SHEET_TAG in before + block:
                raise Hostile("zip_paths", "工作表的名称")
            before = block[-len(_SHEET_TAG) :]
    return False


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The part in pieces cut before a row or, failing that, before a tag, so that no pattern is torn."""
    rest = b""
    with archive.open(name) as part:
        first = True
        while block := part.read(_CHUNK):
            if first:
                _check_encoding(block)
                first = False
            block = rest + block
            cut = _cut(block)
            if len(block) - cut > _MAX_TOKEN:
                raise Hostile("xml_malformed", "单元格异常长")
            yield block[:cut]
            rest = block[cut:]
    if rest:
        yield rest


def _cut(block: bytes) -> int:
    for tag in (b"<row", b"<c ", b"<"):
        if (cut := block.rfind(tag)) > 0:
            return cut
    return 0


def _check_encoding(block: bytes) -> None:
    start = block.removeprefix(b"\xef\xbb\xbf").lstrip()[:200]
    declared = re.match(rb"""<\?xml[^>]*encoding=["']([\w-]+)["']""", start)
    if b"\x00" in start or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")):
        raise Hostile("xml_encoding")


def _refuse_entities(piece: bytes) -> None:
    if b"<!" in piece and (b"<!DOCTYPE" in piece or b"<!ENTITY" in piece):
        raise Hostile("xml_entities")


def _scan_sheet(archive: zipfile.ZipFile, name: str, month_styles: frozenset[bytes]) -> Notes:
    notes = Notes()
    for piece in _pieces(archive, name):
        _refuse_entities(piece)
        piece = _as_usual(piece)
        _measure(piece, notes, name)
        if month_styles or b't="e"' in piece or b"<f" in piece or b":f" in piece:
            _mark(piece, notes, month_styles)
    if notes.last_row * notes.last_column > MAX_RECTANGLE_CELLS:
        raise Hostile("cell_out_of_range", name.rsplit("/", 1)[-1])
    return notes


def _as_usual(piece: bytes) -> bytes:
    """The piece with its references written ` r="A1"`, as programs write them; hardly any needs it."""
    return piece if _is_usual(piece) else _REFERENCE.sub(rb' r="\1"', piece)


def _is_usual(piece: bytes) -> bool:
    """Whether each `r` stands after a space and before an equals sign and a double quote, with nothing between.

    Counting goes through a piece several times faster than a pattern; the names that end in an r (`xmlns:r`, `footer`) are
    counted only where the numbers differ.
    """
    if b"r =" in piece:
        return False
    named = piece.count(b"r=") - piece.count(b' r="')
    if named and named != piece.count(b':r="') + piece.count(b'er="'):
        return False
    return not any(space in piece for space in _OTHER_SPACES) or not _ODD_SPACE.search(piece)


def _measure(piece: bytes, notes: Notes, name: str) -> None:
    notes.filled += (piece.count(b"v>") + piece.count(b"is>")) // 2
    notes.elements += piece.count(b' r="')
    notes.merges += piece.count(b"<mergeCell ")
    if notes.filled > MAX_FILLED_CELLS:
        raise Hostile("too_many_cells", f"已读到 {notes.filled} 个")
    if notes.elements > MAX_ELEMENTS or notes.merges > MAX_MERGES:
        raise Hostile("too_many_cells", "空白但带格式的单元格或合并单元格过多")
    _stretch(piece, notes, name)


def _stretch(piece: bytes, notes: Notes, name: str) -> None:
    """The last row and column with a cell; near columns are sampled, far ones always found."""
    rows = _ROW.findall(piece)
    if rows:
        usual = max(map(len, rows)) < _LONG_NUMBER
        notes.last_row = max(notes.last_row, *map(int if usual else _number, rows))
        start = piece.rfind(b"<row")
        columns = _COLUMN.findall(piece[: _CHUNK // 16]) + _COLUMN.findall(piece, max(start, 0))
        if columns:
            notes.last_column = max(notes.last_column, *(column_index(column.upper()) + 1 for column in columns))
    for reference in _FAR.findall(piece):
        place = reference[4:-1].upper()
        letters = place.rstrip(b"0123456789")
        column, row = column_index(letters) + 1, _number(place[len(letters) :])
        if column > _EXCEL_COLUMNS or row > _EXCEL_ROWS:
            raise Hostile("cell_out_of_range", name.rsplit("/", 1)[-1])
        notes.last_column, notes.last_row = max(notes.last_column, column), max(notes.last_row, row)


def _number(digits: bytes) -> int:
    """Of a row or a format; what is longer is beyond every sheet."""
    return int(digits) if len(digits) < _LONG_NUMBER else 10**9


def column_index(letters: bytes) -> int:
    """A → 0, Z → 25, AA → 26."""
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def _mark(piece: bytes, notes: Notes, month_styles: frozenset[bytes]) -> None:
    for attributes, body in _CELL.findall(piece):
        found = dict(_ATTRIBUTE.findall(attributes))
        mark = _mark_of(found, body, month_styles)
        if mark and (place := re.match(rb"([A-Z]{1,3})(\d{1,7})$", found.get(b"r", b"").upper())):
            notes.marks[int(place[2]) - 1, column_index(place[1])] = mark


def _mark_of(attributes: dict[bytes, bytes], body: bytes, month_styles: frozenset[bytes]) -> str | None:
    value = _VALUE.search(body)
    if attributes.get(b"t") == b"e":
        return value[1].decode("ascii", "replace") if value else "#错误"
    if (b"<f" in body or b":f" in body) and not (value and value[1]) and b"<is" not in body:
        return NOT_COMPUTED
    if value and attributes.get(b"s") in month_styles and attributes.get(b"t", b"n") == b"n":
        return MONTH
    return None


def _month_styles(archive: zipfile.ZipFile) -> frozenset[bytes]:
    """Indexes of the cell formats that show year and month but no day."""
    try:
        styles = archive.read("xl/styles.xml")
    except KeyError:
        return frozenset()
    month_ids = set(_BUILT_IN_MONTH_FORMATS)
    for attributes in _NUMBER_FORMAT.findall(styles):
        found = dict(re.findall(rb'(\w+)="([^"]*)"', attributes))
        if shows_month_only(found.get(b"formatCode", b"").decode("utf-8", "replace")):
            month_ids.add(_number(number) if (number := found.get(b"numFmtId", b"")).isdigit() else 0)
    block = _CELL_FORMATS.search(styles)
    formats = _CELL_FORMAT.findall(block[0]) if block else []
    return frozenset(str(n).encode() for n, format_id in enumerate(formats) if _number(format_id) in month_ids)


def shows_month_only(code: str) -> bool:
    """Whether a number format shows a year and a month but no day: ``yyyy-mm``, ``yyyy"年"m"月"``."""
    code = html.unescape(code).split(";")[0].lower()
    code = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.|_.', "", code)
    return "y" in code and "m" in code and "d" not in code and "h" not in code and "s" not in code
