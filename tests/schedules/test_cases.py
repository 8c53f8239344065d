"""The worked cases, readable by a non-programmer: tests/schedules/cases/*.toml."""

import tomllib
from pathlib import Path

import pytest

from schedules.commands import answer_case
from schedules.rulebook import load

FILES = sorted(Path(__file__).with_name("cases").glob("*.toml"))
CASES = [(path.stem, case) for path in FILES for case in tomllib.loads(path.read_text("utf-8"))["case"]]
BOOK = load()


def plain(value):
    """TOML has no null: the cases write it as the word."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return None if value == "null" else value


@pytest.mark.parametrize(("file", "case"), CASES, ids=[f"{file}: {case['title']}" for file, case in CASES])
def test_worked_case(file, case):
    given = {name: case[name] for name in ("equipment", "inspections", "extensions") if name in case}
    result = answer_case(given, case["on"], BOOK)
    if "error" in case:
        assert case["error"] in result["error"]
        return
    assert "error" not in result, result
    answers = {answer["clock"]: answer for answer in result["clocks"]}
    assert case["expect"], "a case that expects nothing proves nothing"
    for clock, expected in case["expect"].items():
        shown = {name: answers[clock].get(name, "absent") for name in expected}
        assert shown == plain(expected)
        assert all(sentence.endswith("。") for sentence in answers[clock]["because"])
        assert answers[clock]["because"]
    for clock, sentences in case.get("because", {}).items():
        assert set(sentences) <= set(answers[clock]["because"])
