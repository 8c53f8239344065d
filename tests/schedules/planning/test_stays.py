"""What brings items back to the day somebody was told, and what proves that some must move."""

from random import Random
from typing import Any

import pytest

from benchmarks.stations import replanned
from schedules.planning import bounds, measure, plan
from schedules.planning.draft import Draft
from schedules.planning.effort import Effort
from schedules.planning.output import plan_json
from schedules.planning.problem import read
from schedules.planning.rule import careful
from schedules.planning.stays import bring_home
from tests.schedules.planning.cases import instance, item, person, small_station

FIRST, SECOND = "2026-03-04", "2026-03-05"


def kept(name: str, on: str, cost: int = 1, **more: Any) -> dict[str, Any]:
    return {"item": name, "date": on, "move_cost": cost, "pinned": False, **more}


def two_days(items: list[dict[str, Any]], previous: list[dict[str, Any]], daily: int = 260) -> dict[str, Any]:
    return instance(
        items, previous=previous, workdays=[FIRST, SECOND], inspectors=[person("P1", daily_min=daily)],
        horizon={"from": FIRST, "to": SECOND}, as_of="2026-03-03",
    )  # fmt: skip


def test_two_items_that_changed_places_change_back_though_neither_can_go_first() -> None:
    whole = two_days([item("A", minutes=200), item("B", minutes=200)], [kept("A", FIRST), kept("B", SECOND)])
    draft = Draft(read(whole))
    assert draft.add(0, 1)
    assert draft.add(1, 0)
    assert bring_home(draft, 0, Effort(60, 10_000), Random(0), 1.0)
    assert draft.day_of == [0, 1]
    assert draft.score().move_cost == 0


def test_a_stranger_makes_room_and_the_dearer_of_two_comes_home() -> None:
    items = [item("A", minutes=200), item("B", minutes=200), item("C", minutes=20)]
    whole = two_days(items, [kept("A", FIRST, 1), kept("B", FIRST, 10)])
    draft = Draft(read(whole))
    assert draft.add(0, 0)
    assert draft.add(2, 0)
    assert draft.add(1, 1)
    assert bring_home(draft, 0, Effort(60, 10_000), Random(0), 1.0)
    assert draft.day_of[1] == 0
    assert draft.score().move_cost == 1
    assert not bring_home(draft, 0, Effort(60, 10_000), Random(0), 1.0)


@pytest.mark.parametrize("seed", [1, 2])
def test_coming_home_leaves_a_legal_plan_that_is_nowhere_worse_and_moves_nothing_pinned(seed: int) -> None:
    whole = small_station(seed, items=160, inspectors=2)
    later = replanned(whole, plan_json(careful(read(whole))), after=28)
    for each in later["previous"][::4]:
        each["pinned"] = True
    problem = read(later)
    bare = read({**later, "previous": [p for p in later["previous"] if p["pinned"]]})
    draft = Draft(problem)
    for number, day in enumerate(careful(bare).day_of):
        if day >= 0:
            draft.add(number, day, 6, Random(0))
    before = draft.score()
    gained = bring_home(draft, before.overload_min, Effort(60, 60_000), Random(seed), 1.0)
    assert gained == (draft.score() < before)
    assert gained
    made = plan_json(draft)
    assert measure(later, made)["errors"] == []
    assert bounds.stays(problem) <= draft.score().move_cost


@pytest.mark.parametrize(
    ("minutes", "least"),
    [
        ((110, 110, 60), 2),  # 280 minutes for 230: 50 of B's 110, the cheapest by the minute: 1.8 of 4
        ((120, 120, 60), 4),  # two are longer than half the day: the cheaper goes
        ((60, 60, 60), 0),
    ],
)
def test_the_bound_on_moves_counts_what_a_day_has_no_room_for(minutes: tuple[int, ...], least: int) -> None:
    items = [item(name, minutes=m) for name, m in zip("ABC", minutes, strict=True)]
    items.append(item("D", earliest=SECOND))
    previous = [kept("A", FIRST, 10), kept("B", FIRST, 4), kept("C", FIRST, 3), kept("D", FIRST, 7)]
    whole = two_days(items, previous)
    assert bounds.stays(read(whole)) == least + 7  # D cannot be on its old day at all
    made = plan(whole, time_limit_s=30, steps=4_000)
    assert made["bounds"]["move_cost"] <= made["objective"]["move_cost"]
