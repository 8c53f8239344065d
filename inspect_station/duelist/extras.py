"""What an area above adds to the list: a remark on each row and words to filter by. The factory registers it.

The list stays below: it knows neither the tables nor the words, only SQL over its own row `d` that it was handed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Extras:
    """`remark` is an expression over `d` that gives text or NULL; `read` turns that text into what a page shows.

    `filters`: a word of the address → (its label, a condition over `d` without parameters of its own but `:today`).
    `actions` of ticked rows: endpoint, label, icon, permission.
    """

    remark: str = "NULL"
    read: Callable[[str], Mapping[str, Any]] = lambda text: {"words": text}
    filters: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    actions: tuple[tuple[str, str, str, str], ...] = ()


_current = Extras()


def use(extras: Extras) -> None:
    """Called once by the factory."""
    global _current  # one per process, like the blueprints
    _current = extras


def current() -> Extras:
    return _current
