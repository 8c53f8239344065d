"""The warnings beside an answer: each stands when it is true."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from schedules.dates import Day, add_months
from schedules.rule import Condition
from schedules.terms import Conclusion, Verified, WarningCode, WhyForbidden
from schedules.view import ClockInView


def warnings(view: ClockInView, day: Day | None, why: WhyForbidden | None = None) -> Iterator[WarningCode]:
    printed = view.last.next_due if view.last and view.last.next_due and not view.event else None
    if day and printed:
        yield from _about_the_printed_date(view, printed)
    yield from _about_the_rule(view, why)
    yield from _about_the_device(view)
    if (day and day.is_month) or _month_precise_start(view, why):
        yield WarningCode.PRECISION_MONTH
    if _ignored(view):
        yield WarningCode.TRAIT_IGNORED
    if view.last and view.last.conclusion is Conclusion.SUPERVISED:
        yield WarningCode.SUPERVISED_USE
    if day and view.cut:
        yield WarningCode.CUT_TO_SCRAP_AGE


def _about_the_printed_date(view: ClockInView, printed: Day) -> Iterator[WarningCode]:
    bound = view.only.uncut_bound if view.only and view.bound else None
    if bound and _later_at_coarser_precision(printed, bound):
        yield WarningCode.REPORT_AFTER_LATEST
    if view.bound is None:
        yield WarningCode.BOUND_UNKNOWN
    if view.conclusion_missing():
        yield WarningCode.CONCLUSION_MISSING


def _about_the_rule(view: ClockInView, why: WhyForbidden | None) -> Iterator[WarningCode]:
    if why is WhyForbidden.FAILED or why is WhyForbidden.PAST_SCRAP_AGE:
        return
    version = view.version
    assumed = any(span.candidate.assumed for span in view.spans)
    if view.event:
        assumed = version.effective_from is not None and view.event[0] < version.effective_from
    if assumed:
        yield WarningCode.EDITION_ASSUMED
    if version.verified is Verified.UNKNOWN:
        yield WarningCode.UNVERIFIED_RULE


def _about_the_device(view: ClockInView) -> Iterator[WarningCode]:
    equipment = view.equipment
    for remark in view.book.remarks_of(equipment.kind):
        if _holds(view, remark.when) and view.reached(remark.effective_from):
            yield remark.code
    end = _design_life_end(view)
    if end is not None and view.reached(end):
        yield WarningCode.DESIGN_LIFE_REACHED


def _holds(view: ClockInView, when: tuple[Condition, ...]) -> bool:
    return all(view.equipment.traits.get(condition.fact) in condition.allowed for condition in when)


def _design_life_end(view: ClockInView) -> date | None:
    """安全法 art. 48: at the end of its design life a device needs an inspection or assessment."""
    default = view.book.design_life.get(view.equipment.kind)
    years = view.equipment.design_life_years or (default.years if default else None)
    used_from = view.equipment.put_into_use_on
    return add_months(used_from.date, 12 * years) if years and used_from else None


def _month_precise_start(view: ClockInView, why: WhyForbidden | None) -> bool:
    if view.event or why is WhyForbidden.FAILED or why is WhyForbidden.GRADE:
        return False
    made = view.equipment.made_on
    for span in view.spans:
        if span.latest is not None and span.start is not None and span.start.is_month:
            return True
        if span.scrap_on is not None and made is not None and made.is_month:
            return True
    return False


def _ignored(view: ClockInView) -> bool:
    """A fact was given that the rule excludes (a boiler valve's longer interval)."""
    ignores = view.only.version.ignores if view.only and not view.event else None
    traits = view.equipment.traits
    return ignores is not None and any(traits.get(fact) in values for fact, values in ignores.items())


def _later_at_coarser_precision(printed: Day, bound: date) -> bool:
    if printed.is_month:
        return (printed.date.year, printed.date.month) > (bound.year, bound.month)
    return printed.date > bound
