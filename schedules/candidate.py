"""The version that may apply, with all that follows from it alone and need not be worked out for each device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from schedules.answers import Range
from schedules.dates import add_months
from schedules.rule import Outcome, Version
from schedules.terms import DecidedBy, Missing, Verified, WarningCode


@dataclass(frozen=True, slots=True)
class Candidate:
    """The version that applies under one completion of the facts.

    `assumed`: the interval starts before the first edition known. `scrap`: the age no date may pass.
    `monitored_grades`: the grades whose inspections belong to one run of monitored use. `decision`: who has to be
    asked where the rule alone gives no date. `months`: None where the document's figure is not known. `is_plain`: an
    interval of known length and nothing else. `warnings`: of the version's standing alone.
    """

    version: Version
    assumed: bool
    scrap: Version | None
    monitored_grades: frozenset[int]
    decision: tuple[Missing, ...] = field(init=False)
    months: Range | None = field(init=False)
    is_plain: bool = field(init=False)
    warnings: tuple[WarningCode, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decision", _decision(self.version))
        object.__setattr__(self, "months", _months(self.version))
        object.__setattr__(self, "is_plain", _is_plain(self.version) and self.scrap is None)
        object.__setattr__(self, "warnings", tuple(_warnings(self.version, self.assumed)))

    def raised(self, bound: date, start: date, traits: Mapping[str, object]) -> date:
        """The statutory maximum with the allowances that the traits give."""
        for allowance in self.version.allowances:
            if traits.get(allowance.trait):
                bound = max(bound, add_months(start, allowance.max_months))
        return bound

    @property
    def effect(self) -> tuple[object, ...]:
        """Candidates of equal effect need not be told apart, so a fact between them is not missing.

        Which grades make a run of monitored use matters only where such use is counted.
        """
        version, scrap = self.version, self.scrap
        allowances = tuple((allowance.trait, allowance.max_months) for allowance in version.allowances)
        figures = (version.outcome, version.min_months, version.max_months, version.decided_by, allowances)
        counted = self.monitored_grades if version.outcome is Outcome.MONITORED else None
        return (*figures, scrap.max_months if scrap else None, counted)


def _decision(version: Version) -> tuple[Missing, ...]:
    low, high = version.min_months, version.max_months
    if version.decided_by is DecidedBy.INSTITUTION:
        return (Missing.INSTITUTION_DECISION,)
    if high is None:
        return (Missing.RULE_UNKNOWN if version.decided_by is DecidedBy.RULE else Missing.USER_DECISION,)
    if low is not None and low != high:
        by_user = version.decided_by is DecidedBy.USER
        return (Missing.USER_DECISION if by_user else Missing.INSTITUTION_DECISION,)
    return ()


def _months(version: Version) -> Range | None:
    """Both ends None where the document leaves the date to somebody."""
    if version.max_months is None and version.decided_by is DecidedBy.RULE:
        return None
    return Range(version.min_months, version.max_months, version.decided_by)


def _is_plain(version: Version) -> bool:
    return version.outcome is Outcome.INTERVAL and version.max_months is not None and not version.ignores


def _warnings(version: Version, assumed: bool) -> Iterator[WarningCode]:
    if assumed:
        yield WarningCode.EDITION_ASSUMED
    if version.verified is Verified.UNKNOWN:
        yield WarningCode.UNVERIFIED_RULE
