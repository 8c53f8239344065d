"""Keeping the due rows true: `refresh` recomputes what is stale, in bulk, and writes only what differs.

Stale is: a device whose facts were touched; a row whose answer turns by itself on a day now reached; everything, when
the rulebook or a setting it rests on changed; a row computed for a later day than asked (a clock set back). Each chunk
is one transaction, so an interrupted refresh goes on where it stopped, and nobody waits long for it.
"""

# ruff: noqa: S608  every value is a bound parameter; only names and marks of our own are put into the text

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import lru_cache
from typing import Any

import orjson

from inspect_station.db import as_station, db, is_sqlite, run, run_for
from inspect_station.duelist import answers, rulebooks
from inspect_station.duelist.answers import COLUMNS
from inspect_station.duelist.models import DueRow, DueStamp
from inspect_station.registry import facts
from inspect_station.registry.models import Equipment

CHUNK = 500
_REFRESH_LOCK = 5_570_114_333

_DONE_BY = f"(SELECT value FROM station_setting WHERE key = '{rulebooks.DONE_BY}')"
# By the order of the index, or PostgreSQL, which expects a third of all rows under a day it does not know, reads the table.
_REACHED = "(SELECT changes_on FROM due_row WHERE changes_on <= :today ORDER BY changes_on LIMIT 1) IS NOT NULL"
# One statement, each part of it one look at an index.
_LOOK = (
    f"SELECT (SELECT digest FROM due_stamp), (SELECT newest FROM due_stamp), {_DONE_BY}, "
    f"EXISTS(SELECT 1 FROM equipment_touched), {_REACHED}, "
    "EXISTS(SELECT 1 FROM due_row) OR NOT EXISTS(SELECT 1 FROM equipment WHERE form <> 'installation')"
)
CURRENT = (
    "((SELECT s.digest = :digest AND s.newest <= :today FROM due_stamp s) "
    f"AND COALESCE({_DONE_BY}, '') = :setting AND NOT EXISTS(SELECT 1 FROM equipment_touched) AND NOT {_REACHED})"
)
"""The look as a column, true of each row of a statement where nothing is stale: who finds it so needs no `refresh`."""


class _Seen:
    """The station's setting as it was when last looked at: `CURRENT` asks whether it still is."""

    setting: str | None = None


_SEEN = _Seen()


def current_values(today: date) -> dict[str, str]:
    """The parameters of `CURRENT`."""
    setting = _SEEN.setting
    return {"digest": rulebooks.in_force(setting).digest, "setting": setting or "", "today": today.isoformat()}


def refresh(today: date) -> int:
    """Make every row's answer that of `today`; returns the rows written. Nothing stale: one look, nothing written."""
    return refreshed(today)[0]


def refreshed(today: date) -> tuple[int, rulebooks.InForce]:
    """`refresh`, and the rulebook by which the rows now stand."""
    ((digest, newest, done_by, touched, reached, filled),) = run(_LOOK, {"today": today.isoformat()})
    book = rulebooks.in_force(done_by)
    _SEEN.setting = done_by
    if digest == book.digest and filled and not touched and not reached and not (newest and _day(newest) > today):
        return 0, book
    # An enterprise's request sees its own rows only; what it finds stale is brought up to date for everybody.
    with as_station():
        return _bring_up(today, book, digest, newest, touched, reached, filled), book


def _bring_up(
    today: date, book: rulebooks.InForce, digest: str, newest: Any, touched: bool, reached: bool, filled: bool
) -> int:
    written = 0
    if digest != book.digest or not filled:
        written += _chunks(lambda: _next_to_rebuild(book), book, today)
    if touched:
        written += _chunks(_take_touched, book, today)
    if reached:
        written += _chunks(lambda: _reached(today), book, today)
    if newest and _day(newest) > today:
        written += _chunks(_later_than(today), book, today)
    return written


