"""What a row would change of its device: attributes, technical values, traits, inspections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from schedules.terms import Clock

from .facts import InspectionFacts, RowFacts
from .fields import FIELDS
from .problems import Flaw
from .register import Row
from .values import one_spelling


@dataclass(slots=True)
class Change:
    """One fact: what it was, what it will be; ``field`` is the register's own name for it."""

    field: str
    label: str
    old: Any
    new: Any


_NUMBERS = frozenset(
    {"device_code", "registration_code", "certificate_number", "own_number", "maker_number", "line_number"}
)
_DATES = frozenset({"stopped_on", "restarted_on", "moved_on", "made_on", "put_into_use_on"})


def attribute_changes(facts: RowFacts, device: Row) -> list[Change]:
    changes = []
    for name, new in facts.equipment.items():
        old = device[name]
        if name == "form" or old == new or (name == "catalogue_code" and _is_coarser(new, old)):
            continue
        if name in _DATES and old and old[: len(new)] == new:  # the register knows the day already
            continue
        if name in _NUMBERS and one_spelling(old) == one_spelling(new):
            continue
        label = FIELDS[name].label if name in FIELDS else name
        changes.append(Change(name, label, old, new))
    return changes


def _is_coarser(new: str, old: str) -> bool:
    """压力容器 (2100) says nothing against 第二类压力容器 (2150)."""
    return old.startswith(new.rstrip("0"))


def mapping_changes(facts: RowFacts, device: Row) -> list[Change]:
    changes = []
    for kind, given in (("technical", facts.technical), ("traits", facts.traits)):
        for name, new in given.items():
            old = device[kind].get(name)
            if old != new:
                label = FIELDS[f"trait.{name}"].label if kind == "traits" else name
                changes.append(Change(f"{kind}.{name}", label, old, new))
    return changes


def compare_inspection(said: InspectionFacts, history: list[Row]) -> tuple[list[Change], int | None, Flaw | None]:
    """What an inspection adds to a clock's history: the changes, the row it corrects, a remark."""
    label = Clock(said.clock).label
    known = next((row for row in history if _same_day(said.completed_on, row["completed_on"])), None)
    if known is None and said.completed_on:
        known = next(
            (row for row in history if row["completed_on"] is None and _same_day(said.next_due, row["next_due"])),
            None,
        )
    if said.completed_on is None:
        return _undated(said, history, known, label)
    if known is None:
        return _as_new(said, label), None, None
    changes = _corrections(said, known, label)
    return changes, known["id"] if changes else None, None


def _undated(
    said: InspectionFacts, history: list[Row], known: Row | None, label: str
) -> tuple[list[Change], int | None, Flaw | None]:
    """A ledger that knows only the next date corrects an undated record; beside a dated one it is too little."""
    dated = [row for row in history if row["completed_on"]]
    if dated:
        latest = max(dated, key=lambda row: row["completed_on"])
        if _same_day(said.next_due, latest["next_due"]):
            return [], None, None
        message = (
            f"台账只有下次{label}日期（{said.next_due}），与已登记的（{latest['completed_on']} 检验，"
            f"下次 {latest['next_due'] or '未载明'}）不同，没有改动；请补上检验日期。"
        )
        return [], None, Flaw("next_due_alone", message)
    if known is None:
        return _as_new(said, label), None, None
    changes = _corrections(said, known, label)
    return changes, known["id"] if changes else None, None


def _same_day(one: str | None, other: str | None) -> bool:
    """At the coarser precision; two missing dates are the same."""
    if one is None or other is None:
        return one is other
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _as_new(said: InspectionFacts, label: str) -> list[Change]:
    return [Change("inspection", f"{label}", None, _summary(said))]


def _summary(said: InspectionFacts) -> str:
    parts = [
        f"{said.completed_on} 检验" if said.completed_on else "",
        said.conclusion or "",
        f"{said.grade} 级" if said.grade else "",
        f"下次 {said.next_due}" if said.next_due else "",
    ]
    return "，".join(part for part in parts if part)


def _corrections(said: InspectionFacts, known: Row, label: str) -> list[Change]:
    changes = []
    for name, word in (
        ("completed_on", "检验日期"),
        ("next_due", "下次检验日期"),
        ("conclusion", "检验结论"),
        ("grade", "安全状况等级"),
        ("report_number", "报告编号"),
        ("institution", "检验机构"),
    ):
        new, old = getattr(said, name), known[name]
        if (
            not new
            or new == old
            or (name in ("completed_on", "next_due") and old and _same_day(new, old) and len(new) <= len(old))
        ):
            continue
        changes.append(Change(f"inspection.{name}", f"{label}·{word}", old, new))
    return changes
