"""Bringing items back to the day of the plan in force: every day that moves is one somebody had been told.

The rounds price a move dearly, but put one item in at a time: where two have changed places, or a stranger
sits on the day, no single step leads home. Here the day is laid anew with those who belong to it first.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from random import Random

from schedules.planning.days import pack
from schedules.planning.draft import OUT, Draft
from schedules.planning.effort import Effort
from schedules.planning.fullest import fullest, layouts
from schedules.planning.homes import Homes
from schedules.planning.repair import PACKINGS, insert, rescue

ORDERS = 4
THROWN = 6
VICTIMS = 8
STEP = 3


def bring_home(
    draft: Draft, band: int, effort: Effort, rng: Random, share: float, homes: Homes | None = None
) -> bool:
    """The dearest moves first, within this share of the steps left; True when fewer moves are needed."""
    before = draft.moves
    limit = effort.steps - int(effort.steps * share)
    _whole_days(draft, band, effort, rng, limit, homes or Homes(draft.problem))
    tired: set[int] = set()
    while True:
        strayed = [n for n in _strayed(draft) if n not in tired]
        if not strayed:
            return draft.moves < before
        for number in strayed:
            if effort.steps <= limit or effort.over():
                return draft.moves < before
            day = draft.problem.items[number].kept
            if day is None or draft.day_of[number] == day:
                continue
            steps = draft.steps
            if not (_home(draft, number, day, band, rng) or _exchange(draft, day, band, rng)):
                tired.add(number)
            effort.spend((draft.steps - steps) * STEP + 5)


def _whole_days(draft: Draft, band: int, effort: Effort, rng: Random, limit: int, homes: Homes) -> None:
    """Each day that lacks more than it must is laid anew, the dearest first; where that is no help, it may be proven
    that there is none."""
    lacking = {day: homes.lacking(draft, day) for day in homes.own}
    for day in sorted((d for d, cost in lacking.items() if cost), key=lambda d: (-lacking[d], d)):
        if effort.steps <= limit or effort.over():
            return
        if lacking[day] > homes.least(day):
            steps = draft.steps
            thrown: list[int] = []
            if not _tried(draft, band, partial(_day_anew, draft, day, rng, homes, thrown)):
                homes.failed(day, thrown)
            effort.spend((draft.steps - steps) * STEP + 5)
            effort.spend(homes.prove(day, homes.lacking(draft, day), effort.left()))


def _day_anew(draft: Draft, day: int, rng: Random, homes: Homes, thrown: list[int]) -> bool:
    """The day with as many as are found to fit of those who belong to it; the `thrown` go elsewhere."""
    problem, present = draft.problem, draft.plans[day].items()
    prices = homes.prices(day, present)
    tries = layouts(prices, homes.appended(day))
    plan, _ = fullest(problem, day, prices, tries, rng, enough=homes.least(day))
    draft.steps += tries * len(prices) // 20
    inside = set(plan.items())
    if any(problem.items[n].pinned for n in present if n not in inside):
        return False
    _take_out(draft, [n for n in sorted(inside) if draft.day_of[n] != day])
    thrown += [n for n in present if n not in inside]
    draft.replace(day, plan)
    rescue(draft, rng, thrown)
    return all(draft.day_of[n] != OUT for n in thrown)


def _strayed(draft: Draft) -> list[int]:
    """Items not on their old day though it is possible, the dearest first."""
    items = draft.problem.items
    found = [
        n for n, item in enumerate(items)
        if item.move_cost and item.kept is not None and draft.day_of[n] != item.kept and item.kept in item.days
    ]  # fmt: skip
    return sorted(found, key=lambda n: (-items[n].move_cost, items[n].work, n))


def _home(draft: Draft, number: int, day: int, band: int, rng: Random) -> bool:
    """The item on its old day again: where there is room, else by force."""

    def simply() -> bool:
        _take_out(draft, [number])
        return draft.add(number, day, PACKINGS, rng)

    by_force = partial(_by_force, draft, [number], (), day, rng)
    return _tried(draft, band, simply) or any(_tried(draft, band, by_force) for _ in range(ORDERS))


def _exchange(draft: Draft, day: int, band: int, rng: Random) -> bool:
    """One item that is on its old day goes, so that several of the same day come back, or a dearer one."""
    items = draft.problem.items
    strayed = [n for n in _strayed(draft) if items[n].kept == day]
    worth = sum(items[n].move_cost for n in strayed)
    own = [n for n in draft.plans[day].items() if items[n].kept == day and not items[n].pinned]
    victims = sorted(
        (n for n in own if items[n].move_cost < worth), key=lambda n: (items[n].move_cost, -items[n].work, n)
    )
    return any(_tried(draft, band, partial(_by_force, draft, strayed, [n], day, rng)) for n in victims[:VICTIMS])


def _take_out(draft: Draft, numbers: Iterable[int]) -> None:
    for number in numbers:
        if draft.day_of[number] != OUT:
            draft.remove(number)


def _tried(draft: Draft, band: int, way: Callable[[], bool]) -> bool:
    """Does it, and takes it back where the plan is no better for it in the order of the goals."""
    before = draft.score().banded(band)
    draft.mark()
    if way() and draft.score().banded(band) < before:
        draft.keep()
        return True
    draft.undo()
    return False


def _by_force(draft: Draft, wanted: Sequence[int], victims: Sequence[int], day: int, rng: Random) -> bool:
    """The day anew: the pinned, those who are wanted, whoever else belongs to it, then the others; who finds no place
    there, the victims too, goes elsewhere."""
    items, present = draft.problem.items, draft.plans[day].items()
    held = [n for n in present if items[n].pinned]
    own = [n for n in present if items[n].kept == day and not items[n].pinned and n not in victims]
    rest = [n for n in present if items[n].kept != day and not items[n].pinned]
    # with a victim named all the others stay and as many come as can; without one the single item comes first
    first = [*wanted, *_dearest(draft, own, rng)] if not victims else [*own, *wanted]
    rest.sort(key=lambda n: (len(items[n].days) * rng.uniform(0.5, 1.5), -items[n].work, n))
    plan = pack(draft.problem, day, held + (own if victims else []), PACKINGS, rng)
    if plan is None:
        return False
    outside = list(victims)
    for number in [n for n in [*first, *rest] if not victims or n not in own]:
        anew = plan.copy()
        if not anew.append(number):
            packed = pack(draft.problem, day, [*plan.items(), number], PACKINGS, rng) if number not in rest else None
            draft.steps += PACKINGS
            if packed is None:
                outside.append(number)
                continue
            anew = packed
        plan = anew
    back = [n for n in wanted if n in plan.items()]
    if not back or len(outside) > THROWN:
        return False
    _take_out(draft, [*back, *victims])
    draft.replace(day, plan)
    return all(draft.day_of[n] != OUT or insert(draft, n, PACKINGS, rng) for n in outside if n not in wanted)


def _dearest(draft: Draft, numbers: Sequence[int], rng: Random) -> list[int]:
    items = draft.problem.items
    return sorted(numbers, key=lambda n: (-items[n].move_cost * rng.uniform(0.8, 1.2), -items[n].work, n))
