"""The due list as others ask for it: pages of rows, counts, one device's clocks, a month, what may owe a reminder."""

# ruff: noqa: S608  every value is a bound parameter; only names and marks of our own are put into the text

from collections.abc import Iterator
from datetime import date
from typing import Any

import orjson

from inspect_station.accounts.scope import Actor
from inspect_station.db import run
from inspect_station.duelist import buckets, query
from inspect_station.duelist.groups import due_groups
from inspect_station.duelist.owing import (
    OwingRow,
    rows_by_id,
    rows_for_equipment,
    rows_for_ladder,
    rows_stored,
    unread_clocks,
)
from inspect_station.duelist.projection import refresh, settle
from inspect_station.duelist.query import Filters, condition, parameters
from inspect_station.duelist.rows import (
    HEAD,
    ITEM_SQL,
    Page,
    Place,
    around,
    current_page,
    fetch,
    key_count,
    keys_of,
    plain,
    row_sql,
    shanghai_day,
    shown,
    total,
    written,
)
from inspect_station.errors import NotFound
from schedules.dates import month_end
from schedules.terms import Kind

__all__ = [
    "Filters",
    "OwingRow",
    "Page",
    "Place",
    "calendar_counts",
    "calendar_month",
    "clocks_of",
    "counts",
    "due_groups",
    "due_items",
    "due_json",
    "due_page",
    "key_count",
    "refresh",
    "rows_by_id",
    "rows_for_equipment",
    "rows_for_ladder",
    "rows_stored",
    "settle",
    "unread_clocks",
]


def due_json(
    actor: Actor, filters: Filters, sort: str, place: Place, per_page: int, today: date
) -> tuple[bytes, Any, Any]:
    """The items of `/api/v1/due` as JSON already written, the cursor's keys, and (total, capped).

    The hottest path: the stored answer is put into the item as it stands, without being read and written again.
    """
    rows, counted = current_page(actor, filters, sort, place, per_page + 1, today)
    more = len(rows) > per_page
    items = f"[{','.join(written(rows[:per_page]))}]".encode()
    following = [plain(key) for key in rows[per_page - 1][len(HEAD) + 2 :]] if more else None
    return items, following, counted


def due_items(actor: Actor, filters: Filters, today: date, sort: str = "due") -> Iterator[dict[str, Any]]:
    """Every item of the list, read in stretches: what `due --json` and the exports write."""
    refresh(today)
    place = Place()
    while True:
        rows = fetch(actor, ITEM_SQL, filters, sort, place, 1000, today)
        yield from map(orjson.loads, written(rows))
        if len(rows) < 1000:
            return
        place = Place([plain(key) for key in rows[-1][len(HEAD) + 1 :]])


def due_page(
    actor: Actor, filters: Filters, sort: str, place: Place, per_page: int, today: date, *, counted: bool = True
) -> Page:
    """One page of the list with all a row shows; without `counted` the total is left to `counts`."""
    refresh(today)
    rows = fetch(actor, row_sql(), filters, sort, place, per_page + 1, today)
    more = len(rows) > per_page
    rows = rows[:per_page][:: -1 if place.backwards else 1]
    found, capped = total(actor, filters, today) if counted else (0, False)
    seen = [shown(row, today) for row in rows]
    ends = [keys_of(row) for row in (*rows[:1], *rows[-1:])]
    return Page(seen, found, capped, *around(ends, place, more))


def counts(actor: Actor, filters: Filters, today: date) -> dict[str, int]:
    """How many rows each bucket holds under the other filters, and `all`; more than the cap counts as cap + 1.

    A list narrowed to a kind of pipe also has `lines` and `length_mm`, of the bucket asked for. Call it after the
    rows, which have refreshed.
    """
    rest = filters.without("bucket")
    shapes = [Filters(**{**rest.held(), "bucket": str(bucket)}) for bucket in buckets.ORDER]
    sql = query.counts_sql([condition(actor, each) for each in [rest, *shapes]])
    names = ["all", *map(str, buckets.ORDER)]
    if filters.kind in _PIPES:
        sql += _PIPES_SQL.format(where=condition(actor, filters))
        names += ["lines", "length_mm"]
    (found,) = run(sql, parameters(actor, filters, today))
    return dict(zip(names, found, strict=True))


_PIPES = {str(kind) for kind in (Kind.INDUSTRIAL_PIPE, Kind.PUBLIC_PIPE, Kind.LONG_DISTANCE_PIPE)}
_LINES = "FROM equipment l WHERE l.id IN (SELECT d.equipment_id FROM due_row d WHERE {where})"
_PIPES_SQL = f", (SELECT count(*) {_LINES}), (SELECT coalesce(sum(l.length_mm), 0) {_LINES})"


def clocks_of(actor: Actor, equipment_id: int, today: date) -> list[dict[str, Any]]:
    """The answers of one device, one for each clock, with `because`, bucket and who confirmed the rule.

    Raises `NotFound` for a device that does not exist or belongs to another enterprise.
    """
    refresh(today)
    _check_device(actor, equipment_id)
    filters = Filters(equipment=(equipment_id,))
    sql = f"SELECT {row_sql()} FROM due_row d {query.JOINS} WHERE {condition(actor, filters)} ORDER BY d.id"
    return [shown(row, today) for row in run(sql, parameters(actor, filters, today))]


def _check_device(actor: Actor, equipment_id: int) -> None:
    rows = run("SELECT e.enterprise_id FROM equipment e WHERE e.id = :id", {"id": equipment_id})
    if not rows:
        raise NotFound()
    actor.check(rows[0][0])


