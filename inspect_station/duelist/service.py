"""The due list as others ask for it: pages of rows, counts, one device's clocks, a month, what may owe a reminder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from inspect_station.accounts.scope import Actor
from inspect_station.db import is_sqlite
from inspect_station.duelist import buckets, query
from inspect_station.duelist.answers import UNREADABLE
from inspect_station.duelist.models import RuleConfirmation
from inspect_station.duelist.projection import refresh
from inspect_station.duelist.query import Filters, condition, parameters, run
from inspect_station.errors import InvalidInput, NotFound
from schedules.dates import month_end
from schedules.terms import Bucket, Clock, Missing, WhyForbidden, WhyNotRunning

__all__ = ["Filters", "Page", "calendar_month", "clocks_of", "counts", "due_items", "due_page", "refresh"]

# What a row shows of its device, in the order of the contract; `body` holds the rest.
_HEAD = (
    "id", "enterprise_id", "enterprise", "equipment_id", "name", "catalogue_code", "own_number", "maker_number",
    "registration_code", "certificate_number", "line_number", "clock", "bucket", "state",
)  # fmt: skip
_HEAD_SQL = (
    "d.id, d.enterprise_id, f.name, d.equipment_id, e.name, e.catalogue_code, e.own_number, e.maker_number, "
    f"e.registration_code, e.certificate_number, e.line_number, d.clock, {buckets.BUCKET_SQL}, {buckets.STATE_SQL}"
)
_ITEM_SQL = f"{_HEAD_SQL}, d.body"

# What a page shows besides.
_CONFIRMED = "c.rule = d.rule AND c.version = d.version AND c.digest = d.version_digest AND c.withdrawn_at IS NULL"
_ROW = (
    *_HEAD, "body", "kind", "standing", "due_on", "apply_by", "earliest", "late_on", "sort_on", "precision", "origin",
    "done_by", "why", "grade", "document", "clause", "unread", "form", "quantity", "length_mm", "location",
    "rule", "responsible", "confirmed_by",
)  # fmt: skip
_ROW_SQL = (
    f"{_ITEM_SQL}, d.kind, d.standing, d.due_on, d.apply_by, d.earliest, d.late_on, d.sort_on, d.precision, d.origin, "
    "d.done_by, d.why, d.grade, d.document, d.clause, d.unread, e.form, e.quantity, e.length_mm, e.location, d.rule, "
    "(SELECT a.name FROM account a WHERE a.id = f.responsible_id), "
    f"(SELECT max(c.name) FROM rule_confirmation c WHERE {_CONFIRMED})"
)


@dataclass(frozen=True)
class Page:
    """A stretch of a list: its rows, the keys to go on from, the total up to the cap."""

    rows: list[dict[str, Any]]
    total: int
    capped: bool
    following: tuple[Any, ...] | None
    preceding: tuple[Any, ...] | None


@dataclass(frozen=True)
class Place:
    """Where in the list a page begins: after these keys, or (`backwards`) before them."""

    keys: Sequence[Any] = ()
    backwards: bool = False


def key_count(sort: str) -> int:
    """How many keys a cursor of this order holds. Raises `InvalidInput` for an unknown order."""
    name = sort.removeprefix("-")
    if name not in query.SORTS:
        raise InvalidInput(f"不能按“{name}”排序；可用的是：{'、'.join(query.SORTS)}。", {"sort": ["不支持"]})
    return len(query.SORTS[name])


def _fetch(
    actor: Actor, columns: str, filters: Filters, sort: str, place: Place, most: int, today: date
) -> list[tuple[Any, ...]]:
    where = condition(actor, filters)
    descending = sort.startswith("-") != place.backwards
    sql = query.page_sql(columns, where, sort.removeprefix("-"), descending, bool(place.keys))
    values = parameters(actor, filters, today) | {f"key_{n}": key for n, key in enumerate(place.keys)}
    return run(sql, values | {"most": most})


def _total(actor: Actor, filters: Filters, today: date) -> tuple[int, bool]:
    ((found,),) = run(query.count_sql(condition(actor, filters)), parameters(actor, filters, today))
    return min(found, query.TOTAL_CAP), found > query.TOTAL_CAP


def due_json(actor: Actor, filters: Filters, sort: str, place: Place, per_page: int, today: date) -> tuple[bytes, Any, Any]:
    """The items of `/api/v1/due` as JSON already written, the cursor's keys, and (total, capped).

    The hottest path: the stored answer is put into the item as it stands, without being read and written again.
    """
    refresh(today)
    rows = _fetch(actor, _ITEM_SQL, filters, sort, place, per_page + 1, today)
    more = len(rows) > per_page
    body = len(_HEAD)
    items = b",".join(_item(row, row[body]) for row in rows[:per_page])
    following = [_plain(key) for key in rows[per_page - 1][body + 1 :]] if more else None
    return b"[" + items + b"]", following, _total(actor, filters, today)


_SHOWN = _HEAD[1:]


def _item(row: tuple[Any, ...], body: str) -> bytes:
    head = dict(zip(_SHOWN, row[1:], strict=False))
    if head["state"] is None and not _has_state(body):
        del head["state"]
    return orjson.dumps(head)[:-1] + b"," + body[1:].encode()


def _has_state(body: str) -> bool:
    """Only a date and an undetermined answer have a state, null where nothing bounds it (contract §1)."""
    return body.startswith(('{"answer":"due"', '{"answer":"undetermined"'))


def due_items(actor: Actor, filters: Filters, today: date, sort: str = "due") -> Iterator[dict[str, Any]]:
    """Every item of the list, read in stretches: what `due --json` and the exports write."""
    refresh(today)
    place = Place()
    while True:
        rows = _fetch(actor, _ITEM_SQL, filters, sort, place, 1000, today)
        yield from (orjson.loads(_item(row, row[len(_HEAD)])) for row in rows)
        if len(rows) < 1000:
            return
        place = Place([_plain(key) for key in rows[-1][len(_HEAD) + 1 :]])


def due_page(
    actor: Actor, filters: Filters, sort: str, place: Place, per_page: int, today: date, *, counted: bool = True
) -> Page:
    """One page of the list with all a row shows; without `counted` the total is left to `counts`."""
    refresh(today)
    rows = _fetch(actor, _ROW_SQL, filters, sort, place, per_page + 1, today)
    more = len(rows) > per_page
    rows = rows[:per_page][:: -1 if place.backwards else 1]
    total, capped = _total(actor, filters, today) if counted else (0, False)
    shown = [_row(row, today) for row in rows]
    return Page(shown, total, capped, *_around([_keys(row) for row in rows], place, more))


def _keys(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(_plain(key) for key in row[len(_ROW) :])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _row(row: tuple[Any, ...], today: date) -> dict[str, Any]:
    shown = dict(zip(_ROW, map(_plain, row), strict=False))
    shown |= orjson.loads(shown.pop("body")) | {"state": shown["state"]}
    shown["shown_on"] = _shown_date(shown)
    shown["days"] = _days_left(shown, today)
    shown["unverified"] = bool(shown["unread"]) and not shown["confirmed_by"]
    shown["clock_label"] = _CLOCKS.get(shown["clock"], "资料有误")
    shown["why_label"] = _WHY.get(shown.get("why"), "")
    shown["missing_labels"] = [_MISSING.get(fact, fact) for fact in shown.get("missing", ())]
    return shown


_CLOCKS = {clock.value: clock.label for clock in Clock}
_WHY = {why.value: why.label for terms in (WhyForbidden, WhyNotRunning) for why in terms}
_MISSING = {fact.value: fact.label for fact in Missing} | {UNREADABLE: "能按规则读懂的资料"}


def _shown_date(row: dict[str, Any]) -> str | None:
    """The date as a person reads it: a month where only the month is known."""
    on: str | None = row["due_on"]
    return on[:7] if on and row["precision"] == "month" else on


def _days_left(row: dict[str, Any], today: date) -> int | None:
    if row["bucket"] in {Bucket.STOPPED, Bucket.NONE}:
        return None
    last = row["due_on"] or row["late_on"]
    return (date.fromisoformat(last) - today).days if last else None


def counts(actor: Actor, filters: Filters, today: date) -> dict[str, int]:
    """How many rows each bucket holds under the other filters, and `all`; more than the cap counts as cap + 1.

    Call it after the rows, which have refreshed.
    """
    rest = filters.without("bucket")
    shapes = [Filters(**{**rest.held(), "bucket": str(bucket)}) for bucket in buckets.ORDER]
    sql = query.counts_sql([condition(actor, each) for each in [rest, *shapes]])
    (found,) = run(sql, parameters(actor, rest, today))
    return dict(zip(["all", *map(str, buckets.ORDER)], found, strict=True))


# --- grouped by firm ------------------------------------------------------------------------------------------------

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
    return Page(heads, 0, False, *_around(keys, place, more))


def _groups_sql(actor: Actor, filters: Filters, place: Place) -> str:
    # The firm is given by the outer query: its index (enterprise_id, sort_on) serves, `standing` stays out of sight.
    where = condition(actor, filters).replace("+d.standing", "d.standing").replace("d.standing", "+d.standing")
    after = f" AND (g.first, g.id) {'<' if place.backwards else '>'} (:key_0, :key_1)" if place.keys else ""
    scope = "1 = 1" if actor.is_staff else "f.id = :own_enterprise"
    way = "DESC" if place.backwards else ""
    heads = _HEADS.format(where=where, scope=scope, after=after, cap=query.GROUP_CAP + 1, way=way)
    rows = _FIRST_ROWS.format(where=where)
    # SQLite has no LATERAL but looks the few ids up one by one; PostgreSQL would scan each firm for them.
    join = (
        f"JOIN due_row d ON d.id IN ({rows})"
        if is_sqlite()
        else f"JOIN LATERAL ({rows}) x ON TRUE JOIN due_row d ON d.id = x.id"
    )
    return (
        f"SELECT {_ROW_SQL}, h.id, h.name, h.responsible, h.first, h.count FROM ({heads}) AS h {join} {query.JOINS} "
        "ORDER BY h.first, h.id, d.sort_on, d.id"
    )


def _gather(found: Sequence[tuple[Any, ...]], today: date) -> list[dict[str, Any]]:
    heads: dict[int, dict[str, Any]] = {}
    for row in found:
        number, name, responsible, first, count = row[len(_ROW) :]
        head = heads.setdefault(
            number,
            {"id": number, "name": name, "responsible": responsible, "first": _plain(first), "count": count, "rows": []},
        )
        head["rows"].append(_row(row, today))
    return list(heads.values())


def _around(keys: Sequence[Any], place: Place, more: bool) -> tuple[Any, Any]:
    """The keys to go on from and back from, where there is something on that side."""
    if not keys:
        return None, None
    after = keys[-1] if more or place.backwards else None
    before = keys[0] if (more if place.backwards else bool(place.keys)) else None
    return after, before


# --- one device, one month ------------------------------------------------------------------------------------------


def clocks_of(actor: Actor, equipment_id: int, today: date) -> list[dict[str, Any]]:
    """The answers of one device, one for each clock, with `because`, bucket and who confirmed the rule.

    Raises `NotFound` for a device that does not exist or belongs to another enterprise.
    """
    refresh(today)
    _check_device(actor, equipment_id)
    filters = Filters(equipment=(equipment_id,))
    sql = f"SELECT {_ROW_SQL} FROM due_row d {query.JOINS} WHERE {condition(actor, filters)} ORDER BY d.id"
    return [_row(row, today) for row in run(sql, parameters(actor, filters, today))]


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
        names |= {"enterprise": row[0] for row in run("SELECT name FROM enterprise WHERE id = :id", {"id": filters.enterprise})}
    if filters.responsible is not None and actor.is_staff:
        names |= {"responsible": row[0] for row in run("SELECT name FROM account WHERE id = :id", {"id": filters.responsible})}
    return names


def choices(actor: Actor) -> dict[str, list[tuple[int, str]]]:
    """Firms and inspectors one may narrow the list to."""
    own = "1 = 1" if actor.is_staff else "f.id = :own_enterprise"
    firms = run(f"SELECT f.id, f.name FROM enterprise f WHERE {own} ORDER BY f.initials, f.name", {"own_enterprise": actor.enterprise_id})
    people = run(
        "SELECT a.id, a.name FROM account a WHERE a.id IN (SELECT f.responsible_id FROM enterprise f) ORDER BY a.name", {}
    )
    return {"enterprise": [(n, t) for n, t in firms], "responsible": [(n, t) for n, t in people] if actor.is_staff else []}


def history(actor: Actor, equipment_id: int, clock: str) -> list[dict[str, Any]]:
    """The inspections and extensions of one clock, the latest first."""
    _check_device(actor, equipment_id)
    inspections = run(
        "SELECT i.completed_on, i.conclusion, i.grade, i.next_due, i.report_number, i.institution, i.inspectors "
        "FROM inspection i WHERE i.equipment_id = :id AND i.clock = :clock AND i.replaced_by_id IS NULL "
        "ORDER BY i.completed_on DESC, i.id DESC",
        {"id": equipment_id, "clock": clock},
    )
    extensions = run(
        "SELECT x.granted_on, x.until, x.document, x.reason FROM extension x WHERE x.equipment_id = :id "
        "AND x.clock = :clock AND x.withdrawn_at IS NULL ORDER BY x.granted_on DESC",
        {"id": equipment_id, "clock": clock},
    )
    names = ("when", "conclusion", "grade", "next_due", "report_number", "institution", "inspectors")
    found = [{"what": "inspection"} | dict(zip(names, map(_plain, row), strict=True)) for row in inspections]
    names = ("when", "until", "document", "reason")
    found += [{"what": "extension"} | dict(zip(names, map(_plain, row), strict=True)) for row in extensions]
    return sorted(found, key=lambda item: item["when"] or "", reverse=True)


def device_items(actor: Actor, equipment_id: int, today: date) -> list[dict[str, Any]]:
    """The items of `/api/v1/equipment/{id}/due`: those of the list, with who confirmed the rule and when."""
    refresh(today)
    _check_device(actor, equipment_id)
    filters = Filters(equipment=(equipment_id,))
    confirmed = (
        "SELECT c.name, c.at FROM rule_confirmation c WHERE c.rule = :rule AND c.version = :version "
        "AND c.digest = :digest AND c.withdrawn_at IS NULL"
    )
    sql = (
        f"SELECT {_ITEM_SQL}, d.rule, d.version, d.version_digest FROM due_row d {query.JOINS} "
        f"WHERE {condition(actor, filters)} ORDER BY d.id"
    )
    items = []
    for row in run(sql, parameters(actor, filters, today)):
        item = orjson.loads(_item(row, row[len(_HEAD)]))
        key = dict(zip(("rule", "version", "digest"), row[len(_HEAD) + 1 :], strict=True))
        found = run(confirmed, key) if key["rule"] else []
        items.append(item | {"confirmed": {"by": found[0][0], "on": _shanghai_day(found[0][1])} if found else None})
    return items


def _shanghai_day(moment: Any) -> str:
    value: datetime = RuleConfirmation.at.python_value(moment)
    return value.date().isoformat()
