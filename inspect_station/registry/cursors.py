"""A list's place in the address: the sort and the keys the page begins behind."""

from collections.abc import Mapping, Sequence
from typing import Any

from inspect_station.errors import InvalidInput
from inspect_station.web import decode_cursor, encode_cursor


def after(cursor: str, sorts: Mapping[str, Sequence[Any]], sort: str) -> list[Any] | None:
    """Raises `InvalidInput` for an unknown sort and for a cursor that `encode` did not make for it."""
    columns = sorts.get(sort.removeprefix("-"))
    if columns is None:
        raise InvalidInput("不能按这一项排序。", {"sort": [f"只能是：{'、'.join(sorts)}，前面可加 - 表示倒序"]})
    return decode_cursor(cursor, len(columns) + 1) if cursor else None


def encode(keys: Sequence[Any] | None) -> str | None:
    return encode_cursor(*keys) if keys else None
