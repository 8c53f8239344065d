"""Tiny random stations against trying everything."""

import pytest

from schedules.planning import measure, plan
from schedules.planning.check import Facts, check
from schedules.planning.tally import objective
from tests.schedules.planning.cases import Everything, tiny

CASES = [(seed, False) for seed in range(24)] + [(seed, True) for seed in range(8)]


@pytest.mark.parametrize(("seed", "busy"), CASES)
def test_a_tiny_station_is_planned_as_well_as_by_trying_everything(seed: int, busy: bool) -> None:
    whole = tiny(seed, busy=busy)
    facts = Facts(whole)
    possible = {i["id"]: facts.possible(i) for i in whole["items"]}
    every = list(Everything(whole, possible).plans())
    best = min(tuple(objective(whole, each).values()) for each in every)
    made = plan(whole, time_limit_s=20, steps=40_000)
    result = measure(whole, made)
    assert result["errors"] == []
    assert tuple(result["objective"].values()) == best
    assert all(made["bounds"][part] <= value for part, value in result["objective"].items())


@pytest.mark.parametrize(("seed", "busy"), CASES)
def test_whatever_trying_everything_calls_legal_the_judge_finds_legal(seed: int, busy: bool) -> None:
    whole = tiny(seed, busy=busy)
    facts = Facts(whole)
    possible = {i["id"]: facts.possible(i) for i in whole["items"]}
    for each in list(Everything(whole, possible).plans())[::37]:
        rules = {error["rule"] for error in check(whole, each)}
        assert rules <= {"reason", "pinned"}
