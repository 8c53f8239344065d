"""One enterprise by itself, at given prices: in which weeks it is visited, and the least that can cost.

`costs`: what each of its items costs in each week, items by weeks, `out` where the item cannot be; an item may also
stay out at that price. A visit costs `visit` however many items it has: the facility location of the textbooks.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
SLIGHT = 1e-9


def choose(costs: Array, visit: float, opened: Array) -> Array:
    """The week of each item. Visits are added, dropped and exchanged until no such step helps.

    `opened` is where it starts, a truth value for each week, and is left as the visits that are made.
    """
    while True:
        weeks = np.flatnonzero(opened)
        if not len(weeks):
            opened[int(costs.sum(0).argmin())] = True
            continue
        place, best, second = _two_best(costs[:, weeks])
        gain = np.maximum(best[:, None] - costs, 0).sum(0) - visit
        gain[opened] = -1
        if gain.max() > SLIGHT:
            opened[int(gain.argmax())] = True
            continue
        loss = np.bincount(place, second - best, len(weeks))
        if len(weeks) > 1 and visit - loss.min() > SLIGHT:
            opened[weeks[int(loss.argmin())]] = False
            continue
        step = _exchange(costs, opened, weeks, place, best, second)
        if step is None:
            return weeks[place]
        opened[step[0]], opened[step[1]] = False, True


def _two_best(costs: Array) -> tuple[Array, Array, Array]:
    """Of each row the place of the least, the least, and the next; for a single column the next costs as much."""
    rows = np.arange(len(costs))
    place = costs.argmin(1)
    best = costs[rows, place]
    if costs.shape[1] == 1:
        return place, best, best
    rest = costs.copy()
    rest[rows, place] = np.inf
    return place, best, rest.min(1)


def _exchange(
    costs: Array, opened: Array, weeks: Array, place: Array, best: Array, second: Array
) -> tuple[int, int] | None:
    """The visit to drop and the week to go instead, where that helps most; None when nowhere."""
    most, found = SLIGHT, None
    alone = len(weeks) == 1
    for at, week in enumerate(weeks):
        mine = place == at
        # without its only visit an enterprise is visited in the other week alone
        without = np.full(len(costs), np.inf) if alone else np.where(mine, second, best)
        now = np.minimum(without[:, None], costs).sum(0)
        gain = best.sum() - now
        gain[opened] = -1
        if gain.max() > most:
            most, found = float(gain.max()), (int(week), int(gain.argmax()))
    return found


def at_least(costs: Array, visit: float, out: float) -> float:
    """What any choice of weeks costs at least: each item bids, and no week is offered more than a visit costs.

    A solution of the dual program, raised bid by bid; usually a hundredth below what `choose` finds.
    """
    levels = np.sort(costs, axis=1)
    bids = levels[:, 0].copy()
    room = np.full(costs.shape[1], visit)
    waiting = [int(n) for n in np.argsort((costs < out).sum(1), kind="stable")]
    while waiting:
        again = []
        for item in waiting:
            bid = bids[item]
            tight = costs[item] <= bid + SLIGHT
            higher = levels[item][levels[item] > bid + SLIGHT]
            step = (float(higher[0]) if len(higher) else out) - bid
            free = float(room[tight].min())
            if free <= SLIGHT or bid >= out:
                continue
            bids[item] += min(step, free)
            room[tight] -= min(step, free)
            if step < free:
                again.append(item)
        waiting = again
    offered = np.maximum(bids[:, None] - costs, 0).sum(0)
    return float(bids.sum() - np.maximum(offered - visit, 0).sum())
