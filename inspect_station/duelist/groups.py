"""The due list grouped by firm: one visit, many devices."""

# ruff: noqa: S608  every value is a bound parameter; only names and marks of our own are put into the text

from collections.abc import Sequence
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.db import is_sqlite, run
from inspect_station.duelist import query, rows
from inspect_station.duelist.projection import refresh
from inspect_station.duelist.query import Filters, condition, parameters
from inspect_station.duelist.rows import ROW, Page, Place, around, plain, row_sql

_HEADS = (
    "SELECT g.id, g.name, g.responsible, g.first, "
    "(SELECT count(*) FROM (SELECT 1 FROM due_row d WHERE d.enterprise_id = g.id AND {where} LIMIT {cap}) AS capped) "
    "AS count FROM (SELECT f.id, f.name, (SELECT a.name FROM account a WHERE a.id = f.responsible_id) AS responsible, "
    "(SELECT d.sort_on FROM due_row d WHERE d.enterprise_id = f.id AND {where} ORDER BY d.sort_on, d.id LIMIT 1) "
    "AS first FROM enterprise f WHERE {scope}) AS g WHERE g.first IS NOT NULL{after} "
    "ORDER BY g.first {way}, g.id {way} LIMIT :groups"
)
_FIRST_ROWS = (
    "SELECT d.id FROM due_row d WHERE d.enterprise_id = h.id AND {where} ORDER BY d.sort_on, d.id LIMIT :each"
)


def due_groups(actor: Actor, filters: Filters, place: Place, groups: int, each: int, today: date) -> Page:
    """Firms by their earliest date, each with its first rows: one visit, many devices. One statement.

    The total is left to `counts`.
    """
    refresh(today)
    sql = _groups_sql(actor, filters, place)
    values = parameters(actor, filters, today) | {f"key_{n}": key for n, key in enumerate(place.keys)}
    found = run(sql, values | {"groups": groups + 1, "each": each})
    heads = _gather(found, today)
    more = len(heads) > groups
    heads = (heads[-groups:] if place.backwards else heads[:groups]) if more else heads
    keys = [(head["first"], head["id"]) for head in heads]
    return Page(heads, 0, False, *around(keys, place, more))


def _groups_sql(actor: Actor, filters: Filters, place: Place) -> str:
    # The firm is given by the outer query: its index (enterprise_id, sort_on) serves, `standing` stays out of sight.
    where = condition(actor, filters).replace("+d.standing", "d.standing").replace("d.standing", "+d.standing")
    after = f" AND (g.first, g.id) {'<' if place.backwards else '>'} (:key_0, :key_1)" if place.keys else ""
    scope = "1 = 1" if actor.is_staff else "f.id = :own_enterprise"
    way = "DESC" if place.backwards else ""
    heads = _HEADS.format(where=where, scope=scope, after=after, cap=query.GROUP_CAP + 1, way=way)
    first = _FIRST_ROWS.format(where=where)
    # SQLite has no LATERAL but looks the few ids up one by one; PostgreSQL would scan each firm for them.
    join = (
        f"JOIN due_row d ON d.id IN ({first})"
        if is_sqlite()
        else f"JOIN LATERAL ({first}) x ON TRUE JOIN due_row d ON d.id = x.id"
    )
    return (
        f"SELECT {row_sql()}, h.id, h.name, h.responsible, h.first, h.count FROM ({heads}) AS h {join} {query.JOINS} "
        "ORDER BY h.first, h.id, d.sort_on, d.id"
    )


def _gather(found: Sequence[tuple[Any, ...]], today: date) -> list[dict[str, Any]]:
    heads: dict[int, dict[str, Any]] = {}
    for row in found:
        number, name, responsible, first, count = row[len(ROW) :]
        head = heads.setdefault(
            number,
            {
                "id": number,
                "name": name,
                "responsible": responsible,
                "first": plain(first),
                "count": count,
                "rows": [],
            },
        )
        head["rows"].append(rows.shown(row, today))
    return list(heads.values())
