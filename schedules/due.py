"""The due engine: what a device's clocks answer on a day, under a rulebook.

Precedence: out of service, not yet in use, exempt or not subject; stopped; forbidden; an extension or a
report; undetermined; a date by rule. No regulation is named here: figures, conditions and citations are data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

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
from schedules.dates import Day, add_months
from schedules.facts import Equipment, Extension, Inspection
from schedules.history import (
    last_of,
    long_stop_on,
    monitored_since,
    outstanding_event,
    records,
    standing_extension,
)
from schedules.rule import Condition, Outcome, Version
from schedules.rulebook import Rulebook
from schedules.selection import Candidate, ClockRules, Selection
from schedules.terms import (
    EXEMPTIBLE_CLOCKS,
    FINAL_STATUSES,
    BeforeUse,
    Clock,
    Conclusion,
    DecidedBy,
    DoneBy,
    Missing,
    Origin,
    Status,
    Verified,
    WarningCode,
    WhyForbidden,
    WhyNotRunning,
)

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

_ONE_DAY = timedelta(days=1)


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
    rulebook's default stands elsewhere. `reasons=False` leaves `because` empty and is several times faster.
    """
    return tuple(
        [
            ClockInView(equipment, rules, on, rulebook, done_by).answer(reasons)
            for rules in rulebook.clocks_for(equipment)
        ]
    )


@dataclass(slots=True)
class Span:
    """What one candidate rule makes of the facts: a verdict, or the dates between which an interval ends."""

    candidate: Candidate
    start: Day | None
    forbidden: WhyForbidden | None = None
    earliest: date | None = None  # None also where the rule gives only a maximum
    latest: date | None = None
    bound: date | None = None  # the statutory maximum, raised by allowances
    uncut_bound: date | None = None  # before it was cut to the scrap age
    scrap_on: date | None = None
    scrap_unknown: bool = False

    @property
    def version(self) -> Version:
        return self.candidate.version


