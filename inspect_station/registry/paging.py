"""Pages of a list by keyset: the next page begins after the last row's sort keys, so page 40 costs what page 1 does."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from peewee import Expression, Field, IntegerField, Select, fn

from inspect_station.errors import InvalidInput

TOTAL_CAP = 1000


@dataclass(frozen=True)
class Page:
    """Rows, how many there are in all (at most `TOTAL_CAP` are counted), and where the neighbours begin."""

    rows: list[dict[str, Any]]
    total: int
    capped: bool
    next_keys: list[Any] | None
    previous_keys: list[Any] | None = None

    @property
    def total_text(self) -> str:
        return f"{self.total}+" if self.capped else str(self.total)


def page(
    query: Any,
    sorts: Mapping[str, Sequence[Any]],
    sort: str,
    after: Sequence[Any] | None,
    size: int,
    *,
    count: Any,
) -> Page:
    """Run `query` for one page, in one statement; only a later page without rows asks for the total apart.

    `sort` is a key of `sorts`, "-" in front turns it round. `after` are the keys of the row before the page, headed by
    "next", or of the row behind it, headed by "previous". Raises `InvalidInput` for an unknown sort or odd keys.
    """
    wanted, falling = _wanted(sorts, sort)
    backwards, keys = _position(after, wanted)
    columns = [_never_null(column) for column in wanted]
    marked = query.select_extend(*(column.alias(f"key_{n}") for n, column in enumerate(columns)))
    if keys is not None:
        marked = marked.where(_behind(columns, keys, falling != backwards))
    order = [column.desc() if falling != backwards else column.asc() for column in columns]
    capped = count.limit(TOTAL_CAP + 1)
    marked = marked.select_extend(Select([capped.alias("capped")], [fn.COUNT(1)]).alias("row_total"))
    rows = list(marked.order_by(*order).limit(size + 1).dicts())
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    found = [_take_keys(row, len(columns)) for row in rows]
    totals = [row.pop("row_total") for row in rows]
    total = totals[0] if totals else 0 if keys is None else capped.count(clear_limit=False)
    return Page(
        rows,
        min(total, TOTAL_CAP),
        total > TOTAL_CAP,
        ["next", *found[-1]] if rows and (more or backwards) else None,
        ["previous", *found[0]] if rows and (more if backwards else keys is not None) else None,
    )


def chunks(query: Any, sorts: Mapping[str, Sequence[Any]], sort: str, size: int) -> Iterator[list[dict[str, Any]]]:
    """The whole list in pieces of `size` rows, each its own statement: memory does not grow with the list."""
    wanted, falling = _wanted(sorts, sort)
    columns = [_never_null(column) for column in wanted]
    marked = query.select_extend(*(column.alias(f"key_{n}") for n, column in enumerate(columns)))
    marked = marked.order_by(*(column.desc() if falling else column.asc() for column in columns)).limit(size)
    keys: list[Any] | None = None
    while True:
        rows = list((marked if keys is None else marked.where(_behind(columns, keys, falling))).dicts())
        for row in rows:
            keys = _take_keys(row, len(columns))
        if rows:
            yield rows
        if len(rows) < size:
            return


def _wanted(sorts: Mapping[str, Sequence[Any]], sort: str) -> tuple[Sequence[Any], bool]:
    """The columns a sort word stands for, and whether it falls."""
    name = sort.removeprefix("-")
    if name not in sorts:
        raise InvalidInput("不能按这一项排序。", {"sort": [f"只能是：{'、'.join(sorts)}"]})
    return sorts[name], sort.startswith("-")


def _never_null(column: Field) -> Any:
    # Empty and unknown sort together: a comparison with NULL would lose rows between two pages.
    return fn.COALESCE(column, "") if column.null else column


def _position(after: Sequence[Any] | None, columns: Sequence[Field]) -> tuple[bool, list[Any] | None]:
    if after is None:
        return False, None
    way, *keys = after or [""]
    fits = len(keys) == len(columns) and all(map(_fits, columns, keys))
    if way not in ("next", "previous") or not fits:
        raise InvalidInput("翻页标记 cursor 与排序方式不符，请从第一页重新开始。", {"cursor": ["无效"]})
    return way == "previous", keys


def _fits(column: Field, key: Any) -> bool:
    if isinstance(column, IntegerField):
        return isinstance(key, int) and abs(key) < 2**53
    return isinstance(key, str) and "\0" not in key


def _behind(columns: Sequence[Any], keys: Sequence[Any], falling: bool) -> Expression:
    """(a, b) > (x, y), written out: a > x OR (a = x AND b > y)."""
    parts = []
    for n, (column, key) in enumerate(zip(columns, keys, strict=True)):
        further = column < key if falling else column > key
        parts.append(
            reduce(lambda a, b: a & b, [c == k for c, k in zip(columns[:n], keys[:n], strict=True)] + [further])
        )
    return reduce(lambda a, b: a | b, parts)  # type: ignore[no-any-return]


def _take_keys(row: dict[str, Any], length: int) -> list[Any]:
    return [row.pop(f"key_{n}") for n in range(length)]
