"""Tables as they stand in the database: names, columns, references, rows with values any engine can read back."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from graphlib import TopologicalSorter
from typing import Any

from inspect_station.db import db, is_sqlite

HISTORY = "schema_migration"
# What `migrate` fills by itself: a database that holds nothing else counts as empty.
SHIPPED = ("calendar_day", "calendar_year", "code_use", "common_finding", "qualification_code")
_CHUNK = 2_000


@dataclass(frozen=True)
class TableShape:
    name: str
    columns: tuple[str, ...]
    booleans: frozenset[int]
    key: tuple[str, ...]
    parents: frozenset[str]
    self_references: tuple[str, ...]


def shapes() -> list[TableShape]:
    """Every table of the station, parents before children."""
    found = {name: _shape(name) for name in sorted(db.get_tables()) if name != HISTORY}
    order = TopologicalSorter({name: shape.parents & found.keys() for name, shape in found.items()})
    return [found[name] for name in order.static_order()]


def _shape(name: str) -> TableShape:
    columns = db.get_columns(name)
    foreign = db.get_foreign_keys(name)
    return TableShape(
        name,
        tuple(c.name for c in columns),
        frozenset(i for i, c in enumerate(columns) if c.data_type.lower().startswith("bool")),
        tuple(c.name for c in columns if c.primary_key),
        frozenset(f.dest_table for f in foreign if f.dest_table != name),
        tuple(f.column for f in foreign if f.dest_table == name),
    )


def rows(shape: TableShape) -> Iterator[list[Any]]:
    """All rows in the order of their key, in chunks of the key so that memory stays flat."""
    names = ", ".join(f'"{c}"' for c in shape.columns)
    key = ", ".join(f'"{c}"' for c in shape.key)
    last: tuple[Any, ...] = ()
    where_next = f" WHERE ({key}) > ({', '.join([db.obj.param] * len(shape.key))})"
    while True:
        sql = f'SELECT {names} FROM "{shape.name}"{where_next if last else ""} ORDER BY {key} LIMIT {_CHUNK}'  # noqa: S608
        chunk = db.execute_sql(sql, last).fetchall()
        yield from ([_plain(v) for v in row] for row in chunk)
        if len(chunk) < _CHUNK:
            return
        last = tuple(chunk[-1][shape.columns.index(c)] for c in shape.key)


def _plain(value: Any) -> Any:
    """The value as JSON holds it and SQLite keeps it: booleans as 0 and 1, moments as text."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date) else value


def write(shape: TableShape, columns: Sequence[str], lines: Iterable[list[Any]]) -> None:
    """Insert rows as `rows()` gave them; references of a table to itself are filled in afterwards, when every row is there."""
    names = ", ".join(f'"{c}"' for c in columns)
    marks = ", ".join([db.obj.param] * len(columns))
    insert = f'INSERT INTO "{shape.name}" ({names}) VALUES ({marks})'  # noqa: S608
    booleans = [list(columns).index(shape.columns[i]) for i in shape.booleans]  # PostgreSQL's; SQLite has none
    selfs = [list(columns).index(c) for c in shape.self_references]
    keys = [list(columns).index(c) for c in shape.key]
    later: list[tuple[Any, ...]] = []
    cursor = db.cursor()
    for chunk in _chunks(lines):
        later += [
            (*(r[i] for i in selfs), *(r[i] for i in keys)) for r in chunk if any(r[i] is not None for i in selfs)
        ]
        for row in chunk:
            row[:] = [bool(v) if i in booleans and v is not None else v for i, v in enumerate(row)]
            for i in selfs:
                row[i] = None
        cursor.executemany(insert, chunk)
    if later:
        sets = ", ".join(f'"{c}" = {db.obj.param}' for c in shape.self_references)
        where = " AND ".join(f'"{c}" = {db.obj.param}' for c in shape.key)
        cursor.executemany(f'UPDATE "{shape.name}" SET {sets} WHERE {where}', later)  # noqa: S608


def empty_shipped() -> None:
    """Make room for the backup's own rows of the shipped tables."""
    for name in set(SHIPPED) & set(db.get_tables()):
        db.execute_sql(f'DELETE FROM "{name}"')  # noqa: S608


def advance_sequences() -> None:
    """PostgreSQL numbers new rows from a sequence that inserts with ids do not move."""
    if is_sqlite():
        return
    for shape in shapes():
        if shape.key == ("id",):
            top = f'SELECT COALESCE(MAX(id), 0) + 1 FROM "{shape.name}"'  # noqa: S608
            db.execute_sql(f"SELECT setval(pg_get_serial_sequence('\"{shape.name}\"', 'id'), ({top}), false)")


def _chunks(lines: Iterable[list[Any]]) -> Iterator[list[list[Any]]]:
    chunk: list[list[Any]] = []
    for line in lines:
        chunk.append(line)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
