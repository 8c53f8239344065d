"""What a rule is: a condition on facts, and dated versions that cite their document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schedules.terms import Clock, DecidedBy, Kind, Verified, WarningCode


class Outcome(StrEnum):
    """What a rule says where its condition holds."""

    INTERVAL = "interval"
    MONITORED = "monitored"  # an interval over the whole run of monitored use, then forbidden
    FORBIDDEN = "forbidden"
    NOT_SUBJECT = "not_subject"
    BEFORE_USE = "before_use"  # due at an event: a move, or the restart after a long stop
    SCRAP = "scrap"  # an age no date may pass


WALKED = frozenset({Outcome.INTERVAL, Outcome.MONITORED, Outcome.FORBIDDEN, Outcome.NOT_SUBJECT})
"""Exactly one rule of these outcomes applies to any combination of facts."""


@dataclass(frozen=True, slots=True)
class Source:
    """A document: law, regulation or standard. `effective_from` None: not known here."""

    document: str
    title: str
    effective_from: date | None
    effective_to: date | None  # the first day on which it is no longer in force
    verified: Verified
    checked_on: date
    note: str = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """A flag that raises the longest lawful interval without moving the ordinary one."""

    trait: str
    max_months: int
    clause: str
    paraphrase: str


@dataclass(frozen=True, slots=True)
class Version:
    """One edition of a rule. `max_months` None: the figure is not known, or not fixed by the document."""

    rule: str
    kind: Kind | None
    clock: Clock | None
    outcome: Outcome
    counts_from: str
    document: str
    clause: str
    paraphrase: str
    verified: Verified
    decided_by: DecidedBy
    min_months: int | None
    max_months: int | None
    effective_from: date | None
    effective_to: date | None
    checked_on: date
    digest: str
    allowances: tuple[Allowance, ...] = ()
    ignores: Mapping[str, frozenset[object]] | None = None
    event: str = ""
    after_stop_months: int | None = None

    def in_force(self, day: date) -> bool:
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day < self.effective_to
        )

    @property
    def is_text(self) -> bool:
        return self.verified is Verified.TEXT

    @property
    def citation(self) -> str:
        return f"{self.document} {self.clause}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A fact that must be one of some values; `label` and `words` say it in Chinese."""

    fact: str
    allowed: frozenset[object]
    label: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.label}：{'、'.join(self.words)}"


@dataclass(frozen=True, slots=True)
class Rule:
    key: str
    file: str
    kind: Kind
    clock: Clock
    name: str
    outcome: Outcome
    when: tuple[Condition, ...]
    overrides: frozenset[str]
    versions: tuple[Version, ...]

    def matches(self, facts: Mapping[str, object]) -> bool:
        return all(facts.get(condition.fact) in condition.allowed for condition in self.when)

    def in_force(self, day: date) -> Version | None:
        return next((version for version in self.versions if version.in_force(day)), None)


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning that holds for a whole kind of equipment while a condition holds, from a day on."""

    code: WarningCode
    kind: Kind
    when: tuple[Condition, ...]
    effective_from: date


@dataclass(frozen=True, slots=True)
class DesignLife:
    """The years of use after which a device without a stated design life counts as at its end."""

    kind: Kind
    years: int
    document: str
    clause: str
    verified: Verified
