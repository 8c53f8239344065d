"""Delimited text: UTF-8 (with or without BOM), UTF-16 with BOM, GBK/GB18030; comma, semicolon or tab; streamed."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from .scan import Hostile

MAX_FIELD = 32_768  # what a spreadsheet cell can hold
_SAMPLE_LINES = 40
# The same as `export` guards; the child imports nothing of the application.
_FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")


def read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Physical line number of each record's first line (from 0) and its cells."""
    encoding = _encoding(path)
    csv.field_size_limit(MAX_FIELD)
    with path.open(encoding=encoding, newline="") as file:
        yield from _records(file, _separator(path, encoding))


def _records(file: TextIO, separator: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file, delimiter=separator)
    number = 0
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            raise Hostile("csv_malformed", str(reader.line_num)) from broken
        yield number, [_unguarded(cell) if cell[:1] == "'" else cell for cell in record]
        number += 1


def _unguarded(cell: str) -> str:
    """Without the mark that our export puts before what a spreadsheet program would take for a formula."""
    return cell[1:] if cell.lstrip("'")[:1] in _FORMULA_STARTS else cell


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(codecs.BOM_UTF8):
        return _checked(path, "utf-8-sig")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(path, "utf-16")
    _refuse_nul(path)
    for encoding in ("utf-8", "gb18030"):
        try:
            return _checked(path, encoding)
        except Hostile:
            continue
    raise Hostile("text_encoding")


def _refuse_nul(path: Path) -> None:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            if b"\x00" in block:
                raise Hostile("nul_bytes")


def _checked(path: Path, encoding: str) -> str:
    """The encoding, once the whole file was decoded with it; a decoded NUL is refused as well."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                if "\x00" in decoder.decode(block):
                    raise Hostile("nul_bytes")
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as broken:
        raise Hostile("text_encoding") from broken
    return encoding


def _separator(path: Path, encoding: str) -> str:
    """The separator that cuts the first lines into the most cells; a comma when none does."""
    with path.open(encoding=encoding, newline="") as file:
        sample = [line for _, line in zip(range(_SAMPLE_LINES), _short_lines(file), strict=False)]
    counts = {mark: max((line.count(mark) for line in sample), default=0) for mark in (",", "\t", ";")}
    return max(counts, key=lambda mark: counts[mark])


def _short_lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(65_536):
        yield line
