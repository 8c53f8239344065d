"""What must hold of every plan, whatever the station."""

from copy import deepcopy
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from benchmarks.stations import replanned
from schedules.planning import measure, plan, solver
from schedules.planning.output import plan_json
from schedules.planning.problem import read
from schedules.planning.rule import careful
from tests.schedules.planning.cases import instance, item, small_station

STEPS = 8_000
SEEDS = (1, 2, 3)


def made(whole: dict[str, Any], steps: int = STEPS) -> dict[str, Any]:
    return plan(whole, time_limit_s=60, steps=steps)


def value(whole: dict[str, Any], it: dict[str, Any]) -> tuple[int, ...]:
    result = measure(whole, it)
    assert result["errors"] == []
    return tuple(result["objective"].values())


@pytest.fixture(scope="module")
def plans() -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
    return {seed: (small_station(seed), made(small_station(seed))) for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_item_is_in_one_visit_or_explained_and_the_objective_is_the_judges(plans: Any, seed: int) -> None:
    whole, it = plans[seed]
    assert value(whole, it) == tuple(it["objective"].values())
    named = [i for v in it["visits"] for i in v["items"]] + [u["item"] for u in it["unplanned"]]
    assert sorted(named) == sorted(i["id"] for i in whole["items"])


@pytest.mark.parametrize("seed", SEEDS)
def test_no_part_is_below_its_proven_bound(plans: Any, seed: int) -> None:
    _, it = plans[seed]
    assert all(it["bounds"][part] <= got for part, got in it["objective"].items())
    assert it["bounds"]["economy"] > 0


GENERATED = [
    (seed, items, inspectors, 300 if (seed + at) % 2 else 1_500)
    for seed in range(1, 5)
    for at, (items, inspectors) in enumerate(((40, 2), (120, 2), (90, 5)))
]


@pytest.mark.parametrize(("seed", "items", "inspectors", "steps"), GENERATED)
def test_the_plan_is_never_worse_than_the_careful_rule_in_the_order_of_the_goals(
    seed: int, items: int, inspectors: int, steps: int
) -> None:
    whole = small_station(seed, items=items, inspectors=inspectors)
    first = careful(read(whole))
    assert value(whole, made(whole, steps)) <= tuple(first.score())
    later = replanned(whole, plan_json(first), after=28)
    assert value(later, made(later, steps)) <= tuple(careful(read(later)).score())


def test_the_same_input_seed_and_work_give_the_same_plan() -> None:
    whole = small_station(7, items=40)
    assert made(whole, 6_000) == made(deepcopy(whole), 6_000)


def test_another_inspector_never_raises_the_bound_on_what_stays_out() -> None:
    whole = small_station(3, items=120, inspectors=2)
    more = small_station(3, items=120, inspectors=2)
    more["inspectors"].append({**more["inspectors"][0], "id": "P99", "absent": []})
    assert made(more, 3_000)["bounds"]["unplanned"] <= made(whole, 3_000)["bounds"]["unplanned"]


def test_order_and_names_of_items_do_not_change_what_is_proven(plans: Any) -> None:
    whole, it = plans[1]
    other = deepcopy(whole)
    Random(1).shuffle(other["items"])
    for number, each in enumerate(other["items"]):
        each["id"] = f"X{number}"
    again = made(other)
    assert again["bounds"]["unplanned"] == it["bounds"]["unplanned"]
    assert again["bounds"]["late_days"] == it["bounds"]["late_days"]
    if all(again["objective"][part] == it["objective"][part] for part in ("unplanned", "late_days", "overload_min")):
        assert again["bounds"]["economy"] == it["bounds"]["economy"]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("hints", [True, False])
def test_replanning_with_nothing_changed_moves_nothing(plans: Any, seed: int, hints: bool) -> None:
    whole, it = plans[seed]
    later = replanned(whole, it, after=28, disturbed=False)
    if not hints:
        for each in later["previous"]:
            del each["inspectors"], each["start"]
    assert later["previous"]
    again = made(later, 4_000)
    assert value(later, again)[2] == 0


def test_replanning_after_a_disturbance_moves_less_than_planning_from_scratch() -> None:
    whole = small_station(2, items=90)
    later = replanned(whole, made(whole, 1_000), after=28)
    stable = made(later)
    dates = {i: v["date"] for v in made({**later, "previous": []})["visits"] for i in v["items"]}
    moved = sum(p["move_cost"] for p in later["previous"] if dates.get(p["item"]) != p["date"])
    assert value(later, stable)[2] < moved


def test_pinned_items_stay_whatever_happens(plans: Any) -> None:
    whole, it = plans[1]
    later = replanned(whole, it, after=28)
    possible = {item.id for item in read(later).items if item.kept in item.days}
    for each in later["previous"][::3]:
        each["pinned"] = True
    again = made(later, 4_000)
    value(later, again)
    dates = {i: v["date"] for v in again["visits"] for i in v["items"]}
    for each in later["previous"][::3]:
        if each["item"] in possible:
            assert dates.get(each["item"], each["date"]) == each["date"]


@pytest.mark.parametrize("seed", SEEDS)
def test_more_work_is_not_worse(seed: int) -> None:
    whole = small_station(seed)
    assert value(whole, made(whole, 5_000)) <= value(whole, made(whole, 1_000))


def test_moving_all_dates_by_a_year_of_weeks_changes_nothing_of_value() -> None:
    whole = small_station(2)
    later = shifted(whole, 364)
    first, second = made(whole, 5_000), made(later, 5_000)
    for part in ("unplanned", "late_days", "move_cost", "economy"):
        assert first["bounds"][part] == pytest.approx(second["bounds"][part], rel=0.02)
    assert value(later, second)[:2] == value(whole, first)[:2]


def shifted(value: Any, days: int) -> Any:
    """The same JSON with every date later."""
    if isinstance(value, dict):
        return {key: shifted(each, days) for key, each in value.items()}
    if isinstance(value, list):
        return [shifted(each, days) for each in value]
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        return (date.fromisoformat(value) + timedelta(days)).isoformat()
    return value


def test_without_the_solver_there_is_a_legal_polished_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "available", lambda: False)
    whole = small_station(1)
    it = made(whole, 5_000)
    assert value(whole, it) <= tuple(careful(read(whole)).score())
    assert 0 < it["bounds"]["economy"] <= it["objective"]["economy"]


@pytest.mark.parametrize("seconds", [0.01, 0.3])
def test_a_tiny_limit_still_gives_a_legal_plan(seconds: float) -> None:
    whole = small_station(3, items=200)
    assert value(whole, plan(whole, time_limit_s=seconds)) <= tuple(careful(read(whole)).score())


@pytest.mark.parametrize("workers", [1, 2])
def test_several_plans_in_one_process_may_use_different_numbers_of_workers(workers: int) -> None:
    whole = small_station(1, items=20)
    assert measure(whole, plan(whole, steps=2_000, workers=workers))["ok"]


@pytest.mark.parametrize(
    "changes",
    [
        {"items": []},
        {"inspectors": []},
        {"workdays": []},
        {"settings": {"visit_overhead_min": 0, "visit_cost": 0, "level_tolerance_pct": 0}},
        {"settings": {"visit_overhead_min": 500, "visit_cost": 0, "level_tolerance_pct": 0}},
    ],
)
def test_a_station_with_nothing_in_it_is_planned_too(changes: dict[str, Any]) -> None:
    whole = {**instance([item("I1"), item("I2", roles=["GD", "GD"])]), **changes}
    value(whole, made(whole, 1_000))
