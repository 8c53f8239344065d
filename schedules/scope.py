"""Is it special equipment at all? The catalogue's thresholds as data, an answer with its reasons; never a guess.

Source: scope.toml, whose figures carry their own mark of certainty. Facts are in MPa, litres, MW and millimetres.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from schedules.terms import Verified

Value = Decimal | str | None
Facts = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to ask: a number with its unit, or one of `words`."""

    id: str
    label: str
    unit: str = ""
    words: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One threshold over a fact or the product of several."""

    facts: tuple[str, ...]
    label: str
    unit: str
    least: Decimal | None = None
    below: Decimal | None = None
    among: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What takes a thing out of the catalogue although the thresholds are met."""

    sentence: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing that people bring, with the catalogue codes it may get."""

    id: str
    label: str
    codes: tuple[str, ...]
    needs: tuple[Condition, ...]
    exceptions: tuple[Exclusion, ...]

    @property
    def asks(self) -> tuple[str, ...]:
        """The facts to ask, each once, in the order of the thresholds."""
        conditions = [*self.needs, *(c for e in self.exceptions for c in e.conditions)]
        return tuple(dict.fromkeys(fact for condition in conditions for fact in condition.facts))


@dataclass(frozen=True, slots=True)
class Catalogue:
    document: str
    verified: Verified
    remark: str
    facts: Mapping[str, Fact]
    kinds: Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class Judgement:
    """`verdict`: yes, no, or unclear with the labels of what is `missing`."""

    verdict: str
    reasons: tuple[str, ...]
    missing: tuple[str, ...]
    codes: tuple[str, ...]
    document: str
    verified: Verified


@cache
def catalogue() -> Catalogue:
    """The thresholds as shipped."""
    data = tomllib.loads((Path(__file__).parent / "scope.toml").read_text(encoding="utf-8"), parse_float=Decimal)
    facts = {name: Fact(name, **given) for name, given in data["facts"].items()}
    kinds = {given["id"]: _kind(given, facts) for given in data["object"]}
    return Catalogue(data["document"], Verified(data["verified"]), data["remark"], facts, kinds)


def _kind(given: Mapping[str, Any], facts: Mapping[str, Fact]) -> Kind:
    exceptions = [
        Exclusion(one["sentence"], tuple(_condition(c, facts) for c in one["all"])) for one in given.get("except", ())
    ]
    needs = tuple(_condition(one, facts) for one in given["needs"])
    return Kind(given["id"], given["label"], tuple(given["codes"]), needs, tuple(exceptions))


def _condition(given: Mapping[str, Any], facts: Mapping[str, Fact]) -> Condition:
    names = tuple(given.get("product") or (given["fact"],))
    first = facts[names[0]]
    least, below = (Decimal(given[name]) if name in given else None for name in ("least", "below"))
    return Condition(
        names,
        given.get("label", first.label),
        given.get("unit", first.unit),
        least,
        below,
        tuple(given.get("among", ())),
    )


def judge(kind_id: str, facts: Facts) -> Judgement:
    """Whether a thing of this kind with these facts is in the catalogue. Raises `KeyError` for an unknown kind."""
    book = catalogue()
    kind = book.kinds[kind_id]
    met = [(condition, _holds(condition, facts)) for condition in kind.needs]
    reasons = [_said(book, condition, facts, holds) for condition, holds in met]
    missing = list(_missing(book, kind.needs, facts))
    if any(holds is False for _, holds in met):
        return _answer(book, kind, "no", [*reasons, "有一项达不到目录的下限，不属于特种设备。"], [])
    if missing:
        return _answer(book, kind, "unclear", [*reasons, f"还缺：{'、'.join(missing)}。"], missing)
    for one in kind.exceptions:
        held = [_holds(condition, facts) for condition in one.conditions]
        if all(held):
            return _answer(book, kind, "no", [*reasons, f"{one.sentence}，所以不属于特种设备。"], [])
        if False not in held:
            missing = list(_missing(book, one.conditions, facts))
            return _answer(book, kind, "unclear", [*reasons, f"还缺：{'、'.join(missing)}。"], missing)
    return _answer(book, kind, "yes", [*reasons, "各项都达到目录的下限，属于特种设备。"], [])


def _answer(book: Catalogue, kind: Kind, verdict: str, reasons: Sequence[str], missing: Sequence[str]) -> Judgement:
    codes = kind.codes if verdict == "yes" else ()
    return Judgement(verdict, (*reasons, book.remark), tuple(missing), codes, book.document, book.verified)


def _missing(book: Catalogue, conditions: Sequence[Condition], facts: Facts) -> Iterator[str]:
    names = dict.fromkeys(name for condition in conditions for name in condition.facts if facts.get(name) is None)
    yield from (book.facts[name].label for name in names)


def _measured(condition: Condition, facts: Facts) -> Value:
    values = [facts.get(name) for name in condition.facts]
    if any(value is None for value in values):
        return None
    if len(values) == 1:
        return values[0]
    product = Decimal(1)
    for value in values:
        product *= Decimal(str(value))
    return product


def _holds(condition: Condition, facts: Facts) -> bool | None:
    """Whether a threshold is reached; None where a fact is missing."""
    value = _measured(condition, facts)
    if value is None:
        return None
    if condition.among:
        return value in condition.among
    number = Decimal(str(value))
    return number >= condition.least if condition.least is not None else number < (condition.below or 0)


def _said(book: Catalogue, condition: Condition, facts: Facts, holds: bool | None) -> str:
    value = _measured(condition, facts)
    if value is None:
        return f"{condition.label}：不清楚。"
    if condition.among:
        said = (book.facts[condition.facts[0]].words or {}).get(str(value), str(value))
        return f"{condition.label}：{said}，{'在' if holds else '不在'}目录所列的介质之内。"
    word = "达到" if holds else "低于"
    return (
        f"{condition.label} {_plain(value)} {condition.unit}，{word}下限 {_plain(condition.least)} {condition.unit}。"
    )


def _plain(value: Value) -> str:
    if not isinstance(value, Decimal):
        return str(value)
    return f"{value.normalize():f}"
