"""A day that holds as much as can be found of what would like to be on it.

The crews of a day depend on the order in which items are appended. Trying orders at random until all fit (`pack`)
says only "no" where one thing must go; here the order is changed step by step, a worse one taken now and then
(simulated annealing), and the layout that leaves out least is kept.
"""

from collections.abc import Collection, Mapping, Sequence
from math import exp
from random import Random

from schedules.planning.days import DayPlan
from schedules.planning.problem import Item, Problem

WARMTH = 60.0
"""So many minutes of dear work are given up for a while at the start; at the end one."""
LEFT_OUT_FIRST = 0.4
PINNED, FREE = 1e6, 0.01


def fullest(
    problem: Problem, day: int, prices: Mapping[int, float], tries: int, rng: Random, enough: float = 0.0
) -> tuple[DayPlan, float]:
    """The best of `tries` layouts and the summed prices of what it leaves out; it ends early at `enough` or less."""
    order = _first_order(problem, list(prices))
    plan, left = _lay_out(problem, day, order)
    now = _weight(problem, prices, left)
    best = (_sum(prices, left), plan)
    for attempt in range(tries):
        if best[0] <= enough:
            break
        changed = _changed(order, left, rng)
        plan, without = _lay_out(problem, day, changed)
        weight = _weight(problem, prices, without)
        warmth = max(1.0, WARMTH * (1 - attempt / tries))
        if weight <= now or rng.random() < exp((now - weight) / warmth):
            order, left, now = changed, without, weight
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
    items = problem.items
    return sorted(numbers, key=lambda n: (-len(items[n].roles), items[n].enterprise, -items[n].minutes, n))


def _lay_out(problem: Problem, day: int, order: Sequence[int]) -> tuple[DayPlan, list[int]]:
    plan = DayPlan(problem, day)
    return plan, [n for n in order if not plan.append(n)]


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
