"""The facts a rule may look at, and reading them from the JSON cases of the contracts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from schedules.dates import Day
from schedules.terms import (
    GRADES,
    Clock,
    Conclusion,
    Kind,
    Status,
    Term,
    clocks_of,
    kind_of,
    traits_of,
)
from schedules.traits import Trait
from schedules.wording import show

_EQUIPMENT_KEYS = {
    *("catalogue_code", "status", "stopped_on", "restarted_on", "moved_on", "made_on", "put_into_use_on"),
    *("design_life_years", "exempt_by_design", "traits"),
}
_Row = TypeVar("_Row")
_Term = TypeVar("_Term", bound=Term)


class FactError(ValueError):
    """A case that cannot be read; the message (Chinese) names field, value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Inspection:
    clock: Clock
    completed_on: Day | None = None
    conclusion: Conclusion | None = None
    grade: int | None = None
    next_due: Day | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    clock: Clock
    until: Day
    granted_on: date | None = None
    document: str | None = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """One device (a pipe: one line; a cylinder: one batch) with its history.

    `traits` holds only what is known, read and checked by `read_traits`: flags as bool, choices as their ids,
    `gas` as a tuple of ids, `monitored_since` as a date. Absent flags stand at their default.
    """

    kind: Kind
    catalogue_code: str
    status: Status = Status.IN_USE
    stopped_on: date | None = None
    restarted_on: date | None = None
    moved_on: date | None = None
    made_on: Day | None = None
    put_into_use_on: Day | None = None
    design_life_years: int | None = None
    exempt_by_design: bool = False
    traits: Mapping[str, Any] = field(default_factory=dict)
    inspections: Sequence[Inspection] = ()
    extensions: Sequence[Extension] = ()


def from_json(case: object) -> Equipment:
    """Read one case of `due`; keys beside the contract's are the caller's own. FactError where it breaks it."""
    row = _mapping(case, "案例")
    given = row.get("equipment")
    facts = _object({} if given is None else given, "equipment", _EQUIPMENT_KEYS)
    kind, code = _kind(facts)
    return Equipment(
        kind=kind,
        catalogue_code=code,
        status=_word(facts.get("status"), Status, "equipment.status") or Status.IN_USE,
        stopped_on=_day(facts.get("stopped_on"), "equipment.stopped_on"),
        restarted_on=_day(facts.get("restarted_on"), "equipment.restarted_on"),
        moved_on=_day(facts.get("moved_on"), "equipment.moved_on"),
        made_on=_day_or_month(facts.get("made_on"), "equipment.made_on"),
        put_into_use_on=_day_or_month(facts.get("put_into_use_on"), "equipment.put_into_use_on"),
        design_life_years=_years(facts.get("design_life_years"), "equipment.design_life_years"),
        exempt_by_design=_flag(facts.get("exempt_by_design"), "equipment.exempt_by_design") or False,
        traits=read_traits(kind, code, facts.get("traits")),
        inspections=_rows(row.get("inspections"), "inspections", kind, _inspection),
        extensions=_rows(row.get("extensions"), "extensions", kind, _extension),
    )


def read_traits(kind: Kind, catalogue_code: str, given: object) -> dict[str, Any]:
    """Check the traits of one device against those its kind permits; absent and null ones are left out."""
    permitted = traits_of(kind)
    traits: dict[str, Any] = {}
    for name, value in _mapping({} if given is None else given, "equipment.traits").items():
        if value is None:
            continue
        trait = permitted.get(name)
        if trait is None or (trait.codes is not None and catalogue_code not in trait.codes):
            allowed = [t.name for t in permitted.values() if t.codes is None or catalogue_code in t.codes]
            raise FactError(
                f"equipment.traits.{show(name)}：{kind.label}（目录代码 {catalogue_code}）没有这项特性；"
                f"可用的是：{'、'.join(allowed) or '无'}。"
            )
        traits[name] = _trait(value, trait)
    return traits


def _trait(value: object, trait: Trait) -> object:
    where = f"equipment.traits.{trait.name}"
    if trait.type == "flag":
        return _flag(value, where)
    if trait.type == "date":
        return _day(value, where)
    if trait.type == "choices" and isinstance(value, (list, tuple)):
        if not value:
            raise FactError(f"{where}：混合气的组分不能为空；可用的是：{'、'.join(trait.values)}。")
        return tuple(sorted({_choice(item, trait.values, where) for item in value}))
    choice = _choice(value, trait.values, where)
    return (choice,) if trait.type == "choices" else choice


