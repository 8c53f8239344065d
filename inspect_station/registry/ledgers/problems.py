"""What was wrong with a cell or a row, where, and what to do."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


class Flaw(NamedTuple):
    """A problem of one value, before it has a place."""

    code: str
    message: str
    severity: Severity = "warning"


class Problem(NamedTuple):
    """A flaw with its place as the spreadsheet shows it (row 1, column A); an error refuses the row."""

    sheet: str
    row: int
    column: str
    value: str
    code: str
    message: str
    severity: Severity


def column_letters(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
