"""Query results as plain rows: peewee's stubs keep calling them models."""

from collections.abc import Iterable
from typing import Any


def dicts(query: Any) -> list[dict[str, Any]]:
    return list(query.dicts())


def tuples(query: Any) -> Iterable[tuple[Any, ...]]:
    return query.tuples()  # type: ignore[no-any-return]
