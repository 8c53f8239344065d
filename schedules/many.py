"""The answers of many devices at once, without their reasons: for comparing rulebooks, for counting a whole country.

A park has many devices but few dates. What the plain case answers rests on a handful of facts, so it is worked out once
for each handful and handed out again; whatever is not plain goes the whole way. A test holds both ways together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from schedules.answers import Answer, Due, NotRunning
from schedules.dates import add_months
from schedules.due import due_dates
from schedules.facts import Equipment, Inspection
from schedules.plain import NEVER, PASSED, straight
from schedules.rulebook import Rulebook
from schedules.selection import ClockRules
from schedules.terms import Clock, Status

_Known = dict[tuple[object, ...], Due | NotRunning]
_Shelf = tuple[Clock, frozenset[Clock], ClockRules, str, _Known]
_Sort = tuple[int, tuple[_Shelf, ...]]
"""Devices of one kind, code and set of traits: the months of their design life (0: none), and a shelf for each clock."""

_IN_USE = Status.IN_USE
# Memory stays flat whatever comes.
_SORTS_MOST = 1 << 10
_FORGET_AT = 1 << 17  # answers on one shelf


def due_dates_of(
    devices: Iterable[Equipment], on: date, rulebook: Rulebook, *, done_by: Mapping[str, str] | None = None
) -> Iterator[tuple[Answer, ...]]:
    """For each device in order what `due_dates(..., reasons=False)` answers; equal answers may be one object."""
    run = _Run(on, rulebook, done_by)
    sorts, first = run.sorts, date.min
    # One long loop with everything in it: a call for each clock would cost as much as what it does.
    for device in devices:
        if (
            device.status is not _IN_USE
            or device.extensions
            or device.exempt_by_design
            or device.moved_on
            or device.restarted_on
            or "monitored_since" in device.traits
        ):
            yield run.whole(device)
            continue
        key = (device.kind, device.catalogue_code, device.design_life_years, *device.traits.items())
        sort = sorts.get(key)
        if sort is None:
            sort = run.new_sort(key, device)
        life, shelves = sort
        end, aged = None, False
        if life and (used := device.put_into_use_on):
            end = add_months(used.date, life)
            if end <= on:
                end, aged = None, True
        inspections = device.inspections
        answers: list[Answer] = []
        for clock, counts_as, rules, first_counts_from, known in shelves:
            last, latest = None, first
            for inspection in inspections:
                if inspection.clock is clock:
                    done = inspection.completed_on
                    if done is None:
                        break
                    day = done.date
                    if day > latest:
                        if day > on:
                            break
                        last, latest, precision = inspection, day, done.precision
                    elif day == latest:
                        break
                elif counts_as and inspection.clock in counts_as:
                    break
            else:
                if last is None:
                    start = getattr(device, first_counts_from)
                    if start is None:
                        break
                    facts: tuple[object, ...] = (start.date, start.precision, aged)
                elif last.conclusion not in PASSED:
                    break
                elif printed := last.next_due:
                    facts = (latest, precision, last.grade, printed.date, printed.precision, aged)
                else:
                    facts = (latest, precision, last.grade, aged)
                answer = known.get(facts) or run.look(device, rules, known, facts, last, aged)
                if answer is None:
                    break
                answers.append(_until(answer, end) if end and type(answer) is Due else answer)
                continue
            break
        else:
            yield tuple(answers)
            continue
        yield run.whole(device)


class _Run:
    """What one call keeps: the day, the rulebook and the answers found so far."""

    def __init__(self, on: date, rulebook: Rulebook, done_by: Mapping[str, str] | None) -> None:
        self.on, self.book, self.done_by = on, rulebook, done_by
        self.sorts: dict[tuple[object, ...], _Sort] = {}

    def whole(self, device: Equipment) -> tuple[Answer, ...]:
        return due_dates(device, self.on, self.book, done_by=self.done_by, reasons=False)

    def new_sort(self, key: tuple[object, ...], device: Equipment) -> _Sort:
        rules = self.book.clocks_for(device.kind)
        years = device.design_life_years or rules[0].heading.life_years or 0
        shelves: tuple[_Shelf, ...] = tuple(
            (one.clock, one.heading.counts_as, one, one.first_counts_from, {}) for one in rules
        )
        if len(self.sorts) >= _SORTS_MOST:
            self.sorts.clear()
        self.sorts[key] = sort = (12 * years, shelves)
        return sort

    def look(
        self,
        device: Equipment,
        rules: ClockRules,
        known: _Known,
        facts: tuple[object, ...],
        last: Inspection | None,
        aged: bool,
    ) -> Due | NotRunning | None:
        answer = straight(device, rules, self.on, self.book, self.done_by, last, NEVER, aged)
        if answer is not None:
            if len(known) >= _FORGET_AT:
                known.clear()
            known[facts] = answer
        return answer


def _until(answer: Due, end: date) -> Due:
    """The same answer for a device whose design life ends on a day to come."""
    if answer.changes_on is not None and answer.changes_on < end:
        return answer
    return Due(
        answer.clock,
        answer.done_by,
        answer.warnings,
        answer.version,
        (),
        end,
        answer.on,
        answer.precision,
        answer.origin,
        answer.apply_by,
        answer.latest,
        None,
        answer.range,
    )
