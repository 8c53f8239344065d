"""Counting relations: the figures of a period, their parts by kind and clock, the rows behind them."""

# ruff: noqa: S608  names and marks of our own only; every value is a bound parameter

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.db import moment, run
from inspect_station.duelist import service as duelist
from inspect_station.workload import relations
from inspect_station.workload.definitions import DEFINITIONS, Definition
from inspect_station.workload.narrowing import Narrowed
from inspect_station.workload.periods import Period

NO_DATA = "无数据"
NONE_OF = "—"  # a rate of nothing


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` None: 无数据. `counted` of `total` are in the numerator."""

    key: str
    value: float | None
    counted: int | None = None
    total: int | None = None

    @property
    def definition(self) -> Definition:
        return DEFINITIONS[self.key]

    @property
    def words(self) -> str:
        if self.value is None:
            return NONE_OF if self.total == 0 else NO_DATA
        return f"{self.value:.1f}" if self.definition.rate else f"{self.value:.0f}"


def view_of(actor: Actor) -> Narrowed:
    """The head, the administrator and the auditor see all; an inspector the firms he is responsible for."""
    actor.need_staff()
    return Narrowed(responsible=actor.account_id) if actor.role == "inspector" else Narrowed()


def begun() -> dict[str, date | None]:
    """The first day of each sort of facts; None: there are none yet."""
    (row,) = run(relations.begun_sql(), {})
    found: dict[str, date | None] = {}
    for name, value in zip(relations.begun_names, row, strict=True):
        if name == "inspection":
            found[name] = date.fromisoformat(f"{value}-01"[:10]) if value else None
        else:
            at = moment(value)
            found[name] = at.date() if at else None
    both = [day for day in (found.pop("equipment"), found.pop("inspection")) if day]
    return {**found, "facts": min(both, default=None)}


def known(relation: str, period: Period, since: Mapping[str, date | None]) -> bool:
    """Whether anything was kept by the end of the period: before that the answer is 无数据, never 0."""
    first = since[relations.SOURCES.get(relation, "facts")]
    return first is not None and period.end >= first


def figures(
    actor: Actor,
    period: Period,
    today: date,
    narrowed: Narrowed | None = None,
    only: Sequence[str] = (),
    *,
    since: Mapping[str, date | None] | None = None,
) -> dict[str, Figure]:
    """Every figure of the period (or `only` some), each relation counted once.

    `since`: the answer of `begun`, where it has just been asked and the due list refreshed, as for several periods.
    """
    actor.need_staff()
    if since is None:
        duelist.refresh(today)
        since = begun()
    wanted = [DEFINITIONS[key] for key in only or DEFINITIONS]
    names = [name for name in dict.fromkeys(each.relation for each in wanted) if known(name, period, since)]
    asked = [name for name in names if period.first <= today or name == "due"]
    counts = _counts(asked, period, today, narrowed or view_of(actor))
    return {each.key: _figure(each, counts.get(each.relation)) for each in wanted}


def _counts(names: Sequence[str], period: Period, today: date, narrowed: Narrowed) -> dict[str, tuple[int, int]]:
    """Of each relation: how many rows, how many of them counted. One statement."""
    if not names:
        return {}
    parts, values = narrowed.conditions()
    where = " AND ".join(parts) or "1 = 1"
    each = [
        f"SELECT '{name}' AS name, count(*) AS n, COALESCE(sum(r.counted), 0) AS c FROM ({relations.sql(name)}) r "
        f"WHERE {where}"
        for name in names
    ]
    rows = run(" UNION ALL ".join(each), relations.parameters(period, today) | values)
    return {name: (int(total), int(counted)) for name, total, counted in rows}


def _figure(definition: Definition, found: tuple[int, int] | None) -> Figure:
    if found is None:
        return Figure(definition.key, None)
    total, counted = found
    if definition.rate:
        return Figure(definition.key, round(100 * counted / total, 1) if total else None, counted, total)
    return Figure(definition.key, counted if definition.part else total, counted, total)


def parts(
    actor: Actor, period: Period, today: date, by: str, narrowed: Narrowed | None = None
) -> list[dict[str, Any]]:
    """Due, done, inspected and overdue by `kind`, `clock` or `business` (inspected only), the biggest first.

    Devices are counted once each, pipes in lines and metres.
    """
    assert by in ("kind", "clock", "business")
    view = narrowed or view_of(actor)
    if not known("due", period, begun()):
        return []
    duelist.refresh(today)
    found: dict[str, dict[str, Any]] = {}
    for name in ("inspected",) if by == "business" else ("due", "inspected", "overdue"):
        for word, total, counted, devices, lines, length in _grouped(name, by, period, today, view):
            row = found.setdefault(word or "", {"key": word or "", **dict.fromkeys(_PARTS, 0)})
            row[name] = int(total)
            row["devices" if name == "due" else f"{name}_devices"] = int(devices)
            if name == "due":
                row |= {"due_done": int(counted), "lines": int(lines), "length_mm": int(length)}
            if name == "inspected":
                row |= {"inspected_lines": int(lines), "inspected_mm": int(length), "good": int(counted)}
    return sorted(found.values(), key=lambda row: (-row["due"], -row["inspected"], row["key"]))


_PARTS = (
    "due", "due_done", "inspected", "overdue", "devices", "inspected_devices", "overdue_devices", "lines", "length_mm",
    "inspected_lines", "inspected_mm", "good",
)  # fmt: skip


def _grouped(name: str, by: str, period: Period, today: date, view: Narrowed) -> list[tuple[Any, ...]]:
    conditions, values = view.conditions()
    where = " AND ".join(conditions) or "1 = 1"
    # A device may be due twice within a period: it is counted once, and so is its length.
    once = (
        f"SELECT r.{by} AS word, r.equipment_id, count(*) AS n, sum(r.counted) AS c FROM ({relations.sql(name)}) r "
        f"WHERE {where} GROUP BY r.{by}, r.equipment_id"
    )
    return run(
        "SELECT o.word, sum(o.n), sum(o.c), count(*), sum(CASE WHEN e.form = 'line' THEN 1 ELSE 0 END), "
        "COALESCE(sum(CASE WHEN e.form = 'line' THEN e.length_mm END), 0) "
        f"FROM ({once}) o JOIN equipment e ON e.id = o.equipment_id GROUP BY o.word",
        relations.parameters(period, today) | values,
    )


# --- the rows behind a figure ---------------------------------------------------------------------------------------------

_ROW = (*relations.COLUMNS, "enterprise", "name", "own_number", "line_number", "certificate_number")
PER_PAGE = 100


def rows(
    actor: Actor,
    key: str,
    period: Period,
    today: date,
    narrowed: Narrowed | None = None,
    *,
    part: str = "",
    offset: int = 0,
    limit: int | None = PER_PAGE,
) -> list[dict[str, Any]]:
    """The rows a figure counts, those not in the numerator first. `part`: yes or no, only those in it or not."""
    view = narrowed or view_of(actor)
    relation = DEFINITIONS[key].relation
    if not known(relation, period, begun()):
        return []
    duelist.refresh(today)
    conditions, values = view.conditions()
    if part or DEFINITIONS[key].part:
        conditions.append(f"r.counted = {0 if part == 'no' else 1}")
    where = " AND ".join(conditions) or "1 = 1"
    stretch = "" if limit is None else f"LIMIT {int(limit)} OFFSET {int(offset)}"
    found = run(
        f"SELECT {', '.join('r.' + name for name in relations.COLUMNS)}, f.name, e.name, e.own_number, e.line_number, "
        f"e.certificate_number FROM ({relations.sql(relation)}) r JOIN enterprise f ON f.id = r.enterprise_id "
        f"LEFT JOIN equipment e ON e.id = r.equipment_id WHERE {where} "
        f"ORDER BY r.counted, r.day, r.enterprise_id, r.equipment_id, r.clock, r.ref {stretch}",
        relations.parameters(period, today) | values,
    )
    return [dict(zip(_ROW, row, strict=True)) for row in found]


@dataclass(frozen=True, slots=True)
class Devices:
    """How many devices stand behind a figure, each counted once; lines among them and their length."""

    count: int
    lines: int
    length_mm: int


def devices_total(actor: Actor, key: str, period: Period, today: date, narrowed: Narrowed, lines: bool) -> Devices:
    if not known(DEFINITIONS[key].relation, period, begun()):
        return Devices(0, 0, 0)
    duelist.refresh(today)
    behind, values = _devices(key, period, today, narrowed, lines)
    ((count, of_lines, length),) = run(
        "SELECT count(*), COALESCE(sum(CASE WHEN e.form = 'line' THEN 1 ELSE 0 END), 0), "
        f"COALESCE(sum(CASE WHEN e.form = 'line' THEN e.length_mm END), 0) {behind}",
        values,
    )
    return Devices(int(count), int(of_lines), int(length))


def devices(
    actor: Actor,
    key: str,
    period: Period,
    today: date,
    narrowed: Narrowed,
    lines: bool,
    *,
    offset: int = 0,
    limit: int | None = PER_PAGE,
) -> list[dict[str, Any]]:
    """The devices behind a figure, each once with how many of the rows are its (`n`); `lines`: pipe lines only."""
    if not known(DEFINITIONS[key].relation, period, begun()):
        return []
    duelist.refresh(today)
    behind, values = _devices(key, period, today, narrowed, lines)
    stretch = "" if limit is None else f"LIMIT {int(limit)} OFFSET {int(offset)}"
    found = run(
        "SELECT e.id, f.name, e.name, e.own_number, e.line_number, e.certificate_number, "
        f"CASE WHEN e.form = 'line' THEN e.length_mm END, o.n, o.day {behind} "
        f"ORDER BY o.day, f.id, e.id {stretch}",
        values,
    )
    return [dict(zip(_DEVICE, row, strict=True)) for row in found]


_DEVICE = (
    "equipment_id", "enterprise", "name", "own_number", "line_number", "certificate_number", "length_mm", "n", "day"
)  # fmt: skip


def _devices(key: str, period: Period, today: date, view: Narrowed, lines: bool) -> tuple[str, dict[str, Any]]:
    conditions, values = view.conditions()
    if DEFINITIONS[key].part:
        conditions.append("r.counted = 1")
    where = " AND ".join(conditions) or "1 = 1"
    only = "e.form = 'line'" if lines else "1 = 1"
    return (
        "FROM (SELECT r.equipment_id, count(*) AS n, min(r.day) AS day "
        f"FROM ({relations.sql(DEFINITIONS[key].relation)}) r WHERE {where} GROUP BY r.equipment_id) o "
        "JOIN equipment e ON e.id = o.equipment_id JOIN enterprise f ON f.id = e.enterprise_id "
        f"WHERE {only}",
        relations.parameters(period, today) | values,
    )


def stream(
    actor: Actor, key: str, period: Period, today: date, narrowed: Narrowed | None = None, part: str = ""
) -> Iterator[dict[str, Any]]:
    """All rows behind a figure, in stretches: for exports."""
    offset = 0
    while True:
        found = rows(actor, key, period, today, narrowed, part=part, offset=offset, limit=1000)
        yield from found
        if len(found) < 1000:
            return
        offset += 1000
