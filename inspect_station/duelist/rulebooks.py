"""The rulebook in force: the one shipped, with who does each check as the station has set it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from schedules.rule import Version
from schedules.rulebook import Rulebook, RulebookError, load
from schedules.terms import Clock, DoneBy, Kind

DONE_BY = "done_by"
"""The station's setting: {"kind.clock": who}, only what differs from the rulebook."""

_FORMAT = "1"  # raise it when the rows themselves are written differently: all are then recomputed


@dataclass(frozen=True)
class InForce:
    """A rulebook with the station's choices; `digest` changes when any answer may."""

    book: Rulebook
    chosen: Mapping[str, str]
    digest: str

    def done_by(self, kind: Kind, clock: Clock) -> DoneBy:
        chosen = self.chosen.get(f"{kind}.{clock}")
        return DoneBy(chosen) if chosen else self.book.done_by[kind, clock]


@lru_cache(maxsize=1)
def shipped() -> Rulebook:
    return load()


@lru_cache(maxsize=8)
def in_force(setting: str | None) -> InForce:
    """The rulebook under the stored text of the setting `DONE_BY`."""
    return with_choices(shipped(), orjson.loads(setting) if setting else {})


def with_choices(book: Rulebook, chosen: Mapping[str, Any] | None) -> InForce:
    kept = {name: str(who) for name, who in sorted((chosen or {}).items())}
    said = f"{_FORMAT}\n{book.digest}\n{orjson.dumps(kept).decode()}"
    return InForce(book, kept, hashlib.sha256(said.encode()).hexdigest()[:32])


def probe(_now: datetime) -> tuple[str, bool, str]:
    """Whether the rulebook can be read: a probe of `health`."""
    try:
        return "rulebook", bool(shipped().rules), ""
    except RulebookError as error:
        return "rulebook", False, str(error)


def rule_key(version: Version) -> str:
    """A rule's name across all kinds: its kind, then its key in that kind's file."""
    return f"{version.kind}.{version.rule}" if version.kind else version.rule


def edition(version: Version) -> str:
    """Which of a rule's versions: its document and first day."""
    first = version.effective_from.isoformat() if version.effective_from else "…"
    return f"{version.document}@{first}"[:40]
