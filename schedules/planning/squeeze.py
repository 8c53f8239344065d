"""What some days must lose though their people have the minutes: the proof by a small program.

Each item that stays takes a person for each role on one of the days; a person pays one arrival for each enterprise and
has the minutes of the day. Left out is that a crew must be together at the same time, so that real days can only lose
more.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from schedules.planning.problem import Item, Problem
from schedules.planning.solver import Limits, Matrix, Solver

SLACK = 1e-4
NODES, ITERATIONS = 20_000, 500_000
Arrival = tuple[int, int, int]
"""Person, day, enterprise."""


@dataclass(slots=True)
class _Squeeze:
    """The program while it is written: columns of arrivals, and what fills each person's day."""

    problem: Problem
    days: Collection[int]
    matrix: Matrix = field(default_factory=Matrix)
    arrivals: dict[Arrival, int] = field(default_factory=dict)
    work: dict[Arrival, list[tuple[int, float]]] = field(default_factory=dict)

    def item(self, item: Item) -> int:
        """The item's days and people; returns the column that leaves it out."""
        out = self.matrix.column(whole=True)
        there = {day: self.matrix.column(whole=True) for day in item.days if day in self.days}
        self.matrix.row([(out, 1.0), *((column, 1.0) for column in there.values())], 1, 1)
        for day, column in there.items():
            self._people(item, day, column)
        return out

    def _people(self, item: Item, day: int, there: int) -> None:
        takes: dict[int, list[int]] = {}
        for code, count in Counter(item.roles).items():
            entries = [(there, -float(count))]
            for person in self.problem.holders[day][code]:
                column = self.matrix.column(whole=True)
                takes.setdefault(person, []).append(column)
                entries.append((column, 1.0))
            self.matrix.row(entries, 0, None)
        for person, columns in takes.items():
            key = person, day, item.enterprise
            if key not in self.arrivals:
                self.arrivals[key] = self.matrix.column(whole=True)
            self.matrix.row([*((c, 1.0) for c in columns), (self.arrivals[key], -1.0)], None, 0)
            self.work.setdefault(key, []).extend((c, float(item.minutes)) for c in columns)

    def close(self, outs: Sequence[tuple[int, Item]]) -> None:
        """The minutes of the days, and two rows that only help to prove: no work without an arrival, and no item
        without the arrivals of its crew."""
        overhead, daily = self.problem.overhead, self.problem.daily
        filled: dict[tuple[int, int], list[tuple[int, float]]] = {}
        at: dict[int, list[tuple[int, float]]] = {}
        for (person, day, enterprise), column in self.arrivals.items():
            work = self.work[person, day, enterprise]
            self.matrix.row([*work, (column, -float(max(0, daily[day][person] - overhead)))], None, 0)
            filled.setdefault((person, day), []).extend([*work, (column, float(overhead))])
            at.setdefault(enterprise, []).append((column, 1.0))
        for (person, day), entries in filled.items():
            self.matrix.row(entries, None, daily[day][person])
        for out, item in outs:
            self.matrix.row([*at.get(item.enterprise, ()), (out, float(len(item.roles)))], len(item.roles), None)


def surely_lost(
    problem: Problem, days: Collection[int], costs: Sequence[tuple[Item, int]], most: int, seconds: float
) -> tuple[int, int]:
    """The proven least cost of what these days leave out, `most` when it can be no less, 0 when time is up first; and
    the steps it took."""
    program = _Squeeze(problem, days)
    columns = [(program.item(item), item) for item, _ in costs]
    program.close(columns)
    goal = {column: float(cost) for (column, _), (_, cost) in zip(columns, costs, strict=True)}
    program.matrix.row(list(goal.items()), None, most - 1)
    solver = Solver(program.matrix, Limits(seconds, NODES, ITERATIONS, 0.0, threads=1), whole=True)
    answer = solver.minimise(goal)
    steps = len(program.matrix.index) // 8 + 3 * answer.iterations
    if answer.bound == math.inf:
        return most, steps
    return 0 if answer.bound == -math.inf else max(0, math.ceil(answer.bound - SLACK)), steps