def settle(today: date) -> int:
    """The part of `refresh` that follows one's own changes, within the caller's transaction; returns the rows written.

    A rebuild is left to `refresh`: it would hold that transaction for long.
    """
    ((digest, *_, done_by, touched, _reached, _filled),) = run(_LOOK, {"today": today.isoformat()})
    book = rulebooks.in_force(done_by)
    return _chunks(_take_touched, book, today) if touched and digest == book.digest else 0


def in_force_now() -> rulebooks.InForce:
    """The rulebook with the station's present choices."""
    ((done_by,),) = run(f"SELECT (SELECT value FROM station_setting WHERE key = '{rulebooks.DONE_BY}')", {})
    return rulebooks.in_force(done_by)


def answers_on(equipment_ids: Sequence[int], on: date) -> list[dict[str, Any]]:
    """What the rows of these devices would be on another day; nothing is stored."""
    return _compute(equipment_ids, in_force_now(), on)


def stale_on(on: date) -> list[int]:
    """The devices whose rows would be recomputed on `on`: touched, or turning by themselves until then."""
    rows = run(
        "SELECT equipment_id FROM equipment_touched UNION SELECT equipment_id FROM due_row WHERE changes_on <= :on "
        "UNION SELECT equipment_id FROM due_row WHERE computed_on > :on",
        {"on": on.isoformat()},
    )
    return [row[0] for row in rows]


def _chunks(take: Callable[[], Sequence[int]], book: rulebooks.InForce, today: date) -> int:
    written = 0
    while True:
        with db.atomic(), _one_refresher():
            ids = take()
            if ids:
                written += _write(ids, book, today)
        # A short handful of marks is the last; other sorts of staleness say themselves that they are at their end.
        if not ids or (take is _take_touched and len(ids) < CHUNK):
            return written


@contextmanager
def _one_refresher() -> Iterator[None]:
    # A second process waits here, then finds nothing left to take. SQLite's IMMEDIATE queues writers by itself.
    if not is_sqlite():
        db.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_REFRESH_LOCK,))
    yield


def _take_touched() -> Sequence[int]:
    # Taken before the facts are read: a change that commits later finds its mark gone and makes a new one. Marks of
    # changes not committed yet are locked; their facts cannot be seen, so they are left for the next refresh.
    lock = "" if is_sqlite() else " FOR UPDATE SKIP LOCKED"
    return [
        row[0]
        for row in run(
            "DELETE FROM equipment_touched WHERE equipment_id IN (SELECT equipment_id FROM equipment_touched "
            f"ORDER BY equipment_id LIMIT {CHUNK}{lock}) RETURNING equipment_id",
            {},
        )
    ]


def _reached(today: date) -> Sequence[int]:
    query: Any = DueRow.select(DueRow.equipment).where(DueRow.changes_on <= today).order_by(DueRow.changes_on)
    return sorted({row[0] for row in query.limit(CHUNK).tuples()})


def _later_than(today: date) -> Callable[[], Sequence[int]]:
    """Devices computed for a day after `today`, chunk by chunk; the stamp is set back when all are done."""

    def take() -> Sequence[int]:
        query: Any = DueRow.select(DueRow.equipment).where(DueRow.computed_on > today)
        ids = sorted({row[0] for row in query.limit(CHUNK).tuples()})
        if not ids:
            DueStamp.update(newest=today).execute()
        return ids

    return take


def _next_to_rebuild(book: rulebooks.InForce) -> Sequence[int]:
    """The next devices of a rebuild; the stamp remembers how far it came."""
    stamp = DueStamp.get_or_none()
    if stamp is None:
        stamp = DueStamp.create(newest=date(1970, 1, 1))
    emptied = stamp.digest == book.digest and not DueRow.select(DueRow.id).limit(1).exists()
    if stamp.digest == book.digest and not emptied:
        return []  # another process has just finished it
    if stamp.building != book.digest or emptied:
        stamp.digest, stamp.building, stamp.position = "", book.digest, 0
    query: Any = (
        Equipment.select(Equipment.id).where(Equipment.id > stamp.position).order_by(Equipment.id).limit(CHUNK)
    )
    ids = [row[0] for row in query.tuples()]
    if ids:
        stamp.position = ids[-1]
    else:
        stamp.digest, stamp.building, stamp.position = book.digest, "", 0
    stamp.save()
    return ids


