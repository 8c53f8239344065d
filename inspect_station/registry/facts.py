"""The register's rows as the facts the law looks at, read in bulk: three statements for any number of devices."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import orjson

from inspect_station.db import run_for
from schedules import facts
from schedules.dates import Day
from schedules.facts import FactError
from schedules.terms import Clock, Conclusion, Kind, Status, clocks_of, kind_of

AT_ONCE = 10_000
"""How many devices one call may be asked for: SQLite allows 32 766 parameters in a statement."""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """One device's facts with the stamp they were read under.

    `facts` is None where no clock can run: an installation (its lines have the clocks), a code outside our table, or
    a row that cannot be read; `problem` then says so in Chinese ("" for an installation).
    """

    equipment_id: int
    enterprise_id: int
    catalogue_code: str
    kind: Kind | None
    form: str
    revision: int
    facts: facts.Equipment | None
    problem: str = ""


# Written out and with one parameter for all ids: the night's work asks it a thousand times, and builds it once.
_EQUIPMENT = (
    "SELECT id, enterprise_id, form, catalogue_code, revision, status, stopped_on, restarted_on, moved_on, made_on, "
    "put_into_use_on, design_life_years, exempt_by_design, traits FROM equipment WHERE {some} ORDER BY id"
)
_INSPECTIONS = (
    "SELECT equipment_id, clock, completed_on, conclusion, grade, next_due FROM inspection "
    "WHERE {some} AND replaced_by_id IS NULL ORDER BY id"
)
_EXTENSIONS = (
    "SELECT equipment_id, clock, until, granted_on, document FROM extension "
    "WHERE {some} AND withdrawn_at IS NULL ORDER BY id"
)


def facts_of(equipment_ids: Sequence[int]) -> Iterator[DeviceFacts]:
    """The facts of these devices, in the order of their ids; ids that do not exist are left out.

    Not scoped by enterprise: for the projection, and for callers that have checked. At most `AT_ONCE` ids.
    """
    ids = list(equipment_ids)
    if len(ids) > AT_ONCE:
        raise ValueError(f"at most {AT_ONCE} devices at once, asked for {len(ids)}")
    inspections = _by_device(run_for(_INSPECTIONS, "equipment_id", ids))
    extensions = _by_device(run_for(_EXTENSIONS, "equipment_id", ids))
    for row in run_for(_EQUIPMENT, "id", ids):
        yield _device(row, inspections.get(row[0], ()), extensions.get(row[0], ()))


def load(equipment_ids: Sequence[int]) -> dict[int, facts.Equipment]:
    """The readable ones of these devices by id: what `facts_of` gives without stamp and problem."""
    return {d.equipment_id: d.facts for d in facts_of(equipment_ids) if d.facts is not None}


def _by_device(rows: Sequence[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _device(row: tuple[Any, ...], inspections: Sequence[Any], extensions: Sequence[Any]) -> DeviceFacts:
    equipment_id, enterprise_id, form, code, revision, *_ = row
    kind = kind_of(code, _given_traits(row[13]))
    read, problem = None, ""
    if form != "installation":
        try:
            read = _read(kind, row, inspections, extensions)
        except ValueError as error:  # FactError is one: words or dates the rules do not know
            problem = str(error)
    return DeviceFacts(equipment_id, enterprise_id, code, kind, form, revision, read, problem)


def _read(kind: Kind | None, row: tuple[Any, ...], inspections: Any, extensions: Any) -> facts.Equipment:
    if kind is None:
        raise FactError(f"目录代码“{row[3]}”不在承压类设备的规则范围内，请核对目录代码（F000 还须注明附件种类）。")
    return facts.Equipment(
        kind=kind,
        catalogue_code=row[3],
        status=Status(row[5]),
        stopped_on=_first_day(row[6]),
        restarted_on=_last_day(row[7]),
        moved_on=_last_day(row[8]),
        made_on=_day(row[9]),
        put_into_use_on=_day(row[10]),
        design_life_years=row[11],
        exempt_by_design=bool(row[12]),
        traits=_traits(kind, row[3], _given_traits(row[13])),
        # A corrected catalogue code may leave records of clocks that the device no longer has.
        inspections=tuple(_inspection(i) for i in inspections if i[0] in clocks_of(kind)),
        extensions=tuple(_extension(e) for e in extensions if e[0] in clocks_of(kind)),
    )


@lru_cache(maxsize=20_000)
def _given_traits(text: str | None) -> Mapping[str, Any] | None:
    return orjson.loads(text) if text else None


def _traits(kind: Kind, code: str, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return facts.read_traits(kind, code, given) if given else {}


def _inspection(row: tuple[Any, ...]) -> facts.Inspection:
    clock, completed_on, conclusion, grade, next_due = row
    return facts.Inspection(
        clock=Clock(clock),
        completed_on=_day(completed_on),
        conclusion=Conclusion(conclusion) if conclusion else None,
        grade=grade,
        next_due=_day(next_due),
    )


def _extension(row: tuple[Any, ...]) -> facts.Extension:
    clock, until, granted_on, document = row
    end = _day(until)
    assert end is not None  # the column is NOT NULL and checked on entry
    granted = date.fromisoformat(granted_on) if isinstance(granted_on, str) else granted_on  # as the engine has it
    return facts.Extension(clock=Clock(clock), until=end, granted_on=granted, document=document or None)


@lru_cache(maxsize=20_000)
def _day(text: str | None) -> Day | None:
    return Day.parse(text) if text else None


# A ledger may know the month only. The stop then counts from the month's first day and the restart or the move from
# its last: the stop is as long, and the inspection before use as late, as they can have been (the stricter reading).
def _first_day(text: str | None) -> date | None:
    day = _day(text)
    return day.first if day else None


def _last_day(text: str | None) -> date | None:
    day = _day(text)
    return day.last if day else None
