"""The due list as SQL: written out and kept for each shape of question, run as tuples.

Models, nested schemas and a counting join would cost seventy times as much at a million rows (measures, P1).
Parameters are named `:like_this` here and turned into the engine's own marks.
"""

# ruff: noqa: S608  every value is a bound parameter; only names and marks of our own are put into the text

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.db import is_sqlite
from inspect_station.duelist import buckets, extras
from schedules.dates import month_end
from schedules.terms import Bucket

TOTAL_CAP = 1000
GROUP_CAP = 200


@dataclass(frozen=True)
class Filters:
    """What a person narrowed the list to; empty means all."""

    bucket: str | None = None
    enterprise: int | None = None
    kind: str | None = None
    clock: str | None = None
    grade: int | None = None
    month: str | None = None
    responsible: int | None = None
    mark: str | None = None  # verified | unverified
    done_by: str | None = None
    until: date | None = None
    q: str | None = None
    rule: str | None = None
    work: str | None = None
    equipment: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()

    def without(self, *names: str) -> "Filters":
        empty: dict[str, Any] = {name: () if name in {"rows", "equipment"} else None for name in names}
        return replace(self, **empty)

    def held(self) -> dict[str, Any]:
        """The filters that hold something."""
        return dict(self._held)

    @cached_property
    def _held(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value not in (None, (), "")}


UNREAD = (
    "(d.unread AND NOT EXISTS (SELECT 1 FROM rule_confirmation c WHERE c.rule = d.rule AND c.version = d.version "
    "AND c.digest = d.version_digest AND c.withdrawn_at IS NULL))"
)
_CONDITIONS = {
    "enterprise": "d.enterprise_id = :enterprise",
    "kind": "d.kind = :kind",
    "clock": "d.clock = :clock",
    "grade": "d.grade = :grade",
    "month": "d.sort_on >= :month_first AND d.sort_on <= :month_last",
    "responsible": "d.enterprise_id IN (SELECT f2.id FROM enterprise f2 WHERE f2.responsible_id = :responsible)",
    "done_by": "d.done_by = :done_by",
    "until": "d.sort_on <= :until",
    "rule": "d.rule = :rule",
}
_SEARCHED = (
    "name", "initials", "own_number", "maker_number", "device_code", "registration_code", "certificate_number",
    "line_number", "location",
)  # fmt: skip
_SEARCHED_FIRM = ("name", "short_name", "initials")

SORTS: Mapping[str, tuple[str, ...]] = {
    "due": ("d.sort_on", "d.id"),
    "enterprise": ("f.initials", "d.enterprise_id", "d.sort_on", "d.id"),
    "name": ("e.name", "d.id"),
    "bucket": ("d.standing", "d.sort_on", "d.id"),
}
JOINS = "JOIN equipment e ON e.id = d.equipment_id JOIN enterprise f ON f.id = d.enterprise_id"


def condition(actor: Actor, filters: Filters) -> str:
    """The WHERE clause for what this person asked and may see."""
    shape = tuple(
        (name, value if name in {"bucket", "mark", "work"} else _size(value))
        for name, value in filters.held().items()
    )
    return _condition(actor.is_staff, shape, is_sqlite())


def _size(value: Any) -> int:
    """How many marks a value needs in the statement: words of a search, ids of a selection."""
    if isinstance(value, tuple):
        return len(value)
    return len(words(value)) if isinstance(value, str) else 1


def words(text: str) -> list[str]:
    return text.split()[:5]


@lru_cache(maxsize=512)
def _condition(staff: bool, shape: tuple[tuple[str, Any], ...], sqlite: bool) -> str:
    held = dict(shape)
    parts = [] if staff else ["d.enterprise_id = :own_enterprise"]
    parts += [_CONDITIONS[name] for name in held if name in _CONDITIONS]
    if "bucket" in held:
        # With a firm given its own index serves: hide `standing`, or the planner may take the wrong one.
        scoped = not staff or "enterprise" in held
        parts.append(buckets.CONDITIONS[Bucket(held["bucket"])].format(s="+d.standing" if scoped else "d.standing"))
    if "mark" in held:
        parts.append(UNREAD if held["mark"] == "unverified" else f"NOT {UNREAD}")
    if "work" in held:
        parts.append(f"({extras.current().filters[held['work']][1]})")
    for name, column in (("equipment", "d.equipment_id"), ("rows", "d.id")):
        if name in held:
            parts.append(f"{column} IN ({', '.join(f':{name}_{n}' for n in range(held[name]))})")
    parts += [_search(n, staff, sqlite) for n in range(held.get("q", 0))]
    return " AND ".join(parts) or "1 = 1"


def _search(number: int, staff: bool, sqlite: bool) -> str:
    like = f"{'LIKE' if sqlite else 'ILIKE'} :word_{number} ESCAPE '!'"
    device = " OR ".join(f"e2.{column} {like}" for column in _SEARCHED)
    firm = " OR ".join(f"f2.{column} {like}" for column in _SEARCHED_FIRM)
    own = "" if staff else "e2.enterprise_id = :own_enterprise AND "
    return (
        f"(d.equipment_id IN (SELECT e2.id FROM equipment e2 WHERE {own}({device})) "
        f"OR d.enterprise_id IN (SELECT f2.id FROM enterprise f2 WHERE {firm}))"
    )


def parameters(actor: Actor, filters: Filters, today: date) -> dict[str, Any]:
    values: dict[str, Any] = buckets.names(today) | filters.held() | {"own_enterprise": actor.enterprise_id}
    if filters.until:
        values["until"] = filters.until.isoformat()
    if filters.month:
        year, month = int(filters.month[:4]), int(filters.month[5:7])
        values |= {"month_first": date(year, month, 1).isoformat(), "month_last": month_end(year, month).isoformat()}
    for name, given in (("equipment", filters.equipment), ("rows", filters.rows)):
        values |= {f"{name}_{n}": value for n, value in enumerate(given)}
    values |= {f"word_{n}": f"%{escaped(word)}%" for n, word in enumerate(words(filters.q or ""))}
    return values


def escaped(text: str) -> str:
    """Text for LIKE with its own signs taken literally (ESCAPE '!')."""
    return re.sub(r"([!%_])", r"!\1", text)


@lru_cache(maxsize=512)
def page_sql(columns: str, where: str, sort: str, descending: bool, continued: bool) -> str:
    keys = SORTS[sort]
    if continued:
        marks = ", ".join(f":key_{n}" for n in range(len(keys)))
        where = f"{where} AND ({', '.join(keys)}) {'<' if descending else '>'} ({marks})"
    order = ", ".join(f"{key} DESC" if descending else key for key in keys)
    return f"SELECT {columns}, {', '.join(keys)} FROM due_row d {JOINS} WHERE {where} ORDER BY {order} LIMIT :most"


@lru_cache(maxsize=512)
def count_sql(where: str) -> str:
    return f"SELECT count(*) FROM (SELECT 1 FROM due_row d WHERE {where} LIMIT {TOTAL_CAP + 1}) AS capped"


def counts_sql(wheres: Sequence[str]) -> str:
    return "SELECT " + ", ".join(f"({count_sql(where)})" for where in wheres)
