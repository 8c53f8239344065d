"""What a row says about its clocks: which statutory clock a column is, and whether its dates make sense."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from schedules.terms import DEEP_CLOCK, Clock, Kind, clocks_of, kind_of

from .facts import ExtensionFacts, InspectionFacts, Options, RowFacts
from .fields import INSPECTION_FIELDS
from .problems import Flaw

Note = Callable[[RowFacts, str, Flaw], None]

_PLAIN_INSPECTION = frozenset({"completed_on", "next_due", "conclusion", "grade", "report_number", "institution"})
_ALL = frozenset(field.id for field in INSPECTION_FIELDS)
_SAID_LABELS = {
    "completed_on": "检验日期",
    "next_due": "下次检验日期",
    "conclusion": "检验结论",
    "grade": "安全状况等级",
    "report_number": "报告编号",
    "institution": "检验机构",
}


def add_inspections(facts: RowFacts, found: dict[str, Any], options: Options, note: Note) -> None:
    """Sorts the dates under the clocks of the row's kind; where the kind is not known yet they wait in ``unplaced``."""
    clocks = _clocks(facts, options)
    if clocks is None:
        facts.unplaced = {name: value for name, value in found.items() if name in _ALL}
        return
    by_clock: dict[Clock, dict[str, Any]] = {}
    for group, clock in clocks.items():
        said = _said(found, group)
        if not said:
            continue
        if clock is None:
            _without_clock(facts, group, said)
        else:
            _merge(facts, note, by_clock.setdefault(clock, {}), said)
    for clock, said in by_clock.items():
        _record(facts, clock, said, options, note)
    _extension(facts, found, clocks["plain"])


def _clocks(facts: RowFacts, options: Options) -> dict[str, Clock | None] | None:
    """Which statutory clock each group of columns is, for this row's kind."""
    code = facts.equipment.get("catalogue_code", "")
    return _clocks_by_group(code, "gauge" if "accessory" in facts.traits else "", options.boiler_clock)


def _without_clock(facts: RowFacts, group: str, said: dict[str, Any]) -> None:
    label = {"light": "年度检查（外部检验）", "pressure_test": "水压试验"}.get(group, "检验")
    for name, value in said.items():
        facts.technical[f"{label}：{_SAID_LABELS[name]}"] = str(value)


def _merge(facts: RowFacts, note: Note, into: dict[str, Any], said: dict[str, Any]) -> None:
    for name, value in said.items():
        if into.setdefault(name, value) != value:
            both = f"{into[name]}、{value}"
            message = f"同一检验有两处不同的{_SAID_LABELS[name]}（{both}），以写明检验种类的一处为准；请核对。"
            note(facts, name, Flaw("two_values", message))


def _record(facts: RowFacts, clock: Clock, said: dict[str, Any], options: Options, note: Note) -> None:
    inspection = InspectionFacts(str(clock), **said)
    if inspection.completed_on is None and inspection.next_due is None:
        _undated(facts, inspection, note)
        return
    _plausible(facts, inspection, options.today, note)
    facts.inspections.append(inspection)


def _undated(facts: RowFacts, inspection: InspectionFacts, note: Note) -> None:
    """A failed conclusion without any date still must not vanish."""
    if inspection.conclusion in ("不合格", "不符合要求"):
        flaw = Flaw("failed_without_date", "结论为不合格，却没有检验日期；请补上检验日期。", "error")
        note(facts, "conclusion", flaw)
    for name in ("conclusion", "grade", "report_number", "institution"):
        if value := getattr(inspection, name):
            facts.technical[_SAID_LABELS[name]] = str(value)


def _plausible(facts: RowFacts, inspection: InspectionFacts, today: date | None, note: Note) -> None:
    done, due = inspection.completed_on, inspection.next_due
    if done and due and _not_after(due, done):
        message = f"下次检验日期（{due}）不晚于检验日期（{done}），已照原样记入；请核对。"
        note(facts, "next_due", Flaw("due_before_done", message))
    if done and today and done > today.isoformat()[: len(done)]:
        message = f"检验日期（{done}）在今天之后，到那一天才起作用；请核对。"
        note(facts, "completed_on", Flaw("done_in_future", message))


def _not_after(due: str, done: str) -> bool:
    """At the coarser precision: 2026-05 and 2026-05-20 do not contradict each other."""
    shorter = min(len(due), len(done))
    return due[:shorter] < done[:shorter] or due == done


def _extension(facts: RowFacts, found: dict[str, Any], clock: Clock | None) -> None:
    if clock and "extension.until" in found:
        facts.extension = ExtensionFacts(
            str(clock),
            found["extension.until"],
            found.get("extension.granted_on"),
            found.get("extension.document", ""),
        )


def _said(found: dict[str, Any], group: str) -> dict[str, Any]:
    if group == "plain":
        return {name: found[name] for name in _PLAIN_INSPECTION & found.keys()}
    prefix = f"{group}."
    return {name[len(prefix) :]: value for name, value in found.items() if name.startswith(prefix)}


@lru_cache(maxsize=2_000)
def _clocks_by_group(code: str, accessory: str, boiler_clock: Clock) -> dict[str, Clock | None] | None:
    """The named groups come first: they win over the plain one where both speak of the same clock."""
    kind = kind_of(code, {"accessory": accessory} if accessory else None) if code else None
    if kind is None:
        return None
    clocks = clocks_of(kind)
    light = next((clock for clock in (Clock.EXTERNAL, Clock.ANNUAL) if clock in clocks), None)
    test = Clock.PRESSURE_TEST if Clock.PRESSURE_TEST in clocks else None
    plain = boiler_clock if kind is Kind.BOILER else DEEP_CLOCK[kind]
    return {"deep": DEEP_CLOCK[kind], "light": light, "pressure_test": test, "plain": plain}
