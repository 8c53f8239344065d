"""Finding the heading row of a sheet, wherever it stands, and what each column holds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .fields import TECHNICAL
from .reading import Row
from .values import cell_text
from .wording import EXACT, LONGEST_HEADING, NEAR, TECHNICAL_TEXT, meaning, normalise, starts_technical

LOOK_AHEAD_ROWS = 200
_BAND_ROWS = 3
_ROWS_AFTER_THE_BEST = 25
# Parts of a vessel that only say something together with the band above them (设计压力 over 壳程).
_PART = re.compile("^(?:壳体|壳程|管程|夹套|封头|筒体|换热管|衬里|内筒|外筒|管箱|最高|最低|正常)$")
_IDENTIFYING = frozenset(
    {"name", "own_number", "device_code", "registration_code", "certificate_number", "maker_number", "line_number"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading as a person would name it, what it maps to (``None``: unmapped), and its unit."""

    index: int
    heading: str
    field: str | None
    near: bool = False
    unit: str = ""
    part: bool = False
    chosen: bool = False


@dataclass(slots=True)
class Layout:
    """Where the headings of a sheet stand and what they mean; ``header_row`` counts from 1."""

    header_row: int
    columns: list[Column]
    title: str = ""
    kind: str = "mixed"
    stated: dict[str, str] = field(default_factory=dict)

    @property
    def mapped(self) -> dict[str, str]:
        return {column.heading: column.field for column in self.columns if column.field}

    @property
    def unmapped(self) -> list[str]:
        return [column.heading for column in self.columns if column.field is None]

    def column_of(self, field_id: str) -> Column | None:
        return next((column for column in self.columns if column.field == field_id), None)


# --- where the headings stand -------------------------------------------------------------------------------------


def find_layout(
    rows: Iterable[Row], sheet_name: str = "", mapping: Mapping[str, str | None] | None = None
) -> Layout | None:
    """The best heading row among the first rows, or ``None``; ``mapping`` (heading → field) is a person's word."""
    head = [(number, [cell_text(cell) for cell in cells]) for number, cells in _first(rows)]
    chosen = {normalise(heading): field_id for heading, field_id in (mapping or {}).items()}
    best: tuple[float, int] | None = None
    for position in range(len(head)):
        if best is not None and position > best[1] + _ROWS_AFTER_THE_BEST:
            break
        score = _score(head, position, chosen)
        if score and (best is None or score > best[0] + 0.01):
            best = (score, position)
    if best is None:
        return None
    return _layout(head, best[1], sheet_name, chosen)


def _first(rows: Iterable[Row]) -> list[Row]:
    found = []
    for row in rows:
        found.append(row)
        if len(found) == LOOK_AHEAD_ROWS:
            break
    return found


Head = list[tuple[int, list[str]]]


def _score(head: Head, position: int, chosen: Mapping[str, str | None]) -> float:
    """How much like headings a row reads; 0 where too few cells mean anything or none names a device."""
    columns = _columns(head, position, chosen)
    here = {column.heading for column in columns if head[position][1][column.index : column.index + 1] != [""]}
    if len(here) < 2:
        return 0.0
    fields = {column.field for column in columns if column.field}
    if len(fields - {TECHNICAL}) < 2 or not fields & _IDENTIFYING:
        return 0.0
    return sum(_weight(column) for column in columns)


def _weight(column: Column) -> float:
    if column.chosen:
        return 1.5
    if column.field is None:
        return -0.2
    if column.field == TECHNICAL:
        # Of a band and its parts below it (设计压力 over 壳程), the parts are the headings.
        return TECHNICAL_TEXT + (0.05 if column.part else 0)
    return NEAR if column.near else EXACT


def _columns(head: Head, position: int, chosen: Mapping[str, str | None]) -> list[Column]:
    """The columns of a candidate row: each cell with the bands above it; a field taken twice is kept once."""
    leaf = head[position][1]
    bands = _bands(head, position)
    width = max([len(leaf), *(len(band) for band in bands)])
    found = [_column(index, _at(leaf, index), [_at(band, index) for band in bands]) for index in range(width)]
    columns = [_as_chosen(column, chosen) for column in _distinct([column for column in found if column])]
    return _each_field_once(columns)


def _as_chosen(column: Column, chosen: Mapping[str, str | None]) -> Column:
    """A person may name a column by its whole heading or, under a band, by its last part."""
    for name in (normalise(column.heading), normalise(column.heading.rpartition("/")[2])):
        if name in chosen:
            return replace(column, field=chosen[name], near=False, chosen=True)
    return column


def _each_field_once(columns: list[Column]) -> list[Column]:
    """For a field that several columns claim: a person's word, then the exact heading, then the first; the others keep their text."""
    best: dict[str, Column] = {}
    for column in columns:
        if column.field and column.field != TECHNICAL:
            held = best.get(column.field)
            if held is None or (not column.chosen, column.near) < (not held.chosen, held.near):
                best[column.field] = column
    return [
        column
        if column.field in (None, TECHNICAL) or best.get(column.field or "") is column
        else replace(column, field=None)
        for column in columns
    ]


def _bands(head: Head, position: int) -> list[list[str]]:
    """Rows right above that may be bands or headings over two rows; nearest first, titles left out."""
    bands = []
    for number, cells in reversed(head[max(0, position - _BAND_ROWS) : position]):
        if head[position][0] - number > _BAND_ROWS or _is_title(cells):
            break
        bands.append(cells)
    return bands


def _is_title(cells: Sequence[str]) -> bool:
    return len({cell for cell in cells if cell}) <= 1


