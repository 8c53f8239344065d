"""The stages of making a plan. Each may be cut by the limit, and what there is so far stands."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from schedules.planning import bounds, solver
from schedules.planning.bounds import GOALS, Relaxation
from schedules.planning.draft import OUT, Draft, Score
from schedules.planning.effort import Effort
from schedules.planning.ejection import make_room
from schedules.planning.polish import polish
from schedules.planning.problem import Problem
from schedules.planning.repair import level
from schedules.planning.rule import careful
from schedules.planning.search import FILL, Search, program_steps, tolerance
from schedules.planning.solver import Limits
from schedules.planning.stays import bring_home

RELAXATION_SHARE = 0.6
PROOF_SHARE = 0.15
# A relaxation as cheap as this runs whatever the limit, so that a longer run only goes on from a shorter one.
ALWAYS_STEPS = 20_000
POLISH_ROUNDS = 40
TIDIED_WEEKS = 2
ROOM_SHARE, ROOM_AGAIN, ROOM_ROUNDS = 0.15, 0.05, 8
HOME_SHARE = 0.1
SETTLE_SHARE = 0.2
STALL = 25
MOVES, ECONOMY = 2, 4

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

    def make(self) -> Draft:
        first = careful(self.problem, self.seed)
        self.effort.spend(first.steps)
        self.writing = 0.3 + 0.7 * self.effort.passed()
        self.effort.reserve(2 * self.writing)
        self._note("细心规则", first)
        relaxation = self._relaxation() if solver.available() else None
        draft = self._improve(first, relaxation)
        self._prove(draft, relaxation)
        if self.effort.cut:
            self.stages.append("时限先到：同样的输入再算一次，结果可能不同")
        return draft

    def _note(self, stage: str, draft: Draft) -> None:
        parts = draft.score()
        self.stages.append(
            f"{stage}：未排 {parts.unplanned}，迟 {parts.late_days} 天，变动 {parts.move_cost}，"
            f"超载 {parts.overload_min} 人分钟，费用 {parts.economy}"
        )

    def _relaxation(self) -> Relaxation | None:
        """The week level's relaxation where the limit allows it."""
        need = Relaxation.steps(self.problem)
        dear = need > max(RELAXATION_SHARE * self.effort.steps, ALWAYS_STEPS)
        if dear or self.effort.left() <= 0:
            self.stages.append("周模型：时限内算不完，略去；各周只作局部求解")
            return None
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

    def _improve(self, first: Draft, relaxation: Relaxation | None) -> Draft:
        rng = Random(self.seed)  # noqa: S311
        base = relaxation.overload if relaxation is not None else 0
        band = min(base + tolerance(self.problem), first.score().overload_min)
        search = Search(self.problem, self.effort, rng, self.workers, band)
        draft = first.copy()
        if relaxation is not None and not self.effort.over():
            hurried = self.effort.left() < 2 * self.proving
            guide = None if hurried else relaxation.guide(float(band), self.effort.left() * 0.5)
            guide = guide or relaxation.first
            if guide is not None:
                other = search.from_relaxation(relaxation.model, guide, hurried=hurried)
                self._note("周模型", other)
                # a little more overload than the rule's is soon mended, its economy is not
                reach = band + tolerance(self.problem)
                draft = min(other, draft, key=lambda d: d.score().banded(reach))
        least = (bounds.floor(self.problem)[0], 0) if relaxation is None else relaxation.expected()
        if draft.score()[:2] > least and make_room(draft, self.effort, rng, ROOM_SHARE):
            self._note("腾位", draft)
        if bring_home(draft, band, self.effort, rng, HOME_SHARE):
            self._note("归位", draft)
        kept_back = int(self.effort.steps * SETTLE_SHARE)
        self._rounds(draft, search, least, lambda: self.effort.steps < kept_back and draft.score() > first.score())
        return draft if draft.score() <= first.score() else self._settle(first, draft, search, least)

    def _settle(self, first: Draft, draft: Draft, search: Search, least: tuple[int, int]) -> Draft:
        """The search aims at a band of overload and may end behind the rule's plan in the strict order: what is too
        much is levelled out, and where that fails the rule's own plan is improved instead."""
        level(draft, first.score().overload_min)
        if draft.score() <= first.score():
            self._note("均衡", draft)
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
                bring_home(draft, search.band, self.effort, search.rng, ROOM_AGAIN)
            score = draft.score().banded(search.band)
            idle = 0 if score < best else idle + 1
            best = score
        self._note(f"改进 {rounds} 轮", draft)

    def _prove(self, draft: Draft, relaxation: Relaxation | None) -> None:
        """For each part what no plan can beat that is as good in the parts before it."""
        score = draft.score()
        floor = bounds.floor(self.problem)
        for part, name in enumerate(Score._fields):
            proven = max(floor[part], bounds.stays(self.problem)) if part == MOVES else floor[part]
            if score[part] > proven and relaxation is not None and self._may_prove():
                relaxation.hold(score, part)
                proven = max(proven, relaxation.least(GOALS[part], self._seconds()) or 0)
            if part == ECONOMY and proven == 0:
                planned = [n for n, day in enumerate(draft.day_of) if day != OUT]
                proven = bounds.alone(self.problem, planned)
            self.proven[name] = proven

    def _seconds(self) -> float:
        return self.effort.seconds - self.effort.passed() - self.writing

    def _may_prove(self) -> bool:
        return self._seconds() > 0.5 * self.proving
