"""What one row of a ledger says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from schedules.terms import Clock

from .problems import Problem


@dataclass(frozen=True, slots=True)
class Options:
    """What the person said besides the file. ``boiler_clock``: the clock of a boiler's unnamed 检验日期."""

    enterprise: str | None = None
    boiler_clock: Clock = Clock.INTERNAL
    today: date | None = None


class InspectionFacts(NamedTuple):
    """What the row says about one clock; dates as ``2026-05-01`` or ``2026-05``."""

    clock: str
    completed_on: str | None = None
    next_due: str | None = None
    conclusion: str | None = None
    grade: int | None = None
    report_number: str = ""
    institution: str = ""


@dataclass(slots=True)
class ContactFacts:
    role: str
    name: str
    mobile: str = ""
    phone: str = ""


class ExtensionFacts(NamedTuple):
    clock: str
    until: str
    granted_on: str | None = None
    document: str = ""


@dataclass(slots=True)
class RowFacts:
    """What one row says; keys that are absent were not said and erase nothing.

    ``equipment`` holds attributes of the register's own table, ``traits`` the rule's ids, ``technical`` text by
    heading, ``raw`` every filled cell by heading as it stood. ``unplaced`` are inspection values that wait until
    the row's device, and so its kind, is known.
    """

    sheet: str
    row: int
    enterprise: dict[str, str] = field(default_factory=dict)
    contact: ContactFacts | None = None
    equipment: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    technical: dict[str, str] = field(default_factory=dict)
    installation: str = ""
    parent: str = ""
    inspections: list[InspectionFacts] = field(default_factory=list)
    extension: ExtensionFacts | None = None
    unplaced: Any = None
    raw: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    not_pressure: bool = False

    @property
    def refused(self) -> bool:
        return bool(self.problems) and any(problem.severity == "error" for problem in self.problems)
