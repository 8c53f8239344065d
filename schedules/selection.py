"""Choosing the one rule that applies: the rules of one clock, compiled for quick look-ups.

The facts that rules may look at form a finite space. A combination of facts is a point of it; facts that are
absent span a part of it. Every point at every edition must be answered by exactly one rule.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product

from schedules.candidate import Candidate
from schedules.conditions import OTHER_CODE
from schedules.place import RulebookError
from schedules.rule import WALKED, Outcome, Remark, Rule, Version
from schedules.terms import GRADES, Clock, DoneBy, Kind, traits_of
from schedules.wording import show

Point = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Selection:
    """What applies to facts as far as they are known; `missing`: the facts that decide between several."""

    candidates: tuple[Candidate, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the rules of a clock.

    `done_by`: who inspects unless the station says otherwise; `counts_as`: the other clocks whose inspections count
    as this one's; `life_years`: the years of use after which a device without a stated design life is at its end.
    """

    done_by: DoneBy
    counts_as: frozenset[Clock] = frozenset()
    needs_conclusion: bool = True
    remarks: tuple[Remark, ...] = ()
    life_years: int | None = None


class ClockRules:
    """The rules of one clock of one kind; `check` refuses a gap or a contradiction among them."""

    def __init__(self, kind: Kind, clock: Clock, rules: tuple[Rule, ...], heading: Heading) -> None:
        self.kind, self.clock, self.heading = kind, clock, heading
        self.rules = rules
        self._walked = tuple(rule for rule in rules if rule.outcome in WALKED)
        self._scrap = tuple(rule for rule in rules if rule.outcome is Outcome.SCRAP)
        self.events = tuple(rule for rule in rules if rule.outcome is Outcome.BEFORE_USE)
        self.first_counts_from = self._first_counts_from()
        self.codes = frozenset(self._values("catalogue_code")) - {OTHER_CODE}
        self.traits = tuple(name for name in traits_of(kind) if self._values(name))
        self.editions = sorted({edge for rule in self._walked for edge in _edges(rule)})
        self._cache: dict[tuple[object, ...], Selection] = {}

    def done_by(self, setting: Mapping[str, str] | None) -> DoneBy:
        """Who does the clock: the station's setting, else the rulebook's default."""
        if not setting:
            return self.heading.done_by
        chosen = setting.get(f"{self.kind}.{self.clock}") or setting.get(self.clock)
        return DoneBy(chosen) if chosen else self.heading.done_by

    # --- choosing

    def select(self, later: bool, code: str, grade: int | None, traits: Mapping[str, object], day: date) -> Selection:
        """The versions in force for an interval that starts on `day`; several where facts are absent.

        `later`: there is an inspection to count from, then `grade` is its grade (None: not known).
        """
        known = tuple(map(traits.get, self.traits))
        edition = bisect_right(self.editions, day)
        key = (later, code if code in self.codes else OTHER_CODE, grade, known, edition)
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self._select(later, key[1], grade, known, edition)
        return found

    def next_edition(self, day: date) -> date | None:
        """The first day after `day` on which another edition comes into force."""
        place = bisect_right(self.editions, day)
        return self.editions[place] if place < len(self.editions) else None

    def _select(
        self, later: bool, code: object, grade: int | None, known: tuple[object, ...], edition: int
    ) -> Selection:
        axes: dict[str, tuple[object, ...]] = {
            "stage": ("later" if later else "first",),
            "catalogue_code": (code,),
        }
        axes["grade"] = (grade,) if grade or not later else GRADES
        for name, value in zip(self.traits, known, strict=True):
            axes[name] = self._axis(name, value)
        open_facts = [name for name, values in axes.items() if len(values) > 1]
        points = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
        found = {tuple(point[name] for name in open_facts): self._candidate(point, edition) for point in points}
        distinct = {candidate.effect: candidate for candidate in reversed(found.values())}
        return Selection(tuple(reversed(distinct.values())), _deciding(open_facts, found))

    def _axis(self, name: str, value: object) -> tuple[object, ...]:
        trait = traits_of(self.kind)[name]
        if value is None:
            value = trait.default
        if value is None:
            return trait.lawful
        return (value,)

    def _candidate(self, point: Point, edition: int) -> Candidate:
        components = [self._winner(component, edition) for component in _components(point)]
        version, assumed = min(components, key=lambda item: item[0].max_months or 10_000)
        scraps = [rule for rule in self._scrap if any(rule.matches(one) for one in _components(point))]
        scrap = min((rule.versions[-1] for rule in scraps), key=lambda one: one.max_months or 0, default=None)
        return Candidate(version, assumed, scrap, self._monitored_grades(point, edition))

    def _monitored_grades(self, point: Point, edition: int) -> frozenset[int]:
        if not any(rule.outcome is Outcome.MONITORED for rule in self._walked):
            return frozenset()
        return frozenset(
            grade
            for grade in GRADES
            if self._winner({**point, "stage": "later", "grade": grade}, edition)[0].outcome is Outcome.MONITORED
        )

    def _winner(self, point: Point, edition: int) -> tuple[Version, bool]:
        """The version in force at a point, and whether it had to be borrowed from a later edition."""
        for later in range(edition, len(self.editions) + 1):
            versions = self._in_force(point, later)
            if versions:
                return versions[0][1], later > edition
        raise self._gap(point, None)

    def _in_force(self, point: Point, edition: int) -> list[tuple[Rule, Version]]:
        day = self.editions[edition - 1] if edition else date.min
        matching = [
            (rule, version) for rule in self._walked if (version := rule.in_force(day)) and rule.matches(point)
        ]
        if len(matching) < 2:
            return matching
        return [(rule, version) for rule, version in matching if not _overridden(rule, matching)]

    # --- the check of the whole finite space

    def check(self) -> None:
        """Refuse a gap or an undeclared overlap anywhere in the finite fact space."""
        self._check_overrides()
        for point in self.points():
            begun = False
            for edition in range(len(self.editions) + 1):
                versions = self._in_force(point, edition)
                if len(versions) > 1:
                    raise self._overlap(point, versions[0][0], versions[1][0])
                if begun and not versions:
                    raise self._gap(point, self.editions[edition - 1])
                begun = begun or bool(versions)
            if not begun:
                raise self._gap(point, None)

    def points(self) -> Iterator[Point]:
        """Every combination of facts that the rules of this clock can tell apart."""
        codes = (*sorted(map(str, self.codes)), OTHER_CODE)
        lawful = [traits_of(self.kind)[name].lawful for name in self.traits]
        for grade, code, values in product((None, *GRADES), codes, product(*lawful)):
            traits = dict(zip(self.traits, values, strict=True))
            stage = "first" if grade is None else "later"
            yield {"stage": stage, "grade": grade, "catalogue_code": code, **traits}

    def _check_overrides(self) -> None:
        keys = {rule.key for rule in self._walked} | {"all"}
        for rule in self._walked:
            unknown = sorted(rule.overrides - keys)
            if unknown:
                raise RulebookError(rule.file, rule.key, f"overrides 指向没有的规则 {show(unknown[0])}。")

    def _overlap(self, point: Point, one: Rule, other: Rule) -> RulebookError:
        return RulebookError(
            one.file, one.key, f"与规则 {other.key} 同时适用（{_said(point)}），又没有用 overrides 声明先后。"
        )

    def _gap(self, point: Point, day: date | None) -> RulebookError:
        when = f"自 {day} 起" if day else "任何时候"
        file = self.rules[0].file if self.rules else ""
        return RulebookError(file, f"{self.clock}", f"{when}没有规则适用于：{_said(point)}。")

    def _values(self, fact: str) -> set[object]:
        return {value for rule in self.rules for one in rule.when if one.fact == fact for value in one.allowed}

    def _first_counts_from(self) -> str:
        starts = {version.counts_from for rule in self._walked for version in rule.versions} - {"completed_on"}
        if len(starts) > 1:
            file = self._walked[0].file
            raise RulebookError(file, f"{self.clock}", f"首次检验的起算日不一致：{'、'.join(sorted(starts))}。")
        return next(iter(starts), "put_into_use_on")


