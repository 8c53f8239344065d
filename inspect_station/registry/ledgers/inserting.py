"""Many rows at once, with values as the database has them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from inspect_station.db import Table, db, is_sqlite


def reserve_ids(table: str, count: int) -> list[int]:
    """Fresh ids, so that many rows and what hangs on them go in without asking back for each.

    SQLite: the caller's transaction holds the only write lock. PostgreSQL: drawn from the column's sequence.
    """
    if not count:
        return []
    if is_sqlite():
        first = (db.execute_sql(f"SELECT max(id) FROM {table}").fetchone()[0] or 0) + 1  # noqa: S608
        return list(range(first, first + count))
    drawn = db.execute_sql(
        f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, %s)",  # noqa: S608
        [count],
    )
    return [row[0] for row in drawn]


def insert(model: type[Table], columns: Sequence[str], rows: list[tuple[Any, ...]]) -> None:
    """Values ready for the database: passing through the model's fields would double the cost of an import.

    A column in which every row has the table's own default is left out; most of a ledger's are.
    """
    if not rows:
        return
    defaults = _defaults(model, tuple(columns))
    said = [
        place for place, values in enumerate(zip(*rows, strict=True)) if values.count(defaults[place]) < len(rows)
    ]
    table, names = model._meta.table_name, ", ".join(columns[place] for place in said)
    chosen = map(operator.itemgetter(*said), rows)
    if is_sqlite():
        marks = ", ".join("?" * len(said))
        db.cursor().executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", chosen)  # noqa: S608
        return
    with db.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as lines:
        for row in chosen:
            lines.write_row(row)


@lru_cache(maxsize=4)
def _defaults(model: type[Table], columns: tuple[str, ...]) -> list[Any]:
    """What the table puts where nothing is said; the models name the same, which a test of the migrations holds them to."""
    return [model._meta.columns[name].default for name in columns]