def _at(cells: Sequence[str], index: int) -> str:
    return cells[index] if index < len(cells) else ""


def _column(index: int, leaf: str, above: list[str]) -> Column | None:
    """A band and its leaf together may say more than the leaf; a blank leaf takes the band."""
    bands = [band for band in dict.fromkeys(above) if band and band != leaf]
    if not leaf:
        leaf, bands = (bands[0], bands[1:]) if bands else ("", [])
    if not leaf or len(leaf) > LONGEST_HEADING:
        return None
    return _meant(index, leaf, bands)


def _meant(index: int, leaf: str, bands: list[str]) -> Column:
    alone, sure = meaning(leaf)
    band = normalise(bands[0]) if bands else ""
    if alone == TECHNICAL and _PART.match(normalise(leaf)) and starts_technical(band, shortest=2):
        return Column(index, f"{_tidy(bands[0])}/{_tidy(leaf)}", TECHNICAL, unit=_unit(leaf), part=True)
    for band in bands:
        together, surer = _together(band, leaf)
        if together and together != alone and surer >= TECHNICAL_TEXT and _band_matters(alone, together):
            return Column(index, f"{_tidy(band)}/{_tidy(leaf)}", together, unit=_unit(leaf))
    return Column(index, _tidy(leaf), alone, near=sure == NEAR, unit=_unit(leaf))


def _together(band: str, leaf: str) -> tuple[str | None, float]:
    """What the leaf means under its band: 年度检查 + 下次检验日期 is 下次年度检查日期."""
    clock = _clock_of_band(normalise(band))
    field_id, _ = meaning(leaf)
    if clock and field_id in {"completed_on", "next_due", "conclusion", "report_number"}:
        return f"{clock}.{field_id}", EXACT
    whole, sure = meaning(f"{band}{leaf}")
    if whole and whole != TECHNICAL and sure == EXACT:
        return whole, sure
    if field_id is None and starts_technical(normalise(band), shortest=2):
        return TECHNICAL, TECHNICAL_TEXT
    return None, 0.0


def _clock_of_band(band: str) -> str | None:
    if re.search("年度检查|外部检验|在线检|外检|年检", band):
        return "light"
    if re.search("内部检验|内检|定期检验|全面检验|定检|内外部", band):
        return "deep"
    return "pressure_test" if re.search("水压试验|耐压试验|水\\(耐\\)压", band) else None


def _band_matters(alone: str | None, together: str) -> bool:
    return (
        alone in (None, TECHNICAL, "completed_on", "next_due", "conclusion", "report_number") or together != TECHNICAL
    )


def _distinct(columns: list[Column]) -> list[Column]:
    """Headings that occur twice get the column's number, so that each can be mapped by itself."""
    seen: dict[str, int] = {}
    result = []
    for column in columns:
        seen[column.heading] = seen.get(column.heading, 0) + 1
        count = seen[column.heading]
        heading = column.heading if count == 1 else f"{column.heading}#{count}"
        result.append(replace(column, heading=heading))
    return result


def _tidy(heading: str) -> str:
    return re.sub(r"\s+", "", heading)


def _unit(heading: str) -> str:
    match = re.search(r"\((mm|cm|m|km|米|公里|千米)\)$", normalise(heading))
    return match[1] if match else ""


# --- what the sheet is about --------------------------------------------------------------------------------------

_KIND_WORDS = (
    ("boilers", re.compile("锅炉")),
    ("cylinders", re.compile("气瓶|钢瓶")),
    ("accessories", re.compile("安全阀|安全附件|压力表|爆破片")),
    ("pipes", re.compile("管道|管线")),
    ("vessels", re.compile("容器|储罐")),
)
_STATED = re.compile(r"^(使用单位|单位名称|企业名称|使用单位名称|填报单位)(?:\(盖章\))?[::]\s*(.*)$")


def _layout(head: Head, position: int, sheet_name: str, chosen: Mapping[str, str | None]) -> Layout:
    columns = _columns(head, position, chosen)
    above = [cells for _, cells in head[:position]]
    title = " ".join(dict.fromkeys(cell for cells in above if _is_title(cells) for cell in cells if cell))
    layout = Layout(head[position][0], columns, title)
    layout.kind = _sheet_kind(f"{title} {sheet_name}", columns)
    layout.stated = _stated(above)
    return layout


def _sheet_kind(words: str, columns: list[Column]) -> str:
    named = [kind for kind, pattern in _KIND_WORDS if pattern.search(words)]
    if len(named) == 1:
        return named[0]
    if len(named) > 1:
        return "mixed"
    return _kind_by_headings(columns)


def _kind_by_headings(columns: list[Column]) -> str:
    fields = {column.field for column in columns}
    if fields & {"line_number", "trait.pipe_grade"} and not fields & {"kind", "kind_detail", "catalogue_code"}:
        return "pipes"
    first = next((column.heading for column in columns if column.field == "name"), "")
    named = [kind for kind, pattern in _KIND_WORDS if pattern.search(first)]
    return named[0] if named else "mixed"


def _stated(above: list[list[str]]) -> dict[str, str]:
    """Facts written above the table: «使用单位：某某公司», in one cell or in two."""
    stated: dict[str, str] = {}
    for cells in above:
        for index, cell in enumerate(cells):
            match = _STATED.match(unicodedata.normalize("NFKC", cell))
            if not match:
                continue
            value = match[2].strip() or next((c for c in cells[index + 1 :] if c and c != cell), "")
            if value:
                stated.setdefault("enterprise", re.split(r"\s{2,}", value)[0])
    return stated
