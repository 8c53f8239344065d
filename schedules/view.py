"""One clock of one device on one day: the facts in view, gathered once, and what the rules make of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from schedules.answers import Range
from schedules.dates import Day, add_months
from schedules.facts import Equipment, Extension, Inspection
from schedules.history import last_of, monitored_since, outstanding_event, records, standing_extension
from schedules.rule import Outcome, Version
from schedules.rulebook import Rulebook
from schedules.selection import Candidate, ClockRules, Selection
from schedules.terms import Clock, DecidedBy, DoneBy, Missing, WhyForbidden

ONE_DAY = timedelta(days=1)


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

    @property
    def lawful(self) -> bool:
        """Whether it may be true of a device in use, if only of the past: a figure stands after it is used up."""
        return self.forbidden is not WhyForbidden.GRADE


class ClockInView:
    """After `look_up`:

    `last` is the inspection that counts, `start` the day its interval (or the first one) runs from; `spans`
    are what the rules that may apply make of them, `only` the single one where facts leave no choice, `bound`
    its statutory maximum and `version` the one to cite; `event` is a move or restart not yet answered by an
    inspection; `turns` are days on which the answer may turn by itself. `extension` and `cut` (to the scrap
    age) are noted while judging, for the reasons and warnings.
    """

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

    # --- gathering

    def look_up(self) -> None:
        """The inspection that counts, the rules that may apply, and what each makes of the facts."""
        equipment, rules, on = self.equipment, self.rules, self.on
        counts_as = self.book.counts_as.get(self.key, frozenset())
        self.inspections = records(equipment, rules.clock, counts_as, on) if equipment.inspections else []
        self.last: Inspection | None = last_of(self.inspections) if self.inspections else None
        self.start_fact = "completed_on" if self.last else rules.first_counts_from
        self.start: Day | None = self.last.completed_on if self.last else getattr(equipment, rules.first_counts_from)
        self.selection = self._select()
        self.spans = [self._span(candidate) for candidate in self.selection.candidates]
        self.only = self.spans[0] if len(self.spans) == 1 else None
        if rules.events:
            self.event = outstanding_event(equipment, rules.events, self.inspections, on)
        self.version = self.event[1] if self.event else self._leading()
        self.bound = self.only.bound if self.only and not self.only.scrap_unknown else None
        self._note_turns(counts_as)

    def _leading(self) -> Version:
        """The version to cite: of the one rule, or of the first that may still apply."""
        if all(span.forbidden for span in self.spans):
            return self.spans[0].version
        return next(span for span in self.spans if span.lawful).version

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
            self.turns.append(span.latest + ONE_DAY)
            if self.on > span.latest:
                span.forbidden = WhyForbidden.MONITORED_USE_EXHAUSTED

    def _cut_to_scrap_age(self, span: Span, scrap: Version) -> None:
        made = self.equipment.made_on
        if made is None:
            span.scrap_unknown = True
            return
        span.scrap_on = add_months(made.date, scrap.max_months or 0)
        self.turns.append(span.scrap_on + ONE_DAY)
        if self.on > span.scrap_on:
            span.forbidden = span.forbidden or WhyForbidden.PAST_SCRAP_AGE
        span.earliest = _earlier(span.earliest, span.scrap_on)
        span.latest = _earlier(span.latest, span.scrap_on)
        span.bound = _earlier(span.bound, span.scrap_on)

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

    # --- judging

    def failed(self) -> bool:
        conclusion = self.last.conclusion if self.last else None
        return conclusion is not None and conclusion.failed

    def conclusion_missing(self) -> bool:
        """An empty conclusion is not a good one; some clocks (a replacement) need none."""
        if self.last is None or self.key in self.book.no_conclusion:
            return False
        return self.last.conclusion is None or not self.last.conclusion.qualified

    def missing(self) -> tuple[Missing, ...]:
        """What is needed before a rule gives a date; empty where it does."""
        only = self.only
        if only and only.latest and not only.scrap_unknown and not self.conclusion_missing():
            return tuple(_decision(only.version))
        return tuple(self._missing_facts())

    def _missing_facts(self) -> Iterator[Missing]:
        if self.conclusion_missing():
            yield Missing.CONCLUSION
        yield from map(Missing, self.deciding_facts())
        possible = [span for span in self.spans if span.lawful]
        if any(span.version.max_months is not None and span.start is None for span in possible):
            yield Missing(self.start_fact)
        if any(span.scrap_unknown for span in possible) and self.start_fact != Missing.MADE_ON:
            yield Missing.MADE_ON
        if self.only or all(span.version.max_months is None for span in possible):
            yield from dict.fromkeys(fact for span in possible for fact in _decision(span.version))

    def deciding_facts(self) -> tuple[str, ...]:
        """The absent facts worth finding: none where the only rule that allows use has no figure anyway."""
        possible = [span.version for span in self.spans if span.lawful]
        if len(possible) == 1 and possible[0].max_months is None:
            return ()
        return self.selection.missing

    def by_rule(self) -> Day | None:
        """The date where a rule alone decides: its figure, or its maximum where it gives no other end."""
        span = self.spans[0]
        if span.latest is None:
            return None
        self.cut = span.latest == span.scrap_on != span.uncut_bound
        return Day(span.latest)

    def cut_down(self, day: Day) -> Day:
        """No date passes the scrap age."""
        scrap_on = self.only.scrap_on if self.only else None
        self.cut = scrap_on is not None and day.last > scrap_on
        return Day(scrap_on) if scrap_on is not None and self.cut else day

    def bounds(self) -> tuple[date | None, date | None]:
        """Between which days the date must lie: one rule's ends, or those of all the rules that may apply."""
        only = self.only
        if only:
            return (None if only.scrap_unknown else only.earliest or self._sole_end(only)), only.latest
        spans = [span for span in self.spans if span.latest is not None and span.lawful]
        lows = [span.earliest or span.latest for span in spans if span.latest]
        highs = [span.latest for span in spans if span.latest]
        lows = [low for low, span in zip(lows, spans, strict=True) if not span.scrap_unknown]
        return min((low for low in lows if low), default=None), max(highs, default=None)

    def _sole_end(self, span: Span) -> date | None:
        """A maximum that the rule itself sets serves as the date; one left to somebody bounds it only."""
        return span.latest if span.version.decided_by is DecidedBy.RULE else None

    def extension_after(self, after: date | None) -> Extension | None:
        found = standing_extension(self.equipment, self.rules.clock, self.last, after, self.on)
        if found is None or after is None or self._cut_end(found.until) > after:
            return found
        return None

    def _cut_end(self, day: Day) -> date:
        scrap_on = self.only.scrap_on if self.only else None
        return min(day.last, scrap_on) if scrap_on else day.last

    def months(self, printed: bool = False) -> Range | None:
        """The months allowed; beside a printed date only where its bound is known."""
        if self.event:
            version = self.event[1]
            return Range(version.min_months, version.max_months, version.decided_by)
        only = self.only
        if only:
            known = not only.scrap_unknown and (only.start is not None or only.version.max_months is None)
            return _range_of(only.version) if known or not printed else None
        return None if printed else _joined([span.version for span in self.spans if span.lawful])

    def apply_by(self, on: date) -> date:
        return add_months(on, -(self.book.principles["apply_before"].max_months or 0))

    def reached(self, day: date) -> bool:
        if day > self.on:
            self.turns.append(day)
        return day <= self.on

    def changes_on(self) -> date | None:
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


def _earlier(day: date | None, limit: date) -> date | None:
    return min(day, limit) if day else None
