"""The answers of many devices at once, without their reasons: for comparing rulebooks, for counting a whole country.

Most clocks of most devices are plain: in use, passed at the last inspection (or never inspected), one rule, one date, no
extension or event. Devices of one sort (kind, code, traits) share what their rules say, so that nothing but the dates is
left to do for each; whatever is not plain goes the whole way through `schedules.due`. A test holds both ways together.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from schedules.answers import Answer, Due, NotRunning
from schedules.candidate import Candidate
from schedules.dates import Precision, add_months, month_end
from schedules.due import due_dates
from schedules.facts import Equipment
from schedules.remarks import holds
from schedules.rule import Outcome
from schedules.rulebook import Rulebook
from schedules.selection import ClockRules
from schedules.terms import Conclusion, DoneBy, Origin, Status, WarningCode, WhyNotRunning

_SORTS_MOST = 1 << 10  # memory stays flat whatever comes
_PASSED = frozenset(one for one in Conclusion if one.qualified and one is not Conclusion.SUPERVISED)
# Bound once: these are asked for at every clock, and an enumeration looks a member up anew each time.
_IN_USE, _REPORT, _RULE = Status.IN_USE, Origin.REPORT, Origin.RULE


def due_dates_of(
    devices: Iterable[Equipment], on: date, rulebook: Rulebook, *, done_by: Mapping[str, str] | None = None
) -> Iterator[tuple[Answer, ...]]:
    """For each device, in order, what `due_dates(..., reasons=False)` answers."""
    run = _Run(on, rulebook, done_by)
    sorts, before, first = run.sorts, run.before, date.min
    # One long loop with everything in it: a call for each clock would cost as much as what it does.
    for device in devices:
        if (
            device.status is not _IN_USE
            or device.extensions
            or device.exempt_by_design
            or device.moved_on
            or device.restarted_on
        ):
            yield run.whole(device)
            continue
        key = (device.catalogue_code, device.design_life_years, device.kind, *device.traits.items())
        life, shelves = sorts.get(key) or run.new_sort(key, device)
        end, aged = None, 0
        if life is not None and (used := device.put_into_use_on):
            end = life[used.date]
            if end <= on:
                end, aged = None, 1
        inspections = device.inspections
        answers: list[Answer] = []
        grade: int | None
        precision: Precision
        for shelf in shelves:
            clock, last, start_day = shelf.clock, None, first
            for inspection in inspections:
                if inspection.clock is clock:
                    done = inspection.completed_on
                    if done is None:
                        break
                    day = done.date
                    if day > start_day:
                        if day > on:
                            break
                        last, start_day, start = inspection, day, done
                    elif day == start_day:
                        break
                elif shelf.counts_as and inspection.clock in shelf.counts_as:
                    break
            else:
                if last is None:
                    grade, printed, start = 0, None, getattr(device, shelf.first_counts_from)
                    if start is None:
                        break
                    start_day = start.date
                elif last.conclusion in _PASSED:
                    grade, printed = last.grade, last.next_due
                else:
                    break
                editions = shelf.editions
                known = shelf.recipes[bisect_right(editions, start_day) if editions else 0]
                recipe = known.get(grade) or run.new_recipe(shelf, known, grade, start_day, device)
                if not isinstance(recipe, _Recipe):
                    if recipe is None:
                        break
                    answers.append(recipe)
                    continue
                bound = recipe.bound[start_day]
                flags = aged if start.precision == "day" else aged | 4
                if printed is None:
                    if recipe.undecided:
                        break
                    due_on, precision, origin = recipe.ordinary[start_day], "day", _RULE
                elif printed.precision == "day":
                    due_on, precision, origin = printed.date, "day", _REPORT
                    if due_on > bound:
                        flags |= 2
                else:
                    due_on, precision, origin = printed.last, "month", _REPORT
                    flags |= 6 if due_on > month_end(bound.year, bound.month) else 4
                turns = recipe.turns
                if end is not None and (turns is None or end < turns):
                    turns = end
                answers.append(
                    Due(
                        clock, shelf.done_by, recipe.warnings[flags], recipe.version, (), turns, due_on, precision, origin,
                        before[due_on], bound, None, recipe.months,
                    )
                )  # fmt: skip
                continue
            break
        else:
            yield tuple(answers)
            continue
        yield run.whole(device)


class _Later(dict[date, date]):
    """Dates so many months later, each worked out once: a park has many devices but few dates."""

    def __init__(self, months: int) -> None:
        self.months = months

    def __missing__(self, day: date) -> date:
        found = self[day] = add_months(day, self.months)
        return found


class _Recipe:
    """What one rule makes of a date. `warnings`: by 1 past its design life + 2 after the bound + 4 known to the month."""

    __slots__ = ("bound", "months", "ordinary", "turns", "undecided", "version", "warnings")

    def __init__(self, run: _Run, candidate: Candidate, rules: ClockRules, device: Equipment) -> None:
        self.version, self.months, self.undecided = candidate.version, candidate.months, bool(candidate.decision)
        ordinary = candidate.version.max_months or 0
        allowed = [one.max_months for one in candidate.version.allowances if device.traits.get(one.trait)]
        self.ordinary, self.bound = run.later(ordinary), run.later(max([ordinary, *allowed]))
        remarks = [one for one in rules.heading.remarks if holds(device, one.when)]
        coming = [one.effective_from for one in remarks if one.effective_from > run.on]
        self.turns = min(coming, default=None)
        middle = (*candidate.warnings, *(one.code for one in remarks if one.effective_from <= run.on))
        self.warnings = [_flagged(middle, flags) for flags in range(8)]


def _flagged(middle: tuple[WarningCode, ...], flags: int) -> tuple[WarningCode, ...]:
    return (
        *((WarningCode.REPORT_AFTER_LATEST,) if flags & 2 else ()),
        *middle,
        *((WarningCode.DESIGN_LIFE_REACHED,) if flags & 1 else ()),
        *((WarningCode.PRECISION_MONTH,) if flags & 4 else ()),
    )


_Known = dict[int | None, _Recipe | NotRunning | None]


class _Shelf:
    """One clock of a sort of devices: a recipe for each edition and grade (0: no inspection yet)."""

    __slots__ = ("clock", "counts_as", "done_by", "editions", "first_counts_from", "recipes", "rules")

    def __init__(self, rules: ClockRules, done_by: DoneBy) -> None:
        self.rules, self.clock, self.done_by = rules, rules.clock, done_by
        self.counts_as, self.first_counts_from = rules.heading.counts_as, rules.first_counts_from
        self.editions = rules.editions
        self.recipes: list[_Known] = [{} for _ in range(len(rules.editions) + 1)]


_Sort = tuple[_Later | None, tuple[_Shelf, ...]]
"""The end of a device's design life by its first day of use (None: it has none), and a shelf for each clock."""


