"""From weeks to days: one week's items laid out over its days, with restarts; what spills goes elsewhere."""

from collections.abc import Mapping, Sequence
from random import Random

from schedules.planning.days import DayPlan, pack
from schedules.planning.draft import OUT, Draft
from schedules.planning.problem import Problem
from schedules.planning.repair import rescue

RESTARTS = 12
REPACKINGS = 3
MANY, FEW_RESTARTS, MANY_A_DAY = 250, 4, 50
"""In a week of so many items each restart is dear, and what does not fit is soon placed elsewhere."""


def realise(draft: Draft, week_of: Mapping[int, int], rng: Random) -> None:
    """Puts items that are out into the weeks meant for them, and those that spill wherever they fit."""
    weeks: dict[int, list[int]] = {}
    for number, week in sorted(week_of.items()):
        weeks.setdefault(week, []).append(number)
    for week, numbers in sorted(weeks.items()):
        lay(draft, week, numbers, rng)
    rescue(draft, rng, [n for n in week_of if draft.day_of[n] == OUT])


def lay(draft: Draft, week: int, numbers: Sequence[int], rng: Random, restarts: int = RESTARTS) -> None:
    """Adds the items to the week; first around what is there, then laying the whole week anew."""
    spilled = _attempts(draft, week, numbers, rng, 2)
    if not spilled:
        return
    here = [n for d in draft.problem.weeks[week].days for n in draft.plans[d].items()]
    movable = [n for n in here if not draft.problem.items[n].pinned]
    few = len(movable) + len(spilled) > MANY
    _attempts(draft, week, [*movable, *spilled], rng, min(restarts, FEW_RESTARTS) if few else restarts)


def _attempts(draft: Draft, week: int, numbers: Sequence[int], rng: Random, tries: int) -> list[int]:
    """The best of several layouts is put into the draft; what did not fit is returned."""
    problem, days = draft.problem, draft.problem.weeks[week].days
    moving = set(numbers)
    best: tuple[tuple[int, int], dict[int, DayPlan], list[int]] | None = None
    urgent: set[int] = set()
    for attempt in range(tries):
        plans = {d: _without(draft.plans[d], moving) for d in days}
        spilled = _fill(problem, plans, _order(draft, numbers, attempt, urgent, rng), attempt, rng)
        draft.steps += len(numbers) * 3
        cost = sum(problem.early(problem.items[n], d) for d, plan in plans.items() for n in plan.items())
        key = (len(spilled) + sum(_keeps(draft, n) for n in spilled), cost)
        if best is None or key < best[0]:
            best = (key, plans, spilled)
        if not spilled and attempt >= 1:
            break
        urgent.update(spilled)
    assert best is not None
    for number in numbers:
        if draft.day_of[number] != OUT:
            draft.remove(number)
    for day in days:
        draft.replace(day, best[1][day])
    return best[2]


def _keeps(draft: Draft, number: int) -> int:
    """An item that had a place already weighs more when it falls out."""
    return int(draft.day_of[number] != OUT)


def _without(plan: DayPlan, moving: set[int]) -> DayPlan:
    twin = plan.copy()
    for number in [n for n in twin.items() if n in moving]:
        twin.remove(number)
    return twin


def _order(draft: Draft, numbers: Sequence[int], attempt: int, urgent: set[int], rng: Random) -> list[int]:
    """Kept and hard items first, then enterprise by enterprise."""
    items = draft.problem.items
    load: dict[int, float] = {}
    for n in numbers:
        load[items[n].enterprise] = load.get(items[n].enterprise, 0.0) + items[n].work
    shake = 0.0 if attempt == 0 else 0.6
    load = {e: w * (1 + shake * rng.uniform(-1, 1)) for e, w in sorted(load.items())}
    by_site = attempt % 2 == 1
    return sorted(
        numbers,
        key=lambda n: (
            n not in urgent,
            -load[items[n].enterprise] if by_site else 0,
            -len(items[n].roles),
            -items[n].minutes * (1 + shake * 0.5 * rng.random()),
            n,
        ),
    )


def _fill(
    problem: Problem, plans: Mapping[int, DayPlan], order: Sequence[int], attempt: int, rng: Random
) -> list[int]:
    spilled = []
    for number in order:
        days = _days(problem, plans, number, attempt, rng)
        if not any(plans[d].append(number) for d in days) and not _repack(problem, plans, days, number, rng):
            spilled.append(number)
    return spilled


def _days(problem: Problem, plans: Mapping[int, DayPlan], number: int, attempt: int, rng: Random) -> list[int]:
    item = problem.items[number]
    days = [d for d in item.days if d in plans]
    here = {d for d in days if any(b.enterprise == item.enterprise for b in plans[d].blocks)}
    together = problem.overhead * 1000 // 4 if attempt % 3 else 0

    def cost(day: int) -> tuple[float, int]:
        late = problem.late(item, day) * 10**9 + problem.moved(item, day) * 10**7
        return late + problem.early(item, day) + (0 if day in here else together), -day

    return sorted(days, key=cost)


def _repack(problem: Problem, plans: Mapping[int, DayPlan], days: Sequence[int], number: int, rng: Random) -> bool:
    for day in days:
        there = sorted(plans[day].items())
        anew = pack(problem, day, [*there, number], REPACKINGS if len(there) < MANY_A_DAY else 1, rng)
        if anew is not None:
            plans[day].blocks, plans[day].free, plans[day].at = anew.blocks, anew.free, anew.at
            return True
    return False
