"""The judge refuses what the page forbids, and hardly any damage to a good plan escapes it."""

from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from schedules.planning import measure, plan
from schedules.planning.check import UnreadablePlanError, check
from schedules.planning.tally import objective
from tests.schedules.planning.cases import instance, item, person, plan_of, small_station, visit

Plan = dict[str, Any]
BOTH = [item("I1"), item("I2", roles=["GD", "GD"], minutes=90)]
GOOD = plan_of([visit("2026-03-13", ["I1"], ["P1"]), visit("2026-03-12", ["I2"], ["P1", "P2"])])


def rules(whole: dict[str, Any], made: Plan) -> set[str]:
    return {error["rule"] for error in check(whole, made)}


def test_a_legal_plan_has_no_errors_and_its_objective_is_counted_by_hand() -> None:
    assert check(instance(BOTH), GOOD) == []
    assert objective(instance(BOTH), GOOD) == {
        "unplanned": 0, "late_days": 0, "move_cost": 0, "overload_min": 0, "economy": 1000 + 10,
    }  # fmt: skip


def test_late_days_moves_and_overload_are_counted() -> None:
    items = [item("I1", due="2026-03-05"), item("I2"), item("I3")]
    before = [
        {"item": "I1", "date": "2026-03-05", "move_cost": 7, "pinned": False},
        {"item": "I2", "date": "2026-03-09", "move_cost": 5, "pinned": False},
        {"item": "I3", "date": "2026-03-09", "move_cost": 11, "pinned": False},
    ]
    whole = instance(items, previous=before, horizon={"from": "2026-03-02", "to": "2026-04-03"})
    whole["workdays"] += ["2026-03-30", "2026-03-31", "2026-04-01"]
    made = plan_of([visit("2026-03-09", ["I1", "I2"], ["P1"])], [{"item": "I3", "reason": "NOT_FOUND"}])
    # April has 3 of 13 days: it could carry ceil(1.1 x 180 x 3 / 13) = 46, March ceil(1.1 x 180 x 10 / 13) = 153
    assert objective(whole, made) == {
        "unplanned": 1, "late_days": 4, "move_cost": 18, "overload_min": 0, "economy": 1000 + 4 * 10,
    }  # fmt: skip
    made["visits"][0]["date"] = "2026-04-01"
    assert objective(whole, made)["overload_min"] == 120 - 46


BROKEN: list[tuple[str, Callable[[dict[str, Any], Plan], object]]] = [
    ("workday", lambda w, p: p["visits"][0].update(date="2026-03-14")),
    ("workday", lambda w, p: w["horizon"].update({"from": "2026-03-13"})),
    ("present", lambda w, p: w["inspectors"][0].update(absent=[{"from": "2026-03-13", "to": "2026-03-13"}])),
    ("day_length", lambda w, p: w["inspectors"][0].update(busy=[{"date": "2026-03-13", "minutes": 391}])),
    ("present", lambda w, p: p["visits"][0].update(inspectors=["P9"])),
    ("roles", lambda w, p: w["inspectors"][0]["codes"].update(GD="2026-03-12")),
    ("roles", lambda w, p: p["visits"][1].update(inspectors=["P1"])),
    ("crew", lambda w, p: p["visits"][1].update(inspectors=["P1", "P1"])),
    ("earliest", lambda w, p: w["items"][1].update(earliest="2026-03-13")),
    ("latest", lambda w, p: w["items"][0].update(due="2026-03-12", latest="2026-03-12")),
    ("preparation", lambda w, p: w["items"][0].update(prep_workdays=10)),
    ("state", lambda w, p: w["items"][0].update(state="shutdown")),
    ("state", lambda w, p: running_while_stopped(w)),
    ("closed", lambda w, p: w["enterprises"][0].update(closed=[{"from": "2026-03-13", "to": "2026-03-20"}])),
    ("overlap", lambda w, p: p["visits"][0].update(date="2026-03-12", start=100)),
    ("arrival", lambda w, p: p["visits"][0].update(start=29)),
    ("day_length", lambda w, p: p["visits"][0].update(start=421)),
    ("enterprise", lambda w, p: w["items"][0].update(enterprise="E2")),
    ("enterprise", lambda w, p: p["visits"][0].update(enterprise="E9")),
    ("pinned", lambda w, p: w["previous"].append(before("I1", "2026-03-12", pinned=True))),
    ("twice", lambda w, p: p["visits"][0].update(items=["I1", "I1"])),
    ("twice", lambda w, p: p["unplanned"].append({"item": "I1", "reason": "NOT_FOUND"})),
    ("missing", lambda w, p: p["visits"].pop()),
    ("unknown_item", lambda w, p: p["visits"][0]["items"].append("I9")),
    ("instance", lambda w, p: p.update(instance="another")),
    ("empty", lambda w, p: p["visits"].append(visit("2026-03-10", [], ["P1"]))),
]


def running_while_stopped(whole: dict[str, Any]) -> None:
    whole["items"][0]["state"] = "running"
    stop(whole, None)


