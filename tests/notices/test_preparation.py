"""The preparation lists cover the glossary and stay tickable."""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from inspect_station.notices import preparation
from schedules.terms import SHUTDOWN_CLOCKS, Clock, Kind, clocks_of

PAIRS = [(kind, clock) for kind in Kind for clock in clocks_of(kind)]


@pytest.mark.parametrize(("kind", "clock"), PAIRS, ids=lambda v: v.value)
def test_every_clock_of_every_kind_has_its_list(kind: Kind, clock: Clock) -> None:
    found = preparation.for_clock(kind, clock)
    assert sum(len(group.items) for group in found.groups) >= 4 or kind is Kind.CYLINDER


def test_no_list_is_for_a_clock_that_does_not_exist() -> None:
    assert sorted(preparation._checklists()) == sorted(PAIRS)


def test_every_item_has_one_id_in_the_whole_file() -> None:
    data = tomllib.loads(Path(preparation._DATA).read_text(encoding="utf-8"))
    items = [i for held in data["shared"].values() for i in held["items"]] + [
        i for e in data["list"] for i in e["items"]
    ]
    assert max(Counter(item["id"] for item in items).values()) == 1


@pytest.mark.parametrize(
    ("kind", "clock"),
    [(Kind.BOILER, Clock.INTERNAL), (Kind.FIXED_VESSEL, Clock.PERIODIC), (Kind.INDUSTRIAL_PIPE, Clock.PERIODIC)],
)
def test_who_must_enter_is_told_of_blinds_air_and_oxygen(kind: Kind, clock: Clock) -> None:
    assert clock in SHUTDOWN_CLOCKS
    words = "".join(item.text for group in preparation.for_clock(kind, clock).groups for item in group.items)
    for needed in ("盲板", "不能代替", "不得用空气置换", "19.5%", "监护", "2 米"):
        assert needed in words
