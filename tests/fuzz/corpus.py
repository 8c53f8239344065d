"""What the fuzzer kept: a file for each target, an input a line, written as Python writes bytes."""

import ast
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "corpus"
LONGEST = 2_000  # bytes of an input that is kept


def read(target: str) -> list[bytes]:
    path = FOLDER / f"{target}.txt"
    if not path.exists():
        return []
    return [ast.literal_eval(line) for line in path.read_text(encoding="ascii").splitlines()]


def write(target: str, inputs: Iterable[bytes]) -> int:
    """Keep these, short and sorted; how many."""
    lines = [repr(data) for data in sorted(set(inputs), key=lambda d: (len(d), d)) if len(data) <= LONGEST]
    (FOLDER / f"{target}.txt").write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    return len(lines)
