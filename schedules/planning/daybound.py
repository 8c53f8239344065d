"""What a day of the plan in force must lose though its people have the minutes: the proof by a small program.

Each item that stays takes a person for each role; a person pays one arrival for each enterprise and has the minutes of
the day. Left out is that a crew must be together at the same time, so that the real day can only lose more.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from schedules.planning.problem import Item, Problem
from schedules.planning.solver import Limits, Matrix, Solver

SLACK = 1e-4
NODES, ITERATIONS = 2_000, 200_000


@dataclass(slots=True)
class _Day:
    """The program while it is written: columns of arrivals, and what fills each person's day."""

    problem: Problem
    day: int
    matrix: Matrix = field(default_factory=Matrix)
    arrivals: dict[tuple[int, int], int] = field(default_factory=dict)
    filled: dict[int, list[tuple[int, float]]] = field(default_factory=dict)

    def item(self, item: Item) -> int:
        """The item's people; returns the column that leaves it out."""
        out = self.matrix.column(whole=True)
        takes: dict[int, list[int]] = {}
        for code, count in Counter(item.roles).items():
            entries = [(out, float(count))]
            for person in self.problem.holders[self.day][code]:
                column = self.matrix.column(whole=True)
                takes.setdefault(person, []).append(column)
                entries.append((column, 1.0))
            self.matrix.row(entries, count, None)
        for person, columns in takes.items():
            arrival = self._arrival(person, item.enterprise)
            self.matrix.row([*((c, 1.0) for c in columns), (arrival, -1.0)], None, 0)
            self.filled.setdefault(person, []).extend((c, float(item.minutes)) for c in columns)
        return out

    def _arrival(self, person: int, enterprise: int) -> int:
        key = person, enterprise
        if key not in self.arrivals:
            self.arrivals[key] = column = self.matrix.column(whole=True)
            self.filled.setdefault(person, []).append((column, float(self.problem.overhead)))
        return self.arrivals[key]

    def close(self) -> None:
        for person, entries in self.filled.items():
            self.matrix.row(entries, None, self.problem.daily[self.day][person])


def surely_lost(problem: Problem, day: int, items: Sequence[Item], most: int, seconds: float) -> tuple[int, int]:
    """The proven least cost of what leaves this day, `most` when it can be no less, 0 when time is up first; and the
    steps it took."""
    written = _Day(problem, day)
    costs = {written.item(item): float(item.move_cost) for item in items}
    written.close()
    written.matrix.row(list(costs.items()), None, most - 1)
    solver = Solver(written.matrix, Limits(seconds, NODES, ITERATIONS, 0.0, threads=1), whole=True)
    answer = solver.minimise(costs)
    steps = len(written.matrix.index) // 8 + 3 * answer.iterations
    if answer.bound == math.inf:
        return most, steps
    return 0 if answer.bound == -math.inf else max(0, math.ceil(answer.bound - SLACK)), steps
