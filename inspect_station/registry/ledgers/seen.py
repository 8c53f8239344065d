"""Which devices earlier rows of the same file were about, kept on disk so that memory does not grow with the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import NamedTuple

from .facts import RowFacts

_AT_ONCE = 500
_MET_BYTES = 1 << 22
_BYTE, _BIT = _MET_BYTES - 1, 40  # which bits of a key's hash choose the byte, and from where on the bit in it
_RECALL = (
    "SELECT seen.key, place, device, inspections, code, registration FROM seen JOIN trace ON trace.id = seen.trace "
    "WHERE seen.key IN"
)


class Trace(NamedTuple):
    """What an earlier row said: its place, a digest of the device's facts, one of its inspections, its own codes."""

    place: str
    device: int
    inspections: int
    device_code: str
    registration_code: str


class Seen:
    """Keys of rows met so far; ``recall`` asks for a stretch of rows, ``keep`` adds them.

    A key is stored by its hash of 64 bits. Most keys of a ledger are new: bits in memory, of one size for any file, say so
    of nearly all of them without a look into the store.
    """

    def __init__(self) -> None:
        self._store = sqlite3.connect("")  # an unnamed database lives in a temporary file
        self._store.execute("PRAGMA journal_mode = OFF")
        self._store.execute("PRAGMA synchronous = OFF")
        self._store.execute(
            "CREATE TABLE trace (id INTEGER PRIMARY KEY, place, device, inspections, code, registration)"
        )
        self._store.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY, trace)")
        self._met = bytearray(_MET_BYTES)
        self._traces = 0

    def recall(self, keys: Iterable[str]) -> dict[str, Trace]:
        met = self._met
        wanted = {}
        for key in keys:
            number = hash(key)
            if met[number & _BYTE] >> (number >> _BIT & 7) & 1:
                wanted[number] = key
        found: dict[str, Trace] = {}
        numbers = sorted(wanted)
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            for number, *rest in self._store.execute(f"{_RECALL} ({','.join('?' * len(some))})", some):
                found[wanted[number]] = Trace(*rest)
        return found

    def keep(self, traces: Sequence[tuple[str, Trace]]) -> None:
        """Each key with its row's trace; the keys of one row stand together."""
        keys, kept = [], []
        before: Trace | None = None
        for key, trace in traces:
            if trace is not before:
                before = trace
                self._traces += 1
                kept.append((self._traces, *trace))
            number = hash(key)
            self._met[number & _BYTE] |= 1 << (number >> _BIT & 7)
            keys.append((number, self._traces))
        keys.sort()
        self._store.executemany("INSERT INTO trace VALUES (?, ?, ?, ?, ?, ?)", kept)
        self._store.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", keys)

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
        frozenset(facts.technical.items()) if facts.technical else None,
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