def stop(whole: dict[str, Any], units: list[str] | None) -> None:
    whole["enterprises"][0]["shutdowns"] = [{"from": "2026-03-13", "to": "2026-03-13", "units": units}]


def before(name: str, day: str, *, pinned: bool = False) -> dict[str, Any]:
    return {"item": name, "date": day, "move_cost": 1, "pinned": pinned}


@pytest.mark.parametrize(("rule", "damage"), BROKEN)
def test_each_hard_rule_is_judged(rule: str, damage: Callable[[dict[str, Any], Plan], object]) -> None:
    whole, made = instance(BOTH), deepcopy(GOOD)
    damage(whole, made)
    assert rule in rules(whole, made)


def test_a_journey_between_enterprises_takes_the_overhead_and_none_within_one() -> None:
    whole = instance([item("I1"), item("I2", enterprise="E2"), item("I3")])
    day = "2026-03-13"

    def made(second: int, third: int) -> Plan:
        return plan_of([
            visit(day, ["I1"], ["P1"], 30), visit(day, ["I3"], ["P1"], second),
            visit(day, ["I2"], ["P1"], third, "E2"),
        ])  # fmt: skip

    assert rules(whole, made(90, 180)) == set()
    assert rules(whole, made(90, 179)) == {"arrival"}
    assert rules(whole, made(89, 180)) == {"overlap"}


def test_notice_given_waives_the_preparation_on_that_day_alone() -> None:
    whole = instance([item("I1", prep_workdays=10)], previous=[before("I1", "2026-03-05")])
    assert rules(whole, plan_of([visit("2026-03-05", ["I1"], ["P1"])])) == set()
    assert rules(whole, plan_of([visit("2026-03-06", ["I1"], ["P1"])])) == {"preparation"}


def test_preparation_counts_the_workdays_strictly_between() -> None:
    whole = instance([item("I1", prep_workdays=3)])
    assert rules(whole, plan_of([visit("2026-03-05", ["I1"], ["P1"])])) == set()
    assert rules(whole, plan_of([visit("2026-03-04", ["I1"], ["P1"])])) == {"preparation"}


def test_a_shutdown_of_other_units_does_not_concern_an_item() -> None:
    whole = instance([item("I1", state="running")])
    stop(whole, ["U2"])
    assert rules(whole, plan_of([visit("2026-03-13", ["I1"], ["P1"])])) == set()
    stop(whole, ["U1", "U2"])
    assert rules(whole, plan_of([visit("2026-03-13", ["I1"], ["P1"])])) == {"state"}


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ({"format": "inspection-plan/2"}, "format"),
        ({"visits": None}, "visits"),
        ({"visits": [{"enterprise": "E1"}]}, "visits[0].date"),
        ({"visits": [visit("2026-03-40", [], [])]}, "visits[0].date"),
        ({"unplanned": [{"item": "I1"}]}, "unplanned[0].reason"),
        ({"unplanned": ["I1"]}, "unplanned[0]"),
    ],
)
def test_what_has_not_the_shape_of_a_plan_is_named(damage: Plan, named: str) -> None:
    with pytest.raises(UnreadablePlanError, match=named.replace("[", r"\[")):
        check(instance(BOTH), {**deepcopy(GOOD), **damage})


def damaged(rng: Random, whole: dict[str, Any], good: Plan) -> Plan:
    """One random change that makes the plan wrong, or would if nobody were careful."""
    made = deepcopy(good)
    at = rng.randrange(len(made["visits"]))
    each, other = made["visits"][at], rng.choice(made["visits"])
    others = [p["id"] for p in whole["inspectors"] if p["id"] not in each["inspectors"]]
    kind = rng.randrange(8)
    if kind == 0:
        made["visits"].pop(at)
    elif kind == 1:
        each["items"] = [*each["items"], rng.choice(other["items"])]
    elif kind == 2:
        each["inspectors"] = each["inspectors"][:-1]
    elif kind == 3:
        each["start"] = rng.choice((0, 59, 479))
    elif kind == 4:
        each["date"] = rng.choice(("2025-12-30", "2026-01-10", "2026-12-24"))
    elif kind == 5:
        each["enterprise"] = rng.choice([e["id"] for e in whole["enterprises"] if e["id"] != each["enterprise"]])
    elif kind == 6:
        made["unplanned"].append({"item": each["items"].pop(), "reason": rng.choice(("TOO_LONG", "CAPACITY"))})
    else:
        each["inspectors"] = [*each["inspectors"][1:], "P99"] if not others else each["inspectors"] * 2
    return made


def test_hardly_any_random_damage_escapes_the_judge() -> None:
    whole = small_station(5)
    good = plan(whole, time_limit_s=10, steps=5_000)
    assert measure(whole, good)["ok"]
    rng = Random(3)
    caught = sum(bool(check(whole, damaged(rng, whole, good))) for _ in range(400))
    assert caught >= 397


def test_a_person_with_the_code_of_a_higher_grade_only_does_not_fill_the_role() -> None:
    whole = instance([item("I1")], inspectors=[person("P1", ["GDS"]), person("P2")])
    assert rules(whole, plan_of([visit("2026-03-13", ["I1"], ["P1"])])) == {"roles"}
