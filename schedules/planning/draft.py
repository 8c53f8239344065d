"""A plan being made: what is on which day, what it costs, and how to take steps back."""

from random import Random
from typing import NamedTuple

from schedules.planning.days import DayPlan, pack
from schedules.planning.problem import Problem

OUT = -1


class Score(NamedTuple):
    """The objective's parts in their order."""

    unplanned: int
    late_days: int
    move_cost: int
    overload_min: int
    economy: int

    def banded(self, band: int) -> tuple[int, ...]:
        """The order the search goes by: overload up to `band` minutes is not worth any economy."""
        over = max(0, self.overload_min - band)
        return (self.unplanned, self.late_days, self.move_cost, over, self.economy, self.overload_min)


class Draft:
    """Items on days. Every state is a legal plan.

    `mark` opens a step; `undo` takes it back, `keep` makes it part of the step around it.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.day_of = [OUT] * len(problem.items)
        self.plans = [DayPlan(problem, d) for d in range(len(problem.dates))]
        self.load = [0] * len(problem.months)
        self.unplanned = len(problem.items)
        self.late = 0
        self.moves = sum(problem.moved(item, None) for item in problem.items)
        self.economy = 0
        self.members: dict[tuple[int, int], set[int]] = {}
        self.steps = 0
        self._journals: list[tuple[dict[int, DayPlan], list[tuple[int, int]]]] = []

    def score(self) -> Score:
        over = sum(max(0, load - fair) for load, fair in zip(self.load, self.problem.allowance, strict=True))
        return Score(self.unplanned, self.late, self.moves, over, self.economy)

    def mark(self) -> None:
        self._journals.append(({}, []))

    def undo(self) -> None:
        saved, trail = self._journals.pop()
        for number, day in reversed(trail):
            self._book(number, day)
        for day, plan in saved.items():
            self.plans[day] = plan

    def keep(self) -> None:
        saved, trail = self._journals.pop()
        if self._journals:
            around, before = self._journals[-1]
            for day, plan in saved.items():
                around.setdefault(day, plan)
            before += trail

    def add(self, number: int, day: int, tries: int = 0, rng: Random | None = None) -> bool:
        """Puts an item that is out on the day, behind the rest or (with `tries`) by packing the day anew."""
        plan = self._touch(day)
        self.steps += 1
        if plan.append(number):
            self._note(number, day)
            return True
        if tries and rng is not None:
            anew = pack(self.problem, day, [*sorted(plan.items()), number], tries, rng)
            self.steps += tries
            if anew is not None:
                self.plans[day] = anew
                self._note(number, day)
                return True
        return False

    def remove(self, number: int) -> None:
        self._touch(self.day_of[number]).remove(number)
        self._note(number, OUT)

    def replace(self, day: int, plan: DayPlan) -> None:
        """The day as in `plan`; its items must be out or on this day already."""
        before, after = set(self.plans[day].items()), set(plan.items())
        self._touch(day)
        self.plans[day] = plan
        for number in sorted(before - after):
            self._note(number, OUT)
        for number in sorted(after - before):
            self._note(number, day)

    def visited(self, enterprise: int, week: int) -> bool:
        return (enterprise, week) in self.members

    def copy(self) -> "Draft":
        twin = Draft(self.problem)
        for day, plan in enumerate(self.plans):
            if plan.blocks:
                twin.replace(day, plan.copy())
        return twin

    def _touch(self, day: int) -> DayPlan:
        if self._journals and day not in self._journals[-1][0]:
            self._journals[-1][0][day] = self.plans[day]
            self.plans[day] = self.plans[day].copy()
        return self.plans[day]

    def _note(self, number: int, day: int) -> None:
        if self._journals:
            self._journals[-1][1].append((number, self.day_of[number]))
        self._book(number, day)

    def _book(self, number: int, day: int) -> None:
        self._unbook(number)
        self.day_of[number] = day
        if day == OUT:
            return
        problem, item = self.problem, self.problem.items[number]
        self.unplanned -= 1
        self.late += problem.late(item, day)
        self.moves += problem.moved(item, day) - problem.moved(item, None)
        self.economy += problem.early(item, day)
        self.load[problem.month_of[day]] += item.work
        here = self.members.setdefault((item.enterprise, problem.week_of[day]), set())
        if not here:
            self.economy += problem.visit_cost
        here.add(number)

    def _unbook(self, number: int) -> None:
        day = self.day_of[number]
        if day == OUT:
            return
        problem, item = self.problem, self.problem.items[number]
        self.unplanned += 1
        self.late -= problem.late(item, day)
        self.moves += problem.moved(item, None) - problem.moved(item, day)
        self.economy -= problem.early(item, day)
        self.load[problem.month_of[day]] -= item.work
        key = (item.enterprise, problem.week_of[day])
        self.members[key].discard(number)
        if not self.members[key]:
            del self.members[key]
            self.economy -= problem.visit_cost
