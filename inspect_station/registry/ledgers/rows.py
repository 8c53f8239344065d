"""One row of a ledger to facts, with every problem in its place; a bad row never costs the others."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from schedules.terms import Status, kind_of, traits_of

from . import values
from .columns import Task, task_for
from .facts import ContactFacts, Options, RowFacts
from .fields import FIELDS, TECHNICAL
from .headings import Layout
from .inspections import add_inspections
from .kinds import KindFound, resolve
from .problems import Flaw, Problem, Severity, column_letters
from .reading import Cell, Row
from .values import cell_text
from .wording import normalise

_ROLES = {
    "contact_safety_officer": "safety_officer",
    "contact_safety_director": "safety_director",
    "contact_equipment_manager": "equipment_manager",
    "contact_principal": "principal",
    "contact_other": "other",
}
_NUMBERS = ("device_code", "registration_code", "own_number", "maker_number", "line_number", "certificate_number")


class SheetReader:
    """Turns the rows of one sheet into facts, once its layout is known."""

    def __init__(self, sheet: str, layout: Layout, options: Options) -> None:
        self.sheet, self.layout, self.options = sheet, layout, options
        self._tasks = [task_for(column) for column in layout.columns]
        self._columns = {column.field: column for column in layout.columns if column.field not in (None, TECHNICAL)}
        self._headings = {column.index: normalise(column.heading) for column in layout.columns}

    def read(self, rows: Iterator[Row]) -> Iterator[RowFacts]:
        """Facts of each data row; repeated headings, numbering rows and section lines are passed over."""
        first = self.layout.header_row
        for number, cells in rows:
            if number > first and not self._is_furniture(cells):
                yield self.read_row(number, cells)

    def read_row(self, number: int, cells: list[Cell]) -> RowFacts:
        facts = RowFacts(self.sheet, number)
        found: dict[str, Any] = {}
        raw, technical = facts.raw, facts.technical
        width = len(cells)
        for task in self._tasks:
            if task.index >= width or (cell := cells[task.index]) == "":
                continue
            raw[task.heading] = text = cell if type(cell) is str else cell_text(cell)
            if text[:1] == "#" and values.is_cell_error(text):
                self._add(facts, task, text, values.cell_error_flaw(text))
                continue
            value, flaw = task.read(cell)
            if flaw is not None:
                self._add(facts, task, text, flaw)
            if value is None:
                continue
            if task.field_id == TECHNICAL:
                technical[task.heading] = value
            else:
                found[task.field_id] = value
        self._assemble(facts, found)
        return facts

    def _is_furniture(self, cells: list[Cell]) -> bool:
        texts = [cell_text(cell) for cell in cells]
        filled = [text for text in texts if text]
        if len(set(filled)) == 1 and (len(filled) > 2 or len(filled[0]) > 12 or _is_total(filled[0])):
            return True
        if _is_total(filled[0]) or (len(filled) > 3 and filled == [str(n) for n in range(1, len(filled) + 1)]):
            return True
        same = sum(1 for i, text in enumerate(texts) if text and normalise(text) == self._headings.get(i))
        return same >= 3 and same * 2 >= len(filled)

    def _add(self, facts: RowFacts, task: Task, value: str, flaw: Flaw) -> None:
        severity: Severity = "error" if flaw.severity == "error" and task.essential else "warning"
        place = column_letters(task.index)
        facts.problems.append(Problem(self.sheet, facts.row, place, value[:200], flaw.code, flaw.message, severity))

    def note(self, facts: RowFacts, field_id: str, flaw: Flaw) -> None:
        """A problem that concerns a field, at its column or, where the sheet has none, at the first one."""
        column = self._columns.get(field_id)
        value = facts.raw.get(column.heading, "") if column else ""
        place = column_letters(column.index) if column else "A"
        facts.problems.append(Problem(self.sheet, facts.row, place, value[:200], *flaw))

    def _assemble(self, facts: RowFacts, found: dict[str, Any]) -> None:
        kind = self._kind(facts, found)
        if kind.outside:
            facts.not_pressure = True
            facts.problems = []
            return
        self._enterprise(facts, found)
        self._contact(facts, found)
        self._equipment(facts, found, kind)
        self._traits(facts, found, kind)
        add_inspections(facts, found, self.options, self.note)
        if not facts.equipment.keys() & set(_NUMBERS):
            flaw = Flaw(
                "no_number",
                "这一行没有任何编号（设备代码、注册代码、单位内编号、出厂编号、管道编号），无法认出是哪台设备；请至少补一个。",
                "error",
            )
            self.note(facts, "own_number", flaw)

    def _kind(self, facts: RowFacts, found: dict[str, Any]) -> KindFound:
        prefixes = tuple(
            code[:4]
            for code in (found.get("device_code"), found.get("registration_code"))
            if code and len(code) >= 17
        )
        kind = resolve(
            (found.get("kind_detail", ""), found.get("kind", "")),
            found.get("catalogue_code", ""),
            prefixes,
            found.get("name", ""),
            self.layout.kind,
            found.get("trait.pipe_grade", ""),
        )
        if kind.flaw:
            self.note(facts, "kind", kind.flaw)
        return kind

    def _enterprise(self, facts: RowFacts, found: dict[str, Any]) -> None:
        name = self.options.enterprise or found.get("enterprise") or self.layout.stated.get("enterprise")
        if name:
            facts.enterprise["name"] = tidy_name(name)
        else:
            message = "这一行没有使用单位；请在表中填写，或在导入时指定使用单位。"
            self.note(facts, "enterprise", Flaw("enterprise_missing", message, "error"))
        for field_id, attribute in (("credit_code", "credit_code"), ("enterprise_address", "address")):
            if field_id in found:
                facts.enterprise[attribute] = found[field_id]

    def _contact(self, facts: RowFacts, found: dict[str, Any]) -> None:
        role_field = next((field_id for field_id in _ROLES if field_id in found), None)
        if role_field is None:
            return
        phone = found.get("contact_phone", "")
        mobile = phone if values.is_mobile(phone) else ""
        facts.contact = ContactFacts(_ROLES[role_field], found[role_field][:60], mobile, "" if mobile else phone[:30])

    def _equipment(self, facts: RowFacts, found: dict[str, Any], kind: KindFound) -> None:
        equipment = facts.equipment
        for field_id, attribute in _ATTRIBUTES.items():
            if field_id in found:
                equipment[attribute] = found[field_id]
        facts.installation, facts.parent = found.get("installation", ""), found.get("parent", "")
        if kind.code:
            equipment["catalogue_code"] = kind.code
            equipment["form"] = _form(kind.code)
            if kind.gauge:
                facts.traits["accessory"] = "gauge"
        self._status(facts, found)
        self._lengths(facts)

    def _status(self, facts: RowFacts, found: dict[str, Any]) -> None:
        """Where the two columns contradict, the one that keeps alarms running wins."""
        status, stopped = found.get("status"), found.get("stopped")
        if status == Status.IN_USE and stopped == Status.STOPPED:
            message = "使用状态写在用，是否停用写是；暂按在用记入，请核对。"
            self.note(facts, "stopped", Flaw("status_conflict", message))
        chosen = status or stopped
        if chosen:
            facts.equipment["status"] = str(chosen)
        if any(problem.code == "unregistered" for problem in facts.problems):
            facts.equipment["unregistered"] = True

    def _lengths(self, facts: RowFacts) -> None:
        """Text longer than the register's column would be cut: it refuses the row instead."""
        for attribute, limit in _LIMITS.items():
            value = facts.equipment.get(attribute)
            if value is not None and len(value) > limit:
                field_id = _FIELD_OF_ATTRIBUTE[attribute]
                flaw = Flaw("too_long", f"{FIELDS[field_id].label}超过 {limit} 个字，请缩短。", "error")
                self.note(facts, field_id, flaw)
        if len(facts.enterprise.get("name", "")) > 200:
            self.note(facts, "enterprise", Flaw("too_long", "使用单位名称超过 200 个字，请核对。", "error"))

    def _traits(self, facts: RowFacts, found: dict[str, Any], kind: KindFound) -> None:
        given = {field_id[6:]: value for field_id, value in found.items() if field_id.startswith("trait.")}
        if not given:
            return
        lawful = _lawful_traits(kind.code, kind.gauge or given.get("accessory") == "gauge")
        for name, value in given.items():
            if name in lawful and (lawful[name] is None or value in lawful[name]):
                facts.traits[name] = value
            elif kind.code:
                label = FIELDS[f"trait.{name}"].label
                facts.technical[label] = self._text_of(facts, f"trait.{name}")
                if value is not False:
                    message = f"{label}不适用于目录代码 {kind.code} 的设备，只作为文字保留。"
                    self.note(facts, f"trait.{name}", Flaw("trait_not_applicable", message))

    def _text_of(self, facts: RowFacts, field_id: str) -> str:
        column = self._columns.get(field_id)
        return facts.raw.get(column.heading, "") if column else ""


