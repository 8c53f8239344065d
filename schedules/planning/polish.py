"""Polishing the dated plan: take some visits apart, put their items back cheaper, keep what is not worse.

Works on the real plan, so that whatever it keeps is legal; the order of goals is that of the objective.
"""

from collections.abc import Callable
from random import Random

from schedules.planning.draft import OUT, Draft
from schedules.planning.effort import Effort
from schedules.planning.repair import PACKINGS, price

Ruin = Callable[[Draft, Random], list[int]]


def polish(draft: Draft, band: int, effort: Effort, rng: Random, rounds: int) -> int:
    """So many rounds, or until the effort is used up; returns the rounds that made it better."""
    kept = 0
    best = draft.score().banded(band)
    for _ in range(rounds):
        if effort.over():
            break
        before = draft.steps
        draft.mark()
        _round(draft, band, best, rng)
        score = draft.score().banded(band)
        if score > best:
            draft.undo()
        else:
            draft.keep()
            kept += score < best
            best = score
        effort.spend((draft.steps - before) * STEP + 5)
    return kept


STEP = 5
LAST_RESORTS = 6
NOWHERE = -1


def _round(draft: Draft, band: int, best: tuple[int, ...], rng: Random) -> None:
    """One ruin and what can be made of it; given up as soon as it is dearer than the best so far."""
    taken = rng.choices(RUINS, WEIGHTS)[0](draft, rng) if draft.members else []
    away = bool(taken) and rng.random() < 0.4
    banned = draft.problem.week_of[draft.day_of[taken[0]]] if away else NOWHERE
    for number in taken:
        draft.remove(number)
    outside = [n for n in _outside(draft) if n not in set(taken)] if rng.random() < 0.3 else []
    for number in _sequence(draft, taken + rng.sample(outside, min(2, len(outside))), rng):
        _back(draft, number, banned, rng)
        if not outside and draft.score().banded(band)[1:] > best[1:]:
            return


def _outside(draft: Draft) -> list[int]:
    items = draft.problem.items
    return [n for n, day in enumerate(draft.day_of) if day == OUT and items[n].days]


def _sequence(draft: Draft, numbers: list[int], rng: Random) -> list[int]:
    items = draft.problem.items
    style = rng.random()
    if style < 0.5:
        return sorted(numbers, key=lambda n: (items[n].due, n))
    if style < 0.75:
        return sorted(numbers, key=lambda n: (len(items[n].days), -items[n].work, n))
    return sorted(numbers, key=lambda n: (-items[n].work * rng.uniform(0.5, 1.5), n))


def _back(draft: Draft, number: int, banned: int, rng: Random) -> None:
    problem = draft.problem
    noise = rng.choice((0.0, 0.0, 0.1, 0.3))
    priced = []
    for day in problem.items[number].days:
        if problem.week_of[day] == banned:
            continue
        cost = price(draft, number, day)
        priced.append((cost * (1 + noise * rng.random()) if noise else cost, -day))
    priced.sort()
    for at, (_, day) in enumerate(priced):
        tries = 2 if at < 3 else 0
        if draft.add(number, -day, tries, rng):
            return
    for _, day in priced[:LAST_RESORTS]:
        if draft.add(number, -day, PACKINGS, rng):
            return


def _some_visit(draft: Draft, rng: Random) -> tuple[int, int]:
    numbers = draft.day_of
    for _ in range(50):
        number = rng.randrange(len(numbers))
        if numbers[number] != OUT:
            return draft.problem.items[number].enterprise, draft.problem.week_of[numbers[number]]
    return next(iter(draft.members))


def visit(draft: Draft, rng: Random) -> list[int]:
    """One enterprise's week."""
    return _group(draft, rng.choice(sorted(draft.members)))


def neighbours(draft: Draft, rng: Random) -> list[int]:
    """An enterprise's visit and those next to it."""
    enterprise, week = _some_visit(draft, rng)
    weeks = sorted((abs(w - week), w) for e, w in draft.members if e == enterprise)
    return [n for _, w in weeks[: rng.choice((2, 2, 3))] for n in _group(draft, (enterprise, w))]


def two_sites(draft: Draft, rng: Random) -> list[int]:
    """Visits of two enterprises in the same week or the one beside it."""
    _, week = _some_visit(draft, rng)
    near = sorted(key for key in draft.members if abs(key[1] - week) <= 1)
    return [n for key in rng.sample(near, min(2, len(near))) for n in _group(draft, key)]


def some_day(draft: Draft, rng: Random) -> list[int]:
    """Some of the items of a few days of a week."""
    _, week = _some_visit(draft, rng)
    numbers = sorted(n for d in draft.problem.weeks[week].days for n in draft.plans[d].items())
    return rng.sample(numbers, min(len(numbers), 12))


def _group(draft: Draft, key: tuple[int, int]) -> list[int]:
    return sorted(n for n in draft.members[key] if not draft.problem.items[n].pinned)


RUINS: tuple[Ruin, ...] = (visit, neighbours, two_sites, some_day)
WEIGHTS = (4, 4, 2, 3)
