"""Proofs that something must stay out: days, codes and items that need more than there is.

Found by sums over the first and last possible days, without a solver; each can be checked by hand.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from schedules.planning.problem import Item, Problem

MOST_CODES = 6
MOST_STEPS = 6_000_000


@dataclass(frozen=True, slots=True)
class Certificate:
    kind: str
    first: int
    last: int
    codes: frozenset[int]
    items: tuple[int, ...]
    need: int
    have: int
    strict: bool

    @property
    def rank(self) -> tuple[object, ...]:
        """Proofs that count every day between first and last, then short spans, then few items."""
        return (not self.strict, self.last - self.first, len(self.items), self.kind, sorted(self.codes))

    def json(self, problem: Problem) -> dict[str, Any]:
        """As planning-format.md has it, with what is needed and what there is beside."""
        return {
            "kind": self.kind,
            "from": problem.dates[self.first].isoformat(),
            "to": problem.dates[self.last].isoformat(),
            "codes": [problem.codes[c] for c in sorted(self.codes)],
            "items": [problem.items[n].id for n in self.items],
            "need": self.need,
            "have": self.have,
        }


def certificates(problem: Problem, unplanned: Iterable[int]) -> dict[int, Certificate]:
    """For each of these items that has one, the proof that is easiest to follow."""
    found: dict[int, Certificate] = {}
    wanted = {n for n in unplanned if problem.items[n].days}
    steps = MOST_STEPS
    for codes in _code_sets(problem, wanted):
        for least in _role_counts(problem, wanted, codes):
            for kind in ("minutes", "long"):
                search = _Search(problem, codes, least, kind)
                steps -= search.run(wanted, found, steps)
                if steps <= 0:
                    return found
    return found


def _code_sets(problem: Problem, wanted: set[int]) -> Iterator[frozenset[int]]:
    """Sets of codes that an unexplained item needs one of; with many codes only the small sets and all."""
    used = sorted({code for n in wanted for code in problem.items[n].roles})
    every = sorted({code for item in problem.items if item.days for code in item.roles})
    sizes = range(1, len(every) + 1) if len(every) <= MOST_CODES else (1, 2, len(every))
    for size in sizes:
        for codes in combinations(every, size):
            if not set(codes).isdisjoint(used):
                yield frozenset(codes)


def _role_counts(problem: Problem, wanted: set[int], codes: frozenset[int]) -> list[int]:
    counts = {_needed(problem.items[n], codes) for n in wanted}
    return list(range(1, max(counts, default=0) + 1))


def _needed(item: Item, codes: frozenset[int]) -> int:
    return sum(role in codes for role in item.roles)


class _Search:
    """One set of codes, one least number of roles, one kind: all spans of first and last possible days."""

    def __init__(self, problem: Problem, codes: frozenset[int], least: int, kind: str) -> None:
        self.problem, self.codes, self.least, self.kind = problem, codes, least, kind
        self.have = [self._day(d) for d in range(len(problem.dates))]
        self.before = [0]
        for have in self.have:
            self.before.append(self.before[-1] + have)
        longest = max((p.daily - problem.overhead for p in problem.people), default=0)
        fit = [
            (item.days[-1], item.days[0], n)
            for n, item in enumerate(problem.items)
            if item.days and _needed(item, codes) >= least and (kind == "minutes" or 2 * item.minutes > longest)
        ]
        self.by_last = sorted(fit)

    def _day(self, day: int) -> int:
        holders = {p for code in self.codes for p in self.problem.holders[day][code]}
        if self.kind == "long":
            return len(holders) // self.least
        if len(holders) < self.least:
            return 0
        return sum(max(0, self.problem.daily[day][p] - self.problem.overhead) for p in holders)

    def _need(self, number: int) -> int:
        item = self.problem.items[number]
        return 1 if self.kind == "long" else item.minutes * _needed(item, self.codes)

    def run(self, wanted: set[int], found: dict[int, Certificate], most: int) -> int:
        """Adds what it proves to `found`; returns the steps taken."""
        listed = {n for _, _, n in self.by_last}
        targets = wanted & listed
        if not targets:
            return 0
        latest_first = max(self.problem.items[n].days[0] for n in targets)
        steps = 0
        for first in sorted({f for _, f, _ in self.by_last if f <= latest_first}, reverse=True):
            steps += self._from(first, targets, found)
            if steps > most:
                break
        return steps

    def _from(self, first: int, targets: set[int], found: dict[int, Certificate]) -> int:
        inside: list[int] = []
        need = have = steps = 0
        usable: set[int] = set()
        for at, (last, start, number) in enumerate(self.by_last):
            if start < first:
                continue
            steps += 1
            inside.append(number)
            need += self._need(number)
            fresh = set(self.problem.items[number].days) - usable
            have += sum(self.have[d] for d in fresh)
            usable |= fresh
            more = at + 1 < len(self.by_last) and self.by_last[at + 1][0] == last
            if need > have and not more:
                self._note(first, last, inside, need, have, targets, found)
        return steps

    def _note(
        self, first: int, last: int, inside: list[int], need: int, have: int, targets: set[int],
        found: dict[int, Certificate],
    ) -> None:  # fmt: skip
        whole = self.before[last + 1] - self.before[first]
        shown = whole if need > whole else have
        proof = Certificate(self.kind, first, last, self.codes, tuple(sorted(inside)), need, shown, need > whole)
        for number in targets.intersection(inside):
            if number not in found or proof.rank < found[number].rank:
                found[number] = proof
