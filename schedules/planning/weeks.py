"""The week level: which enterprise is visited in which week, and which item goes with which visit.

A mixed-integer program for HiGHS, one function per constraint. Money is in person-minutes here.
`free` items are decided; the others stay in their weeks and only use up capacity.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from schedules.planning.problem import Item, Problem
from schedules.planning.solver import Matrix

Resource = tuple[str, int, int, int]
MANY_ITEMS = 4_000
MANY_CODES = 5
PATTERNS = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """An item in a week: its column and what the week's best day (or usual day) costs."""

    item: int
    week: int
    early: float
    late: int
    moved: int


@dataclass(slots=True)
class Prices:
    """What a unit of each goal weighs when all are in one sum: each step outweighs those below it."""

    unplanned: float
    late: float
    move: float
    overload: float
    economy: float = 1.0

    @classmethod
    def of(cls, problem: Problem) -> "Prices":
        swing = max((problem.early(item, item.days[0]) for item in problem.items if item.days), default=0)
        item_worth = max(1.0, (problem.visit_cost + swing) / 1000)
        longest = max((item.work for item in problem.items), default=1)
        overload = max(5.0, item_worth / 30)
        move = 2 * max(overload * longest, item_worth)
        late = 12 * move
        return cls(40 * late, late, move, overload)


