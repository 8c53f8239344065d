"""The search around the week model: a start from its relaxation, then part after part decided anew.

Each proposal of the week model is laid out in real days before it counts; what is not better is taken back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from schedules.planning.bounds import Guide
from schedules.planning.draft import OUT, Draft
from schedules.planning.effort import Effort
from schedules.planning.levelling import level
from schedules.planning.problem import Problem
from schedules.planning.realise import lay, realise
from schedules.planning.repair import keep_day, mend, rescue
from schedules.planning.solver import Answer, Limits, Solver
from schedules.planning.weeks import Prices, Resources, WeekModel

FILL = 0.87
LEAST_FILL, MOST_FILL = 0.6, 0.95
MOST_FREE, FEWEST_FREE = 110, 12
WHOLE_SHARE = 0.35
BAND_PERMILLE = 8
FEW_ITEMS = 200


@dataclass(slots=True)
class Search:
    """`band`: the overload up to which a plan counts as level."""

    problem: Problem
    effort: Effort
    rng: Random
    threads: int
    band: int
    prices: Prices = field(init=False)
    offer: Resources = field(init=False)
    fill: list[float] = field(init=False)
    of_site: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.prices = Prices.of(self.problem)
        self.of_site = [[] for _ in self.problem.enterprises]
        for number, item in enumerate(self.problem.items):
            if item.days:
                self.of_site[item.enterprise].append(number)
        self.fill = [FILL] * len(self.problem.weeks)
        self.offer = Resources.of(self.problem, self.fill)

    def _limits(self, share: float, nodes: int, gap: float) -> Limits:
        return Limits(max(0.1, self.effort.left() * share), nodes, 500_000, gap, self.threads)

    def _charge(self, answer: Answer, model: WeekModel) -> None:
        self.effort.spend(program_steps(model, answer.iterations))

    def from_relaxation(self, model: WeekModel, guide: Guide, *, hurried: bool = False) -> Draft:
        """A plan from the relaxation's weeks: those it visits, and what it decides wholly stays decided."""
        decided = None if hurried else self._restricted(model, guide)
        return self.from_weeks(decided or rounded(model, guide.values))

    def from_weeks(self, week_of: Mapping[int, int]) -> Draft:
        """These weeks laid out in days; what spills goes elsewhere, what is late or too much is mended."""
        draft = Draft(self.problem)
        self._keep(draft, week_of)
        realise(draft, {n: w for n, w in week_of.items() if draft.day_of[n] == OUT}, self.rng)
        rescue(draft, self.rng)
        mend(draft, self.rng)
        level(draft, self.band)
        if draft.score().overload_min > self.band:
            level(draft, self.band, self.rng)
        self.effort.spend(draft.steps)
        return draft

    def _keep(self, draft: Draft, week_of: Mapping[int, int]) -> None:
        """Items that stay in the week of the plan in force, and pinned ones, go back on their very day."""
        items, week = self.problem.items, self.problem.week_of
        stay: dict[int, list[int]] = {}
        for number, item in enumerate(items):
            kept = item.kept
            if kept is not None and kept in item.days and (item.pinned or week_of.get(number) == week[kept]):
                stay.setdefault(kept, []).append(number)
        for day, numbers in sorted(stay.items()):
            keep_day(draft, day, numbers, self.rng)

    def _restricted(self, model: WeekModel, guide: Guide) -> dict[int, int] | None:
        upper = list(model.matrix.upper)
        items, values = self.problem.items, guide.values
        for column in model.visits.values():
            if values[column] <= 1e-6:
                upper[column] = 0.0
        for choice in model.choices:
            if upper[model.visits[items[choice.item].enterprise, choice.week]] == 0.0:
                upper[model.columns[choice.item, choice.week]] = 0.0
        solver = Solver(model.matrix, self._limits(0.3, 30, 0.003), whole=True)
        solver.set_upper(upper)
        solver.fix([c for c in model.columns.values() if values[c] > 0.999])
        solver.allow(model.overload_row, float(self.band))
        for row, minutes in model.minutes.items():
            solver.allow(row, minutes * FILL)
        answer = solver.minimise(guide.cost)
        self._charge(answer, model)
        return None if answer.values is None else model.weeks(answer.values)

    def better(self, draft: Draft, free: Sequence[int]) -> bool:
        """Decides these items anew, all others staying; True when the plan became better."""
        before = draft.score().banded(self.band)
        week, chosen = self.problem.week_of, set(free)
        weeks = {n: week[d] for n, d in enumerate(draft.day_of) if d != OUT}
        fixed = {n: w for n, w in weeks.items() if n not in chosen}
        current = {n: w for n, w in weeks.items() if n in chosen}
        model = WeekModel(
            self.problem, self.offer, free, fixed,
            optimistic=False, overload=float(self.band), current=current,
        )  # fmt: skip
        solver = Solver(model.matrix, self._limits(0.1, 5, 0.001), whole=True)
        solver.start_from(model.present())
        answer = solver.minimise(model.cost(self.prices))
        self._charge(answer, model)
        if answer.values is None:
            return False
        wanted = model.weeks(answer.values)
        changed = {n: w for n, w in wanted.items() if weeks.get(n) != w}
        return bool(changed) and (self._try(draft, changed, before) or self._site_by_site(draft, changed))

    def _try(self, draft: Draft, changed: Mapping[int, int], before: tuple[int, ...]) -> bool:
        draft.mark()
        steps = draft.steps
        left = {self.problem.week_of[draft.day_of[n]] for n in changed if draft.day_of[n] != OUT}
        for number in changed:
            if draft.day_of[number] != OUT:
                draft.remove(number)
        realise(draft, changed, self.rng)
        self._learn(draft, changed)
        self.effort.spend(draft.steps - steps)
        for week in sorted(left | set(changed.values())):
            self.tidy(draft, week)
        if draft.score().banded(self.band) < before:
            draft.keep()
            return True
        draft.undo()
        return False

    def _site_by_site(self, draft: Draft, changed: Mapping[int, int]) -> bool:
        """What is no gain as a whole may be one for an enterprise."""
        sites: dict[int, dict[int, int]] = {}
        for number, week in changed.items():
            sites.setdefault(self.problem.items[number].enterprise, {})[number] = week
        if len(sites) == 1:
            return False
        gains = [self._try(draft, part, draft.score().banded(self.band)) for part in sites.values()]
        return any(gains)

    def _learn(self, draft: Draft, wanted: Mapping[int, int]) -> None:
        """Weeks that spilled are filled less the next time, weeks that held a little more."""
        for number, week in wanted.items():
            day = draft.day_of[number]
            held = day != OUT and self.problem.week_of[day] == week
            step = 0.002 if held else -0.02
            self.fill[week] = min(MOST_FILL, max(LEAST_FILL, self.fill[week] + step))

    def tidy(self, draft: Draft, week: int) -> bool:
        """Lays one week anew, later days for what is dear to do early; kept when better."""
        before, steps = draft.score().banded(self.band), draft.steps
        numbers = [n for d in self.problem.weeks[week].days for n in draft.plans[d].items()]
        draft.mark()
        lay(draft, week, numbers, self.rng, 4)
        self.effort.spend(draft.steps - steps)
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
        whole = len(items) <= MOST_FREE and rng.random() < WHOLE_SHARE
        most = min(MOST_FREE, len(items) if whole else max(FEWEST_FREE, len(items) // 2))
        chosen = set(bad[: most // 3])
        if rng.random() < 0.5:
            for enterprise in rng.sample(range(len(self.problem.enterprises)), len(self.problem.enterprises)):
                mine = self.of_site[enterprise]
                if len(chosen) + len(mine) <= most:
                    chosen.update(mine)
        else:
            week = rng.randrange(len(self.problem.weeks))
            near = sorted(
                (abs(self.problem.week_of[d] - week), rng.random(), n) for n, d in enumerate(draft.day_of) if d != OUT
            )
            chosen.update(n for _, _, n in near[: most - len(chosen)])
        return sorted(chosen)


def program_steps(model: WeekModel, iterations: int) -> int:
    """What a run costs in steps: building goes by size, an iteration too."""
    size = len(model.matrix.index)
    return size // 8 + iterations * max(3, size // 60_000)


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
