"""The week level by prices, for stations whose program is too large to be solved as one.

What weeks and months can carry gets a price; at those prices each enterprise chooses its weeks by itself (`choosing`).
Prices rise where too much is asked for and fall where room is left. With many enterprises, none of which is a large
part of the whole, what they choose nearly fits, and what it costs is near what must be paid at least: a Lagrangian
relaxation by subgradients, then the enterprises one after another in what the others leave.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from schedules.planning.choosing import Array, at_least, choose
from schedules.planning.draft import Score
from schedules.planning.problem import Problem
from schedules.planning.weeks import Prices, Resources, choices, week_mask

ROUNDS, FIRST_STEP, LAST_STEP = 60, 0.1, 0.01
PROOF_ROUNDS, PROOF_FIRST, PROOF_LAST = 40, 0.05, 0.003
PASSES = 3
HASTE, RISE, TRIES = 0.3, 0.015, 4
"""Money for a minute: what a week that is full costs more, and what is added while it is still asked for too much."""
PULL, DRIFT, FAIR_PART = 0.4, 0.0005, 0.3
"""The same for months, by how much they are above or below what is fair: at once, and for good. The part of the
overload allowed that is aimed at, as what spills out of a week may well spill into the wrong month."""
STEPS_A_CHOICE = 0.01


@dataclass(slots=True)
class Terms:
    """Prices, of each resource and of each month's minutes; the visits made at them, and each item's week."""

    resources: Array
    months: Array
    visits: Array
    weeks: Array


class Market:
    """The tables: what each item costs in each week, and what it draws on there."""

    def __init__(self, problem: Problem, offer: Resources) -> None:
        self.problem, self.prices = problem, Prices.of(problem)
        items = problem.items
        self.numbers = sorted((n for n, i in enumerate(items) if i.days), key=lambda n: (items[n].enterprise, n))
        self.out, self.visit = self.prices.unplanned, problem.visit_cost / 1000
        self.work = np.array([float(items[n].work) for n in self.numbers])
        self.month = np.array([week.month for week in problem.weeks])
        self.allowance = np.array(problem.allowance, dtype=float)
        owners = [items[n].enterprise for n in self.numbers]
        edges = np.searchsorted(owners, range(len(problem.enterprises) + 1))
        self.sites = [slice(a, b) for a, b in pairwise(edges) if a < b]
        self.usual, self.cheapest = self._costs(optimistic=False), self._costs(optimistic=True)
        self._draws(offer)

    @staticmethod
    def steps(problem: Problem) -> int:
        """How many steps the prices and the settling count as, and again about as many what comes of them."""
        columns = sum(len({problem.week_of[d] for d in item.days}) for item in problem.items)
        return int(columns * (ROUNDS + 4 * PASSES) * STEPS_A_CHOICE)

    def prices_for_proof(self, terms: Terms) -> Terms:
        """Where the proof starts: at full capacity most resources cost nothing, the months nearly the same."""
        return replace(terms, resources=np.zeros_like(terms.resources), months=terms.months.copy())

    def _costs(self, *, optimistic: bool) -> Array:
        costs = np.full((len(self.numbers), len(self.problem.weeks)), self.out)
        for row, number in enumerate(self.numbers):
            for choice in choices(self.problem, number, optimistic):
                dear = self.prices.late * choice.late + self.prices.move * choice.moved
                costs[row, choice.week] = min(self.out, choice.early + dear)
        return costs

    def _draws(self, offer: Resources) -> None:
        """Items of the same roles and minutes draw alike in the same days of a week: each such pattern is kept once."""
        items, week_of = self.problem.items, self.problem.week_of
        self.pattern = np.full(self.usual.shape, -1, dtype=np.int32)
        known: dict[tuple[object, ...], int] = {}
        draws: list[list[tuple[int, float]]] = []
        for row, number in enumerate(self.numbers):
            item = items[number]
            for week in sorted({week_of[d] for d in item.days}):
                key = (item.roles, item.minutes, week, week_mask(self.problem, item, week))
                if key not in known:
                    known[key] = len(draws)
                    draws.append(offer.used(number, week))
                self.pattern[row, week] = known[key]
        self.possible = self.pattern >= 0
        self.pattern[~self.possible] = 0
        self.drawing = np.repeat(np.arange(len(draws)), [len(each) for each in draws])
        self.drawn = np.array([r for each in draws for r, _ in each], dtype=np.int32)
        self.amount = np.array([a for each in draws for _, a in each])
        self.patterns = len(draws)
        self.room = np.array([offer.offered(r) for r in range(len(offer.names))])
        self.full = np.array(offer.amounts, dtype=float)
        self.unit = np.array([_minutes(offer, r) for r in range(len(offer.names))])

    def _priced(self, costs: Array, terms: Terms, rows: slice) -> Array:
        """What the items cost, prices included."""
        each = np.bincount(self.drawing, terms.resources[self.drawn] * self.amount, self.patterns)
        asked = costs[rows] + each[self.pattern[rows]] + self.work[rows, None] * terms.months[self.month]
        return np.where(self.possible[rows], np.minimum(asked, self.out), self.out)

    def _load(self, rows: slice, weeks: Array) -> tuple[Array, Array]:
        """What these items draw on, by resource and by month; what is out draws on nothing."""
        numbers = np.arange(rows.start, rows.stop)
        inside = self.possible[numbers, weeks]
        numbers, weeks = numbers[inside], weeks[inside]
        often = np.bincount(self.pattern[numbers, weeks], minlength=self.patterns)
        load = np.bincount(self.drawn, often[self.drawing] * self.amount, len(self.room))
        return load, np.bincount(self.month[weeks], self.work[numbers], len(self.allowance))

    def _everything(self) -> slice:
        return slice(0, len(self.numbers))

    def fresh(self) -> Terms:
        """No prices, no visits."""
        shape = (len(self.sites), len(self.problem.weeks))
        weeks = np.zeros(len(self.numbers), dtype=np.int64)
        return Terms(np.zeros(len(self.room)), np.zeros(len(self.allowance)), np.zeros(shape, dtype=bool), weeks)

    def ascend(self, terms: Terms, band: float, over: Callable[[], bool], *, proof: bool = False) -> None:
        """Prices at which what is asked for nearly fits. `band`: overload of all months that costs nothing.

        `proof`: the room is all there is and each week costs what its cheapest day costs, so that `worth` may be
        said of every plan. Ends early when `over`.
        """
        costs, room = (self.cheapest, self.full) if proof else (self.usual, self.room)
        rounds, first, last = (PROOF_ROUNDS, PROOF_FIRST, PROOF_LAST) if proof else (ROUNDS, FIRST_STEP, LAST_STEP)
        fair = self.allowance + band / max(1, len(self.allowance))
        for at in range(rounds):
            if at and over():
                return
            self._choose_all(costs, terms)
            load, carried = self._load(self._everything(), terms.weeks)
            step = first * (last / first) ** (at / max(1, rounds - 1))
            terms.resources += step * self.unit * _excess(load, room)
            terms.months += step * _excess(carried, fair)
            np.maximum(terms.resources, 0, out=terms.resources)
            np.clip(terms.months, 0, self.prices.overload, out=terms.months)
        self._choose_all(costs, terms)

    def _choose_all(self, costs: Array, terms: Terms) -> None:
        asked = self._priced(costs, terms, self._everything())
        for site, rows in enumerate(self.sites):
            terms.weeks[rows] = choose(asked[rows], self.visit, terms.visits[site])

    def settle(self, terms: Terms, band: float, over: Callable[[], bool]) -> None:
        """Enterprise by enterprise, in what the others leave, until what is asked for fits or the passes are over."""
        load, carried = self._load(self._everything(), terms.weeks)
        fair = self.allowance + FAIR_PART * band / max(1, len(self.allowance))
        for site in list(range(len(self.sites))) * PASSES:
            if over():
                return
            rows = self.sites[site]
            heavy = _excess(carried, fair)
            np.clip(terms.months + DRIFT * heavy, 0, self.prices.overload, out=terms.months)
            own, months = self._load(rows, terms.weeks[rows])
            load, carried = load - own, carried - months
            own, months = self._fit(terms, site, load, np.maximum(terms.months + PULL * heavy, 0))
            load, carried = load + own, carried + months

    def _fit(self, terms: Terms, site: int, load: Array, months: Array) -> tuple[Array, Array]:
        """The enterprise chooses; while it asks for more than there is, that becomes dearer for it."""
        rows = self.sites[site]
        full = np.clip((load - self.room) / np.maximum(self.room, 1), 0, 1)
        mine = replace(terms, resources=terms.resources + HASTE * self.unit * full, months=months)
        start = terms.visits[site].copy()
        attempt = 0
        while True:
            terms.visits[site] = start
            terms.weeks[rows] = choose(self._priced(self.usual, mine, rows), self.visit, terms.visits[site])
            own, carried = self._load(rows, terms.weeks[rows])
            crowded = (load + own > self.room + 1e-6) & (own > 0)
            attempt += 1
            if attempt == TRIES or not crowded.any():
                return own, carried
            mine.resources += np.where(crowded, self.unit * RISE * 2**attempt, 0)

    def week_of(self, terms: Terms) -> dict[int, int]:
        """The week of each item; what is out is missing."""
        return {
            number: int(terms.weeks[row])
            for row, number in enumerate(self.numbers)
            if self.possible[row, terms.weeks[row]]
        }

    def worth(self, terms: Terms, score: Score, base: Score) -> int:
        """Economy of any plan no worse than `score` in the goals before it, in thousandths; proven at any prices.

        `base`: what follows of those goals from the items alone.
        """
        asked = self._priced(self.cheapest, terms, self._everything())
        paid = sum(at_least(asked[rows], self.visit, self.out) for rows in self.sites)
        given = float((terms.resources * self.full).sum() + (terms.months * self.allowance).sum())
        given += score.overload_min * float(terms.months.max(initial=0.0))
        given += self.out * (score.unplanned - base.unplanned)
        given += self.prices.late * (score.late_days - base.late_days)
        given += self.prices.move * (score.move_cost - base.move_cost)
        return max(0, int((paid - given) * 1000) - 1)


def _excess(load: Array, room: Array) -> Array:
    """How much more is asked for than there is, as a part of it, at most the whole."""
    return np.clip((load - room) / np.maximum(room, 1), -1, 1)


def _minutes(offer: Resources, resource: int) -> float:
    """What a unit of the resource stands for: a minute for minutes, for a slot the part of a day it takes."""
    kind, _, _, k = offer.names[resource]
    people = {"slots": 1, "pairs": 2}.get(kind)
    return 1.0 if people is None else people * offer.longest / k
