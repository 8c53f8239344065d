"""The warnings beside an answer: each stands when it is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from schedules.dates import Day, add_months
from schedules.facts import Equipment
from schedules.rule import Condition
from schedules.terms import Conclusion, Verified, WarningCode, WhyForbidden
from schedules.view import ClockInView


def warnings(view: ClockInView, day: Day | None, why: WhyForbidden | None = None) -> tuple[WarningCode, ...]:
    found: list[WarningCode] = []
    last = view.last
    if day and last and last.next_due and not view.event:
        found += _about_the_printed_date(view, last.next_due)
    if why is not WhyForbidden.FAILED and why is not WhyForbidden.PAST_SCRAP_AGE:
        if _edition_assumed(view):
            found.append(WarningCode.EDITION_ASSUMED)
        if view.version.verified is Verified.UNKNOWN:
            found.append(WarningCode.UNVERIFIED_RULE)
    if view.rules.heading.remarks:
        found += _about_the_kind(view)
    end = _design_life_end(view)
    if end and view.reached(end):
        found.append(WarningCode.DESIGN_LIFE_REACHED)
    if (day and day.precision == "month") or _month_precise_start(view, why):
        found.append(WarningCode.PRECISION_MONTH)
    if view.only and view.only.version.ignores and not view.event and _ignored(view, view.only.version.ignores):
        found.append(WarningCode.TRAIT_IGNORED)
    if last and last.conclusion is Conclusion.SUPERVISED:
        found.append(WarningCode.SUPERVISED_USE)
    if day and view.cut:
        found.append(WarningCode.CUT_TO_SCRAP_AGE)
    return tuple(found)


def _about_the_printed_date(view: ClockInView, printed: Day) -> Iterator[WarningCode]:
    bound = view.only.uncut_bound if view.only and view.bound else None
    if bound and later_at_coarser_precision(printed, bound):
        yield WarningCode.REPORT_AFTER_LATEST
    if view.bound is None:
        yield WarningCode.BOUND_UNKNOWN
    if view.conclusion_missing():
        yield WarningCode.CONCLUSION_MISSING


def _edition_assumed(view: ClockInView) -> bool:
    if view.event:
        day, version = view.event
        return version.effective_from is not None and day < version.effective_from
    if view.only:
        return view.only.candidate.assumed
    return any(span.candidate.assumed for span in view.spans)


def _about_the_kind(view: ClockInView) -> Iterator[WarningCode]:
    for remark in view.rules.heading.remarks:
        if holds(view.equipment, remark.when) and view.reached(remark.effective_from):
            yield remark.code


def holds(equipment: Equipment, when: tuple[Condition, ...]) -> bool:
    return all(equipment.traits.get(condition.fact) in condition.allowed for condition in when)


def _design_life_end(view: ClockInView) -> date | None:
    """安全法 art. 48: at the end of its design life a device needs an inspection or assessment."""
    years = view.equipment.design_life_years or view.rules.heading.life_years
    used_from = view.equipment.put_into_use_on
    return add_months(used_from.date, 12 * years) if years and used_from else None


def _month_precise_start(view: ClockInView, why: WhyForbidden | None) -> bool:
    if view.event or why is WhyForbidden.FAILED or why is WhyForbidden.GRADE:
        return False
    made = view.equipment.made_on
    for span in view.spans:
        if span.latest is not None and span.start is not None and span.start.precision == "month":
            return True
        if span.scrap_on is not None and made is not None and made.precision == "month":
            return True
    return False


def _ignored(view: ClockInView, ignores: Mapping[str, frozenset[object]]) -> bool:
    """A fact was given that the rule excludes (a boiler valve's longer interval)."""
    return any(view.equipment.traits.get(fact) in values for fact, values in ignores.items())


def later_at_coarser_precision(printed: Day, bound: date) -> bool:
    if printed.is_month:
        return (printed.date.year, printed.date.month) > (bound.year, bound.month)
    return printed.date > bound
