"""What brings items back to the day somebody was told, and what proves that some must move."""

from random import Random
from typing import Any

import pytest

from benchmarks.stations import replanned
from schedules.planning import measure, plan
from schedules.planning.draft import Draft
from schedules.planning.effort import Effort
from schedules.planning.fullest import fullest
from schedules.planning.homes import Homes
from schedules.planning.output import plan_json
from schedules.planning.problem import read
from schedules.planning.rule import careful
from schedules.planning.squeeze import surely_lost
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
    assert Homes(problem).total() <= draft.score().move_cost


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
    assert Homes(read(whole)).total() == least + 7  # D cannot be on its old day at all
    made = plan(whole, time_limit_s=30, steps=4_000)
    assert made["bounds"]["move_cost"] <= made["objective"]["move_cost"]


@pytest.mark.parametrize(
    ("cost", "most", "least"),
    [
        (4, 4, 4),  # 220 minutes of 230, but a second arrival of 30: the cheaper goes, and less is proven impossible
        (4, 14, 4),
        (12, 22, 10),
    ],
)
def test_a_second_arrival_that_the_minutes_do_not_show_is_proven(cost: int, most: int, least: int) -> None:
    items = [item("A", minutes=110), item("B", minutes=110, enterprise="E2")]
    problem = read(two_days(items, [kept("A", FIRST, 10), kept("B", FIRST, cost)]))
    homes = Homes(problem, solver=True)
    assert homes.total() == 0
    assert surely_lost(problem, (0,), [(i, i.move_cost) for i in problem.items], most, 60)[0] == least
    assert homes.prove(0, least, 60) > 0
    assert homes.total() == least
    assert homes.prove(0, least, 60) == 0  # known by now


def test_a_day_is_proven_only_with_a_solver_and_time() -> None:
    problem = read(two_days([item("A", minutes=230)], [kept("A", SECOND, 10)]))
    for homes, seconds in ((Homes(problem), 60), (Homes(problem, solver=True), 0)):
        assert homes.prove(1, 100, seconds) == 0


@pytest.mark.parametrize("seed", range(3))
def test_the_fullest_day_leaves_out_least_where_the_usual_orders_leave_out_more(seed: int) -> None:
    """230 minutes for 130 + 100 at one works; whoever begins at the other one, or with 120, loses two."""
    items = [
        item("A", minutes=130), item("B", minutes=100), item("C", minutes=120, enterprise="E2"),
        item("D", minutes=75, enterprise="E2"),
    ]  # fmt: skip
    problem = read(two_days(items, []))
    plan, left = fullest(problem, 0, {0: 5.0, 1: 5.0, 2: 6.0, 3: 3.0}, 200, Random(seed))
    assert sorted(plan.items()) == [0, 1]
    assert left == 9.0


def test_who_has_no_other_day_stays_and_another_leaves() -> None:
    items = [item("A", minutes=200), item("B", minutes=200, latest=FIRST, due=FIRST), item("C", minutes=20)]
    draft = Draft(read(two_days(items, [kept("A", FIRST, 1), kept("B", FIRST, 1), kept("C", FIRST, 1)])))
    assert draft.add(0, 0)
    assert draft.add(2, 1)
    effort, homes = Effort(60, 200_000), Homes(draft.problem)
    for _ in range(3):
        bring_home(draft, 0, effort, Random(0), 0.5, homes)
    assert draft.day_of == [1, 0, 0]
    assert draft.score().move_cost == 1
