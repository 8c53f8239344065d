"""Reading one table of a rule file: each value checked, each refusal naming its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from schedules.wording import show

_Term = TypeVar("_Term", bound=StrEnum)


class RulebookError(Exception):
    """A rulebook that must not be used; says in which file, at which rule, and why."""

    def __init__(self, file: str, rule: str, reason: str) -> None:
        super().__init__(f"规则文件 {file}，规则 {rule or '（整份文件）'}：{reason}")
        self.file, self.rule, self.reason = file, rule, reason


@dataclass(frozen=True, slots=True)
class Place:
    """Where we are reading, to name it in a refusal."""

    file: str
    rule: str = ""

    def refuse(self, reason: str) -> NoReturn:
        raise RulebookError(self.file, self.rule, reason)

    def keys(self, table: Mapping[str, Any], allowed: set[str]) -> None:
        unknown = sorted(set(table) - allowed)
        if unknown:
            self.refuse(f"不认识的字段 {unknown[0]}；可用的是：{'、'.join(sorted(allowed))}。")

    def text(self, table: Mapping[str, Any], name: str) -> str:
        value = table.get(name)
        if not isinstance(value, str) or not value.strip():
            self.refuse(f"缺少 {name}（文字）。")
        return value

    def day(self, table: Mapping[str, Any], name: str) -> date:
        value = self.day_or_none(table, name)
        return value if value is not None else self.refuse(f"缺少 {name}（日期）。")

    def day_or_none(self, table: Mapping[str, Any], name: str) -> date | None:
        value = table.get(name)
        if value is None or type(value) is date:
            return value
        return self.refuse(f"{name} 应写成日期，如 2026-01-01，现为 {show(value)}。")

    def word(self, value: object, terms: type[_Term], name: str) -> _Term:
        for term in terms:
            if value == term.value:
                return term
        return self.refuse(f"{name} 不认识 {show(value)}；可用的是：{'、'.join(term.value for term in terms)}。")

    def months(self, table: Mapping[str, Any], name: str, least: int = 1) -> int | None:
        value = table.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= 600:
            self.refuse(f"{name} 应为 {least} 到 600 的整数（月），现为 {show(value)}。")
        return value

    def tables(self, table: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
        value = table.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(f"{name} 应写成 [[{name}]] 表。")
        return value

    def table(self, table: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        value = table.get(name, {})
        if not isinstance(value, dict):
            self.refuse(f"{name} 应写成表。")
        return value
