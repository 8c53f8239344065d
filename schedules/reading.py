"""Reading rule files: TOML in, checked rules out; whatever is wrong is refused with file, rule and reason."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from schedules.conditions import conditions
from schedules.place import Place, RulebookError
from schedules.rule import (
    Allowance,
    DesignLife,
    Outcome,
    Remark,
    Rule,
    Source,
    Version,
)
from schedules.terms import (
    Clock,
    DecidedBy,
    DoneBy,
    Kind,
    Verified,
    WarningCode,
    clocks_of,
    traits_of,
)
from schedules.traits import Trait
from schedules.wording import show

PRINCIPLES = ("apply_before", "failed")
EVENTS = ("moved", "restarted")
COUNTS_FROM = ("put_into_use_on", "made_on", "completed_on", "event")


@dataclass(slots=True)
class Draft:
    """What the files say, gathered kind by kind, before rules are compared with each other."""

    sources: dict[str, Source] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    principles: dict[str, Version] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    design_life: dict[Kind, DesignLife] = field(default_factory=dict)
    done_by: dict[tuple[Kind, Clock], DoneBy] = field(default_factory=dict)
    counts_as: dict[tuple[Kind, Clock], frozenset[Clock]] = field(default_factory=dict)
    no_conclusion: set[tuple[Kind, Clock]] = field(default_factory=set)
    first_counts_from: dict[Kind, str] = field(default_factory=dict)
    not_modelled: dict[Kind | None, list[str]] = field(default_factory=dict)


def read_files(directory: Path) -> Draft:
    """Read every *.toml of a rules folder, the sources first so that rules can cite them."""
    files = {path.name: _parse(path) for path in sorted(directory.glob("*.toml"))}
    if not files:
        raise RulebookError(directory.name, "", "目录中没有规则文件（*.toml）。")
    draft = Draft()
    for name, table in files.items():
        for row in Place(name).tables(table, "source"):
            _add_source(draft, Place(name), row)
    for name, table in files.items():
        _read_file(draft, name, table)
    return draft


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RulebookError(path.name, "", f"不是有效的 TOML 文件：{error}。") from error


def _add_source(draft: Draft, place: Place, row: Mapping[str, Any]) -> None:
    place = Place(place.file, place.text(row, "document"))
    place.keys(row, {"document", "title", "effective_from", "effective_to", "verified", "checked_on", "note"})
    if place.rule in draft.sources:
        place.refuse("同一文件登记了两次。")
    source = Source(
        document=place.rule,
        title=place.text(row, "title"),
        effective_from=place.day_or_none(row, "effective_from"),
        effective_to=place.day_or_none(row, "effective_to"),
        verified=place.word(row.get("verified"), Verified, "verified"),
        checked_on=place.day(row, "checked_on"),
        note=str(row.get("note", "")),
    )
    _check_order(place, source.effective_from, source.effective_to)
    draft.sources[source.document] = source


def _check_order(place: Place, start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end <= start:
        place.refuse(f"失效日期 {end} 不晚于施行日期 {start}。")


_FILE_KEYS = {
    *("kind", "source", "rule", "warning", "principle", "design_life", "done_by", "counts_as"),
    *("no_conclusion", "first_counts_from", "not_modelled"),
}


def _read_file(draft: Draft, name: str, table: Mapping[str, Any]) -> None:
    place = Place(name)
    place.keys(table, _FILE_KEYS)
    kind = place.word(table["kind"], Kind, "kind") if "kind" in table else None
    draft.not_modelled.setdefault(kind, []).extend(table.get("not_modelled", []))
    for row in place.tables(table, "principle"):
        _add_principle(draft, place, row)
    if kind is not None:
        _read_header(draft, place, kind, table)
        for row in place.tables(table, "rule"):
            draft.rules.append(_rule(draft, place, kind, row))
        for row in place.tables(table, "warning"):
            draft.remarks.append(_remark(place, kind, row))
    elif table.get("rule"):
        place.refuse("有规则却没有写明 kind（设备种类）。")


def _read_header(draft: Draft, place: Place, kind: Kind, table: Mapping[str, Any]) -> None:
    if "first_counts_from" in table:
        value = place.text(table, "first_counts_from")
        if value not in ("put_into_use_on", "made_on"):
            place.refuse(f"first_counts_from 不认识 {show(value)}；可用的是：put_into_use_on、made_on。")
        draft.first_counts_from[kind] = value
    for name, value in place.table(table, "done_by").items():
        draft.done_by[kind, _clock(place, kind, name)] = place.word(value, DoneBy, "done_by")
    for name, others in place.table(table, "counts_as").items():
        clocks = frozenset(_clock(place, kind, other) for other in others)
        draft.counts_as[kind, _clock(place, kind, name)] = clocks
    for name in table.get("no_conclusion", []):
        draft.no_conclusion.add((kind, _clock(place, kind, name)))
    life = place.table(table, "design_life")
    if life:
        draft.design_life[kind] = _design_life(draft, place, kind, life)


def _design_life(draft: Draft, place: Place, kind: Kind, row: Mapping[str, Any]) -> DesignLife:
    place.keys(row, {"years", "document", "clause", "verified"})
    years = place.months(row, "years")
    if years is None:
        place.refuse("design_life 缺少 years。")
    return DesignLife(
        kind, years, _cited(draft, place, row), place.text(row, "clause"),
        place.word(row.get("verified"), Verified, "verified"),
    )  # fmt: skip


def _clock(place: Place, kind: Kind, name: object) -> Clock:
    for clock in clocks_of(kind):
        if name == clock.value:
            return clock
    allowed = "、".join(clock.value for clock in clocks_of(kind))
    return place.refuse(f"{kind.label}没有检验项目 {show(name)}；可用的是：{allowed}。")


def _cited(draft: Draft, place: Place, row: Mapping[str, Any]) -> str:
    document = place.text(row, "document")
    if document not in draft.sources:
        place.refuse(f"引用了 sources.toml 中没有的文件 {show(document)}。")
    return document


# --- rules

_RULE_KEYS = {
    *("key", "clock", "name", "outcome", "when", "overrides", "version", "counts_from", "ignores"),
    *("event", "after_stop_months"),
}


def _rule(draft: Draft, place: Place, kind: Kind, row: Mapping[str, Any]) -> Rule:
    place = Place(place.file, place.text(row, "key"))
    place.keys(row, _RULE_KEYS)
    if any(rule.key == place.rule and rule.kind is kind for rule in draft.rules):
        place.refuse("同一种设备有两条规则用了这个名称。")
    outcome = place.word(row.get("outcome", "interval"), Outcome, "outcome")
    shell = Rule(
        key=place.rule,
        file=place.file,
        kind=kind,
        clock=_clock(place, kind, row.get("clock")),
        name=place.text(row, "name"),
        outcome=outcome,
        when=tuple(conditions(place, kind, place.table(row, "when"))),
        overrides=_overrides(place, row.get("overrides", [])),
        versions=(),
    )
    rows = place.tables(row, "version")
    if not rows:
        place.refuse("没有任何版本（[[rule.version]]）。")
    versions = [_version(draft, place, shell, row, item) for item in rows]
    return replace(shell, versions=_in_order(place, versions))


def _overrides(place: Place, value: object) -> frozenset[str]:
    if value == "all":
        return frozenset({"all"})
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        place.refuse('overrides 应为规则名称的数组，或 "all"。')
    return frozenset(value)


def _in_order(place: Place, versions: list[Version]) -> tuple[Version, ...]:
    ordered = sorted(versions, key=lambda version: version.effective_from or date.min)
    for earlier, later in pairwise(ordered):
        begins = later.effective_from or date.min
        if earlier.effective_to is None or earlier.effective_to > begins:
            place.refuse(f"两个版本的有效期重叠：{earlier.document} 与 {later.document}（自 {begins} 起）。")
    return tuple(ordered)


# --- versions

_CITATION_KEYS = {
    *("document", "clause", "paraphrase", "verified", "checked_on", "months", "min_months", "max_months"),
    *("decided_by", "effective_from", "effective_to"),
}


def _version(draft: Draft, place: Place, rule: Rule, row: Mapping[str, Any], table: Mapping[str, Any]) -> Version:
    place.keys(table, _CITATION_KEYS | {"allowance"})
    version = replace(
        _citation(draft, place, table),
        rule=rule.key,
        kind=rule.kind,
        clock=rule.clock,
        outcome=rule.outcome,
        counts_from=_counts_from(draft, place, rule, row),
        allowances=tuple(_allowance(place, rule.kind, item) for item in place.tables(table, "allowance")),
        ignores=_ignores(place, rule.kind, place.table(row, "ignores")),
        **_event(place, rule, row),
    )
    _check_figures(place, version)
    return replace(version, digest=_digest(rule, version))


def _citation(draft: Draft, place: Place, table: Mapping[str, Any]) -> Version:
    source = draft.sources[_cited(draft, place, table)]
    exact = place.months(table, "months", least=0)
    if exact is not None and ("min_months" in table or "max_months" in table):
        place.refuse("months 不能与 min_months、max_months 同时写。")
    start = place.day_or_none(table, "effective_from") or source.effective_from
    end = place.day_or_none(table, "effective_to") or source.effective_to
    _check_order(place, start, end)
    return Version(
        rule=place.rule,
        kind=None,
        clock=None,
        outcome=Outcome.INTERVAL,
        counts_from="",
        document=source.document,
        clause=place.text(table, "clause"),
        paraphrase=place.text(table, "paraphrase"),
        verified=place.word(table.get("verified"), Verified, "verified"),
        decided_by=place.word(table.get("decided_by", "rule"), DecidedBy, "decided_by"),
        min_months=exact if exact is not None else place.months(table, "min_months"),
        max_months=exact if exact is not None else place.months(table, "max_months"),
        effective_from=start,
        effective_to=end,
        checked_on=place.day(table, "checked_on"),
        digest="",
    )


def _counts_from(draft: Draft, place: Place, rule: Rule, row: Mapping[str, Any]) -> str:
    if "counts_from" in row:
        value = place.text(row, "counts_from")
        if value not in COUNTS_FROM:
            place.refuse(f"counts_from 不认识 {show(value)}；可用的是：{'、'.join(COUNTS_FROM)}。")
        return value
    if rule.outcome is Outcome.BEFORE_USE:
        return "event"
    if any(condition.allowed == {"later"} for condition in rule.when if condition.fact == "stage"):
        return "completed_on"
    first = draft.first_counts_from.get(rule.kind)
    return first or place.refuse("文件没有写明首次检验从何日起算（first_counts_from）。")


def _event(place: Place, rule: Rule, row: Mapping[str, Any]) -> dict[str, Any]:
    event = row.get("event", "")
    if rule.outcome is not Outcome.BEFORE_USE:
        return {} if not event else place.refuse("event 只用于 outcome = before_use 的规则。")
    if event not in EVENTS:
        place.refuse(f"event 不认识 {show(event)}；可用的是：{'、'.join(EVENTS)}。")
    return {"event": event, "after_stop_months": place.months(row, "after_stop_months")}


def _allowance(place: Place, kind: Kind, row: Mapping[str, Any]) -> Allowance:
    place.keys(row, {"trait", "max_months", "clause", "paraphrase"})
    trait: Trait | None = traits_of(kind).get(place.text(row, "trait"))
    if trait is None or trait.type != "flag":
        place.refuse(f"allowance 的 trait {show(row['trait'])} 不是{kind.label}的是非特性。")
    months = place.months(row, "max_months")
    if months is None:
        place.refuse("allowance 缺少 max_months。")
    return Allowance(trait.name, months, place.text(row, "clause"), place.text(row, "paraphrase"))


def _ignores(place: Place, kind: Kind, row: Mapping[str, Any]) -> Mapping[str, frozenset[object]] | None:
    if not row:
        return None
    return {condition.fact: condition.allowed for condition in conditions(place, kind, row)}


def _check_figures(place: Place, version: Version) -> None:
    low, high = version.min_months, version.max_months
    if low is not None and (high is None or low > high):
        place.refuse(f"期限的下限 {low} 没有不小于它的上限。")
    dated = version.outcome in (Outcome.INTERVAL, Outcome.MONITORED)
    if dated and high is None and version.decided_by is DecidedBy.RULE and version.verified != "unknown":
        place.refuse("没有期限：须写 months 或 max_months，或注明由谁确定（decided_by），或 verified = unknown。")
    if version.outcome in (Outcome.MONITORED, Outcome.SCRAP, Outcome.BEFORE_USE) and high is None:
        place.refuse("这一类规则必须有期限（months 或 max_months）。")
    if version.outcome in (Outcome.FORBIDDEN, Outcome.NOT_SUBJECT) and high is not None:
        place.refuse("禁用或不适用的规则不能有期限。")


def _remark(place: Place, kind: Kind, row: Mapping[str, Any]) -> Remark:
    place.keys(row, {"code", "when", "effective_from"})
    when = tuple(conditions(place, kind, place.table(row, "when")))
    code = place.word(row.get("code"), WarningCode, "code")
    return Remark(code, kind, when, place.day(row, "effective_from"))


def _add_principle(draft: Draft, place: Place, row: Mapping[str, Any]) -> None:
    place = Place(place.file, place.text(row, "key"))
    place.keys(row, _CITATION_KEYS | {"key"})
    if place.rule not in PRINCIPLES:
        place.refuse(f"不认识的总则；可用的是：{'、'.join(PRINCIPLES)}。")
    version = _citation(draft, place, row)
    draft.principles[place.rule] = replace(version, digest=_digest(None, version))


def _digest(rule: Rule | None, version: Version) -> str:
    """A stable hash of what the version says and when it applies; not of when somebody last checked it."""
    said: dict[str, Any] = {
        name: getattr(version, name)
        for name in version.__slots__
        if name not in ("digest", "checked_on", "allowances", "ignores")
    }
    said["allowances"] = [(a.trait, a.max_months, a.clause, a.paraphrase) for a in version.allowances]
    said["ignores"] = {k: sorted(map(str, v)) for k, v in (version.ignores or {}).items()}
    if rule is not None:
        said["when"] = {c.fact: sorted(map(str, c.allowed)) for c in rule.when}
        said["overrides"] = sorted(rule.overrides)
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
