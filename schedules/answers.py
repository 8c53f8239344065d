"""The four answers a clock may give, and reading them on a day: state, bucket, JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from schedules.dates import Precision, add_months
from schedules.rule import Version
from schedules.terms import (
    DATE_FACTS,
    BeforeUse,
    Bucket,
    Clock,
    DecidedBy,
    DoneBy,
    Origin,
    State,
    WarningCode,
    WhyForbidden,
    WhyNotRunning,
)

APPROACHING_DAYS = 90
"""Practice, not law: from how many days before the date a clock shows 临近."""


@dataclass(frozen=True, slots=True)
class Range:
    """The months a rule allows, and who decides within them; None: no bound on that side."""

    min_months: int | None
    max_months: int | None
    decided_by: DecidedBy


@dataclass(frozen=True, slots=True)
class _Answer:
    """`version`: the one the answer rests on. `changes_on`: the next day on which the answer turns by itself,
    apart from its state; None: never."""

    clock: Clock
    done_by: DoneBy
    warnings: tuple[WarningCode, ...]
    version: Version | None
    because: tuple[str, ...]
    changes_on: date | None

    @property
    def rule_key(self) -> str | None:
        return self.version.rule if self.version else None

    @property
    def version_digest(self) -> str | None:
        """With `rule_key` the key by which a confirmation of the version is joined."""
        return self.version.digest if self.version else None


@dataclass(frozen=True, slots=True)
class Due(_Answer):
    """There is a date: `on` is the last valid day, from `apply_by` on it must have been applied for."""

    on: date
    precision: Precision
    origin: Origin
    apply_by: date
    latest: date | None
    before_extension: date | None
    range: Range | None


@dataclass(frozen=True, slots=True)
class Undetermined(_Answer):
    """Facts or a decision are missing; no date is guessed, only its bounds are known."""

    missing: tuple[str, ...]
    earliest: date | None
    latest: date | None
    apply_by: date | None
    range: Range | None


@dataclass(frozen=True, slots=True)
class NotRunning(_Answer):
    """The clock does not run; `before_use`, `on`, `failed` and `range` are of a stopped device only."""

    why: WhyNotRunning
    before_use: BeforeUse | None = None
    on: date | None = None
    failed: bool = False
    range: Range | None = None


@dataclass(frozen=True, slots=True)
class Forbidden(_Answer):
    """Use must stop."""

    why: WhyForbidden
    range: Range | None = None


Answer = Due | Undetermined | NotRunning | Forbidden


def enforced_on(answer: Answer) -> date | None:
    """The date to work towards: the due date, or the earliest (then the latest) of an undetermined one."""
    if isinstance(answer, Due):
        return answer.on
    if isinstance(answer, Undetermined):
        return answer.earliest or answer.latest
    return None


def state(answer: Answer, on: date) -> State | None:
    """Where a date stands on a day; None where there is none.

    The due day itself is not overdue. An undetermined date counts as overdue only past its `latest`, when no
    lawful date is left.
    """
    if isinstance(answer, Due):
        return _state(answer.on, answer.apply_by, answer.on, on)
    target = enforced_on(answer)
    if not isinstance(answer, Undetermined) or target is None:
        return None
    return _state(target, answer.apply_by or add_months(target, -1), answer.latest, on)


def _state(target: date, apply_by: date, last: date | None, on: date) -> State:
    if last is not None and on > last:
        return State.OVERDUE
    if on >= apply_by:
        return State.APPLY_NOW
    return State.APPROACHING if (target - on).days <= APPROACHING_DAYS else State.OK


def bucket(answer: Answer, on: date) -> Bucket:
    """Where an answer stands on the due list."""
    if isinstance(answer, Forbidden):
        return Bucket.FORBIDDEN
    if isinstance(answer, NotRunning):
        return Bucket.STOPPED if answer.why is WhyNotRunning.STOPPED else Bucket.NONE
    now = state(answer, on)
    if isinstance(answer, Undetermined) and now is not State.OVERDUE:
        missing_date = any(fact in DATE_FACTS for fact in answer.missing)
        return Bucket.DATE_MISSING if missing_date else Bucket.UNDETERMINED
    return Bucket(now.value) if now else Bucket.UNDETERMINED


_ORDER = {one: place for place, one in enumerate(Bucket)}


def worst(buckets: Iterable[Bucket]) -> Bucket:
    """The bucket a device is shown in: that of its worst clock."""
    return min(buckets, key=_ORDER.__getitem__, default=Bucket.NONE)


# --- JSON, in the keys of the contract


def as_json(answer: Answer, on: date) -> dict[str, Any]:
    """One clock's answer on a day, as `due` prints it."""
    shown: dict[str, Any] = {"clock": answer.clock, "answer": _ANSWER[type(answer)]}
    if isinstance(answer, Due):
        shown |= _due(answer, on)
    elif isinstance(answer, Undetermined):
        shown |= _undetermined(answer, on)
    elif isinstance(answer, Forbidden):
        shown |= {"why": answer.why, "range": _range(answer.range), "source": _source(answer.version)}
    else:
        shown |= _not_running(answer)
    tail = {"done_by": answer.done_by, "warnings": list(answer.warnings), "because": list(answer.because)}
    return shown | tail


_ANSWER: dict[type[Answer], str] = {
    Due: "due",
    Undetermined: "undetermined",
    NotRunning: "not_running",
    Forbidden: "forbidden",
}


def _due(answer: Due, on: date) -> dict[str, Any]:
    return {
        "on": answer.on.isoformat(),
        "precision": answer.precision,
        "origin": answer.origin,
        "apply_by": answer.apply_by.isoformat(),
        "latest": _iso(answer.latest),
        "state": state(answer, on),
        "before_extension": _iso(answer.before_extension),
        "range": _range(answer.range),
        "source": _source(answer.version),
    }


def _undetermined(answer: Undetermined, on: date) -> dict[str, Any]:
    return {
        "missing": list(answer.missing),
        "earliest": _iso(answer.earliest),
        "latest": _iso(answer.latest),
        "state": state(answer, on),
        "range": _range(answer.range),
        "source": _source(answer.version),
    }


def _not_running(answer: NotRunning) -> dict[str, Any]:
    if answer.why is not WhyNotRunning.STOPPED:
        return {"why": answer.why}
    shown: dict[str, Any] = {"why": answer.why, "before_use": answer.before_use, "on": _iso(answer.on)}
    if answer.failed:
        shown["failed"] = True
    return shown | {"range": _range(answer.range), "source": _source(answer.version)}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _range(months: Range | None) -> dict[str, Any] | None:
    if months is None:
        return None
    return {
        "min_months": months.min_months,
        "max_months": months.max_months,
        "decided_by": months.decided_by,
    }


def _source(version: Version | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {"document": version.document, "clause": version.clause, "verified": version.verified}