_ATTRIBUTES = {
    "name": "name",
    "device_code": "device_code",
    "registration_code": "registration_code",
    "certificate_number": "certificate_number",
    "own_number": "own_number",
    "maker_number": "maker_number",
    "maker": "maker",
    "model": "model",
    "line_number": "line_number",
    "length": "length_mm",
    "quantity": "quantity",
    "location": "location",
    "unregistered": "unregistered",
    "stopped_on": "stopped_on",
    "restarted_on": "restarted_on",
    "moved_on": "moved_on",
    "made_on": "made_on",
    "put_into_use_on": "put_into_use_on",
    "design_life_years": "design_life_years",
    "exempt_by_design": "exempt_by_design",
    "note": "note",
}
_FIELD_OF_ATTRIBUTE = {attribute: field_id for field_id, attribute in _ATTRIBUTES.items()}
# The register's column widths.
_LIMITS = {
    "name": 200,
    "own_number": 100,
    "maker": 200,
    "maker_number": 100,
    "device_code": 40,
    "registration_code": 40,
    "certificate_number": 60,
    "line_number": 100,
    "model": 200,
    "location": 300,
}


def tidy_name(name: str) -> str:
    """A firm's name in one spelling: no spaces inside, Chinese brackets."""
    return "".join(name.split()).replace("(", "（").replace(")", "）")


def _is_total(text: str) -> bool:
    return text.replace(" ", "") in ("合计", "小计", "总计", "共计", "合计:", "合计：")


@lru_cache(maxsize=2_000)
def _lawful_traits(code: str, gauge: bool) -> dict[str, Any]:
    """Names of the traits a code may have, each with its lawful words (``None``: any)."""
    kind = kind_of(code, {"accessory": "gauge"} if gauge else None) if code else None
    if kind is None:
        return {}
    return {
        name: tuple(trait.values) if trait.type == "choice" else None
        for name, trait in traits_of(kind).items()
        if trait.codes is None or code in trait.codes
    }


def _form(code: str) -> str:
    if code.startswith("8"):
        return "line"
    if code.startswith("23"):
        return "batch"
    return "accessory" if code[0] in "7F" else "device"
