"""What the search does for items that stayed out, and what it may not trade for a level year."""

from random import Random
from typing import Any

import pytest

from benchmarks.stations import station
from schedules.planning import measure
from schedules.planning.draft import Draft
from schedules.planning.effort import Effort
from schedules.planning.ejection import make_room
from schedules.planning.output import plan_json
from schedules.planning.problem import Problem, read
from schedules.planning.rule import careful
from schedules.planning.search import Search
from schedules.planning.stages import Maker
from tests.schedules.planning.cases import instance, item, person, small_station


def test_items_the_careful_rule_leaves_out_find_a_place_by_chains_of_ejections() -> None:
    whole = station(enterprises=25, items=700, inspectors=4, days=182, seed=4)
    problem = read(whole)
    draft = careful(problem)
    out, late = draft.score()[:2]
    assert out > 0
    assert late > 0
    assert make_room(draft, Effort(600, 300_000), Random(0), 1.0)
    assert draft.score()[:2] == (0, 0)
    result = measure(whole, plan_json(draft))
    assert result["errors"] == []
    assert result["objective"] == draft.score()._asdict()


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_looking_for_room_never_makes_a_plan_worse_and_moves_nothing_pinned(seed: int) -> None:
    whole = small_station(seed, items=220, inspectors=2)
    first = careful(read(whole))
    dated = {i: v["date"] for v in plan_json(first)["visits"] for i in v["items"]}
    pinned = {name: on for n, (name, on) in enumerate(sorted(dated.items())) if n % 5 == 0}
    whole["previous"] = [{"item": i, "date": on, "move_cost": 1, "pinned": True} for i, on in pinned.items()]
    draft = careful(read(whole))
    before = draft.score()
    gained = make_room(draft, Effort(600, 40_000), Random(seed), 1.0)
    assert (draft.score()[:2] < before[:2]) == gained
    assert gained or draft.score() == before
    made = plan_json(draft)
    assert measure(whole, made)["errors"] == []
    still = {i: v["date"] for v in made["visits"] for i in v["items"]}
    assert {i: still[i] for i in pinned if i in still} == {i: pinned[i] for i in pinned if i in still}


def two_months(spare: int) -> dict[str, Any]:
    """Two days in March, two in April; `spare` items of E2 fit a full March day only with a visit of their own."""
    days = ["2026-03-04", "2026-03-05", "2026-04-08", "2026-04-09"]
    march = [item(f"M{n:03d}", minutes=20, due=days[1], latest=days[1]) for n in range(105 - spare)]
    april = [
        item(f"A{n:03d}", enterprise="E2", minutes=20, earliest=days[2], due=days[3], latest=days[3])
        for n in range(105)
    ]
    loose = [
        item(f"X{n}", enterprise="E2", minutes=20, earliest=days[1], due=days[3], latest=days[3], early_cost=0)
        for n in range(spare)
    ]
    return instance(
        march + april + loose, workdays=days, horizon={"from": days[0], "to": days[3]}, as_of="2026-03-01",
        inspectors=[person(f"P{n}", daily_min=260) for n in range(6)],
        settings={"visit_overhead_min": 30, "visit_cost": 500_000, "level_tolerance_pct": 0},
    )  # fmt: skip


def laid(problem: Problem, on_the_fifth: int, loose_on: int) -> Draft:
    """March's items on the 5th and the 4th, April's in April, the loose ones on the given day."""
    draft = Draft(problem)
    march = [n for n, each in enumerate(problem.items) if each.id.startswith("M")]
    april = [n for n, each in enumerate(problem.items) if each.id.startswith("A")]
    loose = [n for n, each in enumerate(problem.items) if each.id.startswith("X")]
    for at, number in enumerate(march):
        assert draft.add(number, 1 if at < on_the_fifth else 0)
    for at, number in enumerate(april):
        assert draft.add(number, 3 if at < 50 else 2)
    assert all(draft.add(number, loose_on) for number in loose)
    return draft


@pytest.mark.parametrize("spare", [1, 2])
def test_a_cheaper_year_is_not_bought_with_a_minute_of_overload_more_than_the_rules(spare: int) -> None:
    problem = read(two_months(spare))
    even, cheap = laid(problem, 55, 1), laid(problem, 66, 2)
    assert even.score().overload_min == 0
    assert cheap.score().overload_min == 20 * spare
    assert cheap.score().economy < even.score().economy
    effort = Effort(60, 3_000)
    search = Search(problem, effort, Random(0), 1, 0)
    chosen = Maker(problem, effort, 0, 1)._settle(even, cheap, search, (0, 0))
    assert chosen.score() <= even.score()
    assert measure(two_months(spare), plan_json(chosen))["ok"]
