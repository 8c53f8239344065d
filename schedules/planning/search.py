"""The search around the week model: a start from its relaxation, then ever new parts of the plan decided anew.

Each proposal of the week model is laid out in real days before it counts; what is not better is taken back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from schedules.planning.draft import OUT, Draft
from schedules.planning.effort import Effort
from schedules.planning.problem import Problem
from schedules.planning.realise import lay, realise
from schedules.planning.solver import Answer, Limits, Solver
from schedules.planning.weeks import Prices, Resources, WeekModel

FILL = 0.87
LEAST_FILL = 0.6
MOST_FREE = 260
STEPS_PER_ITERATION = 2
BAND_PERMILLE = 8
FEW_ITEMS = 200


@dataclass(slots=True)
class Start:
    """What the relaxation of the week level says: weeks to try, and the overload nobody can avoid there."""

    week_of: dict[int, int]
    overload: float


@dataclass(slots=True)
class Search:
    problem: Problem
    effort: Effort
    rng: Random
    threads: int
    prices: Prices = field(init=False)
    offer: Resources = field(init=False)
    fill: list[float] = field(init=False)
    band: int = 0

    def __post_init__(self) -> None:
        self.prices = Prices.of(self.problem)
        self.fill = [FILL] * len(self.problem.weeks)
        self.offer = Resources.of(self.problem, self.fill)

    def _limits(self, share: float, nodes: int, gap: float) -> Limits:
        return Limits(max(0.1, self.effort.left() * share), nodes, 500_000, gap, self.threads)

    def _charge(self, answer: Answer, model: WeekModel) -> None:
        size = len(model.matrix.index) / 1000
        self.effort.spend(int(size * 20 + answer.iterations * STEPS_PER_ITERATION))

    def start(self) -> Start | None:
        """Relaxation, twice (overload first), then the program restricted to the weeks the relaxation uses."""
        everything = range(len(self.problem.items))
        model = WeekModel(self.problem, self.offer, everything, {}, optimistic=False)
        relaxed = Solver(model.matrix, self._limits(0.4, 0, 0), whole=False)
        cost = model.cost(self.prices)
        first = relaxed.minimise(cost)
        self._charge(first, model)
        if first.values is None:
            return None
        overload = first.values[model.excess]
        self.band = round(overload) + tolerance(self.problem)
        relaxed.allow(model.overload_row, float(self.band))
        second = relaxed.minimise(cost, self.effort.left() * 0.5)
        self._charge(second, model)
        values = second.values or first.values
        week_of = self._restricted(model, cost, values) or rounded(model, values)
        return Start(week_of, overload)

    def _restricted(
        self, model: WeekModel, cost: Mapping[int, float], values: Sequence[float]
    ) -> dict[int, int] | None:
        """Only weeks the relaxation visits; what it decides wholly stays decided."""
        upper = list(model.matrix.upper)
        items = self.problem.items
        for key, column in model.visits.items():
            if values[column] <= 1e-6:
                upper[column] = 0.0
        for choice in model.choices:
            visit = model.visits[items[choice.item].enterprise, choice.week]
            if upper[visit] == 0.0:
                upper[model.columns[choice.item, choice.week]] = 0.0
        solver = Solver(model.matrix, self._limits(0.3, 30, 0.005), whole=True)
        solver.set_upper(upper)
        solver.fix([c for c in model.columns.values() if values[c] > 0.999])
        solver.allow(model.overload_row, float(self.band))
        answer = solver.minimise(cost)
        self._charge(answer, model)
        return None if answer.values is None else model.weeks(answer.values)

    def better(self, draft: Draft, free: Sequence[int]) -> bool:
        """Decides these items anew, all others staying; True when the plan became better."""
        before = draft.score().banded(self.band)
        week = self.problem.week_of
        stay = set(free)
        fixed = {n: week[d] for n, d in enumerate(draft.day_of) if d != OUT and n not in stay}
        model = WeekModel(
            self.problem, self.offer, free, fixed, optimistic=False, overload=float(self.band)
        )
        solver = Solver(model.matrix, self._limits(0.3, 20, 0.001), whole=True)
        answer = solver.minimise(model.cost(self.prices))
        self._charge(answer, model)
        if answer.values is None:
            return False
        wanted = model.weeks(answer.values)
        changed = {n: w for n, w in wanted.items() if draft.day_of[n] == OUT or week[draft.day_of[n]] != w}
        return bool(changed) and self._try(draft, changed, before)

    def _try(self, draft: Draft, changed: Mapping[int, int], before: tuple[int, ...]) -> bool:
        draft.mark()
        steps = draft.steps
        left = {self.problem.week_of[draft.day_of[n]] for n in changed if draft.day_of[n] != OUT}
        for number in changed:
            if draft.day_of[number] != OUT:
                draft.remove(number)
        realise(draft, changed, self.rng)
        for week in sorted(left | set(changed.values())):
            self.tidy(draft, week)
        self.effort.spend(draft.steps - steps)
        if draft.score().banded(self.band) < before:
            draft.keep()
            return True
        draft.undo()
        return False

    def tidy(self, draft: Draft, week: int) -> bool:
        """Lays one week anew, later days for what is dear to do early; kept when better."""
        before = draft.score().banded(self.band)
        numbers = [n for d in self.problem.weeks[week].days for n in draft.plans[d].items()]
        draft.mark()
        lay(draft, week, numbers, self.rng, 4)
        if draft.score().banded(self.band) < before:
            draft.keep()
            return True
        draft.undo()
        return False

    def neighbourhood(self, draft: Draft) -> list[int]:
        """Some enterprises wholly, or all that happens in a few weeks, and what is out or late."""
        items, rng = self.problem.items, self.rng
        bad = [
            n for n, d in enumerate(draft.day_of)
            if items[n].days and (d == OUT or self.problem.late(items[n], d))
        ]  # fmt: skip
        chosen = set(bad[:40])
        if rng.random() < 0.5:
            for enterprise in rng.sample(range(len(self.problem.enterprises)), len(self.problem.enterprises)):
                mine = [n for n, item in enumerate(items) if item.enterprise == enterprise and item.days]
                if len(chosen) + len(mine) <= MOST_FREE:
                    chosen.update(mine)
        else:
            week = rng.randrange(len(self.problem.weeks))
            near = sorted(
                (abs(self.problem.week_of[d] - week), rng.random(), n)
                for n, d in enumerate(draft.day_of)
                if d != OUT
            )
            chosen.update(n for _, _, n in near[: MOST_FREE - len(chosen)])
        return sorted(chosen)


def rounded(model: WeekModel, values: Sequence[float]) -> dict[int, int]:
    """Each item in the week the relaxation likes best."""
    best: dict[int, tuple[float, int]] = {}
    for choice in model.choices:
        value = values[model.columns[choice.item, choice.week]]
        if value > best.get(choice.item, (0.0, 0))[0]:
            best[choice.item] = (value, choice.week)
    return {number: week for number, (_, week) in best.items()}


def tolerance(problem: Problem) -> int:
    """Overload that is not worth any economy: holding it strictly costs far more than it gives.

    With few items the order is taken at its word.
    """
    return 0 if len(problem.items) < FEW_ITEMS else problem.possible_work * BAND_PERMILLE // 1000
