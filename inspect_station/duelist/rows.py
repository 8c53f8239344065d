"""The rows of the due list: which columns are read, how a person and how the contract sees them, pages of them."""

# ruff: noqa: S608  every value is a bound parameter; only names and marks of our own are put into the text

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from inspect_station.accounts.scope import Actor
from inspect_station.db import moment, run
from inspect_station.duelist import buckets, extras, projection, query
from inspect_station.duelist.answers import UNREADABLE
from inspect_station.duelist.query import Filters, condition, parameters
from inspect_station.errors import InvalidInput
from schedules.terms import Bucket, Clock, Missing, WhyForbidden, WhyNotRunning

# What a row shows of its device, in the order of the contract; `body` holds the rest.
HEAD = (
    "id", "enterprise_id", "enterprise", "equipment_id", "name", "catalogue_code", "own_number", "maker_number",
    "registration_code", "certificate_number", "line_number", "clock", "bucket", "state",
)  # fmt: skip
HEAD_SQL = (
    "d.id, d.enterprise_id, f.name, d.equipment_id, e.name, e.catalogue_code, e.own_number, e.maker_number, "
    f"e.registration_code, e.certificate_number, e.line_number, d.clock, {buckets.BUCKET_SQL}, {buckets.STATE_SQL}"
)
ITEM_SQL = f"{HEAD_SQL}, d.body"

# What a page shows besides.
_CONFIRMED = "c.rule = d.rule AND c.version = d.version AND c.digest = d.version_digest AND c.withdrawn_at IS NULL"
ROW = (
    *HEAD, "body", "kind", "standing", "due_on", "apply_by", "earliest", "late_on", "sort_on", "precision", "origin",
    "done_by", "why", "grade", "document", "clause", "unread", "form", "quantity", "length_mm", "location",
    "rule", "responsible", "confirmed_by", "confirmed_at", "remark",
)  # fmt: skip
_ROW_SQL = (
    f"{ITEM_SQL}, d.kind, d.standing, d.due_on, d.apply_by, d.earliest, d.late_on, d.sort_on, d.precision, d.origin, "
    "d.done_by, d.why, d.grade, d.document, d.clause, d.unread, e.form, e.quantity, e.length_mm, e.location, d.rule, "
    "(SELECT a.name FROM account a WHERE a.id = f.responsible_id), "
    f"(SELECT max(c.name) FROM rule_confirmation c WHERE {_CONFIRMED}), "
    f"(SELECT max(c.at) FROM rule_confirmation c WHERE {_CONFIRMED})"
)


def row_sql() -> str:
    """The columns of `ROW`; the remark is what the area above registered."""
    return f"{_ROW_SQL}, {extras.current().remark}"


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


def fetch(
    actor: Actor,
    columns: str,
    filters: Filters,
    sort: str,
    place: Place,
    most: int,
    today: date,
    more: dict[str, Any] | None = None,
) -> list[tuple[Any, ...]]:
    """Rows of the list in order; `more` are the values of what the columns ask besides."""
    where = condition(actor, filters)
    descending = sort.startswith("-") != place.backwards
    sql = query.page_sql(columns, where, sort.removeprefix("-"), descending, bool(place.keys))
    values = parameters(actor, filters, today) | {f"key_{n}": key for n, key in enumerate(place.keys)}
    return run(sql, values | {"most": most} | (more or {}))


def current_page(
    actor: Actor, filters: Filters, sort: str, place: Place, most: int, today: date
) -> tuple[list[tuple[Any, ...]], tuple[int, bool]]:
    """The list's items, brought up to date first, and (total, capped): in one statement where nothing was stale.

    After the columns of an item stands the total, then the keys.
    """
    counted = f"CASE WHEN {projection.CURRENT} THEN ({query.count_sql(condition(actor, filters))}) END"
    columns = f"{ITEM_SQL}, {counted}"
    found = fetch(actor, columns, filters, sort, place, most, today, projection.current_values(today))
    if found and found[0][_COUNTED] is not None:
        return found, _capped(found[0][_COUNTED])
    projection.refresh(today)
    columns = f"{ITEM_SQL}, NULL"
    return fetch(actor, columns, filters, sort, place, most, today), total(actor, filters, today)


def total(actor: Actor, filters: Filters, today: date) -> tuple[int, bool]:
    ((found,),) = run(query.count_sql(condition(actor, filters)), parameters(actor, filters, today))
    return _capped(found)


def _capped(found: int) -> tuple[int, bool]:
    return min(found, query.TOTAL_CAP), found > query.TOTAL_CAP


_SHOWN, _BODY, _COUNTED = HEAD[1:], len(HEAD), len(HEAD) + 1
_BEGIN = f'{{"{_SHOWN[0]}":'  # within a text JSON escapes the quotes, so that this begins an item and nothing else


def written(rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """The items of rows of `ITEM_SQL` as JSON text: the stored answer as it stands, without being read and written again."""
    if not rows:
        return []
    heads = [dict(zip(_SHOWN, row[1:], strict=False)) for row in rows]
    for head, row in zip(heads, rows, strict=True):
        if head["state"] is None and not _has_state(row[_BODY]):
            del head["state"]
    texts = orjson.dumps(heads).decode()[len(_BEGIN) + 1 : -2].split("}," + _BEGIN)
    return [f"{_BEGIN}{text},{row[_BODY][1:]}" for text, row in zip(texts, rows, strict=True)]


def _has_state(body: str) -> bool:
    """Only a date and an undetermined answer have a state, null where nothing bounds it (contract §1)."""
    return body.startswith(('{"answer":"due"', '{"answer":"undetermined"'))


def keys_of(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(plain(key) for key in row[len(ROW) :])


def plain(value: Any) -> Any:
    return value.isoformat() if type(value) is date else value


_DATES = ("due_on", "apply_by", "earliest", "late_on", "sort_on")


def shown(row: tuple[Any, ...], today: date) -> dict[str, Any]:
    """What a page shows of one row: the stored answer with today's state, days left and the words for people."""
    found = dict(zip(ROW, row, strict=False))
    for name in _DATES:
        found[name] = plain(found[name])
    found |= orjson.loads(found.pop("body")) | {"state": found["state"]}
    found["remark"] = extras.current().read(found["remark"]) if found["remark"] else None
    found["shown_on"] = _shown_date(found)
    found["days"] = _days_left(found, today)
    found["unverified"] = bool(found["unread"]) and not found["confirmed_by"]
    found["confirmed_on"] = shanghai_day(found["confirmed_at"]) if found["confirmed_at"] else None
    found["clock_label"] = _CLOCKS.get(found["clock"], "资料有误")
    found["why_label"] = _WHY.get(found.get("why") or "", "")
    found["missing_labels"] = [_MISSING.get(fact, fact) for fact in found.get("missing", ())]
    return found


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


def around(keys: Sequence[Any], place: Place, more: bool) -> tuple[Any, Any]:
    """The keys to go on from and back from, where there is something on that side."""
    if not keys:
        return None, None
    after = keys[-1] if more or place.backwards else None
    before = keys[0] if (more if place.backwards else bool(place.keys)) else None
    return after, before


def shanghai_day(value: Any) -> str:
    read = moment(value)
    assert read is not None
    return read.date().isoformat()
