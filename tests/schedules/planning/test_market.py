"""The week level by prices: what an enterprise chooses, what is proven, and the plan that comes of it."""

from copy import deepcopy
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from benchmarks.stations import replanned
from schedules.planning import measure, plan, stages
from schedules.planning.choosing import at_least, choose
from schedules.planning.confined import Confined
from schedules.planning.output import plan_json
from schedules.planning.problem import read
from schedules.planning.rule import careful
from tests.schedules.planning.cases import instance, item, small_station

OUT, VISIT, WEEKS = 1_000.0, 12.0, 6


def costs(seed: int) -> Any:
    """A few items with a run of possible weeks each."""
    rng = np.random.default_rng(seed)
    found = np.full((7, WEEKS), OUT)
    for row in found:
        first, last = sorted(rng.integers(0, WEEKS, 2))
        row[first : last + 1] = rng.integers(0, 15, last + 1 - first)
    return found


def least(table: Any) -> float:
    sets = (list(s) for n in range(1, WEEKS + 1) for s in combinations(range(WEEKS), n))
    return min(float(table[:, s].min(1).sum()) + VISIT * len(s) for s in sets)


@pytest.mark.parametrize("seed", range(12))
def test_what_an_enterprise_chooses_costs_what_trying_all_weeks_finds_and_the_proof_is_below(seed: int) -> None:
    table, opened = costs(seed), np.zeros(WEEKS, dtype=bool)
    weeks = choose(table, VISIT, opened)
    paid = float(table[np.arange(len(table)), weeks].sum()) + VISIT * int(opened.sum())
    assert set(weeks) <= set(np.flatnonzero(opened))
    assert at_least(table, VISIT, OUT) <= least(table) + 1e-6 <= paid + 1e-6
    assert paid <= 1.1 * least(table)
    assert at_least(table, VISIT, OUT) >= 0.8 * least(table)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every station counts as a large one."""
    monkeypatch.setattr(stages, "LARGE_STEPS", 0)


def made(whole: dict[str, Any]) -> dict[str, Any]:
    return plan(whole, time_limit_s=60, steps=8_000)


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_plan_by_prices_is_legal_no_worse_than_the_rule_and_above_what_it_proves(seed: int) -> None:
    whole = small_station(seed)
    it = made(whole)
    result = measure(whole, it)
    assert result["errors"] == []
    assert any(stage.startswith("周定价") for stage in it["stages"])
    assert tuple(result["objective"].values()) <= tuple(careful(read(whole)).score())
    assert all(it["bounds"][part] <= got for part, got in result["objective"].items())
    later = replanned(whole, plan_json(careful(read(whole))), after=28)
    assert tuple(measure(later, made(later))["objective"].values()) <= tuple(careful(read(later)).score())


@pytest.mark.usefixtures("large")
def test_prices_and_solver_prove_nothing_that_contradicts_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (1, 2, 3, 4):
        whole = small_station(seed)
        by_prices = made(whole)
        with monkeypatch.context() as usual:
            usual.setattr(stages, "LARGE_STEPS", 1_000_000)
            by_solver = made(whole)
        # only a plan as good in the parts before it need cost so much
        if list(by_prices["objective"].values())[:4] == list(by_solver["objective"].values())[:4]:
            assert by_prices["bounds"]["economy"] <= by_solver["objective"]["economy"]
            assert by_solver["bounds"]["economy"] <= by_prices["objective"]["economy"]


@pytest.mark.usefixtures("large")
def test_the_same_work_by_prices_gives_the_same_plan() -> None:
    whole = small_station(5, items=50)
    assert made(whole) == made(deepcopy(whole))


def test_late_days_that_nobody_can_avoid_are_proven() -> None:
    items = [item("I1", due="2026-03-04", earliest="2026-03-06"), item("I2", due="2026-03-04", earliest="2026-03-09")]
    whole = instance([*items, item("I3")])
    assert Confined(0).late(read(whole), 0) == 7
    assert Confined(0).late(read(whole), 1) == 2
    assert made(whole)["bounds"]["late_days"] == 7
