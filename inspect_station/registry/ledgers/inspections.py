"""What a row says about its clocks: which statutory clock a column is, and whether its dates make sense."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from schedules.terms import DEEP_CLOCK, Clock, Kind, clocks_of, kind_of

from .facts import ExtensionFacts, InspectionFacts, Options, RowFacts
from .problems import Flaw

Note = Callable[[RowFacts, str, Flaw], None]

# What the columns say: unnamed, deep, light, pressure test, extension; each value by its name.
Said = tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]

_SAID_LABELS = {
    "completed_on": "检验日期",
    "next_due": "下次检验日期",
    "conclusion": "检验结论",
    "grade": "安全状况等级",
    "report_number": "报告编号",
    "institution": "检验机构",
}


def add_inspections(facts: RowFacts, said: Said, options: Options, note: Note) -> None:
    """Sorts the dates under the clocks of the row's kind; where that is not known yet they wait in ``unplaced``."""
    plain, deep, light, test, extension = said
    if not (plain or deep or light or test or extension):
        return
    clocks = _clocks(facts.equipment.get("catalogue_code", ""), "accessory" in facts.traits, options.boiler_clock)
    if clocks is None:
        facts.unplaced = said
        return
    if plain and not (deep or light or test or extension):
        _record(facts, clocks.plain, plain, options, note)
        return
    by_clock: dict[Clock, dict[str, Any]] = {}
    # The named groups come first: they win over the unnamed one where both speak of the same clock.
    for group, clock in ((deep, clocks.deep), (light, clocks.light), (test, clocks.test), (plain, clocks.plain)):
        if group and clock is None:
            _without_clock(facts, group, light is group)
        elif group and clock:
            _merge(facts, note, by_clock.setdefault(clock, {}), group)
    for clock, values in by_clock.items():
        _record(facts, clock, values, options, note)
    _extension(facts, extension, clocks.plain)


def _without_clock(facts: RowFacts, said: dict[str, Any], light: bool) -> None:
    """A date for an inspection that this kind has not: kept as text."""
    label = "年度检查" if light else "水压试验"
    for name, value in said.items():
        facts.technical[f"{label}：{_SAID_LABELS[name]}"] = str(value)


def _merge(facts: RowFacts, note: Note, into: dict[str, Any], said: dict[str, Any]) -> None:
    for name, value in said.items():
        if into.setdefault(name, value) != value:
            both = f"{into[name]}、{value}"
            message = f"同一检验有两处不同的{_SAID_LABELS[name]}（{both}），以写明检验种类的一处为准；请核对。"
            note(facts, name, Flaw("two_values", message))


def _record(facts: RowFacts, clock: Clock, said: dict[str, Any], options: Options, note: Note) -> None:
    inspection = InspectionFacts(clock.value, **said)
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
    if done and today and done > _iso(today)[: len(done)]:
        message = f"检验日期（{done}）在今天之后，到那一天才起作用；请核对。"
        note(facts, "completed_on", Flaw("done_in_future", message))


def _not_after(due: str, done: str) -> bool:
    """At the coarser precision: 2026-05 and 2026-05-20 do not contradict each other."""
    if len(due) == len(done):
        return due <= done
    shorter = min(len(due), len(done))
    return due[:shorter] < done[:shorter]


def _extension(facts: RowFacts, said: dict[str, Any], clock: Clock) -> None:
    if "until" in said:
        facts.extension = ExtensionFacts(str(clock), said["until"], said.get("granted_on"), said.get("document", ""))


_iso = lru_cache(maxsize=4)(date.isoformat)


class _Clocks(NamedTuple):
    deep: Clock
    light: Clock | None
    test: Clock | None
    plain: Clock


@lru_cache(maxsize=2_000)
def _clocks(code: str, gauge: bool, boiler_clock: Clock) -> _Clocks | None:
    """Which statutory clock each group of columns is for a catalogue code."""
    kind = kind_of(code, {"accessory": "gauge"} if gauge else None) if code else None
    if kind is None:
        return None
    clocks = clocks_of(kind)
    light = next((clock for clock in (Clock.EXTERNAL, Clock.ANNUAL) if clock in clocks), None)
    test = Clock.PRESSURE_TEST if Clock.PRESSURE_TEST in clocks else None
    return _Clocks(DEEP_CLOCK[kind], light, test, boiler_clock if kind is Kind.BOILER else DEEP_CLOCK[kind])