def _write(ids: Sequence[int], book: rulebooks.InForce, today: date) -> int:
    wanted = {(row["equipment_id"], row["clock"]): _values(row) for row in _compute(ids, book, today)}
    present = {(row[1], row[2]): row for row in run_for(_PRESENT, "equipment_id", ids)}
    new = [values for key, values in wanted.items() if key not in present]
    gone = [row[0] for key, row in present.items() if key not in wanted]
    changed = [
        (present[key][0], *values)
        for key, values in wanted.items()
        if key in present and _differs(values, present[key][1:], today)
    ]
    _insert(new)
    _update(changed)
    if gone:
        DueRow.delete().where(DueRow.id.in_(gone)).execute()
    if new or changed:
        DueStamp.update(newest=today).where(DueStamp.newest < today).execute()
    return len(new) + len(changed) + len(gone)


def _compute(ids: Sequence[int], book: rulebooks.InForce, today: date) -> list[dict[str, Any]]:
    return [row for device in facts.facts_of(ids) for row in answers.rows(device, book, today)]


# Rows are compared and written as the engine has them, without a converter for each of thirty columns.
_NAMES = ", ".join(COLUMNS)
_PRESENT = f"SELECT id, {_NAMES} FROM due_row WHERE {{some}}"
_COMPUTED = COLUMNS.index("computed_on")


def _values(row: dict[str, Any]) -> tuple[Any, ...]:
    values = map(row.__getitem__, COLUMNS)
    return tuple(v.isoformat() if type(v) is date else v for v in values) if is_sqlite() else tuple(values)


def _differs(wanted: tuple[Any, ...], present: tuple[Any, ...], today: date) -> bool:
    if _day(present[_COMPUTED]) > today:
        return True
    after = _COMPUTED + 1
    return wanted[:_COMPUTED] != present[:_COMPUTED] or wanted[after:] != present[after:]


def _insert(rows: Sequence[tuple[Any, ...]]) -> None:
    if rows and is_sqlite():
        # executemany on the connection: peewee's insert_many is six times slower.
        marks = ", ".join("?" * len(COLUMNS))
        db.cursor().executemany(f"INSERT INTO due_row ({_NAMES}) VALUES ({marks})", rows)
    elif rows:
        with db.cursor().copy(f"COPY due_row ({_NAMES}) FROM STDIN") as lines:
            for row in rows:
                lines.write_row(row)


def _update(rows: Sequence[tuple[Any, ...]]) -> None:
    """Each row is its id, then its values."""
    if rows and is_sqlite():
        pairs = ", ".join(f"{name} = ?" for name in COLUMNS)
        db.cursor().executemany(f"UPDATE due_row SET {pairs} WHERE id = ?", [(*row[1:], row[0]) for row in rows])
    elif rows:
        said = [dict(zip(("id", *COLUMNS), row, strict=True)) for row in rows]
        db.execute_sql(_update_sql(), [orjson.dumps(said).decode()])


@lru_cache(maxsize=1)
def _update_sql() -> str:
    """PostgreSQL's: one statement for any number of rows. As lists, a column each, they would take longer to write down."""
    columns: Any = DueRow._meta.columns
    types = {name: columns[name].field_type for name in COLUMNS} | {"equipment_id": "INT"}
    read = ", ".join(["id INT", *(f"{name} {kind}" for name, kind in types.items())])
    pairs = ", ".join(f"{name} = v.{name}" for name in COLUMNS)
    return f"UPDATE due_row SET {pairs} FROM json_to_recordset(%s) AS v({read}) WHERE due_row.id = v.id"


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
