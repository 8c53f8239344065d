"""Every figure and mark of the rulebook, against a table of the regulations written apart from it."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from schedules.commands import answer_case
from schedules.dates import add_months
from schedules.rule import WALKED, Outcome
from schedules.rulebook import load
from schedules.terms import kind_of

BOOK = load()
TABLE = tomllib.loads(Path(__file__).with_name("figures.toml").read_text("utf-8"))
START = TABLE.pop("default_start")
ROWS = [row for rows in TABLE.values() for row in rows]


def case_of(row):
    start = row.get("start", START)
    equipment = {"catalogue_code": row["code"], "traits": row.get("traits", {}), "made_on": start}
    if row["stage"] == "first":
        return {"equipment": {**equipment, "put_into_use_on": start}}
    done = {"clock": row["clock"], "completed_on": start, "conclusion": "合格", "grade": row.get("grade")}
    return {"equipment": equipment, "inspections": [done]}


def said_of(row):
    """What the engine answers on the day the interval starts."""
    result = answer_case(case_of(row), date.fromisoformat(row.get("start", START)), BOOK)
    return next(answer for answer in result["clocks"] if answer["clock"] == row["clock"])


def named(row):
    facts = [
        row["code"],
        row["clock"],
        row["stage"],
        row.get("grade", ""),
        row.get("traits", ""),
        row.get("start", ""),
    ]
    return " ".join(str(fact) for fact in facts if fact)


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_the_rulebook_says_what_the_regulations_say(row):
    said = said_of(row)
    assert said["answer"] == row.get("answer", "due")
    assert (said["source"]["document"], said["source"]["verified"]) == (row["document"], row["verified"])
    months = {"min_months": row.get("min"), "max_months": row.get("max"), "decided_by": row.get("by", "rule")}
    nothing = said["answer"] == "forbidden" or row.get("missing") == "rule_unknown"
    assert said["range"] == (None if nothing else months)
    assert said.get("missing", []) == ([row["missing"]] if "missing" in row else [])
    assert ("unverified_rule" in said["warnings"]) == (row["verified"] == "unknown")


@pytest.mark.parametrize("row", [row for row in ROWS if "max" in row], ids=named)
def test_the_dates_lie_so_many_months_after_the_start(row):
    said, start = said_of(row), date.fromisoformat(row.get("start", START))
    assert said["latest"] == add_months(start, row.get("allowed", row["max"])).isoformat()
    if said["answer"] == "due":
        assert said["on"] == add_months(start, row["max"]).isoformat()
    elif "min" in row:
        assert said["earliest"] == add_months(start, row["min"]).isoformat()


def test_the_table_reaches_every_version_that_dates_or_forbids():
    """So that no figure can change, and no version be added, unseen."""
    reached = set()
    for row in ROWS:
        kind = kind_of(row["code"], row.get("traits"))
        rules = next(one for one in BOOK.clocks_for(kind) if one.clock == row["clock"])
        traits = {name: tuple(v) if isinstance(v, list) else v for name, v in row.get("traits", {}).items()}
        traits |= {"gas": (traits["gas"],)} if isinstance(traits.get("gas"), str) else {}
        start = date.fromisoformat(row.get("start", START))
        chosen = rules.select(row["stage"] == "later", row["code"], row.get("grade"), traits, start)
        reached |= {candidate.version.digest for candidate in chosen.candidates}
    dated = [one for one in BOOK.versions if one.kind and one.outcome in WALKED - {Outcome.NOT_SUBJECT}]
    assert [f"{one.kind}/{one.rule}/{one.document}" for one in dated if one.digest not in reached] == []
