"""What takes work out of overloaded months where no item can simply be moved."""

from random import Random
from typing import Any

import pytest

from schedules.planning import measure
from schedules.planning.confined import Confined, confined
from schedules.planning.draft import OUT, Draft
from schedules.planning.effort import Effort
from schedules.planning.levelling import lighten
from schedules.planning.output import plan_json
from schedules.planning.problem import read
from schedules.planning.rule import careful
from tests.schedules.planning.cases import instance, item, person, small_station

APRIL, MAY, JUNE = "2026-04-13", "2026-05-11", "2026-06-08"


def three_days(items: list[dict[str, Any]], daily: int = 390) -> dict[str, Any]:
    """A day in each of three months for one person, 360 minutes each."""
    return instance(
        items, workdays=[APRIL, MAY, JUNE], horizon={"from": APRIL, "to": JUNE}, as_of="2026-03-31",
        inspectors=[person("P1", daily_min=daily)],
    )  # fmt: skip


def test_work_goes_through_a_full_month_to_one_with_room() -> None:
    items = [
        item("A", minutes=200, earliest=APRIL, due=MAY, latest=MAY),
        item("B", minutes=120, earliest=APRIL, due=APRIL, latest=APRIL),
        item("C", minutes=200, earliest=MAY, due=JUNE, latest=JUNE),
    ]
    draft = Draft(read(three_days(items)))
    for number, day in enumerate((0, 0, 1)):
        assert draft.add(number, day)
    assert draft.score().overload_min > 0
    assert lighten(draft, 0, Effort(60, 50_000), Random(0), 1.0)
    assert draft.day_of == [1, 0, 2]
    assert not lighten(draft, draft.score().overload_min, Effort(60, 50_000), Random(0), 1.0)


def test_of_two_who_cannot_both_be_done_the_one_stays_out_that_weighs_more_on_the_month() -> None:
    only = {"due": APRIL, "latest": APRIL}
    draft = Draft(read(three_days([item("A", minutes=300, **only), item("B", minutes=250, **only)])))
    assert draft.add(0, 0)
    assert lighten(draft, 0, Effort(60, 50_000), Random(0), 1.0)
    assert draft.day_of == [OUT, 0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lightening_leaves_a_legal_plan_that_is_nowhere_worse(seed: int) -> None:
    whole = small_station(seed, items=160, inspectors=2)
    draft = careful(read(whole))
    before = draft.score()
    gained = lighten(draft, 0, Effort(60, 100_000), Random(seed), 1.0)
    assert draft.score().banded(0) <= before.banded(0)
    assert gained == (draft.score().overload_min < before.overload_min)
    assert measure(whole, plan_json(draft))["errors"] == []


def crowded(works: tuple[str, ...]) -> dict[str, Any]:
    """One day of 230 minutes: three items of 75 and an item that is late whenever it is done."""
    day = "2026-03-04"
    items = [item(f"A{n}", minutes=75, due=day, latest=day, enterprise=e) for n, e in enumerate(works)]
    items.append(item("L", minutes=10, due="2026-03-03", latest="2026-03-06", earliest="2026-03-05"))
    return instance(
        items, workdays=[day, "2026-03-05"], horizon={"from": day, "to": "2026-03-05"}, as_of="2026-03-03",
        inspectors=[person("P1", daily_min=260)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("works", "out"),
    [
        (("E1", "E1", "E1"), 0),  # 225 minutes and one arrival fit
        (("E1", "E1", "E1", "E1"), 1),  # the minutes prove it
        (("E1", "E1", "E2", "E2"), 2),  # the minutes prove one, the second arrival the other
    ],
)
def test_what_must_stay_out_is_proven_with_the_arrivals(works: tuple[str, ...], out: int) -> None:
    problem = read(crowded(works))
    unplanned = list(range(out))
    known, steps = confined(problem, unplanned, 60)
    assert known.out == known.some == out
    assert (steps > 0) == (out > 0)
    # those must come from the crowded day, so that the late item cannot be spared by being one of them
    assert known.late(problem, out) == 2
    assert known.late(problem, out + 1) == 0
    assert Confined(0).late(problem, 1) == 0
