"""Every item that is out has the one true reason; capacity comes with a proof that stands by itself."""

from copy import deepcopy
from typing import Any

import pytest

from schedules.planning import explain, measure, plan
from schedules.planning.check import Facts, certificate_error, check
from tests.schedules.planning.cases import instance, item, person, plan_of, small_station

SHUT = {"from": "2026-03-04", "to": "2026-03-05", "units": ["U1"]}
ALONE: list[tuple[str, dict[str, Any]]] = [
    ("WINDOW_EMPTY", {"due": "2026-03-01", "latest": "2026-03-01"}),
    ("WINDOW_EMPTY", {"prep_workdays": 10}),
    ("WINDOW_EMPTY", {"earliest": "2026-03-07", "due": "2026-03-08", "latest": "2026-03-08"}),
    ("WINDOW_EMPTY", {"earliest": "2026-03-12", "due": "2026-03-10", "latest": "2026-03-10"}),
    ("NO_DAY_IN_STATE", {"enterprise": "E2", "state": "shutdown"}),
    ("NO_DAY_IN_STATE", {"state": "shutdown", "earliest": "2026-03-06"}),
    ("NO_QUALIFIED_CREW", {"roles": ["RD"]}),
    ("NO_QUALIFIED_CREW", {"roles": ["GD", "GD", "GD"]}),
    ("TOO_LONG", {"minutes": 451}),
    ("WINDOW_EMPTY", {"due": "2026-03-01", "latest": "2026-03-01", "roles": ["RD"], "minutes": 9999}),
    ("NO_QUALIFIED_CREW", {"roles": ["RD"], "minutes": 9999}),
]


@pytest.mark.parametrize(("reason", "changes"), ALONE)
def test_what_is_impossible_alone_has_its_first_true_reason(reason: str, changes: dict[str, Any]) -> None:
    whole = instance([item("I1", **changes), item("I2")])
    whole["enterprises"][0]["shutdowns"] = [SHUT]
    made = plan(whole, time_limit_s=5, steps=2_000)
    assert [(u["item"], u["reason"]) for u in made["unplanned"]] == [("I1", reason)]
    assert check(whole, made) == []
    for other in ("WINDOW_EMPTY", "NO_DAY_IN_STATE", "NO_QUALIFIED_CREW", "TOO_LONG", "PINNED", "NOT_FOUND"):
        made["unplanned"][0]["reason"] = other
        assert bool(check(whole, made)) == (other != reason)


def test_a_pin_on_an_impossible_day_is_the_reason() -> None:
    pin = {"item": "I1", "date": "2026-03-04", "move_cost": 3, "pinned": True}
    whole = instance([item("I1", state="running")], previous=[pin])
    whole["enterprises"][0]["shutdowns"] = [SHUT]
    made = plan(whole, time_limit_s=5, steps=2_000)
    assert [u["reason"] for u in made["unplanned"]] == ["PINNED"]
    assert check(whole, made) == []
    assert made["bounds"]["move_cost"] == 3


def crowded(kind: str) -> dict[str, Any]:
    """More work than two people have on the two days of a shutdown."""
    minutes, number = (100, 19) if kind == "minutes" else (240, 5)
    works = [{"id": "E1", "shutdowns": [SHUT], "closed": []}, {"id": "E2", "shutdowns": [], "closed": []}]
    items = [item(f"I{n:02}", minutes=minutes, state="shutdown") for n in range(number)]
    return instance([*items, item("J1"), item("J2", enterprise="E2")], enterprises=works)


@pytest.mark.parametrize("kind", ["minutes", "long"])
def test_too_much_for_a_shutdown_is_proved(kind: str) -> None:
    whole = crowded(kind)
    made = plan(whole, time_limit_s=10, steps=20_000)
    assert check(whole, made) == []
    proofs = [u["certificate"] for u in made["unplanned"]]
    assert len(proofs) == (1 if kind == "long" else 3)
    assert {u["reason"] for u in made["unplanned"]} == {"CAPACITY"}
    assert all(p["from"] == "2026-03-04" and p["to"] == "2026-03-05" for p in proofs)
    assert all("2026-03-04 至 2026-03-05" in u["text"] for u in made["unplanned"])


@pytest.mark.parametrize(
    "change",
    [
        {"from": "2026-03-05"}, {"to": "2026-03-04"}, {"codes": ["RD"]}, {"codes": []}, {"items": ["I00"]},
        {"kind": "other"}, {"items": ["I00"] * 30}, {"items": ["J1"]}, {"from": None},
    ],
)  # fmt: skip
def test_a_damaged_proof_is_refused(change: dict[str, Any]) -> None:
    whole = crowded("minutes")
    made = deepcopy(plan(whole, time_limit_s=10, steps=5_000))
    made["unplanned"][0]["certificate"].update(change)
    assert "certificate" in {error["rule"] for error in check(whole, made)}


def test_an_excuse_without_proof_is_refused() -> None:
    whole = instance([item("I1")])
    assert check(whole, plan_of([], [{"item": "I1", "reason": "CAPACITY"}]))
    assert not check(whole, plan_of([], [{"item": "I1", "reason": "NOT_FOUND"}]))


def test_two_person_items_are_counted_in_pairs() -> None:
    """Three holders make one pair a day, not one and a half."""
    people = [person(f"P{n}") for n in range(3)]
    items = [item(f"I{n}", roles=["GD", "GD"], minutes=300, due="2026-03-03", latest="2026-03-03") for n in range(3)]
    whole = instance(items, inspectors=people)
    made = plan(whole, time_limit_s=5, steps=5_000)
    assert check(whole, made) == []
    assert [u["certificate"]["kind"] for u in made["unplanned"]] == ["long"]


@pytest.mark.parametrize("kind", ["minutes", "long"])
def test_a_proof_still_holds_when_all_items_outside_it_are_deleted(kind: str) -> None:
    whole = crowded(kind)
    made = plan(whole, time_limit_s=10, steps=5_000)
    proofs = [(u["item"], u["certificate"]) for u in made["unplanned"]]
    assert proofs
    for name, proof in proofs:
        kept = [i for i in whole["items"] if i["id"] in set(proof["items"])]
        assert certificate_error(Facts({**whole, "items": kept}), name, proof) is None


def test_explain_finds_the_reasons_of_a_plan_made_elsewhere() -> None:
    whole = crowded("long")
    made = plan(whole, time_limit_s=5, steps=5_000)
    bare = {key: made[key] for key in ("format", "instance", "visits")}
    bare["unplanned"] = [{"item": u["item"], "reason": "NOT_FOUND"} for u in made["unplanned"]]
    told = explain(whole, bare)
    assert told["unplanned"] == made["unplanned"]
    assert told["why"] == made["why"]
    assert measure(whole, told)["ok"]


def test_every_planned_item_says_what_fixed_its_day() -> None:
    whole = small_station(2)
    made = plan(whole, time_limit_s=5, steps=5_000)
    planned = {i for v in made["visits"] for i in v["items"]}
    assert set(made["why"]) == planned
    assert all(made["why"].values())
