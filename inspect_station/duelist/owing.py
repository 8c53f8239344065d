"""The rows the reminder ladder runs on: plain facts of every running clock that may owe a step."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from peewee import DateField

from inspect_station.db import among, day, is_sqlite, run
from inspect_station.duelist.models import DueRow
from inspect_station.duelist.projection import answers_on, refresh, stale_on
from inspect_station.duelist.query import UNREAD
from schedules.terms import Origin

_CHUNK = 5_000


class OwingRow(NamedTuple):
    """One clock with a date to work towards, or forbidden. `on` is None for an undetermined one."""

    id: int
    equipment_id: int
    enterprise_id: int
    clock: str
    kind: str
    answer: str
    on: date | None
    precision: str | None
    origin: str | None
    apply_by: date | None
    earliest: date | None
    latest: date | None
    document: str | None
    clause: str | None
    why: str | None
    done_by: str


_FIELDS = (
    DueRow.id, DueRow.equipment, DueRow.enterprise_id, DueRow.clock, DueRow.kind, DueRow.answer, DueRow.due_on,
    DueRow.precision, DueRow.origin, DueRow.apply_by, DueRow.earliest, DueRow.latest, DueRow.document, DueRow.clause,
    DueRow.why, DueRow.done_by,
)  # fmt: skip
_RUNNING = ("due", "undetermined", "forbidden")
_DAYS = frozenset(place for place, field in enumerate(_FIELDS) if isinstance(field, DateField))
_STORED = f"SELECT {', '.join(field.column_name for field in _FIELDS)} FROM due_row"  # noqa: S608  our own names


def rows_for_ladder(today: date, until: date, *, preview: bool = False) -> Iterator[OwingRow]:
    """Every running clock whose date to work towards is not after `until`, and every forbidden one, by row id.

    With `preview`, `today` may be a day to come: what would differ by then is computed and nothing is stored. Rows
    are read a few thousand at a time, so memory does not grow with the station.
    """
    if not preview:
        refresh(today)
        yield from _stored(until, ())
        return
    stale = set(stale_on(today))
    yield from _stored(until, stale)
    yield from _computed(sorted(stale), today, until)


def rows_for_equipment(equipment_ids: Sequence[int], today: date, *, preview: bool = False) -> list[OwingRow]:
    """The running clocks of these devices as they stand on `today`, whatever their dates."""
    if preview:
        return list(_computed(equipment_ids, today, date.max))
    refresh(today)
    return rows_stored(equipment_ids)


def rows_stored(equipment_ids: Sequence[int]) -> list[OwingRow]:
    """The running clocks of these devices as the due list holds them."""
    return _rows_where("equipment_id", equipment_ids, " ORDER BY id")


def rows_by_id(ids: Sequence[int]) -> list[OwingRow]:
    """The running clocks among these rows, as the due list holds them."""
    return _rows_where("id", ids)


def unread_clocks(equipment: str) -> str:
    """A value for another room's statement: of the device whose id is in this column, the clocks whose date rests on a rule
    that nobody here has read in the document (待核实), separated by commas; null where there are none."""
    joined = "group_concat(d.clock)" if is_sqlite() else "string_agg(d.clock, ',')"
    return (
        f"(SELECT {joined} FROM due_row d WHERE d.equipment_id = {equipment} "  # noqa: S608  our own names
        f"AND (d.due_on IS NULL OR d.origin = '{Origin.RULE}') AND {UNREAD})"
    )


def _rows_where(column: str, numbers: Sequence[int], order: str = "") -> list[OwingRow]:
    """Written out: it is asked for with every letter and enterprise, and building the query costs more than running it."""
    chosen, values = among("number", numbers)
    return [_read(row) for row in run(f"{_STORED} WHERE {column} {chosen} AND answer IN {_RUNNING}{order}", values)]


def _read(row: Sequence[Any]) -> OwingRow:
    """A row as the engine gives it: SQLite has its dates as text."""
    values: Any = (day(value) if place in _DAYS else value for place, value in enumerate(row))
    return OwingRow(*values)


def _stored(until: date, without: Any) -> Iterator[OwingRow]:
    last: tuple[date, int] = (date(1, 1, 1), 0)
    while True:
        keys = (DueRow.sort_on > last[0]) | ((DueRow.sort_on == last[0]) & (DueRow.id > last[1]))
        query: Any = (
            DueRow.select(*_FIELDS, DueRow.sort_on)
            .where(keys, DueRow.sort_on >= last[0], DueRow.sort_on <= until, DueRow.answer.in_(_RUNNING))
            .order_by(DueRow.sort_on, DueRow.id)
            .limit(_CHUNK)
        )
        found = list(query.tuples())
        yield from (OwingRow(*row[:-1]) for row in found if row[1] not in without)
        if len(found) < _CHUNK:
            return
        last = (found[-1][-1], found[-1][0])


def _computed(equipment_ids: Sequence[int], on: date, until: date) -> Iterator[OwingRow]:
    for start in range(0, len(equipment_ids), 500):
        for row in answers_on(equipment_ids[start : start + 500], on):
            if row["answer"] in _RUNNING and row["sort_on"] <= until:
                values = row | {"id": 0, "on": row["due_on"]}
                yield OwingRow(*(values[name] for name in OwingRow._fields))
