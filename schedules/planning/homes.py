"""The days of the plan in force: who belongs to each, and what each must lose whatever else is done."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from schedules.planning.bounds import must_drop
from schedules.planning.draft import Draft
from schedules.planning.fullest import price
from schedules.planning.problem import Problem
from schedules.planning.squeeze import surely_lost

LAYOUTS = 24_000
"""Items laid out for a day in one go: some 0.15 seconds; twice as many each time it was no help, up to a limit."""
MOST_PATIENCE = 8
STRANGER, HARDER = 0.01, 3.0
PROOF_SECONDS = 2.0


@dataclass(slots=True)
class Homes:
    """`layouts`: how many items may be laid out for a day in one go; `solver`: whether a day may be proven with it."""

    problem: Problem
    layouts: int = LAYOUTS
    solver: bool = False
    own: dict[int, list[int]] = field(default_factory=dict)
    lost: int = 0
    known: dict[int, int] = field(default_factory=dict)
    tried: set[tuple[int, int]] = field(default_factory=set)
    patience: dict[int, int] = field(default_factory=dict)
    hard: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, item in enumerate(self.problem.items):
            if item.kept is not None and item.kept in item.days:
                self.own.setdefault(item.kept, []).append(number)
            elif item.kept_on is not None:
                self.lost += item.move_cost

    def lacking(self, draft: Draft, day: int) -> int:
        """What it costs that some of those who belong to the day are elsewhere."""
        items = self.problem.items
        return sum(items[n].move_cost for n in self.own[day] if draft.day_of[n] != day)

    def prices(self, day: int, present: Iterable[int]) -> dict[int, float]:
        """What it costs to leave out those who belong to the day, and next to nothing for the others there; more where
        one found no other day the last time."""
        plain = {n: price(self.problem.items[n]) for n in self.own[day]}
        for number in present:
            plain.setdefault(number, STRANGER)
        return {n: value * self.hard.get(n, 1.0) for n, value in plain.items()}

    def appended(self, day: int) -> int:
        """How many items may be laid out for the day this time."""
        return self.layouts * self.patience.get(day, 1)

    def failed(self, day: int, thrown: Iterable[int]) -> None:
        """The day is no better for it: these are hard to do elsewhere, or the search was too short."""
        self.patience[day] = min(MOST_PATIENCE, 2 * self.patience.get(day, 1))
        for number in thrown:
            self.hard[number] = HARDER * self.hard.get(number, 1.0)

    def least(self, day: int) -> int:
        """What the day loses at least, as far as that is known."""
        if day not in self.known:
            self.known[day] = must_drop(self.problem, day, [self.problem.items[n] for n in self.own[day]])
        return self.known[day]

    def prove(self, day: int, lacking: int, seconds: float) -> int:
        """Tries once to prove that the day lacks no more than it must; returns the steps it took."""
        if not self.solver or lacking <= self.least(day) or (day, lacking) in self.tried or seconds <= 0:
            return 0
        self.tried.add((day, lacking))
        items = [(self.problem.items[n], self.problem.items[n].move_cost) for n in self.own[day]]
        proven, steps = surely_lost(self.problem, (day,), items, lacking, min(seconds, PROOF_SECONDS))
        self.known[day] = max(self.known[day], proven)
        return steps

    def total(self) -> int:
        """What all plans must move: a bound on the third part of the objective."""
        return self.lost + sum(self.least(day) for day in self.own)