class ClockInView:
    """One clock of one device on one day: the facts in view, gathered once and then judged."""

    def __init__(
        self,
        equipment: Equipment,
        rules: ClockRules,
        on: date,
        book: Rulebook,
        done_by: Mapping[str, str] | None,
    ) -> None:
        self.equipment, self.rules, self.on, self.book = equipment, rules, on, book
        self.key = (rules.kind, rules.clock)
        self.done_by = _done_by(rules, book, done_by)
        self.turns: list[date] = []
        self.event: tuple[date, Version] | None = None
        self.extension: Extension | None = None
        self.cut = False

    # --- the order of the answers

    def answer(self, reasons: bool) -> Answer:
        why = self._not_running()
        if why is None:
            self._look_up()
            if self.spans[0].version.outcome is Outcome.NOT_SUBJECT:
                why = WhyNotRunning.NOT_SUBJECT
        if why is not None:
            because = explain.not_running(self, why) if reasons else ()
            return NotRunning(self.rules.clock, self.done_by, (), None, because, None, why)
        answer = self._running()
        if self.equipment.status is Status.STOPPED:
            answer = self._stopped(answer)
        return explain.with_reasons(self, answer) if reasons else answer

    def _not_running(self) -> WhyNotRunning | None:
        equipment = self.equipment
        if equipment.status in FINAL_STATUSES or equipment.status is Status.NOT_YET_IN_USE:
            return WhyNotRunning(equipment.status.value)
        if equipment.exempt_by_design and self.rules.clock in EXEMPTIBLE_CLOCKS:
            return WhyNotRunning.EXEMPT_BY_DESIGN
        return None

    def _running(self) -> Answer:
        failed = self._failed()
        if failed:
            return self._forbidden(WhyForbidden.FAILED)
        if all(span.forbidden for span in self.spans):
            return self._forbidden(self.spans[0].forbidden or WhyForbidden.GRADE)
        if self.event:
            return self._due(Day(self.event[0]), Origin.RULE)
        printed = self.last.next_due if self.last else None
        missing = self._missing()
        base = self._cut(printed) if printed else (None if missing else self._by_rule())
        earliest, latest = self._bounds()
        extension = self._extension(base.last if base else earliest)
        if extension:
            self.extension = extension
            return self._due(self._cut(extension.until), Origin.EXTENSION, base)
        if base:
            return self._due(base, Origin.REPORT if printed else Origin.RULE)
        return self._undetermined(missing, earliest, latest)

    # --- gathering

    def _look_up(self) -> None:
        """The inspection that counts, the rules that may apply, and what each makes of the facts."""
        equipment, rules, on = self.equipment, self.rules, self.on
        counts_as = self.book.counts_as.get(self.key, frozenset())
        self.inspections = records(equipment, rules.clock, counts_as, on) if equipment.inspections else []
        self.last: Inspection | None = last_of(self.inspections) if self.inspections else None
        self.start_fact = "completed_on" if self.last else rules.first_counts_from
        self.start: Day | None = (
            self.last.completed_on if self.last else getattr(equipment, rules.first_counts_from)
        )
        self.selection = self._select()
        self.spans = [self._span(candidate) for candidate in self.selection.candidates]
        if rules.events:
            self.event = outstanding_event(equipment, rules.events, self.inspections, on)
        self._note_turns(counts_as)

    def _select(self) -> Selection:
        equipment, last = self.equipment, self.last
        return self.rules.select(
            last is not None,
            equipment.catalogue_code,
            last.grade if last else None,
            equipment.traits,
            self.start.date if self.start else self.on,
        )

    def _span(self, candidate: Candidate) -> Span:
        version = candidate.version
        if version.outcome is Outcome.FORBIDDEN:
            return Span(candidate, self.start, WhyForbidden.GRADE)
        span = Span(candidate, self._start_of(candidate))
        if span.start is not None and version.max_months is not None:
            self._measure(span, span.start.date)
        if candidate.scrap is not None:
            self._cut_to_scrap_age(span, candidate.scrap)
        return span

    def _start_of(self, candidate: Candidate) -> Day | None:
        if candidate.version.outcome is Outcome.MONITORED and self.last is not None:
            grades = candidate.monitored_grades
            return monitored_since(self.equipment, self.inspections, self.last, grades, self.on)
        return self.start

    def _measure(self, span: Span, start: date) -> None:
        version = span.version
        months = version.max_months or 0
        span.latest = span.bound = add_months(start, months)
        if version.min_months is not None:
            same = version.min_months == months
            span.earliest = span.latest if same else add_months(start, version.min_months)
        if version.allowances:
            traits = self.equipment.traits
            raised = [one.max_months for one in version.allowances if traits.get(one.trait)]
            span.bound = add_months(start, max([months, *raised]))
        span.uncut_bound = span.bound
        if version.outcome is Outcome.MONITORED:
            self.turns.append(span.latest + _ONE_DAY)
            if self.on > span.latest:
                span.forbidden = WhyForbidden.MONITORED_USE_EXHAUSTED

    def _cut_to_scrap_age(self, span: Span, scrap: Version) -> None:
        made = self.equipment.made_on
        if made is None:
            span.scrap_unknown = True
            return
        span.scrap_on = add_months(made.date, scrap.max_months or 0)
        self.turns.append(span.scrap_on + _ONE_DAY)
        if self.on > span.scrap_on:
            span.forbidden = span.forbidden or WhyForbidden.PAST_SCRAP_AGE
        span.earliest = _earlier(span.earliest, span.scrap_on)
        span.latest = _earlier(span.latest, span.scrap_on)
        span.bound = _earlier(span.bound, span.scrap_on)

    # --- judging

    @property
    def only(self) -> Span | None:
        """The one rule that applies, where the facts leave no choice."""
        return self.spans[0] if len(self.spans) == 1 else None

    @property
    def bound(self) -> date | None:
        """The statutory maximum, where the facts suffice to compute it."""
        return self.only.bound if self.only and not self.only.scrap_unknown else None

    def _failed(self) -> bool:
        conclusion = self.last.conclusion if self.last else None
        return conclusion is not None and conclusion.failed

    def _conclusion_missing(self) -> bool:
        """An empty conclusion is not a good one; some clocks (a replacement) need none."""
        if self.last is None or self.key in self.book.no_conclusion:
            return False
        return self.last.conclusion is None or not self.last.conclusion.qualified

    def _missing(self) -> tuple[Missing, ...]:
        """What is needed before a rule gives a date; empty where it does."""
        return tuple(self._missing_facts())

    def _missing_facts(self) -> Iterator[Missing]:
        if self._conclusion_missing():
            yield Missing.CONCLUSION
        for fact in self.selection.missing:
            yield Missing(fact)
        possible = [span for span in self.spans if span.forbidden is None]
        if any(span.version.max_months is not None and span.start is None for span in possible):
            yield Missing(self.start_fact)
        if any(span.scrap_unknown for span in possible) and self.start_fact != Missing.MADE_ON:
            yield Missing.MADE_ON
        if self.only:
            yield from _decision(self.only.version)

    def _by_rule(self) -> Day | None:
        """The date where a rule alone decides: its figure, or its maximum where it gives no other end."""
        span = self.spans[0]
        if span.latest is None:
            return None
        self.cut = span.latest == span.scrap_on != span.uncut_bound
        return Day(span.latest)

    def _cut(self, day: Day) -> Day:
        """No date passes the scrap age."""
        scrap_on = self.only.scrap_on if self.only else None
        self.cut = scrap_on is not None and day.last > scrap_on
        return Day(scrap_on) if scrap_on is not None and self.cut else day

    def _bounds(self) -> tuple[date | None, date | None]:
        """Between which days the date must lie: one rule's ends, or those of all the rules that may apply."""
        only = self.only
        if only:
            return (None if only.scrap_unknown else only.earliest or self._sole_end(only)), only.latest
        spans = [span for span in self.spans if span.latest is not None and not span.forbidden]
        lows = [span.earliest or span.latest for span in spans if span.latest]
        highs = [span.latest for span in spans if span.latest]
        lows = [low for low, span in zip(lows, spans, strict=True) if not span.scrap_unknown]
        return min((low for low in lows if low), default=None), max(highs, default=None)

    def _sole_end(self, span: Span) -> date | None:
        """A maximum that the rule itself sets serves as the date; one left to somebody bounds it only."""
        return span.latest if span.version.decided_by is DecidedBy.RULE else None

    def _extension(self, after: date | None) -> Extension | None:
        found = standing_extension(self.equipment, self.rules.clock, self.last, after, self.on)
        if found is None or after is None or self._cut_end(found.until) > after:
            return found
        return None

    def _cut_end(self, day: Day) -> date:
        scrap_on = self.only.scrap_on if self.only else None
        return min(day.last, scrap_on) if scrap_on else day.last

    # --- the answers

    def _due(self, day: Day, origin: Origin, replaced: Day | None = None) -> Due:
        on = day.last
        return Due(
            self.rules.clock,
            self.done_by,
            tuple(self._warnings(day)),
            self._version(),
            (),
            self._changes_on(),
            on,
            day.precision,
            origin,
            self._apply_by(on),
            self.event[0] if self.event else self.bound,
            replaced.last if replaced else None,
            self._range(printed=self.last is not None and self.last.next_due is not None),
        )

    def _undetermined(
        self, missing: tuple[Missing, ...], earliest: date | None, latest: date | None
    ) -> Undetermined:
        return Undetermined(
            self.rules.clock,
            self.done_by,
            tuple(self._warnings(None)),
            self._version(),
            (),
            self._changes_on(),
            missing,
            earliest,
            latest,
            self._apply_by(target) if (target := earliest or latest) else None,
            self._range(),
        )

    def _forbidden(self, why: WhyForbidden) -> Forbidden:
        version, months = self.spans[0].version, self._range()
        if why is WhyForbidden.FAILED:
            version = self.book.principles["failed"]
        elif why is WhyForbidden.PAST_SCRAP_AGE and (scrap := self.spans[0].candidate.scrap):
            version = scrap
        return Forbidden(
            self.rules.clock,
            self.done_by,
            tuple(self._warnings(None, why)),
            version,
            (),
            self._changes_on(),
            why,
            months,
        )

    def _stopped(self, answer: Answer) -> NotRunning:
        passes_on = answer.on if isinstance(answer, Due) else None
        due_before_use = passes_on is None or self.event is not None or self.on > passes_on
        long_stop = long_stop_on(self.equipment, self.rules.events, self.inspections)
        if long_stop is not None and self.on >= long_stop:
            due_before_use = True
        self.turns += [turn for turn in (passes_on and passes_on + _ONE_DAY, long_stop) if turn]
        return NotRunning(
            self.rules.clock,
            self.done_by,
            answer.warnings,
            answer.version,
            (),
            self._changes_on(),
            WhyNotRunning.STOPPED,
            BeforeUse.INSPECTION if due_before_use else BeforeUse.SELF_CHECK,
            passes_on,
            isinstance(answer, Forbidden) and answer.why is WhyForbidden.FAILED,
            None if isinstance(answer, NotRunning) else answer.range,
        )

    def _apply_by(self, on: date) -> date:
        return add_months(on, -(self.book.principles["apply_before"].max_months or 0))

    def _version(self) -> Version:
        """The one cited: the event's, or that of the first rule which may still apply."""
        if self.event:
            return self.event[1]
        return next((span for span in self.spans if not span.forbidden), self.spans[0]).version

    def _range(self, printed: bool = False) -> Range | None:
        """The months allowed; beside a printed date only where its bound is known."""
        if self.event:
            version = self.event[1]
            return Range(version.min_months, version.max_months, version.decided_by)
        only = self.only
        if only:
            known = not only.scrap_unknown and (only.start is not None or only.version.max_months is None)
            return _range_of(only.version) if known or not printed else None
        return None if printed else _joined([span.version for span in self.spans if not span.forbidden])

    # --- warnings

    def _warnings(self, day: Day | None, why: WhyForbidden | None = None) -> Iterator[WarningCode]:
        printed = self.last.next_due if self.last and self.last.next_due and not self.event else None
        if day and printed:
            yield from self._about_the_printed_date(printed)
        yield from self._about_the_rule(why)
        yield from self._about_the_device()
        if (day and day.is_month) or self._month_precise_start(why):
            yield WarningCode.PRECISION_MONTH
        if self._ignored():
            yield WarningCode.TRAIT_IGNORED
        if self.last and self.last.conclusion is Conclusion.SUPERVISED:
            yield WarningCode.SUPERVISED_USE
        if day and self.cut:
            yield WarningCode.CUT_TO_SCRAP_AGE

    def _about_the_printed_date(self, printed: Day) -> Iterator[WarningCode]:
        bound = self.only.uncut_bound if self.only else None
        if bound and _later_at_coarser_precision(printed, bound):
            yield WarningCode.REPORT_AFTER_LATEST
        if self.bound is None:
            yield WarningCode.BOUND_UNKNOWN
        if self._conclusion_missing():
            yield WarningCode.CONCLUSION_MISSING

    def _about_the_rule(self, why: WhyForbidden | None) -> Iterator[WarningCode]:
        if why is WhyForbidden.FAILED or why is WhyForbidden.PAST_SCRAP_AGE:
            return
        version = self._version()
        assumed = any(span.candidate.assumed for span in self.spans)
        if self.event:
            assumed = version.effective_from is not None and self.event[0] < version.effective_from
        if assumed:
            yield WarningCode.EDITION_ASSUMED
        if version.verified is Verified.UNKNOWN:
            yield WarningCode.UNVERIFIED_RULE

    def _about_the_device(self) -> Iterator[WarningCode]:
        equipment = self.equipment
        for remark in self.book.remarks:
            if (
                remark.kind is equipment.kind
                and self._holds(remark.when)
                and self._reached(remark.effective_from)
            ):
                yield remark.code
        end = self._design_life_end()
        if end is not None and self._reached(end):
            yield WarningCode.DESIGN_LIFE_REACHED

    def _holds(self, when: tuple[Condition, ...]) -> bool:
        return all(self.equipment.traits.get(condition.fact) in condition.allowed for condition in when)

    def _design_life_end(self) -> date | None:
        """安全法 art. 48: at the end of its design life a device needs an inspection or assessment."""
        default = self.book.design_life.get(self.equipment.kind)
        years = self.equipment.design_life_years or (default.years if default else None)
        used_from = self.equipment.put_into_use_on
        return add_months(used_from.date, 12 * years) if years and used_from else None

    def _month_precise_start(self, why: WhyForbidden | None) -> bool:
        if self.event or why is WhyForbidden.FAILED or why is WhyForbidden.GRADE:
            return False
        made = self.equipment.made_on
        return any(
            (span.latest is not None and span.start is not None and span.start.is_month)
            or (span.scrap_on is not None and made is not None and made.is_month)
            for span in self.spans
        )

    def _ignored(self) -> bool:
        """A fact was given that the rule excludes (a boiler valve's longer interval)."""
        ignores = self.only.version.ignores if self.only and not self.event else None
        traits = self.equipment.traits
        return ignores is not None and any(traits.get(fact) in values for fact, values in ignores.items())

    # --- the next day on which the answer turns by itself

    def _reached(self, day: date) -> bool:
        if day > self.on:
            self.turns.append(day)
        return day <= self.on

    def _note_turns(self, counts_as: frozenset[Clock]) -> None:
        equipment, clock, turns = self.equipment, self.rules.clock, self.turns
        for inspection in equipment.inspections:
            if inspection.completed_on and (inspection.clock is clock or inspection.clock in counts_as):
                turns.append(inspection.completed_on.date)
        turns += [one.granted_on for one in equipment.extensions if one.granted_on and one.clock is clock]
        if self.rules.events:
            turns += [day for day in (equipment.moved_on, equipment.restarted_on) if day]
        since = equipment.traits.get("monitored_since")
        turns += [since] if since else []
        edition = None if self.start else self.rules.next_edition(self.on)
        turns += [edition] if edition else []

    def _changes_on(self) -> date | None:
        return min((turn for turn in self.turns if turn > self.on), default=None)


