"""The due engine: what a device's clocks answer on a day, under a rulebook.

Precedence: out of service, not yet in use, exempt or not subject; stopped; forbidden; an extension or a
report; undetermined; a date by rule. No regulation is named here: figures, conditions and citations are data.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from schedules import reasons as explain
from schedules.answers import (
    Answer,
    Due,
    Forbidden,
    NotRunning,
    Range,
    Undetermined,
    as_json,
    bucket,
    enforced_on,
    state,
    worst,
)
from schedules.dates import Day
from schedules.facts import Equipment
from schedules.history import long_stop_on
from schedules.remarks import warnings
from schedules.rule import Outcome
from schedules.rulebook import Rulebook
from schedules.terms import (
    EXEMPTIBLE_CLOCKS,
    BeforeUse,
    Missing,
    Origin,
    Status,
    WhyForbidden,
    WhyNotRunning,
)
from schedules.view import ONE_DAY, ClockInView

__all__ = [
    "Answer",
    "Due",
    "Forbidden",
    "NotRunning",
    "Range",
    "Undetermined",
    "as_json",
    "bucket",
    "due_dates",
    "enforced_on",
    "state",
    "worst",
]


def due_dates(
    equipment: Equipment,
    on: date,
    rulebook: Rulebook,
    *,
    done_by: Mapping[str, str] | None = None,
    reasons: bool = True,
) -> tuple[Answer, ...]:
    """What each clock of a device answers on a day, in the kind's order of clocks.

    `done_by` is the station's setting, by clock ("annual") or by kind and clock ("boiler.external"); the
    rulebook's default stands elsewhere. `reasons=False` leaves `because` empty and is twice as fast; for very many
    devices there is `schedules.many`.
    """
    views = [ClockInView(equipment, rules, on, rulebook, done_by) for rules in rulebook.clocks_for(equipment.kind)]
    return tuple([_answer(view, reasons) for view in views])


def _answer(view: ClockInView, reasons: bool) -> Answer:
    why = _out_of_service(view)
    if why is None:
        view.look_up()
        if view.spans[0].version.outcome is Outcome.NOT_SUBJECT:
            why = WhyNotRunning.NOT_SUBJECT
    if why is not None:
        because = explain.not_running(view, why) if reasons else ()
        return NotRunning(view.rules.clock, view.done_by, (), None, because, None, why)
    answer = _running(view)
    if view.equipment.status is Status.STOPPED:
        answer = _stopped(view, answer)
    if reasons:
        answer.because = explain.reasons(view, answer)
    return answer


def _out_of_service(view: ClockInView) -> WhyNotRunning | None:
    equipment = view.equipment
    status = equipment.status
    if status is not Status.IN_USE and status is not Status.STOPPED:
        return WhyNotRunning(status.value)
    if equipment.exempt_by_design and view.rules.clock in EXEMPTIBLE_CLOCKS:
        return WhyNotRunning.EXEMPT_BY_DESIGN
    return None


def _running(view: ClockInView) -> Answer:
    """The answer of a clock that runs, as if the device were in use."""
    if view.failed():
        return _forbidden(view, WhyForbidden.FAILED)
    verdict = view.spans[0].forbidden
    if verdict and all(span.forbidden for span in view.spans):
        return _forbidden(view, verdict)
    if view.event:
        return _due(view, Day(view.event[0]), Origin.RULE)
    return _dated(view)


def _dated(view: ClockInView) -> Due | Undetermined:
    """By extension, by report, or by rule; where none gives a date, what is missing."""
    printed = view.last.next_due if view.last else None
    missing = () if printed else view.missing()
    base = view.cut_down(printed) if printed else (None if missing else view.by_rule())
    earliest, latest = (None, None) if base else view.bounds()
    extension = view.extension_after(base.last if base else earliest) if view.equipment.extensions else None
    if extension:
        view.extension = extension
        return _due(view, view.cut_down(extension.until), Origin.EXTENSION, base)
    if base:
        return _due(view, base, Origin.REPORT if printed else Origin.RULE)
    return _undetermined(view, missing, earliest, latest)


def _due(view: ClockInView, day: Day, origin: Origin, replaced: Day | None = None) -> Due:
    on = day.last
    return Due(
        view.rules.clock,
        view.done_by,
        warnings(view, day),
        view.version,
        (),
        view.changes_on(),
        on,
        day.precision,
        origin,
        view.apply_by(on),
        view.event[0] if view.event else view.bound,
        replaced.last if replaced else None,
        view.months(dated=True),
    )


def _undetermined(
    view: ClockInView, missing: tuple[Missing, ...], earliest: date | None, latest: date | None
) -> Undetermined:
    target = earliest or latest
    return Undetermined(
        view.rules.clock,
        view.done_by,
        warnings(view, None),
        view.version,
        (),
        view.changes_on(),
        missing,
        earliest,
        latest,
        view.apply_by(target) if target else None,
        view.months(),
    )


def _forbidden(view: ClockInView, why: WhyForbidden) -> Forbidden:
    version, months, scrap = view.version, view.months(), view.spans[0].candidate.scrap
    if why is WhyForbidden.FAILED:
        version, months = view.book.principles["failed"], None
    elif why is WhyForbidden.PAST_SCRAP_AGE and scrap:
        version = scrap
    said = warnings(view, None, why)
    return Forbidden(view.rules.clock, view.done_by, said, version, (), view.changes_on(), why, months)


def _stopped(view: ClockInView, answer: Answer) -> NotRunning:
    """A stop suspends no date: it shows when the date passes, and what must precede the restart."""
    passes_on = answer.on if isinstance(answer, Due) else None
    long_stop = long_stop_on(view.equipment, view.rules.events, view.inspections)
    passed = passes_on is None or view.event is not None or view.reached(passes_on + ONE_DAY)
    stopped_long = long_stop is not None and view.reached(long_stop)
    return NotRunning(
        view.rules.clock,
        view.done_by,
        answer.warnings,
        answer.version,
        (),
        view.changes_on(),
        WhyNotRunning.STOPPED,
        BeforeUse.INSPECTION if passed or stopped_long else BeforeUse.SELF_CHECK,
        passes_on,
        isinstance(answer, Forbidden) and answer.why is WhyForbidden.FAILED,
        answer.range,
    )
