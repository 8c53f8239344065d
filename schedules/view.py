"""One clock of one device on one day: the facts in view, gathered once, and what the rules make of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from schedules.answers import Range
from schedules.candidate import Candidate
from schedules.dates import Day, add_months, exactly
from schedules.facts import Equipment, Extension, Inspection
from schedules.history import last_of, monitored_since, outstanding_event, records, standing_extension
from schedules.rule import Outcome, Version
from schedules.rulebook import Rulebook
from schedules.selection import ClockRules
from schedules.terms import DecidedBy, Missing, WhyForbidden

ONE_DAY = timedelta(days=1)


@dataclass(slots=True)
class Span:
    """What one candidate rule makes of the facts: a verdict, or the dates between which an interval ends."""

    candidate: Candidate
    version: Version
    start: Day | None
    forbidden: WhyForbidden | None = None
    earliest: date | None = None  # None also where the rule gives only a maximum
    latest: date | None = None
    bound: date | None = None  # the statutory maximum, raised by allowances
    uncut_bound: date | None = None  # before it was cut to the scrap age
    scrap_on: date | None = None
    scrap_unknown: bool = False

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

    __slots__ = (
        *("equipment", "rules", "on", "book", "done_by", "turns", "event", "extension", "cut", "inspections", "last"),
        *("start_fact", "start", "selection", "spans", "only", "version", "bound"),
    )

    def __init__(
        self,
        equipment: Equipment,
        rules: ClockRules,
        on: date,
        book: Rulebook,
        done_by: Mapping[str, str] | None,
    ) -> None:
        self.equipment, self.rules, self.on, self.book = equipment, rules, on, book
        self.done_by = rules.done_by(done_by)
        self.turns: list[date] = []
        self.event: tuple[date, Version] | None = None
        self.extension: Extension | None = None
        self.cut = False

    # --- gathering

    def look_up(self) -> None:
        """The inspection that counts, the rules that may apply, and what each makes of the facts."""
        self._look_back()
        equipment, last, start = self.equipment, self.last, self.start
        self.selection = self.rules.select(
            last is not None,
            equipment.catalogue_code,
            last.grade if last else None,
            equipment.traits,
            start.date if start else self.on,
        )
        spans = self.spans = [self._span(candidate) for candidate in self.selection.candidates]
        self.only = spans[0] if len(spans) == 1 else None
        if self.rules.events:
            self._note_events()
        only = self.only
        self.bound = only.bound if only and not only.scrap_unknown else None
        self.version = self.event[1] if self.event else only.version if only else self._leading()

    def _look_back(self) -> None:
        equipment, rules, traits = self.equipment, self.rules, self.equipment.traits
        self.inspections: list[Inspection] = []
        if equipment.inspections:
            counts_as = rules.heading.counts_as
            self.inspections = records(equipment, rules.clock, counts_as, self.on, self.turns)
        last = self.last = last_of(self.inspections) if self.inspections else None
        self.start_fact = "completed_on" if last else rules.first_counts_from
        self.start: Day | None = last.completed_on if last else getattr(equipment, rules.first_counts_from)
        if self.start is None and (edition := rules.next_edition(self.on)):
            self.turns.append(edition)
        if equipment.extensions:
            granted = [one.granted_on for one in equipment.extensions if one.clock is rules.clock]
            self.turns += [day for day in granted if day]
        if traits and (since := traits.get("monitored_since")):
            self.turns.append(since)

    def _note_events(self) -> None:
        equipment = self.equipment
        self.turns += [day for day in (equipment.moved_on, equipment.restarted_on) if day]
        self.event = outstanding_event(equipment, self.rules.events, self.inspections, self.on)

    def _leading(self) -> Version:
        """The version to cite: of the one rule, or of the first that may still apply."""
        if all(span.forbidden for span in self.spans):
            return self.spans[0].version
        return next(span for span in self.spans if span.lawful).version

    def _span(self, candidate: Candidate) -> Span:
        version = candidate.version
        if version.outcome is Outcome.FORBIDDEN:
            return Span(candidate, version, self.start, WhyForbidden.GRADE)
        start = self.start if version.outcome is not Outcome.MONITORED else self._monitored_since(candidate)
        span = Span(candidate, version, start)
        if start is not None and version.max_months is not None:
            self._measure(span, start.date)
        if candidate.scrap is not None:
            self._cut_to_scrap_age(span, candidate.scrap)
        return span

    def _monitored_since(self, candidate: Candidate) -> Day | None:
        if self.last is None:
            return self.start
        return monitored_since(self.equipment, self.inspections, self.last, candidate.monitored_grades, self.on)

    def _measure(self, span: Span, start: date) -> None:
        version = span.version
        months = version.max_months or 0
        span.latest = span.bound = add_months(start, months)
        if version.min_months is not None:
            same = version.min_months == months
            span.earliest = span.latest if same else add_months(start, version.min_months)
        if version.allowances:
            span.bound = span.candidate.raised(span.latest, start, self.equipment.traits)
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

    # --- judging

    def failed(self) -> bool:
        conclusion = self.last.conclusion if self.last else None
        return conclusion is not None and conclusion.failed

    def conclusion_missing(self) -> bool:
        """An empty conclusion is not a good one; some clocks (a replacement) need none."""
        if self.last is None or not self.rules.heading.needs_conclusion:
            return False
        return self.last.conclusion is None or not self.last.conclusion.qualified

    def missing(self) -> tuple[Missing, ...]:
        """What is needed before a rule gives a date; empty where it does."""
        only = self.only
        if only and only.latest and not only.scrap_unknown and not self.conclusion_missing():
            return only.candidate.decision
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
            yield from dict.fromkeys(fact for span in possible for fact in span.candidate.decision)

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
        return exactly(span.latest)

    def cut_down(self, day: Day) -> Day:
        """No date passes the scrap age."""
        scrap_on = self.only.scrap_on if self.only else None
        self.cut = scrap_on is not None and day.last > scrap_on
        return exactly(scrap_on) if scrap_on is not None and self.cut else day

    def bounds(self) -> tuple[date | None, date | None]:
        """Between which days the date must lie: one rule's ends, or those of all the rules that may apply."""
        if self.only:
            return self._low(self.only), self.only.bound
        spans = [span for span in self.spans if span.lawful]
        lows = [low for span in spans if (low := self._low(span))]
        highs = [span.bound for span in spans if span.bound]
        return min(lows, default=None), max(highs, default=None)

    def _low(self, span: Span) -> date | None:
        if span.scrap_unknown or _bounds_only(span.version):
            return None
        return span.earliest or span.latest

    def extension_after(self, after: date | None) -> Extension | None:
        found = standing_extension(self.equipment, self.rules.clock, self.last, after, self.on)
        if found is None or after is None or self._cut_end(found.until) > after:
            return found
        return None

    def _cut_end(self, day: Day) -> date:
        scrap_on = self.only.scrap_on if self.only else None
        return min(day.last, scrap_on) if scrap_on else day.last

    def months(self, dated: bool = False) -> Range | None:
        """The months allowed; beside a date only where its bound can be computed."""
        if self.event:
            version = self.event[1]
            return Range(version.min_months, version.max_months, version.decided_by)
        only = self.only
        if only:
            known = not only.scrap_unknown and (only.start is not None or only.version.max_months is None)
            return only.candidate.months if known or not dated else None
        return None if dated else _joined([span.version for span in self.spans if span.lawful])

    def apply_by(self, on: date) -> date:
        return add_months(on, -self.book.apply_before_months)

    def reached(self, day: date) -> bool:
        if day > self.on:
            self.turns.append(day)
        return day <= self.on

    def changes_on(self) -> date | None:
        if not self.turns:
            return None
        return min([turn for turn in self.turns if turn > self.on], default=None)


def _joined(versions: list[Version]) -> Range | None:
    """The range over several rules that may apply."""
    known = [version for version in versions if version.max_months is not None]
    if not known:
        return None
    deciders = {version.decided_by for version in known}
    lows = [version.min_months or version.max_months for version in known if not _bounds_only(version)]
    return Range(
        min((low for low in lows if low), default=None),
        max(version.max_months or 0 for version in known),
        deciders.pop() if len(deciders) == 1 else DecidedBy.RULE,
    )


def _bounds_only(version: Version) -> bool:
    """A maximum that the rule itself sets serves as the date; one left to somebody bounds it only."""
    return version.min_months is None and version.decided_by is not DecidedBy.RULE


def _earlier(day: date | None, limit: date) -> date | None:
    return min(day, limit) if day else None
