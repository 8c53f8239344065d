"""Reading the condition of a rule: each fact and value must be one that the law's terms know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schedules.place import Place
from schedules.rule import Condition
from schedules.terms import GRADES, Kind, traits_of
from schedules.wording import show

STAGES: dict[object, str] = {"first": "首次检验", "later": "以后各次检验"}
OTHER_CODE = "other"


def conditions(place: Place, kind: Kind, when: Mapping[str, Any]) -> Iterator[Condition]:
    for fact, value in when.items():
        label, lawful, words = _domain(place, kind, fact)
        allowed = _allowed(place, fact, value, lawful)
        shown = tuple(words.get(item, str(item)) for item in lawful if item in allowed)
        yield Condition(fact, frozenset(allowed), label, shown or tuple(sorted(map(str, allowed))))


def _domain(place: Place, kind: Kind, fact: str) -> tuple[str, list[object], dict[object, str]]:
    """A fact's Chinese label, lawful values and their words; the catalogue code's are open."""
    if fact == "stage":
        return "次序", list(STAGES), STAGES
    if fact == "grade":
        return "安全状况等级", list(GRADES), {grade: f"{grade}级" for grade in GRADES}
    if fact == "catalogue_code":
        return "目录代码", [], {OTHER_CODE: "其他代码"}
    trait = traits_of(kind).get(fact)
    if trait is None or trait.type == "date":
        known = [name for name, item in traits_of(kind).items() if item.type != "date"]
        allowed = "、".join(["stage", "grade", "catalogue_code", *known])
        place.refuse(f"条件中不认识的事实 {show(fact)}；可用的是：{allowed}。")
    words: dict[object, str] = {value: trait.word(value) for value in trait.lawful}
    return trait.label, list(trait.lawful), words


def _allowed(place: Place, fact: str, value: object, lawful: list[object]) -> set[object]:
    if isinstance(value, dict):
        return _between(place, fact, value, lawful)
    values = value if isinstance(value, list) else [value]
    for item in values:
        if lawful and not any(item == known and type(item) is type(known) for known in lawful):
            place.refuse(f"条件 {fact} 不认识的值 {show(item)}；可用的是：{_listed(lawful)}。")
        if not lawful and not isinstance(item, str):
            place.refuse(f"条件 {fact} 的值应为文字，现为 {show(item)}。")
    return set(values) if values else place.refuse(f"条件 {fact} 没有任何值，规则永远不会适用。")


def _listed(lawful: list[object]) -> str:
    return "、".join(item if isinstance(item, str) else show(item) for item in lawful)


def _between(place: Place, fact: str, value: Mapping[str, Any], lawful: list[object]) -> set[object]:
    low, high = value.get("from"), value.get("to")
    numbers = {item for item in lawful if isinstance(item, int) and not isinstance(item, bool)}
    if set(value) != {"from", "to"} or not isinstance(low, int) or not isinstance(high, int) or not numbers:
        place.refuse(f"条件 {fact} 的区间应写成 {{ from = 1, to = 3 }}，且只用于数字。")
    chosen: set[object] = {item for item in numbers if low <= item <= high}
    return chosen or place.refuse(f"条件 {fact} 的区间 {low}—{high} 内没有任何值。")
