"""The instant plan: what a careful person does with a list, without a solver.

What may not move first; then the plan in force; then work that needs a standstill, narrowest first; then the
rest by due date, joining a visit already made where that wastes less than a visit of its own costs. In the end
whoever had to leave the day of the plan in force tries to come back.
"""

from random import Random

from schedules.planning.draft import OUT, Draft
from schedules.planning.effort import Effort
from schedules.planning.homes import Homes
from schedules.planning.problem import Item, Problem
from schedules.planning.repair import insert, keep_day, mend, rescue
from schedules.planning.stays import bring_home

HOME_STEPS, HOME_LAYOUTS = 10_000, 3_000
"""Less than half a second, which halves what a person's list would move."""
NO_CLOCK = 3_600.0


def careful(problem: Problem, seed: int = 0) -> Draft:
    """A legal plan at once; deterministic."""
    draft = Draft(problem)
    rng = Random(seed)  # noqa: S311 - shakes orders, guards nothing
    keep(draft, rng)
    left = [n for n, item in enumerate(problem.items) if item.days and draft.day_of[n] == OUT]
    for number in sorted(left, key=lambda n: _haste(problem.items[n], n)):
        insert(draft, number)
    rescue(draft, rng)
    mend(draft, rng)
    bring_home(draft, 0, Effort(NO_CLOCK, HOME_STEPS), rng, 1.0, Homes(problem, HOME_LAYOUTS))
    return draft


def keep(draft: Draft, rng: Random) -> None:
    """Puts the plan in force back on its days, pinned items first."""
    days: dict[int, list[int]] = {}
    for number, item in enumerate(draft.problem.items):
        if item.kept is not None and item.kept in item.days and draft.day_of[number] == OUT:
            days.setdefault(item.kept, []).append(number)
    for day, numbers in sorted(days.items()):
        keep_day(draft, day, numbers, rng)


def _haste(item: Item, number: int) -> tuple[object, ...]:
    still = item.state == "shutdown" or len(item.days) <= 3
    return (not item.pinned, not still, len(item.days) if still else 0, item.due, -item.work, number)
