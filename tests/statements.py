"""Counting the SQL statements of a piece of work."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from inspect_station.db import db


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that ran inside the block, transactions not counted."""
    ran: list[str] = []

    def note(event: Any) -> None:
        if not event.sql.lstrip().upper().startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")):
            ran.append(event.sql)

    hooks = db.obj.query_hooks
    hooks.append(note)
    try:
        yield ran
    finally:
        hooks.remove(note)
