"""Reading a workbook in a child process; the parent never holds more than a chunk of its rows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import orjson

from . import guard
from .refusals import LedgerRefused

Cell = str | int | float
Row = tuple[int, list[Cell]]

WALL_SECONDS = 60
_HERE = Path(__file__).resolve().parent
# The child gets its code by folder, not as part of the application: it must not load the web framework, and -I keeps
# the environment and the working directory out.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from sandbox.child import main; sys.exit(main(sys.argv[2:]))"


@dataclass
class SheetRows:
    """One visible sheet of a spool; ``rows()`` may be walked any number of times."""

    name: str
    path: Path
    offset: int

    def rows(self) -> Iterator[Row]:
        with self.path.open("rb") as file:
            file.seek(self.offset)
            for line in file:
                if line.startswith(b"{"):
                    return
                yield from orjson.loads(line)


class Spool:
    """The rows of one workbook on disk, removed when closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sheets: list[SheetRows] = []
        self.hidden: list[str] = []
        self.rows = 0
        self._index()

    def _index(self) -> None:
        with self.path.open("rb") as file:
            while line := file.readline():
                if line.startswith(b'{"end"'):
                    self.rows = json.loads(line)["rows"]
                elif line.startswith(b'{"sheet"'):
                    head = json.loads(line)
                    if head["hidden"]:
                        self.hidden.append(head["sheet"])
                    else:
                        self.sheets.append(SheetRows(head["sheet"], self.path, file.tell()))
        if not self.sheets:
            raise LedgerRefused("no_sheets")

    def close(self) -> None:
        self.path.unlink(missing_ok=True)

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read(path: Path, *, name: str | None = None, folder: Path | None = None, seconds: float = WALL_SECONDS) -> Spool:
    """Reads the file into a spool under ``folder`` (a temporary one by default); ``LedgerRefused`` says why not."""
    form = guard.look(path, name)
    handle, spool = tempfile.mkstemp(prefix="ledger-", suffix=".jsonl", dir=folder)
    os.close(handle)
    try:
        _run_child(form, path, spool, _title(name or path.name), seconds)
        return Spool(Path(spool))
    except BaseException:
        Path(spool).unlink(missing_ok=True)
        raise


def _title(name: str) -> str:
    """The file's name as a sheet's: an upload may be called anything, and this becomes an argument of a process."""
    return "".join(c if c.isprintable() else "_" for c in Path(name.replace("\\", "/")).stem)[:80] or "CSV"


def _run_child(form: str, path: Path, spool: str, title: str, seconds: float) -> None:
    command = [sys.executable, "-I", "-c", _START, str(_HERE), form, str(path.resolve()), spool, title]
    environment = {"PATH": os.defpath, "RUST_BACKTRACE": "0", "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "2"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        raise LedgerRefused("time_exceeded") from late
    if done.returncode:
        raise _refusal(done)


def _refusal(done: subprocess.CompletedProcess[bytes]) -> LedgerRefused:
    if done.returncode == 3 and done.stdout.startswith(b"{"):
        said = json.loads(done.stdout)
        return LedgerRefused(said["refused"], said["detail"])
    if done.returncode == -signal.SIGXCPU:
        return LedgerRefused("time_exceeded")
    out_of_memory = b"memory allocation" in done.stderr or b"MemoryError" in done.stderr
    if out_of_memory or done.returncode in (-signal.SIGKILL, -signal.SIGABRT):
        return LedgerRefused("memory_exceeded")
    return LedgerRefused("unreadable")
