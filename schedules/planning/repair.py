"""Finding a day for one more item: cheapest first, then by packing anew, then by sending others elsewhere."""

from collections.abc import Iterable, Sequence
from random import Random

from schedules.planning.days import DayPlan
from schedules.planning.draft import OUT, Draft
from schedules.planning.fullest import fullest, layouts
from schedules.planning.fullest import price as price_to_move
from schedules.planning.problem import Problem

OVERLOAD_PRICE = 20_000
LATE_PRICE = 10**8
MOVE_PRICE = 10**7
EJECTED = 4
PACKINGS = 6
MOST_STEPS = 3_000
KEPT_LAYOUTS = 2_500
"""Items laid out for a day of the plan in force that is no longer good: some 15 ms."""


def price(draft: Draft, number: int, day: int) -> int:
    """What the item on this day adds to the plan as it stands; the objective's parts weighed into one."""
    problem = draft.problem
    item = problem.items[number]
    month = problem.month_of[day]
    room = max(0, problem.allowance[month] - draft.load[month])
    joined = draft.visited(item.enterprise, problem.week_of[day])
    return (
        problem.early(item, day)
        + (0 if joined else problem.visit_cost)
        + OVERLOAD_PRICE * max(0, item.work - room)
        + LATE_PRICE * problem.late(item, day)
        + MOVE_PRICE * problem.moved(item, day)
    )


def by_price(draft: Draft, number: int) -> list[int]:
    """The item's possible days, cheapest first, later ones before earlier ones."""
    days = draft.problem.items[number].days
    return [-d for _, d in sorted((price(draft, number, day), -day) for day in days)]


def insert(draft: Draft, number: int, tries: int = 0, rng: Random | None = None) -> bool:
    return any(draft.add(number, day, tries, rng) for day in by_price(draft, number))


def rescue(draft: Draft, rng: Random, only: Iterable[int] | None = None, steps: int = MOST_STEPS) -> None:
    """Finds days for items that are out, the least free first, moving others where that helps.

    With many that do not fit it ends after about so many steps.
    """
    limit = draft.steps + steps
    items = draft.problem.items
    out = range(len(items)) if only is None else only
    left = [n for n in out if items[n].days and draft.day_of[n] == OUT]
    for number in sorted(left, key=lambda n: (len(items[n].days), -items[n].work, n)):
        if draft.steps > limit:
            insert(draft, number)
        elif not insert(draft, number, PACKINGS, rng):
            push(draft, number, by_price(draft, number), rng)


def mend(draft: Draft, rng: Random, steps: int = MOST_STEPS) -> None:
    """Brings late items to days that are not late, where that costs nobody else a day.

    Where many are late it ends after about so many steps: a backlog has nowhere to go, and each try is dear.
    """
    limit = draft.steps + steps
    items, late = draft.problem.items, draft.problem.late
    for number in [n for n, d in enumerate(draft.day_of) if d != OUT and late(items[n], d)]:
        if draft.steps > limit:
            return
        before = draft.late
        timely = [d for d in by_price(draft, number) if not late(items[number], d)]
        draft.mark()
        draft.remove(number)
        placed = any(draft.add(number, d, PACKINGS, rng) for d in timely)
        if (placed or push(draft, number, timely, rng)) and draft.late < before:
            draft.keep()
        else:
            draft.undo()


def push(draft: Draft, number: int, days: Sequence[int], rng: Random) -> bool:
    """The item enters its day first; who falls out, four at most, must find another day."""
    for day in days:
        plan, ejected = _first(draft.problem, day, number, draft.plans[day].items())
        draft.steps += 1
        if plan is None or any(draft.problem.items[e].pinned for e in ejected):
            continue
        draft.mark()
        draft.replace(day, plan)
        if all(insert(draft, e, PACKINGS, rng) for e in sorted(ejected)):
            draft.keep()
            return True
        draft.undo()
    return False


def _first(problem: Problem, day: int, number: int, others: list[int]) -> tuple[DayPlan | None, list[int]]:
    items = problem.items
    plan = DayPlan(problem, day)
    if not plan.append(number):
        return None, []
    rest = sorted(others, key=lambda n: (not items[n].pinned, len(items[n].days), -items[n].work, n))
    ejected = [n for n in rest if not plan.append(n)]
    return (plan, ejected) if len(ejected) <= EJECTED else (None, [])


def keep_day(draft: Draft, day: int, numbers: list[int], rng: Random) -> None:
    """All of these on the day they had, with the crews they had where the plan in force names them.

    What does not fit together is left out, the dearest to move and the pinned last.
    """
    problem = draft.problem
    plan = _as_it_was(problem, day, numbers)
    if plan is None:
        prices = {n: price_to_move(problem.items[n]) for n in numbers}
        plan, _ = fullest(problem, day, prices, layouts(numbers, KEPT_LAYOUTS), rng)
    draft.replace(day, plan)


def _as_it_was(problem: Problem, day: int, numbers: list[int]) -> DayPlan | None:
    """The day with its old crews in their old order; None when a hint is missing or no longer good."""
    plan = DayPlan(problem, day)
    order = sorted(numbers, key=lambda n: (_start(problem, n), n))
    for number in order:
        crew = problem.items[number].crew
        if not crew or not problem.fit(crew, number, day) or not plan.append_with(number, crew):
            return None
    return plan


def _start(problem: Problem, number: int) -> int:
    return problem.items[number].start
