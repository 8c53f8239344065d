"""The rows the ladder runs on, read from the due list, and the devices' names for the letters."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from inspect_station.duelist import service as duelist
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.reminders.ladder import HORIZON, LadderRow

_CHUNK = 500


def rows(today: date, further: timedelta = timedelta(0)) -> list[LadderRow]:
    """Every running clock of the station that the ladder may concern by `today` (and `further`), by enterprise."""
    found = map(_row, duelist.rows_for_ladder(today, today + HORIZON + further))
    return sorted(found, key=lambda r: (r.enterprise_id, r.equipment_id, r.clock))


def present(equipment_ids: Iterable[int], today: date) -> dict[tuple[int, str], LadderRow]:
    """The answers of these devices as they stand now: what a queued step must still agree with."""
    found = map(_row, duelist.rows_for_equipment(sorted(set(equipment_ids)), today))
    return {(row.equipment_id, row.clock): row for row in found}


def _row(given: Any) -> LadderRow:
    """A row of the due list as the ladder needs it; anything with these names will do."""
    undetermined = given.answer == "undetermined"
    return LadderRow(
        equipment_id=given.equipment_id,
        clock=given.clock,
        enterprise_id=given.enterprise_id,
        answer=given.answer,
        on=(given.earliest or given.latest) if undetermined else given.on,
        late_on=given.latest if undetermined else given.on,
        precision=given.precision or "day",
        origin=given.origin or "",
        document=given.document or "",
        clause=given.clause or "",
        why=given.why or "",
        done_by=given.done_by,
    )


_NAMES = (
    "id", "form", "parent_id", "name", "own_number", "certificate_number", "line_number", "location", "quantity",
    "length_mm",
)  # fmt: skip


def devices(equipment_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Names, numbers and places of these devices, with the installation a pipe line belongs to."""
    found: dict[int, dict[str, Any]] = {}
    parent = Equipment.alias()
    for start in range(0, len(equipment_ids), _CHUNK):
        query = (
            Equipment.select(*(getattr(Equipment, n) for n in _NAMES), parent.name, parent.certificate_number)
            .join(parent, "LEFT OUTER", on=(Equipment.parent == parent.id))
            .where(Equipment.id.in_(equipment_ids[start : start + _CHUNK]))
        )
        for row in query.tuples():
            device = dict(zip((*_NAMES, "parent_name", "parent_certificate"), row, strict=True))
            found[device["id"]] = device
    return found


def enterprise_name(enterprise_id: int) -> str:
    return str(Enterprise.select(Enterprise.name).where(Enterprise.id == enterprise_id).scalar())
