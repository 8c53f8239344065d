"""From a file to its facts, as the import does it, for the tests of the reading."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from inspect_station.registry.ledgers import reading
from inspect_station.registry.ledgers.facts import Options, RowFacts
from inspect_station.registry.ledgers.headings import Layout, find_layout
from inspect_station.registry.ledgers.rows import SheetReader

TODAY = date(2026, 11, 22)


def read_file(
    path: Path, mapping: Mapping[str, str | None] | None = None, options: Options | None = None
) -> tuple[list[Layout], list[RowFacts]]:
    layouts, facts = [], []
    with reading.read(path, folder=path.parent) as spool:
        for sheet in spool.sheets:
            layout = find_layout(sheet.rows(), sheet.name, mapping)
            if layout:
                layouts.append(layout)
                facts += SheetReader(sheet.name, layout, options or Options(today=TODAY)).read(sheet.rows())
    return layouts, facts
