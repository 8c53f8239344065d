"""One reader for each column, chosen once per sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from . import dates, values
from .fields import FIELDS, TECHNICAL, Field
from .headings import Column
from .values import Cell, Reading

Reader = Callable[[Cell], Reading]


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with one column."""

    index: int
    heading: str
    field_id: str
    read: Reader
    essential: bool


def task_for(column: Column) -> Task:
    if column.field is None or column.field == TECHNICAL:
        return Task(column.index, column.heading, TECHNICAL, values.read_text, False)
    known = FIELDS[column.field]
    return Task(
        column.index,
        column.heading,
        known.id,
        _remembered(_reader(known, column)),
        known.essential or known.id == "status",
    )


def _reader(known: Field, column: Column) -> Reader:
    if known.parser in ("date", "end_date"):
        return _date_reader(known)
    if known.parser == "trait":
        return values.trait_reader(known.id.removeprefix("trait."))
    if known.parser == "length":
        unit = column.unit or "m"
        return lambda cell: values.read_length(cell, unit)
    return _READERS[known.parser]


def _date_reader(known: Field) -> Reader:
    end = known.parser == "end_date"
    if known.to_the_day:
        return lambda cell: values.day_only(*dates.read_date(cell, end=end))
    return lambda cell: dates.read_date(cell, end=end)


_READERS: dict[str, Reader] = {
    "text": values.read_text,
    "kind": values.read_text,
    "number": values.read_number,
    "device_code": values.read_device_code,
    "registration_code": values.read_registration_code,
    "certificate": values.read_certificate,
    "credit_code": values.read_credit_code,
    "phone": values.read_phone,
    "status": values.read_status,
    "stopped": values.read_stopped,
    "conclusion": values.read_conclusion,
    "grade": values.read_grade,
    "yes_no": values.read_yes_no,
    "count": values.read_count,
    "years": values.read_years,
    "pipe_grade": values.read_pipe_grade,
}
_MOSTLY_DIFFERENT = frozenset(
    {
        values.read_number,
        values.read_device_code,
        values.read_registration_code,
        values.read_certificate,
        values.read_text,
    }
)


def _remembered(read: Reader) -> Reader:
    """Dates, words and grades repeat from row to row: each distinct cell is read once."""
    if read in _MOSTLY_DIFFERENT:
        return read
    return lru_cache(maxsize=20_000, typed=True)(read)
