"""What the documents name exists: tests, files, commands."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted((ROOT / "docs").glob("*.md"))
_NAMED = re.compile(r"`((?:tests|drills|inspect_station|docs|migrations|schedules)/[\w./-]+\.\w+)(?:::(\w+))?`")


def missing(text: str) -> list[str]:
    """Files and tests that the text names and that are not there."""
    found = []
    for path, test in _NAMED.findall(text):
        file = ROOT / path
        if not file.exists():
            found.append(path)
        elif test and test not in {
            node.name for node in ast.walk(ast.parse(file.read_text())) if hasattr(node, "name")
        }:
            found.append(f"{path}::{test}")
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_and_test_a_document_names_exists(path: Path) -> None:
    assert missing(path.read_text(encoding="utf-8")) == []


def test_a_name_that_does_not_exist_is_noticed() -> None:
    text = "`tests/ground/test_documents.py::test_nothing` and `docs/nowhere.md` and `tests/ground/test_documents.py`"
    assert missing(text) == ["tests/ground/test_documents.py::test_nothing", "docs/nowhere.md"]