def _edges(rule: Rule) -> Iterator[date]:
    for version in rule.versions:
        yield from (edge for edge in (version.effective_from, version.effective_to) if edge is not None)


def _components(point: Point) -> list[Point]:
    """A fact with several values at once (a mixture of gases) stands for each of them."""
    mixed = [name for name, value in point.items() if isinstance(value, tuple)]
    if not mixed:
        return [point]
    return [
        {**point, **dict(zip(mixed, values, strict=True))}
        for values in product(*(_tuple(point[name]) for name in mixed))
    ]


def _tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _overridden(rule: Rule, matching: list[tuple[Rule, Version]]) -> bool:
    return any(
        rule.key in other.overrides or ("all" in other.overrides and "all" not in rule.overrides)
        for other, _ in matching
        if other is not rule
    )


def _deciding(facts: list[str], found: Mapping[tuple[object, ...], Candidate]) -> tuple[str, ...]:
    """The facts on which the effect depends, all others being equal."""
    deciding = []
    for place, fact in enumerate(facts):
        effects: dict[tuple[object, ...], object] = {}
        for values, candidate in found.items():
            rest = values[:place] + values[place + 1 :]
            if effects.setdefault(rest, candidate.effect) != candidate.effect:
                deciding.append(fact)
                break
    return tuple(deciding)


def _said(point: Point) -> str:
    return "，".join(f"{name} = {value}" for name, value in point.items() if value is not None)