def _kind(facts: Mapping[str, Any]) -> tuple[Kind, str]:
    code = facts.get("catalogue_code")
    if not isinstance(code, str):
        raise FactError(f"equipment.catalogue_code：须填写特种设备目录的四位代码，现为 {show(code)}。")
    traits = facts.get("traits")
    kind = kind_of(code, traits if isinstance(traits, Mapping) else None)
    if kind is not None:
        return kind, code
    if code == "F000":
        raise FactError("equipment.traits.accessory：目录代码 F000 须注明安全附件种类；可用的是：gauge（压力表）。")
    raise FactError(f"equipment.catalogue_code：目录代码 {show(code)} 不在本规则库范围内，请核对特种设备目录。")


def _rows(value: object, where: str, kind: Kind, read: Callable[[object, str, Kind], _Row]) -> tuple[_Row, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise FactError(f"{where}：应为 JSON 数组，现为 {show(value)}。")
    return tuple(read(item, f"{where}[{number}]", kind) for number, item in enumerate(value))


def _inspection(value: object, where: str, kind: Kind) -> Inspection:
    row = _object(value, where, {"clock", "completed_on", "conclusion", "grade", "next_due"})
    return Inspection(
        clock=_clock(row.get("clock"), kind, f"{where}.clock"),
        completed_on=_day_or_month(row.get("completed_on"), f"{where}.completed_on"),
        conclusion=_word(row.get("conclusion"), Conclusion, f"{where}.conclusion"),
        grade=_grade(row.get("grade"), f"{where}.grade"),
        next_due=_day_or_month(row.get("next_due"), f"{where}.next_due"),
    )


def _extension(value: object, where: str, kind: Kind) -> Extension:
    row = _object(value, where, {"clock", "until", "granted_on", "document"})
    until = _day_or_month(row.get("until"), f"{where}.until")
    if until is None:
        raise FactError(f"{where}.until：须填写批准延期到哪一天，格式如 2028-09-30。")
    document = row.get("document")
    if document is not None and not isinstance(document, str):
        raise FactError(f"{where}.document：应为文字，现为 {show(document)}。")
    return Extension(
        clock=_clock(row.get("clock"), kind, f"{where}.clock"),
        until=until,
        granted_on=_day(row.get("granted_on"), f"{where}.granted_on"),
        document=document,
    )


def _clock(value: object, kind: Kind, where: str) -> Clock:
    for clock in clocks_of(kind):
        if value == clock.value:
            return clock
    allowed = "、".join(f"{clock.value}（{clock.label}）" for clock in clocks_of(kind))
    raise FactError(f"{where}：{kind.label}没有检验项目 {show(value)}；可用的是：{allowed}。")


def _word(value: object, terms: type[_Term], where: str) -> _Term | None:
    if value is None:
        return None
    for term in terms:
        if value == term.value:
            return term
    allowed = "、".join(term.value for term in terms)
    raise FactError(f"{where}：不认识 {show(value)}；可用的是：{allowed}。")


def _choice(value: object, values: Mapping[str, str], where: str) -> str:
    if isinstance(value, str) and value in values:
        return value
    allowed = "、".join(f"{name}（{label}）" for name, label in values.items())
    raise FactError(f"{where}：不认识 {show(value)}；可用的是：{allowed}。")


def _flag(value: object, where: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise FactError(f"{where}：只能是 true 或 false，现为 {show(value)}。")


def _grade(value: object, where: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value in GRADES:
        return value
    raise FactError(f"{where}：安全状况等级只能是 1 到 5 的整数，现为 {show(value)}。")


def _years(value: object, where: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 200:
        return value
    raise FactError(f"{where}：设计使用年限应为 1 到 200 的整数（年），现为 {show(value)}。")


def _day_or_month(value: object, where: str) -> Day | None:
    if value is None:
        return None
    try:
        return Day.parse(value) if isinstance(value, str) else _refuse_date(value)
    except ValueError:
        raise FactError(
            f"{where}：{show(value)} 不是有效日期；请写成 2028-03-31，或只知道月份时写成 2028-03。"
        ) from None


def _refuse_date(value: object) -> Day:
    raise ValueError(f"not a date: {value!r}")


def _day(value: object, where: str) -> date | None:
    day = _day_or_month(value, where)
    if day is None:
        return None
    if day.is_month:
        raise FactError(f"{where}：须精确到日，现为 {show(value)}；请写成 2028-03-31 的样子。")
    return day.date


def _object(value: object, where: str, keys: set[str]) -> Mapping[str, Any]:
    row = _mapping(value, where)
    unknown = next((name for name in row if name not in keys), None)
    if unknown is not None:
        raise FactError(f"{where}：不认识的字段 {show(unknown)}；可用的是：{'、'.join(sorted(keys))}。")
    return row


def _mapping(value: object, where: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    raise FactError(f"{where}：应为 JSON 对象（键和值），现为 {show(value)}。")