class _Run:
    """What one call keeps: the day, the rulebook, and what it has looked up so far."""

    def __init__(self, on: date, rulebook: Rulebook, done_by: Mapping[str, str] | None) -> None:
        self.on, self.book, self.done_by = on, rulebook, done_by
        self.sorts: dict[tuple[object, ...], _Sort] = {}
        self._later: dict[int, _Later] = {}
        self.before = self.later(-rulebook.apply_before_months)

    def later(self, months: int) -> _Later:
        return self._later.setdefault(months, _Later(months))

    def whole(self, device: Equipment) -> tuple[Answer, ...]:
        return due_dates(device, self.on, self.book, done_by=self.done_by, reasons=False)

    def new_sort(self, key: tuple[object, ...], device: Equipment) -> _Sort:
        if len(self.sorts) >= _SORTS_MOST:
            self.sorts.clear()
        rules = self.book.clocks_for(device.kind)
        years = device.design_life_years or rules[0].heading.life_years
        shelves = tuple(_Shelf(one, one.done_by(self.done_by)) for one in rules)
        found = self.sorts[key] = (self.later(12 * years) if years else None, shelves)
        return found

    def new_recipe(
        self, shelf: _Shelf, known: _Known, grade: int | None, day: date, device: Equipment
    ) -> _Recipe | NotRunning | None:
        """None, kept as well: not plain."""
        later = grade != 0
        found = shelf.rules.select(later, device.catalogue_code, grade if later else None, device.traits, day)
        candidate = found.candidates[0]
        recipe: _Recipe | NotRunning | None = None
        if "monitored_since" in device.traits:
            pass  # it turns the answer on a day of its own
        elif candidate.is_plain and len(found.candidates) == 1:
            recipe = _Recipe(self, candidate, shelf.rules, device)
        elif candidate.version.outcome is Outcome.NOT_SUBJECT:
            recipe = NotRunning(shelf.clock, shelf.done_by, (), None, (), None, WhyNotRunning.NOT_SUBJECT)
        known[grade] = recipe
        return recipe
