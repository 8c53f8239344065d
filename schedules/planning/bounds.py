"""What no plan can beat: the proven side of the gap.

Two sources: the relaxation of the week level at full capacity with each week's cheapest day, and, without a
solver, the cheapest way through the weeks for each enterprise as if it were alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from schedules.planning.draft import Score
from schedules.planning.problem import Item, Problem
from schedules.planning.solver import Answer, Limits, Solver
from schedules.planning.weeks import MANY_CODES, Prices, Resources, WeekModel

GOALS = ("unplanned", "late", "move", "overload", "economy")
SLACK = 1e-6


@dataclass(slots=True)
class Guide:
    """The relaxation at the capacity one dares to plan with: a value for each column."""

    values: list[float]
    cost: dict[int, float]


class Relaxation:
    """The whole week level with fractions allowed; goals are held in their order by rows of their own.

    `overload`: what the months must carry too much, and `first`: a guide for the hurried, once `solve` has been run.
    """

    def __init__(self, problem: Problem, fill: float, limits: Limits) -> None:
        self.problem, self.fill = problem, fill
        everything = range(len(problem.items))
        offer = Resources.of(problem, [fill] * len(problem.weeks))
        self.model = WeekModel(problem, offer, everything, {}, optimistic=True)
        matrix = self.model.matrix
        self.rows = {name: matrix.row(list(self.model.goals[name].items()), None, None) for name in GOALS[:4]}
        self.solver = Solver(matrix, limits, whole=False)
        self.prices = Prices.of(problem)
        self.iterations = 0
        self.overload = 0
        self.first: Guide | None = None

    @staticmethod
    def steps(problem: Problem) -> int:
        """About how many steps it takes to solve, before anything is built."""
        columns = sum(len({problem.week_of[d] for d in item.days}) for item in problem.items)
        return columns // 5 * max(3, columns * 8 // 60_000) + columns * 2

    def solve(self, seconds: float) -> bool:
        """All goals at once, for a first look; False when the limit came first."""
        cost = self.model.cost(self.prices)
        answer = self._run(cost, 1.0, seconds)
        if answer.bound == -math.inf or answer.values is None:
            return False
        self.first = Guide(answer.values, cost)
        self.overload = math.ceil(answer.values[self.model.excess] - SLACK)
        return True

    def expected(self) -> tuple[int, int]:
        """Items out and late days in the first look; what a plan that reaches them need not search on. No proof."""
        assert self.first is not None
        base, values = floor(self.problem), self.first.values
        out, late = (
            base[at] + math.ceil(sum(n * values[c] for c, n in self.model.goals[goal].items()) - 1e-4)
            for at, goal in enumerate(GOALS[:2])
        )
        return out, late

    def _run(self, cost: dict[int, float], share: float, seconds: float) -> Answer:
        for row, minutes in self.model.minutes.items():
            self.solver.allow(row, minutes * share)
        # With other costs and other bounds the last basis is no help: from 4,500 items on it costs minutes.
        self.solver.forget()
        answer = self.solver.minimise(cost, seconds)
        self.iterations += answer.iterations
        return answer

    def hold(self, score: Score, parts: int) -> None:
        """Plans worse than this in one of the first `parts` goals no longer count."""
        base = floor(self.problem)
        for at, name in enumerate(GOALS[:4]):
            most = score[at] - base[at] + SLACK if at < parts else math.inf
            self.solver.allow(self.rows[name], most)
        self.solver.allow(self.model.overload_row, 0.0)

    def least(self, goal: str, seconds: float) -> int | None:
        """The proven least of one goal, the held ones held; None when the run did not end."""
        answer = self._run(self._cheapest(goal), 1.0, seconds)
        if not math.isfinite(answer.bound):
            return None
        value = answer.bound * (1000 if goal == "economy" else 1)
        return floor(self.problem)[GOALS.index(goal)] + max(0, math.ceil(value * (1 - 1e-7) - 1e-3))

    def _cheapest(self, goal: str) -> dict[int, float]:
        if goal == "economy":
            self.model.price_days(optimistic=True)
        return self.model.goals[goal]

    def guide(self, overload: float, seconds: float) -> Guide | None:
        """Where items would go were they divisible, planning with `fill` of the capacity."""
        self.model.price_days(optimistic=False)
        self.solver.allow(self.model.overload_row, overload)
        cost = self.model.cost(self.prices)
        answer = self._run(cost, self.fill, seconds)
        return None if answer.values is None else Guide(answer.values, cost)


def floor(problem: Problem) -> tuple[int, int, int, int, int]:
    """What follows from the items alone: those impossible are out, and have moved if they were planned."""
    gone = [item for item in problem.items if not item.days]
    return len(gone), 0, sum(problem.moved(item, None) for item in gone), 0, 0


def must_drop(problem: Problem, day: int, items: Sequence[Item]) -> int:
    """What must leave this day whatever else is done, the dearest shortage. The week level does not see it: a week has
    room where its Tuesday has none. For a set of codes, what is cheapest to move until the rest has the minutes,
    and the places for items so long that only k of them fit into anybody's day."""
    most = 0
    codes = sorted({code for item in items for code in item.roles})
    sizes = range(1, len(codes) + 1) if len(codes) <= MANY_CODES else (1, len(codes))
    for chosen in (frozenset(each) for size in sizes for each in combinations(codes, size)):
        people = {p for code in chosen for p in problem.holders[day][code]}
        free = [max(0, problem.daily[day][p] - problem.overhead) for p in people]
        uses = [(item, sum(code in chosen for code in item.roles)) for item in items]
        most = max(most, _cheapest_drop([(i.move_cost, i.minutes * n) for i, n in uses if n], sum(free)))
        for k in (1, 2, 3):
            long = [(i.move_cost, n) for i, n in uses if n and i.minutes * (k + 1) > max(free, default=0)]
            most = max(most, _cheapest_drop(long, k * len(free)))
            most = max(most, _cheapest_drop([(cost, 1) for cost, n in long if n == 2], k * len(free) // 2))
    return most


def _cheapest_drop(needs: Sequence[tuple[int, int]], have: int) -> int:
    """The least cost of dropping enough, parts of an item allowed, rounded up: costs are whole."""
    short = sum(need for _, need in needs) - have
    cost = 0.0
    for price, need in sorted(needs, key=lambda n: n[0] / n[1]):
        if short <= 0:
            break
        part = min(need, short)
        cost += price * part / need
        short -= part
    return math.ceil(cost - SLACK)


def alone(problem: Problem, planned: Sequence[int]) -> int:
    """Economy of these items were each enterprise alone: any plan that has them costs as much."""
    by_site: dict[int, list[int]] = {}
    for number in planned:
        by_site.setdefault(problem.items[number].enterprise, []).append(number)
    return sum(_path(problem, numbers) for numbers in by_site.values())


def _path(problem: Problem, numbers: Sequence[int]) -> int:
    """The shortest path from visit to visit, at most the true cost.

    An item whose last possible week is b is charged on the one arc from a visit v to the next, w, with
    v <= b < w: it went to a week not after v, so its cheapest week up to v is the least it can have cost.
    """
    last = len(problem.weeks)
    charge = [[0.0] * last for _ in range(last)]
    useful: set[int] = set()
    for number in numbers:
        costs = _by_week(problem, number)
        useful.update(costs)
        row, cheapest = charge[max(costs)], math.inf
        for week in range(min(costs), last):
            cheapest = min(cheapest, costs.get(week, math.inf))
            row[week] += cheapest
        for week in range(min(costs)):
            row[week] = math.inf
    stops = [*sorted(useful), last]
    first_end = min(problem.week_of[problem.items[n].days[-1]] for n in numbers)
    best = {w: problem.visit_cost for w in stops if w <= first_end}
    for at, week in enumerate(stops[:-1]):
        _onward(problem, charge, best, week, stops[at + 1 :])
    return int(best[last])


def _onward(
    problem: Problem, charge: list[list[float]], best: dict[int, int], week: int, stops: Sequence[int]
) -> None:
    """All arcs from one visit to the possible next ones."""
    if week not in best:
        return
    owed, end = 0.0, week
    for after in stops:
        while end < after:
            owed += charge[end][week]
            end += 1
        if owed == math.inf:
            return
        visit = 0 if after == len(problem.weeks) else problem.visit_cost
        total = best[week] + int(owed) + visit
        best[after] = min(total, best.get(after, total))


def _by_week(problem: Problem, number: int) -> dict[int, int]:
    """The item's early cost on each week's cheapest day."""
    costs: dict[int, int] = {}
    item = problem.items[number]
    for day in item.days:
        week, early = problem.week_of[day], problem.early(item, day)
        costs[week] = min(early, costs.get(week, early))
    return costs
