"""A ledger from its spool to fates and, when asked to write, into the register."""

from __future__ import annotations

import gc
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from inspect_station import turns
from inspect_station.accounts.scope import Actor
from inspect_station.clock import monotonic
from inspect_station.db import LOG_PAGES, db, is_sqlite

from .facts import Options
from .fates import Plan, Planner
from .headings import Layout, find_layout
from .problems import Problem
from .reading import SheetRows, Spool
from .refusals import LedgerRefused
from .rows import SheetReader
from .seen import Seen
from .wording import normalise
from .writing import Writer

LOOKED_UP_AT_ONCE = 2_000
# After so many rows the work looks whether somebody waits to write; so long may one transaction last though nobody does.
HANDFUL, HELD_SECONDS = {"sqlite": 25, "postgresql": 250}, {"sqlite": 0.1, "postgresql": 0.05}
ROOM_SECONDS = 0.2  # at most, for a line of others that never ends

Mapping_ = Mapping[str, str | None]


@dataclass
class Sheet:
    """A sheet whose headings were understood."""

    rows: SheetRows
    layout: Layout

    def as_json(self) -> dict[str, Any]:
        return {
            "sheet": self.rows.name,
            "header_row": self.layout.header_row,
            "kind": self.layout.kind,
            "mapped": self.layout.mapped,
            "unmapped": self.layout.unmapped,
        }


@dataclass
class Ledger:
    """A read file with the meaning of its headings; ``notes`` are remarks about whole sheets."""

    sheets: list[Sheet] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)


@dataclass
class Outcome:
    """Counts of rows by fate."""

    counts: Counter[str] = field(default_factory=Counter)
    rows: int = 0


def understand(spool: Spool, mapping: Mapping_ | None, saved: Callable[[str], Mapping_ | None]) -> Ledger:
    """The layout of each sheet: a person's mapping for this file first, else the one saved for these headings."""
    ledger = Ledger()
    for name in spool.hidden:
        message = f"工作表“{name}”是隐藏的，没有导入；如需导入请先取消隐藏。"
        ledger.notes.append(Problem(name, 1, "A", "", "sheet_hidden", message, "warning"))
    for rows in spool.sheets:
        layout = find_layout(rows.rows(), rows.name, mapping)
        if layout and mapping is None and (known := saved(headings_digest(layout))):
            layout = find_layout(rows.rows(), rows.name, known) or layout
        if layout:
            ledger.sheets.append(Sheet(rows, layout))
        elif next(iter(rows.rows()), None) is not None:
            message = f"工作表“{rows.name}”里没有找到表头，没有导入；表头至少要有设备名称或编号中的一项和另一项内容。"
            ledger.notes.append(Problem(rows.name, 1, "A", "", "no_header", message, "warning"))
    if not ledger.sheets:
        raise LedgerRefused("no_header")
    return ledger


def headings_digest(layout: Layout) -> str:
    """The same for every file with this set of headings, in whatever order."""
    headings = sorted(normalise(column.heading) for column in layout.columns)
    return hashlib.sha256("\n".join(headings).encode()).hexdigest()


Report = Callable[[list[Plan]], None]


def run(
    ledger: Ledger,
    options: Options,
    actor: Actor,
    source: str,
    now: datetime,
    *,
    write: bool,
    report: Report,
    records: bool = False,
    settle: Callable[[], object] = lambda: None,
) -> Outcome:
    """Plans every row and, with ``write``, writes it; ``report`` is told of each handful, within its transaction.

    ``records``: the report writes too. ``settle`` is called after each written handful, within its transaction, for what
    the areas above derive from it: nobody then finds a backlog of it.

    A transaction takes handfuls until somebody else waits to write or it has lasted: each page of an index that it
    changes is written once, however many of its rows are on it.
    """
    outcome = Outcome()
    with Seen() as seen, _rare_collections(), _own_checkpoints():
        planner = Planner(options, seen)
        writer = Writer(actor, source, now, planner.installations)

        def do(handful: list[Plan]) -> None:
            if write and any(map(_is_written, handful)):
                writer.write(handful)
                settle()
            report(handful)
            outcome.counts.update(plan.fate for plan in handful)
            outcome.rows += len(handful)

        for plans in _plans(ledger, planner, options):
            if records or (write and any(map(_is_written, plans))):
                _in_turns(plans, do)
            else:
                do(plans)
    return outcome


def _is_written(plan: Plan) -> bool:
    return plan.fate in ("created", "changed")


def _in_turns(plans: list[Plan], do: Callable[[list[Plan]], None]) -> None:
    """Handful after handful, in as few transactions as others allow."""
    database = db.obj.database if is_sqlite() else None
    engine = "sqlite" if database else "postgresql"
    size = HANDFUL[engine]
    start = 0
    while start < len(plans):
        ends = monotonic() + HELD_SECONDS[engine]
        with db.atomic():
            while start < len(plans):
                do(plans[start : start + size])
                start += size
                if monotonic() > ends or (database and turns.somebody_waits(database)):
                    break
        if database:
            turns.make_room(database, ROOM_SECONDS)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Rows make many small objects and hardly any cycles: the collector would take a third of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _own_checkpoints() -> Iterator[None]:
    """Whoever finds SQLite's log long copies it into the file: that is the import, before anybody who waits for a page."""
    if not is_sqlite():
        yield
        return
    connection = db.connection()
    connection.execute("PRAGMA wal_autocheckpoint = 1000")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")


def _plans(ledger: Ledger, planner: Planner, options: Options) -> Iterator[list[Plan]]:
    for sheet in ledger.sheets:
        reader = SheetReader(sheet.rows.name, sheet.layout, options)
        facts = reader.read(sheet.rows.rows())
        while stretch := list(islice(facts, LOOKED_UP_AT_ONCE)):
            yield planner.plan(reader, stretch)
