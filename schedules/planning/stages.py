"""The stages of making a plan. Each may be cut by the limit, and what there is so far stands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from schedules.planning import bounds, solver
from schedules.planning.bounds import GOALS, Relaxation
from schedules.planning.confined import Confined, confined
from schedules.planning.draft import OUT, Draft, Score
from schedules.planning.effort import Effort
from schedules.planning.ejection import make_room
from schedules.planning.homes import Homes
from schedules.planning.levelling import level, lighten
from schedules.planning.polish import polish
from schedules.planning.problem import Problem
from schedules.planning.rule import careful
from schedules.planning.search import FILL, Search, program_steps, tolerance
from schedules.planning.solver import Limits
from schedules.planning.stays import bring_home
from schedules.planning.weeks import Resources

if TYPE_CHECKING:
    from schedules.planning.market import Market, Terms

RELAXATION_SHARE = 0.6
PROOF_SHARE = 0.15
# A relaxation as cheap as this runs whatever the limit, so that a longer run only goes on from a shorter one.
ALWAYS_STEPS = 20_000
# From here on (some 10,000 items) the relaxation takes minutes, the prices seconds.
LARGE_STEPS = 1_000_000
MARKET_SHARE = 0.4
POLISH_ROUNDS = 40
TIDIED_WEEKS = 2
ROOM_SHARE, ROOM_AGAIN, ROOM_ROUNDS = 0.15, 0.05, 8
LIGHTEN_ROUNDS = 2
HOME_SHARE = 0.1
SETTLE_SHARE = 0.2
CONFINED_SHARE, BAND_SHARE = 0.25, 0.2
STALL = 25
OUT_OF_PLAN, LATE, MOVES, OVERLOAD, ECONOMY = range(5)

Bounds = dict[str, int | None]


@dataclass(slots=True)
class Maker:
    """One run: what is proven, and a note for each stage."""

    problem: Problem
    effort: Effort
    seed: int
    workers: int
    stages: list[str] = field(default_factory=list)
    proven: Bounds = field(default_factory=dict)
    writing: float = 0.0
    proving: float = 0.0
    relaxation: Relaxation | None = None
    market: "Market | None" = None
    terms: "Terms" = field(init=False)
    homes: Homes = field(init=False)
    confined: Confined = field(init=False)

    def __post_init__(self) -> None:
        self.homes = Homes(self.problem, solver=solver.available())
        self.confined = Confined(bounds.floor(self.problem)[0])

    def make(self) -> Draft:
        first = careful(self.problem, self.seed)
        self.effort.spend(first.steps)
        self.writing = 0.3 + 0.7 * self.effort.passed()
        self.effort.reserve(2 * self.writing)
        self._note("细心规则", first)
        if solver.available() and self.effort.left() > 0:
            self._week_level(first.score().overload_min)
        draft = self._improve(first)
        self._prove(draft)
        if self.effort.cut:
            self.stages.append("时限先到：同样的输入再算一次，结果可能不同")
        return draft

    def _note(self, stage: str, draft: Draft) -> None:
        parts = draft.score()
        self.stages.append(
            f"{stage}：未排 {parts.unplanned}，迟 {parts.late_days} 天，变动 {parts.move_cost}，"
            f"超载 {parts.overload_min} 人分钟，费用 {parts.economy}"
        )

    def _week_level(self, overload: int) -> None:
        """The week level's relaxation where the limit allows it; for large stations, in haste, or where the clock cut it
        short, its prices."""
        from schedules.planning.market import Market  # numpy is there only where the solver is

        need = Relaxation.steps(self.problem)
        if need <= min(LARGE_STEPS, max(RELAXATION_SHARE * self.effort.steps, ALWAYS_STEPS)):
            self.relaxation = self._relaxation()
        if self.relaxation is None and not self.effort.over():
            if MARKET_SHARE * self.effort.steps > Market.steps(self.problem):
                self._trade(Market, overload)
            else:
                self.stages.append("周模型：时限内算不完，略去；各周只作局部求解")

    def _trade(self, kind: "type[Market]", overload: int) -> None:
        """Prices for weeks and months, and how long they took: the proof takes about as long."""
        began = self.effort.passed()
        self.market = kind(self.problem, Resources.of(self.problem, [FILL] * len(self.problem.weeks)))
        self.terms = self.market.fresh()
        self.market.ascend(self.terms, min(tolerance(self.problem), overload), self.effort.over)
        self.effort.spend(kind.steps(self.problem))
        self.proving = self.effort.passed() - began
        self.effort.reserve(self.effort.reserved + min(1.5 * self.proving, PROOF_SHARE * self.effort.seconds))

    def _relaxation(self) -> Relaxation | None:
        limits = Limits(self.effort.left() * RELAXATION_SHARE, threads=self.workers, iterations=10**7)
        relaxation = Relaxation(self.problem, FILL, limits)
        began = self.effort.passed()
        ok = relaxation.solve(self.effort.left() * RELAXATION_SHARE)
        self.proving = self.effort.passed() - began
        self.effort.reserve(self.effort.reserved + min(1.5 * self.proving, PROOF_SHARE * self.effort.seconds))
        self.effort.spend(program_steps(relaxation.model, relaxation.iterations))
        if not ok:
            self.stages.append("周模型：松弛未在时限内解完")
        return relaxation if ok else None

    def _improve(self, first: Draft) -> Draft:
        rng = Random(self.seed)  # noqa: S311
        base = self.relaxation.overload if self.relaxation is not None else 0
        band = min(base + tolerance(self.problem), first.score().overload_min)
        search = Search(self.problem, self.effort, rng, self.workers, band)
        draft = first.copy()
        other = None if self.effort.over() else self._from_weeks(search)
        if other is not None:
            if other.score()[:2] > draft.score()[:2]:
                make_room(other, self.effort, rng, ROOM_SHARE)
            self._note("周模型" if self.relaxation else "周定价", other)
            # a little more overload than the rule's is soon mended, its economy is not
            reach = band + tolerance(self.problem)
            draft = min(other, draft, key=lambda d: d.score().banded(reach))
        least = self._least()
        if draft.score()[:2] > least and make_room(draft, self.effort, rng, ROOM_SHARE):
            self._note("腾位", draft)
        if draft.score()[:2] > least:
            self._confine(draft, self.effort.left() * CONFINED_SHARE)
            gone = self.confined.out
            least = max(least, (gone, self.confined.late(self.problem, gone)))
        search.band = band = self._band(draft, first, band)
        if bring_home(draft, band, self.effort, rng, HOME_SHARE, self.homes):
            self._note("归位", draft)
        if lighten(draft, band, self.effort, rng, HOME_SHARE):
            self._note("均衡", draft)
        kept_back = int(self.effort.steps * SETTLE_SHARE)
        self._rounds(draft, search, least, lambda: self.effort.steps < kept_back and draft.score() > first.score())
        return draft if draft.score() <= first.score() else self._settle(first, draft, search, least)

    def _from_weeks(self, search: Search) -> Draft | None:
        """The plan of the week level, laid out in days."""
        if self.market is not None:
            self.market.settle(self.terms, search.band, self.effort.over)
            return search.from_weeks(self.market.week_of(self.terms))
        if self.relaxation is None:
            return None
        hurried = self.effort.left() < 2 * self.proving
        guide = None if hurried else self.relaxation.guide(float(search.band), self.effort.left() * 0.5)
        guide = guide or self.relaxation.first
        return None if guide is None else search.from_relaxation(self.relaxation.model, guide, hurried=hurried)

    def _least(self) -> tuple[int, int]:
        """Items out and late days at which nothing is to be gained there."""
        if self.relaxation is not None:
            return self.relaxation.expected()
        return self.confined.out, self.confined.late(self.problem, self.confined.out)

    def _band(self, draft: Draft, first: Draft, band: int) -> int:
        """The band above what plans as good as this one in the parts before must carry too much. The first look is often
        wrong about it: it weighs an item that stays out against all the work others then have to make room for. The
        rule's overload is the limit only where the rule is as good in the parts before."""
        if self.relaxation is None or self.effort.over():
            return band
        before = self.relaxation.iterations
        self.relaxation.hold(draft.score(), OVERLOAD)
        least = self.relaxation.least(GOALS[OVERLOAD], self.effort.left() * BAND_SHARE)
        self.effort.spend(program_steps(self.relaxation.model, self.relaxation.iterations - before))
        if least is None:
            return band
        aim = least + tolerance(self.problem)
        better = draft.score()[:OVERLOAD] < first.score()[:OVERLOAD]
        return aim if better else min(aim, first.score().overload_min)

    def _confine(self, draft: Draft, seconds: float) -> None:
        """Proves of those that are out that so many must be."""
        score = draft.score()
        if score.unplanned > self.confined.out and seconds > 0 and solver.available():
            out = [n for n, day in enumerate(draft.day_of) if day == OUT]
            found, steps = confined(self.problem, out, seconds)
            self.effort.spend(steps)
            self.confined = max(self.confined, found, key=lambda c: c.out)

    def _settle(self, first: Draft, draft: Draft, search: Search, least: tuple[int, int]) -> Draft:
        """The search aims at a band of overload and may end behind the rule's plan in the strict order: what is too
        much is levelled out, and where that fails the rule's own plan is improved instead."""
        level(draft, first.score().overload_min)
        if draft.score() <= first.score():
            self._note("向细心规则均衡", draft)
            return draft
        self._note("均衡不到细心规则的程度，改由它的结果改进", first)
        again = first.copy()
        self._rounds(again, search, least, lambda: False)
        return again

    def _rounds(self, draft: Draft, search: Search, least: tuple[int, int], enough: Callable[[], bool]) -> None:
        """Parts decided anew, weeks laid anew, visits taken apart, until nothing helps, it is `enough`, or time is up."""
        rounds = idle = 0
        weeks = len(self.problem.weeks)
        best = draft.score().banded(search.band)
        while idle < STALL and weeks and draft.members and not self.effort.over() and not enough():
            if solver.available():
                search.better(draft, search.neighbourhood(draft))
            for _ in range(TIDIED_WEEKS):
                search.tidy(draft, search.rng.randrange(weeks))
            polish(draft, search.band, self.effort, search.rng, POLISH_ROUNDS)
            rounds += 1
            if rounds % ROOM_ROUNDS == 0:
                if draft.score()[:2] > least:
                    make_room(draft, self.effort, search.rng, ROOM_AGAIN)
                bring_home(draft, search.band, self.effort, search.rng, ROOM_AGAIN, self.homes)
            if rounds % LIGHTEN_ROUNDS == 0:
                lighten(draft, search.band, self.effort, search.rng, ROOM_AGAIN)
            score = draft.score().banded(search.band)
            idle = 0 if score < best else idle + 1
            best = score
        self._note(f"改进 {rounds} 轮", draft)

    def _prove(self, draft: Draft) -> None:
        """For each part what no plan can beat that is as good in the parts before it."""
        score = draft.score()
        self._confine(draft, 0.5 * self._seconds())
        for part, name in enumerate(Score._fields):
            proven = self._without_solver(part, score)
            if score[part] > proven and self.relaxation is not None and self._may_prove():
                self.relaxation.hold(score, part)
                proven = max(proven, self.relaxation.least(GOALS[part], self._seconds()) or 0)
            if part == ECONOMY and proven == 0:
                planned = [n for n, day in enumerate(draft.day_of) if day != OUT]
                proven = max(bounds.alone(self.problem, planned), self._worth(score))
            self.proven[name] = proven

    def _without_solver(self, part: int, score: Score) -> int:
        floor = bounds.floor(self.problem)[part]
        if part == OUT_OF_PLAN:
            return max(floor, self.confined.out)
        if part == LATE:
            return max(floor, self.confined.late(self.problem, score.unplanned))
        return max(floor, self.homes.total()) if part == MOVES else floor

    def _worth(self, score: Score) -> int:
        """What the prices prove of the economy."""
        if self.market is None or not self._may_prove():
            return 0
        terms = self.market.prices_for_proof(self.terms)
        self.market.ascend(terms, score.overload_min, lambda: self._seconds() < 0, proof=True)
        return self.market.worth(terms, score, Score(*bounds.floor(self.problem)))

    def _seconds(self) -> float:
        return self.effort.seconds - self.effort.passed() - self.writing

    def _may_prove(self) -> bool:
        return self._seconds() > 0.5 * self.proving
