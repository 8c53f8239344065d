"""Which devices earlier rows of the same file were about, kept on disk so that memory does not grow with the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import NamedTuple

from .facts import RowFacts

_AT_ONCE = 500


class Trace(NamedTuple):
    """What an earlier row said: its place, a digest of the device's facts, one of its inspections, its own codes."""

    place: str
    device: int
    inspections: int
    device_code: str
    registration_code: str


class Seen:
    """Keys of rows met so far; ``recall`` asks for a stretch of rows, ``keep`` adds them."""

    def __init__(self) -> None:
        self._store = sqlite3.connect("")  # an unnamed database lives in a temporary file
        self._store.execute("PRAGMA journal_mode = OFF")
        self._store.execute("PRAGMA synchronous = OFF")
        self._store.execute(
            "CREATE TABLE seen (key TEXT PRIMARY KEY, place, device, inspections, code, registration) WITHOUT ROWID"
        )
        self._fresh: dict[str, Trace] = {}

    def recall(self, keys: Iterable[str]) -> dict[str, Trace]:
        wanted = sorted(set(keys))
        found: dict[str, Trace] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            for key, *rest in self._store.execute(f"SELECT * FROM seen WHERE key IN ({marks})", some):  # noqa: S608
                found[key] = Trace(*rest)
        return found

    def keep(self, traces: Sequence[tuple[str, Trace]]) -> None:
        self._store.executemany(
            "INSERT OR IGNORE INTO seen VALUES (?, ?, ?, ?, ?, ?)", [(key, *trace) for key, trace in traces]
        )

    def __enter__(self) -> Seen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()


def trace_of(facts: RowFacts) -> Trace:
    equipment = facts.equipment
    device = (
        frozenset(equipment.items()),
        str(facts.traits) if facts.traits else "",
        frozenset(facts.technical.items()),
        facts.installation,
        facts.parent,
    )
    inspections = (*facts.inspections, facts.extension, str(facts.unplaced) if facts.unplaced else "")
    return Trace(
        f"{facts.sheet} 第 {facts.row} 行",
        hash(device),
        hash(inspections),
        equipment.get("device_code", ""),
        equipment.get("registration_code", ""),
    )
