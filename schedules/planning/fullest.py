"""A day that holds as much as can be found of what would like to be on it.

The crews of a day depend on the order in which items are appended. Trying orders at random until all fit (`pack`)
says only "no" where one thing must go; here the order is changed step by step, a worse one taken now and then
(simulated annealing), and the layout that leaves out least is kept.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import exp
from random import Random

from schedules.planning.days import DayPlan
from schedules.planning.problem import Item, Problem

WARMTH = 60.0
"""So many minutes of dear work are given up for a while at the start; at the end one."""
LEFT_OUT_FIRST, OTHER_CREW = 0.4, 0.4
PINNED, FREE = 1e6, 0.01


def fullest(
    problem: Problem, day: int, prices: Mapping[int, float], tries: int, rng: Random, enough: float = 0.0
) -> tuple[DayPlan, float]:
    """The best of `tries` layouts and the summed prices of what it leaves out; it ends early at `enough` or less."""
    order, able = _first_order(problem, list(prices)), _same_crew(problem, day, prices)
    toggled, same = sorted(able), able
    plan, left = _lay_out(problem, day, order, same)
    now = _weight(problem, prices, left)
    best = (_sum(prices, left), plan)
    for attempt in range(tries):
        if best[0] <= enough:
            break
        changed = _changed(order, left, rng)
        crews = same ^ {rng.choice(toggled)} if toggled and rng.random() < OTHER_CREW else same
        plan, without = _lay_out(problem, day, changed, crews)
        weight = _weight(problem, prices, without)
        warmth = max(1.0, WARMTH * (1 - attempt / tries))
        if weight <= now or rng.random() < exp((now - weight) / warmth):
            order, same, left, now = changed, crews, without, weight
        cost = _sum(prices, without)
        if cost < best[0]:
            best = (cost, plan)
    return best[1], best[0]


def price(item: Item) -> float:
    """What it costs that an item leaves the day it was announced for; one that may leave it for nothing had better stay."""
    return PINNED if item.pinned else item.move_cost or FREE


def layouts(numbers: Collection[int], items: int) -> int:
    """How often a day of so many items may be laid out when `items` may be appended in all."""
    return 1 + items // max(1, len(numbers))


def _first_order(problem: Problem, numbers: Sequence[int]) -> list[int]:
    """As the plan in force had them, then hard ones first."""
    items = problem.items
    return sorted(
        numbers,
        key=lambda n: (
            not items[n].crew, items[n].start, -len(items[n].roles), items[n].enterprise, -items[n].minutes, n,
        ),
    )  # fmt: skip


def _same_crew(problem: Problem, day: int, numbers: Iterable[int]) -> set[int]:
    """Those whose crew in the plan in force can still do it. Whom the day would give them is often not what the day as
    a whole needs."""
    items = problem.items
    return {n for n in numbers if items[n].kept == day and items[n].crew and problem.fit(items[n].crew, n, day)}


def _lay_out(problem: Problem, day: int, order: Sequence[int], same: Collection[int]) -> tuple[DayPlan, list[int]]:
    """The items in this order, the `same` by the crew they had where that is possible."""
    plan, items = DayPlan(problem, day), problem.items
    left = [n for n in order if not (n in same and plan.append_with(n, items[n].crew)) and not plan.append(n)]
    return plan, left


def _changed(order: Sequence[int], left: Sequence[int], rng: Random) -> list[int]:
    """One item to another place, often one of those that found none."""
    anew = list(order)
    at = anew.index(rng.choice(left)) if left and rng.random() < LEFT_OUT_FIRST else rng.randrange(len(anew))
    number = anew.pop(at)
    anew.insert(rng.randrange(len(anew) + 1), number)
    return anew


def _sum(prices: Mapping[int, float], left: Sequence[int]) -> float:
    return sum(prices[n] for n in left)


def _weight(problem: Problem, prices: Mapping[int, float], left: Sequence[int]) -> float:
    """By minutes, so that a long item given up for a shorter one counts as a step forward."""
    return sum(prices[n] * problem.items[n].work for n in left)
