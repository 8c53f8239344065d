"""The rows the ladder runs on, read from the due list, and the devices' names for the letters."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from peewee import JOIN

from inspect_station.duelist import projection
from inspect_station.duelist.models import DueRow
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.reminders import ladder
from inspect_station.reminders.ladder import LadderRow
from inspect_station.reminders.reading import tuples

_CHUNK = 500
_RUNNING = ("due", "undetermined", "forbidden")
_COLUMNS = (
    "equipment_id", "clock", "enterprise_id", "answer", "due_on", "earliest", "latest", "precision", "origin",
    "document", "clause", "why", "done_by",
)  # fmt: skip


def refresh(today: date) -> int:
    """Bring the due list up to date; one look where nothing changed."""
    return projection.refresh(today)


def rows(today: date, further: timedelta = timedelta(0)) -> list[LadderRow]:
    """Every running clock that may owe a step by `today` (and `further`), by enterprise."""
    refresh(today)
    query = DueRow.select(*_columns()).where(DueRow.sort_on <= today + ladder.horizon() + further)
    return list(_ladder_rows(tuples(query.where(DueRow.answer.in_(_RUNNING)).order_by(*_order()))))


def rows_on(today: date, on: date) -> list[LadderRow]:
    """The rows as they will be on a later day if no fact changes; nothing is stored."""
    found = {(r.equipment_id, r.clock): r for r in rows(today, on - today)}
    turning = [i for (i,) in tuples(DueRow.select(DueRow.equipment).where(DueRow.changes_on <= on).distinct())]
    for chunk in _chunks(turning):
        found = {key: row for key, row in found.items() if key[0] not in set(chunk)}
        answers = (a for a in projection.answers_on(chunk, on) if a["answer"] in _RUNNING)
        for row in _ladder_rows(tuple(a[name] for name in _COLUMNS) for a in answers):
            found[row.equipment_id, row.clock] = row
    return sorted(found.values(), key=lambda r: (r.enterprise_id, r.equipment_id, r.clock))


def present(equipment_ids: Iterable[int]) -> dict[tuple[int, str], LadderRow]:
    """The answers of these devices as they stand: what a queued step must still agree with."""
    found: dict[tuple[int, str], LadderRow] = {}
    for chunk in _chunks(sorted(set(equipment_ids))):
        query = DueRow.select(*_columns()).where(DueRow.equipment.in_(chunk), DueRow.answer.in_(_RUNNING))
        found |= {(row.equipment_id, row.clock): row for row in _ladder_rows(tuples(query))}
    return found


def of_due_rows(ids: Sequence[int]) -> list[LadderRow]:
    """The rows of the due list that a person ticked; those without a running clock are left out."""
    query = DueRow.select(*_columns()).where(DueRow.id.in_(ids), DueRow.answer.in_(_RUNNING))
    return list(_ladder_rows(tuples(query.order_by(*_order()))))


def _columns() -> tuple[Any, ...]:
    return tuple(getattr(DueRow, name) for name in _COLUMNS)


def _order() -> tuple[Any, ...]:
    return (DueRow.enterprise_id, DueRow.equipment, DueRow.clock)


def _ladder_rows(found: Iterable[tuple[Any, ...]]) -> Iterator[LadderRow]:
    for equipment_id, clock, enterprise_id, answer, due_on, earliest, latest, *rest in found:
        precision, origin, document, clause, why, done_by = rest
        is_open = answer == "undetermined"
        yield LadderRow(
            equipment_id=equipment_id,
            clock=clock,
            enterprise_id=enterprise_id,
            answer=answer,
            on=(earliest or latest) if is_open else due_on,
            late_on=latest if is_open else due_on,
            precision=precision or "day",
            origin=origin or "",
            document=document or "",
            clause=clause or "",
            why=why or "",
            done_by=done_by,
        )


_NAMES = (
    "id", "form", "parent_id", "name", "own_number", "certificate_number", "line_number", "location", "quantity",
)  # fmt: skip


def devices(equipment_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Names, numbers and places of these devices, with the installation a pipe line belongs to."""
    found: dict[int, dict[str, Any]] = {}
    parent = Equipment.alias()
    for chunk in _chunks(equipment_ids):
        query = (
            Equipment.select(*(getattr(Equipment, n) for n in _NAMES), parent.name, parent.certificate_number)
            .join(parent, JOIN.LEFT_OUTER, on=(Equipment.parent == parent.id))
            .where(Equipment.id.in_(chunk))
        )
        for row in tuples(query):
            device = dict(zip((*_NAMES, "parent_name", "parent_certificate"), row, strict=True))
            found[device["id"]] = device
    return found


def enterprise_name(enterprise_id: int) -> str:
    return str(Enterprise.select(Enterprise.name).where(Enterprise.id == enterprise_id).scalar())


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