@dataclass(slots=True)
class Resources:
    """What the weeks offer: people's minutes for sets of codes, and slots for long items."""

    problem: Problem
    fill: Sequence[float]
    sets: list[frozenset[int]] = field(default_factory=list)
    sets_of: dict[tuple[int, ...], list[tuple[int, int]]] = field(default_factory=dict)
    longest: int = 0
    patterns: list[set[int]] = field(default_factory=list)
    uses: dict[tuple[object, ...], list[tuple[int, float]]] = field(default_factory=dict)
    number: dict[Resource, int] = field(default_factory=dict)
    names: list[Resource] = field(default_factory=list)
    amounts: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, problem: Problem, fill: Sequence[float]) -> "Resources":
        offer = cls(problem, fill, _code_sets(problem))
        offer.longest = max((p.daily - problem.overhead for p in problem.people), default=0)
        offer.patterns = _patterns(problem)
        return offer

    def counts(self, roles: tuple[int, ...]) -> list[tuple[int, int]]:
        """The code sets these roles draw on, with how many of the roles."""
        if roles not in self.sets_of:
            needed = [(s, sum(code in codes for code in roles)) for s, codes in enumerate(self.sets)]
            self.sets_of[roles] = [(s, n) for s, n in needed if n]
        return self.sets_of[roles]

    def used(self, number: int, week: int) -> list[tuple[int, float]]:
        """What the item takes from a week: resources by number, and how much."""
        item = self.problem.items[number]
        mask = week_mask(self.problem, item, week)
        key = (item.roles, item.minutes, week, mask)
        if key not in self.uses:
            self.uses[key] = [(self._number(name), amount) for name, amount in self._used(item, week, mask)]
        return self.uses[key]

    def _number(self, name: Resource) -> int:
        if name not in self.number:
            self.number[name] = len(self.names)
            self.names.append(name)
            self.amounts.append(self._offered(name))
        return self.number[name]

    def _used(self, item: Item, week: int, mask: int) -> Iterable[tuple[Resource, float]]:
        inside = [p for p in self.patterns[week] if mask & ~p == 0]
        for s, n in self.counts(item.roles):
            yield ("people", week, s, 0), item.minutes * n
            for pattern in inside:
                yield ("days", week, s, pattern), item.minutes * n
            for k in (1, 2, 3):
                if item.minutes * (k + 1) > self.longest:
                    yield ("slots", week, s, k), n
                    if n == 2:
                        yield ("pairs", week, s, k), 1

    def minutes(self, resource: int) -> float | None:
        """People's minutes at full capacity; None for slots."""
        return self.amounts[resource] if self.names[resource][0] in ("people", "days") else None

    def offered(self, resource: int) -> float:
        """What may be planned with."""
        full = self.amounts[resource]
        return full if self.minutes(resource) is None else full * self.fill[self.names[resource][1]]

    def _offered(self, resource: Resource) -> float:
        kind, week, s, detail = resource
        days = self.problem.weeks[week].days
        if kind == "days":
            days = tuple(d for at, d in enumerate(days) if detail >> at & 1)
        if kind in ("people", "days"):
            return sum(self._minutes(d, s) for d in days)
        per = 1 if kind == "slots" else 2
        return sum(detail * len(self._holders(d, s)) // per for d in days)

    def _holders(self, day: int, s: int) -> set[int]:
        return {p for code in self.sets[s] for p in self.problem.holders[day][code]}

    def _minutes(self, day: int, s: int) -> int:
        daily = self.problem.daily[day]
        return sum(max(0, daily[p] - self.problem.overhead) for p in self._holders(day, s))


def week_mask(problem: Problem, item: Item, week: int) -> int:
    """The item's possible days of the week as bits."""
    first = problem.weeks[week].days[0]
    return sum(1 << d - first for d in item.days if problem.week_of[d] == week)


def _code_sets(problem: Problem) -> list[frozenset[int]]:
    """Sets of codes whose holders overlap: only those add anything to the single codes."""
    holders = {
        code: frozenset(p for p, person in enumerate(problem.people) if code in person.codes)
        for code in sorted({c for item in problem.items if item.days for c in item.roles})
    }
    if len(problem.items) > MANY_ITEMS:
        sizes = {1, len(holders)}
    elif len(holders) > MANY_CODES:
        sizes = {1, 2, len(holders)}
    else:
        sizes = set(range(1, len(holders) + 1))
    largest: dict[frozenset[int], frozenset[int]] = {}
    for size in sorted(sizes):
        for codes in combinations(holders, size):
            if size == 1 or _connected(codes, holders):
                largest[frozenset().union(*(holders[c] for c in codes))] = frozenset(codes)
    return sorted(largest.values(), key=sorted)


def _connected(codes: tuple[int, ...], holders: Mapping[int, frozenset[int]]) -> bool:
    reached, left = set(holders[codes[0]]), set(codes[1:])
    while touching := {c for c in left if not reached.isdisjoint(holders[c])}:
        reached.update(*(holders[c] for c in touching))
        left -= touching
    return not left


def _patterns(problem: Problem) -> list[set[int]]:
    """Per week, the parts of the week in which most work is confined: a standstill that ends on Wednesday."""
    work: list[dict[int, int]] = [{} for _ in problem.weeks]
    for item in problem.items:
        for week in {problem.week_of[d] for d in item.days}:
            mask = week_mask(problem, item, week)
            if mask != (1 << len(problem.weeks[week].days)) - 1:
                work[week][mask] = work[week].get(mask, 0) + item.work
    return [set(sorted(each, key=lambda m: (-each[m], m))[:PATTERNS]) for each in work]


class WeekModel:
    """The program for the free items, given where the others are.

    `current`: the weeks the free items are in; what they use there may be used, over-full week or not.
    """

    def __init__(
        self,
        problem: Problem,
        offer: Resources,
        free: Sequence[int],
        week_of: Mapping[int, int],
        *,
        optimistic: bool,
        overload: float = 0.0,
        current: Mapping[int, int] | None = None,
    ) -> None:
        self.problem, self.offer, self.optimistic = problem, offer, optimistic
        self.allowed = overload
        self.free = [n for n in free if problem.items[n].days]
        self.fixed = dict(week_of)
        self.current = dict(current or {})
        self.matrix = Matrix()
        self.choices: list[Choice] = []
        self.columns: dict[tuple[int, int], int] = {}
        self.out: dict[int, int] = {}
        self.visits: dict[tuple[int, int], int] = {}
        self.overload: list[int] = []
        self.minutes: dict[int, float] = {}
        self.goals: dict[str, dict[int, float]] = {
            name: {} for name in ("unplanned", "late", "move", "overload", "economy")
        }
        self.excess = self.overload_row = 0
        self._columns()
        self._each_item_once()
        self._items_go_with_visits()
        self._people()
        self._months()

    def _columns(self) -> None:
        for choice in choices_of(self.problem, self.free, optimistic=self.optimistic):
            self._choice(choice)
        for number in self.free:
            self.out[number] = column = self.matrix.column(whole=False)
            self.goals["unplanned"][column] = 1
            self.goals["move"][column] = self.problem.moved(self.problem.items[number], None)
        taken = {(self.problem.items[n].enterprise, w) for n, w in self.fixed.items()}
        for choice in self.choices:
            key = (self.problem.items[choice.item].enterprise, choice.week)
            if key not in self.visits and key not in taken:
                self.visits[key] = column = self.matrix.column(whole=True)
                self.goals["economy"][column] = self.problem.visit_cost / 1000
        for _ in self.problem.months:
            self.overload.append(self.matrix.column(whole=False, upper=float("inf")))
        self.excess = self.matrix.column(whole=False, upper=float("inf"))
        self.goals["overload"][self.excess] = 1

    def _choice(self, choice: Choice) -> None:
        self.choices.append(choice)
        self.columns[choice.item, choice.week] = column = self.matrix.column(whole=True)
        self.goals["late"][column] = choice.late
        self.goals["move"][column] = choice.moved
        self.goals["economy"][column] = choice.early

    def _each_item_once(self) -> None:
        weeks: dict[int, list[int]] = {n: [] for n in self.free}
        for choice in self.choices:
            weeks[choice.item].append(self.columns[choice.item, choice.week])
        for number, columns in weeks.items():
            self.matrix.row([(c, 1.0) for c in (*columns, self.out[number])], 1, 1)

    def _items_go_with_visits(self) -> None:
        """Kept apart for each item: this is what makes the relaxation strong."""
        for choice in self.choices:
            visit = self.visits.get((self.problem.items[choice.item].enterprise, choice.week))
            if visit is not None:
                self.matrix.row([(self.columns[choice.item, choice.week], 1.0), (visit, -1.0)], None, 0)

    def _people(self) -> None:
        """Hall's condition for each set of codes, and slots for items too long to stand several to a day."""
        used: dict[int, list[tuple[int, float]]] = {}
        for choice in self.choices:
            column = self.columns[choice.item, choice.week]
            for resource, amount in self.offer.used(choice.item, choice.week):
                used.setdefault(resource, []).append((column, amount))
        gone = self._drawn(self.fixed)
        now = self._drawn(self.current)
        for resource, entries in used.items():
            taken = gone.get(resource, 0.0)
            room = max(self.offer.offered(resource) - taken, now.get(resource, 0.0), 0.0)
            if sum(amount for _, amount in entries) > room:
                row = self.matrix.row(entries, None, room)
                minutes = self.offer.minutes(resource)
                if minutes is not None:
                    self.minutes[row] = minutes

    def _drawn(self, week_of: Mapping[int, int]) -> dict[int, float]:
        """What items in these weeks use up."""
        total: dict[int, float] = {}
        touched = {choice.week for choice in self.choices}
        for number, week in week_of.items():
            if week in touched:
                for resource, amount in self.offer.used(number, week):
                    total[resource] = total.get(resource, 0.0) + amount
        return total

    def _months(self) -> None:
        problem = self.problem
        load: list[list[tuple[int, float]]] = [[] for _ in problem.months]
        gone = [0] * len(problem.months)
        for choice in self.choices:
            column = self.columns[choice.item, choice.week]
            load[problem.weeks[choice.week].month].append((column, float(problem.items[choice.item].work)))
        for number, week in self.fixed.items():
            gone[problem.weeks[week].month] += problem.items[number].work
        settled = 0.0
        for month, entries in enumerate(load):
            room = problem.allowance[month] - gone[month]
            if entries:
                self.matrix.row([*entries, (self.overload[month], -1.0)], None, room)
            else:
                settled += max(0, -room)
        total = [(column, 1.0) for column in self.overload]
        self.overload_row = self.matrix.row([*total, (self.excess, -1.0)], None, max(0.0, self.allowed - settled))

    def price_days(self, *, optimistic: bool) -> None:
        """From now on a week costs what its cheapest day costs, or what its days cost on average."""
        for choice in choices_of(self.problem, self.free, optimistic=optimistic):
            column = self.columns.get((choice.item, choice.week))
            if column is not None:
                self.goals["economy"][column] = choice.early

    def cost(self, prices: Prices) -> dict[int, float]:
        """All goals in one sum."""
        total: dict[int, float] = {}
        for name, goal in self.goals.items():
            weight = getattr(prices, name)
            for column, amount in goal.items():
                if amount:
                    total[column] = total.get(column, 0.0) + weight * amount
        return total

    def present(self) -> dict[int, float]:
        """The whole-number columns of the plan as it is."""
        items = self.problem.items
        visited = {(items[n].enterprise, w) for n, w in self.current.items()}
        chosen = {(n, w) for n, w in self.current.items()}
        start = {column: float(key in chosen) for key, column in self.columns.items()}
        return start | {column: float(key in visited) for key, column in self.visits.items()}

    def weeks(self, values: Sequence[float]) -> dict[int, int]:
        """Where a solution puts the free items; those it leaves out are missing."""
        best: dict[int, tuple[float, int]] = {}
        for choice in self.choices:
            value = values[self.columns[choice.item, choice.week]]
            if value > max(0.5, best.get(choice.item, (0.0, 0))[0]):
                best[choice.item] = (value, choice.week)
        return {number: week for number, (_, week) in best.items()}


def choices_of(problem: Problem, numbers: Iterable[int], *, optimistic: bool) -> Iterable[Choice]:
    for number in numbers:
        yield from choices(problem, number, optimistic)


def choices(problem: Problem, number: int, optimistic: bool) -> Iterable[Choice]:
    """The weeks an item can go to; `optimistic`: by each week's cheapest day, else by the days' average."""
    item = problem.items[number]
    weeks: dict[int, list[int]] = {}
    for day in item.days:
        weeks.setdefault(problem.week_of[day], []).append(day)
    for week, days in weeks.items():
        late = min(problem.late(item, d) for d in days)
        moved = min(problem.moved(item, d) for d in days)
        early = [problem.early(item, d) for d in days]
        if item.kept in days and not optimistic:
            early = [problem.early(item, item.kept or 0)]
        usual = min(early) if optimistic else sum(early) / len(early)
        yield Choice(number, week, usual / 1000, late, moved)
