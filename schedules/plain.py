"""The plain case, answered straight: most clocks of most devices, for whoever computes them by the hundred thousand.

In use, passed at its last inspection (or never inspected), one rule, one date, no extension or event. Whatever is not
plain is left to the whole reasoning of `schedules.due`; where both answer they answer the same, which is tested.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from schedules.answers import Due, NotRunning
from schedules.candidate import Candidate
from schedules.dates import Day, Precision, add_months
from schedules.facts import Equipment, Inspection
from schedules.remarks import holds, later_at_coarser_precision
from schedules.rule import Outcome
from schedules.rulebook import Rulebook
from schedules.selection import ClockRules
from schedules.terms import Conclusion, Origin, Status, WarningCode, WhyNotRunning

# Bound once: these are asked for at every clock, and an enumeration looks a member up anew each time.
_IN_USE = Status.IN_USE
_NOT_SUBJECT = Outcome.NOT_SUBJECT
_REPORT, _RULE = Origin.REPORT, Origin.RULE
PASSED = frozenset(one for one in Conclusion if one.qualified and one is not Conclusion.SUPERVISED)
NEVER = date.max


def is_plain(equipment: Equipment) -> bool:
    """Whether the clocks of a device may be plain at all."""
    return (
        equipment.status is _IN_USE
        and not equipment.extensions
        and not equipment.exempt_by_design
        and not equipment.moved_on
        and not equipment.restarted_on
        and "monitored_since" not in equipment.traits
    )


def plain_answer(
    equipment: Equipment, rules: ClockRules, on: date, book: Rulebook, done_by: Mapping[str, str] | None
) -> Due | NotRunning | None:
    """The answer of a clock without its reasons; None where it takes more to tell."""
    found = _last_of(equipment, rules, on)
    if found is None:
        return None
    last, later = found
    end = life_end(equipment, rules)
    aged = end is not None and end <= on
    if end and not aged:
        later = min(later, end)
    return straight(equipment, rules, on, book, done_by, last, later, aged)


def life_end(equipment: Equipment, rules: ClockRules) -> date | None:
    """The end of a device's design life, if it has one."""
    years, used = equipment.design_life_years or rules.heading.life_years, equipment.put_into_use_on
    return add_months(used.date, 12 * years) if years and used else None


def straight(
    equipment: Equipment,
    rules: ClockRules,
    on: date,
    book: Rulebook,
    done_by: Mapping[str, str] | None,
    last: Inspection | None,
    later: date,
    aged: bool,
) -> Due | NotRunning | None:
    """The answer that follows from the inspection that counts; `later`: what else may turn it (`NEVER`: nothing).

    Besides kind, code and traits it rests on nothing but its arguments, the day an interval starts and the date and
    grade of that inspection: `schedules.many` relies on it.
    """
    start: Day | None = last.completed_on if last else getattr(equipment, rules.first_counts_from)
    if start is None:
        return None
    grade, printed = (last.grade, last.next_due) if last else (None, None)
    selection = rules.select(last is not None, equipment.catalogue_code, grade, equipment.traits, start.date)
    candidate = selection.candidates[0]
    if candidate.is_plain and len(selection.candidates) == 1 and (printed or not candidate.decision):
        return _due(equipment, rules, on, book, done_by, candidate, start, printed, later, aged)
    if candidate.version.outcome is _NOT_SUBJECT:
        return NotRunning(rules.clock, rules.done_by(done_by), (), None, (), None, WhyNotRunning.NOT_SUBJECT)
    return None


def _last_of(equipment: Equipment, rules: ClockRules, on: date) -> tuple[Inspection | None, date] | None:
    """The inspection that plainly counts, and the day of the first record that does not count yet."""
    clock, counts_as = rules.clock, rules.heading.counts_as
    last, latest, later = None, date.min, NEVER
    for inspection in equipment.inspections:
        if inspection.clock is not clock:
            if counts_as and inspection.clock in counts_as:
                return None
            continue
        done = inspection.completed_on
        if done is None or done.date == latest:
            return None
        if done.date > on:
            later = min(later, done.date)
        elif done.date > latest:
            last, latest = inspection, done.date
    return None if last and last.conclusion not in PASSED else (last, later)


def _due(
    equipment: Equipment,
    rules: ClockRules,
    on: date,
    book: Rulebook,
    done_by: Mapping[str, str] | None,
    candidate: Candidate,
    start: Day,
    printed: Day | None,
    later: date,
    aged: bool,
) -> Due:
    on_day = bound = add_months(start.date, candidate.version.max_months or 0)
    precision: Precision = "day"
    if candidate.version.allowances:
        bound = candidate.raised(bound, start.date, equipment.traits)
    warnings = candidate.warnings
    if printed:
        on_day, precision = printed.last, printed.precision
        if later_at_coarser_precision(printed, bound):
            warnings = (WarningCode.REPORT_AFTER_LATEST, *warnings)
    if rules.heading.remarks:
        warnings, later = _remarked(equipment, rules, on, warnings, later)
    if aged:
        warnings = (*warnings, WarningCode.DESIGN_LIFE_REACHED)
    if precision == "month" or start.precision == "month":
        warnings = (*warnings, WarningCode.PRECISION_MONTH)
    return Due(
        rules.clock,
        rules.done_by(done_by),
        warnings,
        candidate.version,
        (),
        None if later is NEVER else later,
        on_day,
        precision,
        _REPORT if printed else _RULE,
        add_months(on_day, -book.apply_before_months),
        bound,
        None,
        candidate.months,
    )


def _remarked(
    equipment: Equipment, rules: ClockRules, on: date, warnings: tuple[WarningCode, ...], later: date
) -> tuple[tuple[WarningCode, ...], date]:
    for remark in rules.heading.remarks:
        if not holds(equipment, remark.when):
            continue
        if remark.effective_from <= on:
            warnings = (*warnings, remark.code)
        else:
            later = min(later, remark.effective_from)
    return warnings, later