def calendar_month(actor: Actor, year: int, month: int, filters: Filters, today: date) -> list[dict[str, Any]]:
    """The dates of one month under the filters, the first 1 000, in order."""
    narrowed = Filters(**{**filters.held(), "month": f"{year:04}-{month:02}"})
    return due_page(actor, narrowed, "due", Place(), query.TOTAL_CAP, today).rows


def calendar_counts(actor: Actor, first: date, months: int, filters: Filters, today: date) -> dict[str, int]:
    """How many clocks fall due in each of the coming months: one range count each, in one statement."""
    refresh(today)
    names = [month_after(first, n) for n in range(months)]
    where = condition(actor, filters)
    parts = [
        f"(SELECT count(*) FROM due_row d WHERE {where} AND d.sort_on >= :from_{n} AND d.sort_on <= :till_{n})"
        for n in range(months)
    ]
    values = parameters(actor, filters, today)
    for n, (year, month) in enumerate(names):
        values |= {f"from_{n}": date(year, month, 1).isoformat(), f"till_{n}": month_end(year, month).isoformat()}
    (found,) = run("SELECT " + ", ".join(parts), values)
    return {f"{year:04}-{month:02}": count for (year, month), count in zip(names, found, strict=True)}


def month_after(first: date, months: int) -> tuple[int, int]:
    """Year and month, so many months after (or before) the month of `first`."""
    years, month0 = divmod(first.month - 1 + months, 12)
    return first.year + years, month0 + 1


def names_of(actor: Actor, filters: Filters) -> dict[str, str]:
    """The names behind the ids a filter holds, as far as this actor may know them."""
    names: dict[str, str] = {}
    if filters.enterprise is not None and actor.sees(filters.enterprise):
        names["enterprise"] = _name("SELECT name FROM enterprise WHERE id = :id", filters.enterprise)
    if filters.responsible is not None and actor.is_staff:
        names["responsible"] = _name("SELECT name FROM account WHERE id = :id", filters.responsible)
    return names


def _name(sql: str, number: int) -> str:
    rows = run(sql, {"id": number})
    return str(rows[0][0]) if rows else str(number)


def choices(actor: Actor) -> dict[str, list[tuple[int, str]]]:
    """Firms and inspectors one may narrow the list to."""
    own = "1 = 1" if actor.is_staff else "f.id = :own_enterprise"
    firms = run(
        f"SELECT f.id, f.name FROM enterprise f WHERE {own} ORDER BY f.initials, f.name",
        {"own_enterprise": actor.enterprise_id},
    )
    people = run(
        "SELECT a.id, a.name FROM account a WHERE a.id IN (SELECT f.responsible_id FROM enterprise f) ORDER BY a.name",
        {},
    )
    return {
        "enterprise": [(n, t) for n, t in firms],
        "responsible": [(n, t) for n, t in people] if actor.is_staff else [],
    }


_INSPECTION = ("when", "conclusion", "grade", "next_due", "report_number", "institution", "inspectors")
_EXTENSION = ("when", "until", "document", "reason")


def history(actor: Actor, equipment_id: int, clock: str) -> list[dict[str, Any]]:
    """The inspections and extensions of one clock, the latest first."""
    _check_device(actor, equipment_id)
    key = {"id": equipment_id, "clock": clock}
    inspections = run(
        "SELECT i.completed_on, i.conclusion, i.grade, i.next_due, i.report_number, i.institution, i.inspectors "
        "FROM inspection i WHERE i.equipment_id = :id AND i.clock = :clock AND i.replaced_by_id IS NULL "
        "ORDER BY i.completed_on DESC, i.id DESC",
        key,
    )
    extensions = run(
        "SELECT x.granted_on, x.until, x.document, x.reason FROM extension x WHERE x.equipment_id = :id "
        "AND x.clock = :clock AND x.withdrawn_at IS NULL ORDER BY x.granted_on DESC",
        key,
    )
    found = [_past("inspection", _INSPECTION, row) for row in inspections]
    found += [_past("extension", _EXTENSION, row) for row in extensions]
    return sorted(found, key=lambda past: past["when"] or "", reverse=True)


def _past(what: str, names: tuple[str, ...], row: tuple[Any, ...]) -> dict[str, Any]:
    return {"what": what} | dict(zip(names, map(plain, row), strict=True))


_CONFIRMED = (
    "SELECT c.name, c.at FROM rule_confirmation c WHERE c.rule = :rule AND c.version = :version "
    "AND c.digest = :digest AND c.withdrawn_at IS NULL"
)


def device_items(actor: Actor, equipment_id: int, today: date) -> list[dict[str, Any]]:
    """The items of `/api/v1/equipment/{id}/due`: those of the list, with who confirmed the rule and when."""
    refresh(today)
    _check_device(actor, equipment_id)
    filters = Filters(equipment=(equipment_id,))
    sql = (
        f"SELECT {ITEM_SQL}, d.rule, d.version, d.version_digest FROM due_row d {query.JOINS} "
        f"WHERE {condition(actor, filters)} ORDER BY d.id"
    )
    rows = run(sql, parameters(actor, filters, today))
    items = map(orjson.loads, written(rows))
    return [item | {"confirmed": _confirmed(row)} for item, row in zip(items, rows, strict=True)]


def _confirmed(row: tuple[Any, ...]) -> dict[str, Any] | None:
    key = dict(zip(("rule", "version", "digest"), row[len(HEAD) + 1 :], strict=True))
    found = run(_CONFIRMED, key) if key["rule"] else []
    return {"by": found[0][0], "on": shanghai_day(found[0][1])} if found else None