def _done_by(rules: ClockRules, book: Rulebook, setting: Mapping[str, str] | None) -> DoneBy:
    if setting:
        chosen = setting.get(f"{rules.kind}.{rules.clock}") or setting.get(rules.clock)
        if chosen:
            return DoneBy(chosen)
    return book.done_by[rules.kind, rules.clock]


def _decision(version: Version) -> Iterator[Missing]:
    """Who has to be asked where the rule alone gives no date."""
    low, high = version.min_months, version.max_months
    if version.decided_by is DecidedBy.INSTITUTION:
        yield Missing.INSTITUTION_DECISION
    elif high is None:
        yield Missing.RULE_UNKNOWN if version.decided_by is DecidedBy.RULE else Missing.USER_DECISION
    elif low is not None and low != high:
        by_user = version.decided_by is DecidedBy.USER
        yield Missing.USER_DECISION if by_user else Missing.INSTITUTION_DECISION


def _range_of(version: Version) -> Range | None:
    """None where the document's figure is not known; both ends None where it leaves the date to somebody."""
    if version.max_months is None and version.decided_by is DecidedBy.RULE:
        return None
    return Range(version.min_months, version.max_months, version.decided_by)


def _joined(versions: list[Version]) -> Range | None:
    """The range over several rules that may apply."""
    known = [version for version in versions if version.max_months is not None]
    if not known:
        return None
    deciders = {version.decided_by for version in known}
    return Range(
        min(version.min_months or version.max_months or 0 for version in known),
        max(version.max_months or 0 for version in known),
        deciders.pop() if len(deciders) == 1 else DecidedBy.RULE,
    )


def _later_at_coarser_precision(printed: Day, bound: date) -> bool:
    if printed.is_month:
        return (printed.date.year, printed.date.month) > (bound.year, bound.month)
    return printed.date > bound


def _earlier(day: date | None, limit: date) -> date | None:
    return min(day, limit) if day else None
