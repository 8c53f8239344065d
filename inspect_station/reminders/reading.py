"""Reading rows as plain tuples: the fast way, and one that the type checker understands."""

from typing import Any


def tuples(query: Any) -> list[tuple[Any, ...]]:
    """The rows of a peewee query as tuples."""
    return list(query.tuples())
