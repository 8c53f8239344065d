"""Levelling: work out of overloaded months, where need be through a month that has no room itself."""

from collections.abc import Iterable
from random import Random

from schedules.planning.draft import OUT, Draft
from schedules.planning.effort import Effort
from schedules.planning.repair import PACKINGS, by_price, price, push

PASSED_ON = 6
TRIED_DAYS = 12
STEP, PRICED = 3, 2


def level(draft: Draft, band: int, rng: Random | None = None) -> None:
    """Moves what is cheapest to move out of overloaded months until at most `band` minutes are too much.

    With `rng` days are packed anew to make room: dear, for the last that will not go otherwise.
    """
    problem = draft.problem
    for number in _movable(draft):
        score = draft.score()
        if score.overload_min <= band:
            return
        month = problem.month_of[draft.day_of[number]]
        if draft.load[month] <= problem.allowance[month]:
            continue
        draft.mark()
        draft.remove(number)
        days = [d for d in by_price(draft, number) if problem.month_of[d] != month]
        placed = any(draft.add(number, day, 0 if rng is None else PACKINGS, rng) for day in days[:20])
        if placed and draft.score().banded(band) < score.banded(band):
            draft.keep()
        else:
            draft.undo()


def _movable(draft: Draft) -> list[int]:
    """Items of overloaded months that have days in other months, the least loss per minute first."""
    problem = draft.problem
    over = {m for m, load in enumerate(draft.load) if load > problem.allowance[m]}
    return _cheapest(draft, (n for n, d in enumerate(draft.day_of) if d != OUT and problem.month_of[d] in over))


def _cheapest(draft: Draft, numbers: Iterable[int]) -> list[int]:
    """Those that have days in other months, by the least loss per minute of work that leaving their month costs."""
    problem, found = draft.problem, []
    for number in numbers:
        item, day = problem.items[number], draft.day_of[number]
        others = [d for d in item.days if problem.month_of[d] != problem.month_of[day]]
        if others:
            loss = min(price(draft, number, d) for d in others) - problem.early(item, day)
            found.append((loss / item.work, number))
    return [number for _, number in sorted(found)]


def lighten(draft: Draft, band: int, effort: Effort, rng: Random, share: float) -> bool:
    """Both ways below, within this share of the steps left; True when there is less overload."""
    before = draft.score().overload_min
    if before > band:
        exchange(draft, band, effort, rng)
        relay(draft, band, effort, rng, share)
    return draft.score().overload_min < before


def relay(draft: Draft, band: int, effort: Effort, rng: Random, share: float) -> None:
    """Items of overloaded months to a month that is full, and as much of that one's work on to months with room."""
    problem = draft.problem
    limit = effort.steps - int(effort.steps * share)
    movable = _movable(draft)
    effort.spend(len(movable) * PRICED)
    for number in movable:
        score = draft.score()
        if score.overload_min <= band or effort.steps <= limit or effort.over():
            break
        month = problem.month_of[draft.day_of[number]]
        if draft.load[month] <= problem.allowance[month]:
            continue
        for day in _elsewhere(draft, number):
            steps = draft.steps
            draft.mark()
            done = _pass_on(draft, number, day, rng) and draft.score().banded(band) < score.banded(band)
            draft.keep() if done else draft.undo()
            effort.spend((draft.steps - steps) * STEP + 5)
            if done or effort.steps <= limit:
                break


def _elsewhere(draft: Draft, number: int) -> list[int]:
    """Days of months not overloaded on which the item is no later than now."""
    problem, item, here = draft.problem, draft.problem.items[number], draft.day_of[number]
    late = problem.late(item, here)
    level_months = {m for m, load in enumerate(draft.load) if load <= problem.allowance[m]}
    days = [d for d in by_price(draft, number) if problem.month_of[d] in level_months]
    return [d for d in days if problem.late(item, d) <= late][:TRIED_DAYS]


def exchange(draft: Draft, band: int, effort: Effort, rng: Random) -> None:
    """Of those that cannot all be planned, the ones whose work weighs most on an overloaded month stay out instead."""
    problem = draft.problem
    for number in [n for n, day in enumerate(draft.day_of) if day == OUT and problem.items[n].days]:
        for day in problem.items[number].days:
            if draft.day_of[number] != OUT or draft.score().overload_min <= band or effort.over():
                break
            steps = draft.steps
            _take_its_place(draft, number, day, band, rng)
            effort.spend((draft.steps - steps) * STEP + 5)


def _take_its_place(draft: Draft, number: int, day: int, band: int, rng: Random) -> None:
    items = draft.problem.items
    rivals = [n for n in draft.plans[day].items() if items[n].work > items[number].work and not items[n].pinned]
    for other in sorted(rivals, key=lambda n: (-items[n].work, n)):
        before = draft.score().banded(band)
        draft.mark()
        draft.remove(other)
        if draft.add(number, day, PACKINGS, rng) and draft.score().banded(band) < before:
            draft.keep()
            return
        draft.undo()


def _pass_on(draft: Draft, number: int, day: int, rng: Random) -> bool:
    """The item to this day, by force if need be, and some of that month's own items to months with room for them."""
    problem, through = draft.problem, draft.problem.month_of[day]
    draft.remove(number)
    if not draft.add(number, day, PACKINGS, rng) and not push(draft, number, [day], rng):
        return False
    passed = 0
    for other in _of_month(draft, through, number):
        if draft.load[through] <= problem.allowance[through] or passed == PASSED_ON:
            break
        work = problem.items[other].work
        roomy = {m for m, load in enumerate(draft.load) if m != through and load + work <= problem.allowance[m]}
        if not any(problem.month_of[d] in roomy for d in problem.items[other].days):
            continue
        draft.mark()
        draft.remove(other)
        if _to(draft, other, roomy, rng):
            draft.keep()
            passed += 1
        else:
            draft.undo()
    return True


def _to(draft: Draft, number: int, months: set[int], rng: Random) -> bool:
    days = [d for d in by_price(draft, number) if draft.problem.month_of[d] in months]
    return any(draft.add(number, day, PACKINGS, rng) for day in days[:TRIED_DAYS])


def _of_month(draft: Draft, month: int, but: int) -> list[int]:
    """Items of the month that have days in others and may go there for nothing, the least loss per minute first."""
    problem = draft.problem
    here = (n for n, d in enumerate(draft.day_of) if d != OUT and problem.month_of[d] == month and n != but)
    free = (n for n in here if not problem.items[n].pinned and problem.items[n].kept != draft.day_of[n])
    return _cheapest(draft, free)
