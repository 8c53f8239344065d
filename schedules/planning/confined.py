"""How many items must stay out, where the minutes alone prove fewer: items confined to a few crowded days."""

from collections.abc import Sequence
from dataclasses import dataclass

from schedules.planning.bounds import floor
from schedules.planning.certificates import Certificate, certificates
from schedules.planning.problem import Problem
from schedules.planning.squeeze import surely_lost

MOST_COLUMNS = 6_000
"""An item on one of its days counts as one; programs beyond that are not solved in seconds."""


@dataclass(frozen=True, slots=True)
class Confined:
    """At least `out` items stay out; `some` of them are among `items`, the others are impossible alone."""

    out: int
    some: int = 0
    items: frozenset[int] = frozenset()

    def late(self, problem: Problem, unplanned: int) -> int:
        """Late days that no plan with so many items out can avoid: what each is late on the best of its days.

        Any item may be one of those out, but for `some` of them, who are among `items`.
        """
        late = sorted(
            min(problem.late(item, d) for d in item.days)
            for n, item in enumerate(problem.items)
            if item.days and n not in self.items
        )
        spared = unplanned - self.out
        return sum(late[: len(late) - spared] if spared > 0 else late)


def confined(problem: Problem, unplanned: Sequence[int], seconds: float) -> tuple[Confined, int]:
    """What is proven with each of the certificates of the items that are out, and the steps it took."""
    known, steps = Confined(floor(problem)[0]), 0
    spans = sorted(set(certificates(problem, unplanned).values()), key=lambda c: (len(c.items), c.first, c.last))
    for span in spans:
        most = len(set(unplanned).intersection(span.items))
        if known.items.isdisjoint(span.items) and _size(problem, span) <= MOST_COLUMNS:
            days = range(span.first, span.last + 1)
            costs = [(problem.items[n], 1) for n in span.items]
            proven, spent = surely_lost(problem, days, costs, most, seconds / len(spans))
            known = Confined(known.out + proven, known.some + proven, known.items.union(span.items))
            steps += spent
    return known, steps


def _size(problem: Problem, span: Certificate) -> int:
    people = max((len(each) for each in problem.present), default=0)
    return sum(len(problem.items[n].days) * len(problem.items[n].roles) * people for n in span.items)
