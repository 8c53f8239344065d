"""The rows the ladder runs on, read from the due list, and the devices' names for the letters."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.db import among, run
from inspect_station.duelist import service as duelist
from inspect_station.reminders.ladder import LadderRow

_CHUNK = 500


def refresh(today: date) -> None:
    """Bring the due list up to date; one look where nothing changed."""
    duelist.refresh(today)


def rows(today: date, horizon: timedelta) -> list[LadderRow]:
    """Every running clock with a date up to the horizon, by enterprise. Brings the due list up to date."""
    return _by_enterprise(duelist.rows_for_ladder(today, today + horizon))


def rows_on(on: date, horizon: timedelta) -> list[LadderRow]:
    """The rows as they will be on a later day, with dates up to the horizon, if no fact changes.

    Nothing is stored.
    """
    return _by_enterprise(duelist.rows_for_ladder(on, on + horizon, preview=True))


def of_rows(ids: Sequence[int]) -> list[LadderRow]:
    """These rows of the due list, as they stand."""
    return [_row(row) for chunk in _chunks(ids) for row in duelist.rows_by_id(chunk)]


def present(equipment_ids: Iterable[int], today: date) -> dict[tuple[int, str], LadderRow]:
    """The answers of these devices as they stand: what a queued step must still agree with."""
    refresh(today)
    return standing(equipment_ids)


def standing(equipment_ids: Iterable[int]) -> dict[tuple[int, str], LadderRow]:
    """The same where the due list was brought up to date a moment ago."""
    found: dict[tuple[int, str], LadderRow] = {}
    for chunk in _chunks(sorted(set(equipment_ids))):
        for row in map(_row, duelist.rows_stored(chunk)):
            found[row.equipment_id, row.clock] = row
    return found


def of_due_rows(actor: Actor, ids: Sequence[int], today: date) -> list[LadderRow]:
    """The rows of the due list that a person ticked and may see; those without a running clock are left out."""
    page = duelist.due_page(
        actor, duelist.Filters(rows=tuple(ids)), "due", duelist.Place(), len(ids), today, counted=False
    )
    found = present((row["equipment_id"] for row in page.rows), today)
    chosen = [found.get((row["equipment_id"], row["clock"])) for row in page.rows]
    return sorted((row for row in chosen if row), key=_place)


def _by_enterprise(found: Iterable[duelist.OwingRow]) -> list[LadderRow]:
    return sorted(map(_row, found), key=_place)


def _place(row: LadderRow) -> tuple[int, int, str]:
    return (row.enterprise_id, row.equipment_id, row.clock)


def _row(row: duelist.OwingRow) -> LadderRow:
    is_open = row.answer == "undetermined"
    return LadderRow(
        equipment_id=row.equipment_id,
        clock=row.clock,
        enterprise_id=row.enterprise_id,
        answer=row.answer,
        on=(row.earliest or row.latest) if is_open else row.on,
        late_on=row.latest if is_open else row.on,
        precision=row.precision or "day",
        origin=row.origin or "",
        document=row.document or "",
        clause=row.clause or "",
        why=row.why or "",
        done_by=row.done_by,
    )


_NAMES = (
    "id", "enterprise_id", "form", "parent_id", "name", "own_number", "certificate_number", "line_number", "location", "quantity",
)  # fmt: skip

_DEVICES = (
    f"SELECT {', '.join(f'e.{name}' for name in _NAMES)}, p.name, p.certificate_number"  # noqa: S608  our own names
    ", {to_verify} FROM equipment e LEFT JOIN equipment p ON p.id = e.parent_id WHERE e.id "
)


def devices(equipment_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Names, numbers and places of these devices, with the installation a pipe line belongs to; and the clocks whose date
    is to be verified (待核实)."""
    found: dict[int, dict[str, Any]] = {}
    asked = _DEVICES.format(to_verify=duelist.unread_clocks("e.id"))
    for chunk in _chunks(equipment_ids):
        chosen, values = among("device", chunk)
        for row in run(asked + chosen, values):
            device = dict(zip((*_NAMES, "parent_name", "parent_certificate", "to_verify"), row, strict=True))
            found[device["id"]] = device | {"to_verify": (device["to_verify"] or "").split(",")}
    return found


def owner_of(device: dict[str, Any]) -> int:
    """The enterprise a device belongs to now."""
    return int(device["enterprise_id"])


def enterprise_name(enterprise_id: int) -> str:
    return str(run("SELECT name FROM enterprise WHERE id = :id", {"id": enterprise_id})[0][0])


def inspector_of(enterprise_id: int) -> str:
    """Name and telephone of the inspector responsible for an enterprise; empty where nobody is."""
    found = run(_INSPECTOR, {"id": enterprise_id})
    return " ".join(filter(None, found[0])) if found else ""


_INSPECTOR = (
    "SELECT a.name, a.mobile FROM enterprise f JOIN account a ON a.id = f.responsible_id "
    "WHERE f.id = :id AND a.disabled_at IS NULL"
)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
