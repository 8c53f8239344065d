"""Rules a reader relies on, proven over the syntax tree."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspect_station.accounts.words import ACT_NAMES, OBJECT_NAMES

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "inspect_station").rglob("*.py"), *(ROOT / "schedules").rglob("*.py")])
# Modules whose functions read the clock, and the names that do.
CLOCK_READERS = {
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("date", "today"),
    ("time", "time"),
    ("time", "localtime"),
    ("time", "monotonic"),
    ("time", "gmtime"),
}


def clock_reads(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (name, node.func.attr) in CLOCK_READERS:
                yield node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_clock_module_reads_the_clock(path: Path) -> None:
    if path.name == "clock.py":
        return
    assert list(clock_reads(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_the_clock_rule_can_fail() -> None:
    assert list(clock_reads(ast.parse("import datetime\nx = datetime.datetime.now()\ny = date.today()"))) == [2, 3]


def recorded() -> Iterator[tuple[str, str]]:
    """Every (act, object) that the code writes into the audit trail by a constant."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("audit.record"):
                said = [a.value if isinstance(a, ast.Constant) else "" for a in node.args[1:3]]
                yield str(said[0]), str(said[1])


def test_every_act_of_the_audit_trail_has_a_name_people_can_read() -> None:
    found = set(recorded())
    assert len(found) > 20
    assert {act for act, _ in found if act} <= set(ACT_NAMES)
    assert {thing for _, thing in found if thing} <= set(OBJECT_NAMES)
