"""Room for what stayed out: an item enters its day by force, who falls out looks for another, chain after chain.

Each item counts how often it was hard to place, and those that were easiest so far are thrown out first
(Nagata and Bräysy's ejection pool, from routing with time windows).
"""

from collections.abc import Callable, Sequence
from random import Random

from schedules.planning.days import DayPlan, pack
from schedules.planning.draft import OUT, Draft
from schedules.planning.effort import Effort
from schedules.planning.repair import by_price

ORDERS = 3
TRIED_DAYS = 10
PACKINGS = 6
STIRRED = 12
STEP = 1

Allowed = Callable[[int, int], bool]


def make_room(draft: Draft, effort: Effort, rng: Random, share: float) -> bool:
    """Fewer items out, then fewer late days, within this share of the steps left; True when there is a gain."""
    pool = _Pool(draft, effort, rng)
    before = draft.score()[:2]
    steps = int(effort.steps * share)
    if draft.score().unplanned > 0:
        pool.run(_out(draft), lambda number, day: True, steps)
    if draft.score().late_days > 0:
        pool.run([*_late(draft), *_out(draft)], pool.timely, steps // 2)
    return draft.score()[:2] < before


def _out(draft: Draft) -> list[int]:
    return [n for n, day in enumerate(draft.day_of) if day == OUT and draft.problem.items[n].days]


def _late(draft: Draft) -> list[int]:
    items, late = draft.problem.items, draft.problem.late
    return [
        n for n, day in enumerate(draft.day_of)
        if day != OUT and late(items[n], day) and not items[n].pinned and not late(items[n], items[n].days[0])
    ]  # fmt: skip


class _Pool:
    """The items without a place, and how hard each has been to place so far."""

    def __init__(self, draft: Draft, effort: Effort, rng: Random) -> None:
        self.draft, self.effort, self.rng = draft, effort, rng
        self.hard = [1] * len(draft.problem.items)

    def timely(self, number: int, day: int) -> bool:
        return not self.draft.problem.late(self.draft.problem.items[number], day)

    def run(self, outside: Sequence[int], allowed: Allowed, most: int) -> None:
        """The best state on the way stays; what comes after it is taken back."""
        draft, best = self.draft, self.draft.score()
        pool = list(outside)
        draft.mark()
        for number in pool:
            if draft.day_of[number] != OUT:
                draft.remove(number)
        limit = self.effort.steps - most
        while pool and self.effort.steps > limit and not self.effort.over():
            before = draft.steps
            self._place(pool, allowed)
            self.effort.spend((draft.steps - before) * STEP + 5)
            if draft.score()[:2] < best[:2]:
                best = draft.score()
                draft.keep()
                draft.mark()
        draft.undo()

    def _place(self, pool: list[int], allowed: Allowed) -> None:
        number = pool.pop(self.rng.randrange(len(pool)) if self.rng.random() < 0.3 else -1)
        days = [d for d in by_price(self.draft, number) if allowed(number, d)]
        if any(self.draft.add(number, d) for d in days):
            return
        if any(self.draft.add(number, d, PACKINGS, self.rng) for d in self._some(days)):
            return
        self.hard[number] += 1
        pool[:0] = self._enter(number, days)
        self._stir(allowed)

    def _some(self, days: list[int]) -> list[int]:
        return days if len(days) <= TRIED_DAYS else self.rng.sample(days, TRIED_DAYS)

    def _enter(self, number: int, days: list[int]) -> list[int]:
        """Takes the day on which the least is thrown out; returns what is without a place now."""
        best: tuple[int, int, DayPlan, list[int]] | None = None
        for day in self._some(days):
            for _ in range(ORDERS):
                found = self._forced(number, day, best[0] if best else None)
                if found is not None:
                    best = (found[0], day, found[1], found[2])
        if best is None:
            return [number]
        _, day, plan, thrown = best
        self.draft.replace(day, plan)
        return thrown

    def _forced(self, number: int, day: int, most: int | None) -> tuple[int, DayPlan, list[int]] | None:
        """The day with this item in it, and who has to go; None when that is not less than `most`."""
        items, hard = self.draft.problem.items, self.hard
        present = self.draft.plans[day].items()
        self.draft.steps += 1 + len(present) // 8
        plan = DayPlan(self.draft.problem, day)
        must = [n for n in present if items[n].pinned]
        if not all(plan.append(n) for n in [*must, number]):
            anew = pack(self.draft.problem, day, [*must, number], PACKINGS, self.rng)
            if anew is None:
                return None
            plan = anew
        rest = [n for n in present if not items[n].pinned]
        order = sorted(rest, key=lambda n: (-hard[n] * self.rng.uniform(0.5, 1.5), -items[n].work, n))
        thrown, weight = [], 0
        for other in order:
            if not plan.append(other):
                thrown.append(other)
                weight += hard[other]
                if most is not None and weight >= most:
                    return None
        return weight, plan, thrown

    def _stir(self, allowed: Allowed) -> None:
        """Some items to other days with room and a visit of theirs, so that the next chain meets another plan."""
        draft, rng = self.draft, self.rng
        for _ in range(STIRRED):
            number = rng.randrange(len(draft.day_of))
            item, here = draft.problem.items[number], draft.day_of[number]
            if here == OUT or item.pinned or len(item.days) < 2:
                continue
            day = rng.choice(item.days)
            joins = draft.visited(item.enterprise, draft.problem.week_of[day])
            if day == here or not joins or not allowed(number, day) or draft.problem.late(item, day):
                continue
            draft.mark()
            draft.remove(number)
            if draft.add(number, day):
                draft.keep()
            else:
                draft.undo()
