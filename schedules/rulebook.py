"""The rulebook: the law as data, loaded once, checked as a whole, and asked by clock."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from schedules.place import RulebookError
from schedules.reading import PRINCIPLES, Draft, read_files
from schedules.rule import DesignLife, Remark, Rule, Source, Version
from schedules.selection import ClockRules
from schedules.terms import Clock, DoneBy, Kind, clocks_of

__all__ = ["Rulebook", "RulebookError", "load"]

RULES = Path(__file__).with_name("rules")


@dataclass(frozen=True)
class Rulebook:
    sources: Mapping[str, Source]
    rules: tuple[Rule, ...]
    principles: Mapping[str, Version]
    remarks: tuple[Remark, ...]
    design_life: Mapping[Kind, DesignLife]
    done_by: Mapping[tuple[Kind, Clock], DoneBy]
    counts_as: Mapping[tuple[Kind, Clock], frozenset[Clock]]
    no_conclusion: frozenset[tuple[Kind, Clock]]
    not_modelled: Mapping[Kind | None, tuple[str, ...]]
    clocks: Mapping[tuple[Kind, Clock], ClockRules]

    def rules_for(self, kind: Kind) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.kind is kind)

    @property
    def versions(self) -> tuple[Version, ...]:
        """Every version of every rule, the principles first."""
        return (*self.principles.values(), *(version for rule in self.rules for version in rule.versions))

    def unverified(self) -> tuple[Version, ...]:
        """The versions that show 待核实 until the technical head has confirmed them."""
        return tuple(version for version in self.versions if not version.is_text)

    @cached_property
    def digest(self) -> str:
        """A stable hash of everything an answer may rest on."""
        said = [f"{version.kind}/{version.rule}/{version.digest}" for version in self.versions]
        said += [f"{r.kind} {r.code} {r.effective_from} {[str(c) for c in r.when]}" for r in self.remarks]
        said += [repr(life) for life in self.design_life.values()]
        said += sorted(f"{kind} {clock} {who}" for (kind, clock), who in self.done_by.items())
        said += sorted(f"{kind} {clock} {sorted(others)}" for (kind, clock), others in self.counts_as.items())
        said += sorted(f"{kind} {clock} no conclusion" for kind, clock in self.no_conclusion)
        return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]

    def clocks_for(self, kind: Kind) -> tuple[ClockRules, ...]:
        """The rules of each clock of a kind, in the kind's order."""
        return self._by_kind[kind]

    def remarks_of(self, kind: Kind) -> tuple[Remark, ...]:
        return self._remarks_by_kind.get(kind, ())

    @cached_property
    def _remarks_by_kind(self) -> Mapping[Kind, tuple[Remark, ...]]:
        kinds = {remark.kind for remark in self.remarks}
        return {kind: tuple(remark for remark in self.remarks if remark.kind is kind) for kind in kinds}

    @cached_property
    def _by_kind(self) -> Mapping[Kind, tuple[ClockRules, ...]]:
        return {kind: tuple(self.clocks[kind, clock] for clock in clocks_of(kind)) for kind in Kind}


def load(directory: Path | None = None) -> Rulebook:
    """Read and check a rules folder (the one shipped, if none is named).

    RulebookError: a file is wrong in itself, two rules contradict each other, or a combination of facts has
    no rule. FileNotFoundError: there is no such folder.
    """
    folder = directory if directory is not None else RULES
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    return _checked(folder, read_files(folder))


def _checked(folder: Path, draft: Draft) -> Rulebook:
    for name in PRINCIPLES:
        if name not in draft.principles:
            raise RulebookError(folder.name, name, "缺少这条总则（[[principle]]）。")
    clocks = {(kind, clock): _clock_rules(folder, draft, kind, clock) for kind in Kind for clock in clocks_of(kind)}
    return Rulebook(
        sources=draft.sources,
        rules=tuple(draft.rules),
        principles=draft.principles,
        remarks=tuple(draft.remarks),
        design_life=draft.design_life,
        done_by=draft.done_by,
        counts_as=draft.counts_as,
        no_conclusion=frozenset(draft.no_conclusion),
        not_modelled={kind: tuple(lines) for kind, lines in draft.not_modelled.items()},
        clocks=clocks,
    )


def _clock_rules(folder: Path, draft: Draft, kind: Kind, clock: Clock) -> ClockRules:
    rules = tuple(rule for rule in draft.rules if rule.kind is kind and rule.clock is clock)
    if not rules:
        raise RulebookError(folder.name, f"{kind}/{clock}", f"{kind.label}的{clock.label}没有任何规则。")
    if (kind, clock) not in draft.done_by:
        raise RulebookError(rules[0].file, f"{clock}", "没有写明由谁实施（[done_by]）。")
    compiled = ClockRules(kind, clock, rules)
    compiled.check()
    return compiled
