"""The day level: who does which items in what order, by list scheduling.

A day is a list of blocks; a block is one crew at one enterprise without a break. Items are only ever appended
to the people's day, so that every order of the items gives a legal day or a clear no.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from schedules.planning.problem import Item, Problem

Crew = tuple[int, ...]
Member = tuple[int, int, int, int, int]
"""Arrival, since when free, person, number of codes, minutes of the day."""
SHORTLIST = 10


@dataclass(slots=True)
class Block:
    enterprise: int
    crew: Crew
    start: int
    end: int
    items: list[int] = field(default_factory=list)

    def copy(self) -> "Block":
        return Block(self.enterprise, self.crew, self.start, self.end, self.items[:])


class DayPlan:
    """One day's blocks; `free` is when a person's last block ends, `at` the enterprise where that was."""

    __slots__ = ("at", "blocks", "day", "free", "problem")

    def __init__(self, problem: Problem, day: int) -> None:
        self.problem = problem
        self.day = day
        self.blocks: list[Block] = []
        self.free: dict[int, int] = {}
        self.at: dict[int, int] = {}

    def copy(self) -> "DayPlan":
        twin = DayPlan(self.problem, self.day)
        twin.blocks = [block.copy() for block in self.blocks]
        twin.free = self.free.copy()
        twin.at = self.at.copy()
        return twin

    def items(self) -> list[int]:
        return [i for block in self.blocks for i in block.items]

    def append(self, number: int) -> bool:
        """Puts the item behind what is planned already; False when no crew has the time left."""
        item = self.problem.items[number]
        found = self._one(item) if len(item.roles) == 1 else self._crew(item)
        if found is None:
            return False
        self._put(number, item, *found)
        return True

    def append_with(self, number: int, crew: Crew) -> bool:
        """Appends with exactly this crew, who must be fit for it."""
        item = self.problem.items[number]
        daily = self.problem.daily[self.day]
        start = max(self._arrival(p, item.enterprise) for p in crew)
        if any(start + item.minutes > daily[p] for p in crew):
            return False
        self._put(number, item, start, crew)
        return True

    def stand(self, enterprise: int, crew: Crew, start: int, numbers: Sequence[int]) -> None:
        """Takes over a visit as it is."""
        end = start + sum(self.problem.items[n].minutes for n in numbers)
        self.blocks.append(Block(enterprise, crew, start, end, list(numbers)))
        for person in crew:
            self._settle(person)

    def remove(self, number: int) -> None:
        """Takes the item out; the rest stays where it is, which is legal, if sometimes with a gap."""
        item = self.problem.items[number]
        block = next(b for b in self.blocks if number in b.items)
        block.items.remove(number)
        block.end -= item.minutes
        if not block.items:
            self.blocks.remove(block)
        for person in block.crew:
            self._settle(person)

    def _settle(self, person: int) -> None:
        self.free.pop(person, None)
        self.at.pop(person, None)
        for block in self.blocks:
            if person in block.crew and block.end > self.free.get(person, 0):
                self.free[person] = block.end
                self.at[person] = block.enterprise

    def _arrival(self, person: int, enterprise: int) -> int:
        free = self.free.get(person)
        if free is None:
            return self.problem.overhead
        return free if self.at[person] == enterprise else free + self.problem.overhead

    def _one(self, item: Item) -> tuple[int, Crew] | None:
        best: tuple[bool, int, int, int] | None = None
        people, free, at = self.problem.people, self.free, self.at
        daily = self.problem.daily[self.day]
        overhead, here = self.problem.overhead, item.enterprise
        for p in self.problem.holders[self.day][item.roles[0]]:
            stays = at.get(p, -1) == here
            arrival = free.get(p, 0) if stays else free.get(p, 0) + overhead
            if arrival + item.minutes > daily[p]:
                continue
            key = (not stays, -arrival, people[p].spread, p)
            if best is None or key < best:
                best = key
        return None if best is None else (-best[1], (best[3],))

    def _crew(self, item: Item) -> tuple[int, Crew] | None:
        """The crew that wastes least in idle minutes and arrivals; then late, not versatile people."""
        known = {code: self._ready(item, code) for code in set(item.roles)}
        ready = [known[code] for code in item.roles]
        if not all(ready):
            return None
        if len(ready) == 2:
            return _pair(item.minutes, *ready)
        best: tuple[int, int, int, Crew] | None = None
        for crew in _distinct(ready):
            start = max(crew)[0]
            waste = start * len(crew) - sum([member[1] for member in crew])
            if best is not None and waste > best[0]:
                continue
            if start + item.minutes > min([member[4] for member in crew]):
                continue
            key = (waste, -start, sum([m[3] for m in crew]), tuple(sorted([m[2] for m in crew])))
            if best is None or key < best:
                best = key
        return None if best is None else (-best[1], best[3])

    def _ready(self, item: Item, code: int) -> list[Member]:
        """Who could take the role; of people in the same situation only as many as there are roles."""
        here, size, overhead = item.enterprise, len(item.roles), self.problem.overhead
        free, at, people = self.free, self.at, self.problem.people
        daily = self.problem.daily[self.day]
        alike: dict[tuple[bool, int, int, int], int] = {}
        found: list[tuple[bool, int, Member]] = []
        for p in self.problem.holders[self.day][code]:
            away = at.get(p, -1) != here
            arrival = free.get(p, 0) + overhead if away else free[p]
            person = people[p]
            if arrival + item.minutes > daily[p]:
                continue
            situation = (away, arrival, person.kind, daily[p])
            count = alike.get(situation, 0)
            if count < size:
                alike[situation] = count + 1
                # idle minutes count from when a person could have begun without this journey
                begun = arrival - overhead if away else arrival
                found.append((away, -arrival, (arrival, begun, p, person.spread, daily[p])))
        if len(found) > SHORTLIST:
            found.sort()
        return [member for _, _, member in found[: SHORTLIST + size]]

    def _put(self, number: int, item: Item, start: int, crew: Crew) -> None:
        end = start + item.minutes
        for block in reversed(self.blocks):
            if block.crew == crew and block.enterprise == item.enterprise and block.end == start:
                block.items.append(number)
                block.end = end
                break
        else:
            self.blocks.append(Block(item.enterprise, crew, start, end, [number]))
        for person in crew:
            self.free[person] = end
            self.at[person] = item.enterprise


def _pair(minutes: int, one: Sequence[Member], other: Sequence[Member]) -> tuple[int, Crew] | None:
    """As for any crew, for the most frequent one: two people. Most of the time of a plan is spent here."""
    least: int | None = None
    best: tuple[int, int, int, Crew] | None = None
    for arrival, begun, person, spread, daily in one:
        for arrival2, begun2, person2, spread2, daily2 in other:
            start = arrival if arrival > arrival2 else arrival2
            waste = 2 * start - begun - begun2
            if (least is not None and waste > least) or person == person2:
                continue
            end = start + minutes
            if end > daily or end > daily2:
                continue
            crew = (person, person2) if person < person2 else (person2, person)
            key = (waste, -start, spread + spread2, crew)
            if best is None or key < best:
                best, least = key, waste
    return None if best is None else (-best[1], best[3])


def _distinct(lists: Sequence[Sequence[Member]]) -> Iterable[tuple[Member, ...]]:
    """All ways to take one person from each list, nobody twice."""
    if not lists:
        yield ()
        return
    for member in lists[0]:
        for others in _distinct(lists[1:]):
            if all(member[2] != other[2] for other in others):
                yield (member, *others)


def pack(problem: Problem, day: int, numbers: Sequence[int], tries: int, rng: Random) -> DayPlan | None:
    """A legal day with all these items, or None when none of `tries` orders gave one."""
    if not _could_fit(problem, day, numbers):
        return None
    urgent: dict[int, int] = {}
    for attempt in range(tries):
        plan = DayPlan(problem, day)
        failed = next((n for n in _order(problem, numbers, attempt, urgent, rng) if not plan.append(n)), None)
        if failed is None:
            return plan
        urgent[failed] = urgent.get(failed, 0) + 1
    return None


def _could_fit(problem: Problem, day: int, numbers: Sequence[int]) -> bool:
    work: dict[int, int] = {}
    for number in numbers:
        item = problem.items[number]
        for code in item.roles:
            work[code] = work.get(code, 0) + item.minutes
    daily, holders = problem.daily[day], problem.holders[day]
    if any(m > sum(daily[p] - problem.overhead for p in holders[code]) for code, m in work.items()):
        return False
    everyone = {p for code in work for p in holders[code]}
    return sum(work.values()) <= sum(daily[p] - problem.overhead for p in everyone)


def _order(problem: Problem, numbers: Sequence[int], attempt: int, urgent: dict[int, int], rng: Random) -> list[int]:
    """Hard items first; then enterprise by enterprise; then shaken, with what failed before to the front."""
    items = problem.items
    if attempt == 0:
        return sorted(numbers, key=lambda n: (-len(items[n].roles), -items[n].minutes, n))
    load: dict[int, float] = {}
    for n in numbers:
        load[items[n].enterprise] = load.get(items[n].enterprise, 0) + items[n].work
    if attempt > 1:
        load = {e: w * rng.uniform(0.3, 1.7) for e, w in sorted(load.items())}
    shake = 0.0 if attempt == 1 else 0.6
    single = attempt % 3 == 2
    keys = {
        n: (
            -urgent.get(n, 0),
            0.0 if single else -load[items[n].enterprise],
            -items[n].work * (1 + shake * rng.uniform(-1, 1)),
            n,
        )
        for n in sorted(numbers)
    }
    return sorted(numbers, key=keys.__getitem__)
