"""One reader for each column, chosen once per sheet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import dates, values
from .fields import ENTERPRISE_FIELDS, FIELDS, INSPECTION_FIELDS, TECHNICAL, TRAIT_FIELDS, Field
from .headings import Column
from .values import Cell, Reading

Reader = Callable[[Cell], Reading]


# Where a value goes: an attribute of the equipment, one of the clocks' groups, technical text, or to be looked at.
EQUIPMENT, TECHNICAL_TEXT, LOOKED_AT, PLAIN, DEEP, LIGHT, PRESSURE_TEST, EXTENSION = range(8)
GROUPS = {"deep": DEEP, "light": LIGHT, "pressure_test": PRESSURE_TEST, "extension": EXTENSION}

_LOOKED_AT = frozenset(
    {"kind", "kind_detail", "catalogue_code", "form", "status", "stopped", "installation", "parent"}
    | {known.id for known in (*ENTERPRISE_FIELDS, *TRAIT_FIELDS)}
)
_PLAIN_INSPECTION = frozenset(known.id for known in INSPECTION_FIELDS if "." not in known.id)
# What the register's columns hold.
_LIMITS = {
    "enterprise": 200,
    "name": 200,
    "own_number": 100,
    "maker": 200,
    "maker_number": 100,
    "device_code": 40,
    "registration_code": 40,
    "certificate_number": 60,
    "line_number": 100,
    "model": 200,
    "location": 300,
    "installation": 200,
}


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with one column: which reader, and where the value goes; ``limit`` 0 is none.

    ``known`` holds what cells without a flaw were read as, where values repeat: a thousand rows share a few dozen dates.
    """

    index: int
    heading: str
    read: Reader
    plain_text: bool
    essential: bool
    bucket: int
    key: str
    limit: int
    repeats: bool
    known: dict[Cell, Any] = field(default_factory=dict)


def task_for(column: Column) -> Task:
    if column.field is None or column.field == TECHNICAL:
        return Task(
            column.index, column.heading, values.read_text, True, False, TECHNICAL_TEXT, column.heading, 0, False
        )
    known = FIELDS[column.field]
    read = _reader(known, column)
    bucket, key = _destination(known.id)
    return Task(
        column.index,
        column.heading,
        read,
        read is values.read_text,
        known.essential or known.id == "status",
        bucket,
        key,
        _LIMITS.get(known.id, 0),
        known.id in _REPEATED or read not in _MOSTLY_DIFFERENT,
    )


def _destination(field_id: str) -> tuple[int, str]:
    group, dot, name = field_id.partition(".")
    if dot and group in GROUPS:
        return GROUPS[group], name
    if field_id in _PLAIN_INSPECTION:
        return PLAIN, field_id
    return (LOOKED_AT if field_id in _LOOKED_AT else EQUIPMENT), field_id


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
    "form": values.read_form,
}
# Values that hardly ever repeat are not worth remembering; all others are read once for each distinct cell.
_REPEATED = frozenset(
    {"enterprise", "kind", "kind_detail", "catalogue_code", "name", "maker", "model", "institution"}
)
_MOSTLY_DIFFERENT = frozenset(
    {
        values.read_number,
        values.read_device_code,
        values.read_registration_code,
        values.read_certificate,
        values.read_text,
    }
)
