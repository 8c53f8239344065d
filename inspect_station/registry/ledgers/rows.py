"""One row of a ledger to facts, with every problem in its place; a bad row never costs the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from schedules.terms import Status, kind_of, traits_of

from . import values
from .columns import Task, task_for
from .dates import NOTHING
from .facts import ContactFacts, Options, RowFacts
from .fields import FIELDS, TECHNICAL
from .headings import Layout
from .inspections import Said, add_inspections
from .kinds import KindFound, resolve
from .problems import Flaw, Problem, column_letters
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
_REMEMBERED = 20_000  # different cells of one column
_NUMBERS = ("device_code", "registration_code", "own_number", "maker_number", "line_number", "certificate_number")


class SheetReader:
    """Turns the rows of one sheet into facts, once its layout is known."""

    def __init__(self, sheet: str, layout: Layout, options: Options) -> None:
        self.sheet, self.layout, self.options = sheet, layout, options
        tasks = [task_for(column) for column in layout.columns]
        self._cells = [
            (task.index, task.heading, task.bucket, task.key, task.known.get,
             self._read_once if task.repeats else self._read_cell, task)
            for task in tasks
        ]  # fmt: skip
        self._columns = {column.field: column for column in layout.columns if column.field not in (None, TECHNICAL)}
        self._headings = [(column.index, normalise(column.heading)) for column in layout.columns[:4]]
        # What no column says need not be looked for in every row.
        self._roles = [field_id for field_id in _ROLES if field_id in self._columns]
        self._given_traits = [field_id for field_id in self._columns if str(field_id).startswith("trait.")]

    def read(self, rows: Iterable[Row]) -> Iterator[RowFacts]:
        """Facts of each data row; repeated headings, numbering rows and section lines are passed over."""
        first = self.layout.header_row
        for number, cells in rows:
            if number > first and not self._is_furniture(number, cells):
                yield self.read_row(number, cells)

    def read_row(self, number: int, cells: list[Cell]) -> RowFacts:
        facts = RowFacts(self.sheet, number)
        looked_at: dict[str, Any] = {}
        said: Said = ({}, {}, {}, {}, {})
        buckets = (facts.equipment, facts.technical, looked_at, *said)
        raw, width = facts.raw, len(cells)
        for index, heading, bucket, key, known, read, task in self._cells:
            if index < width and (cell := cells[index]) != "":
                raw[heading] = text = cell if type(cell) is str else cell_text(cell)
                value = known(cell)
                if value is None:
                    value = read(facts, task, cell, text)
                if value is not None:
                    buckets[bucket][key] = value
        self._assemble(facts, looked_at, said)
        return facts

    def _read_once(self, facts: RowFacts, task: Task, cell: Cell, text: str) -> Any:
        problems = len(facts.problems)
        value = self._read_cell(facts, task, cell, text)
        # A whole number and the fraction that equals it are one key: fractions are read each time.
        if type(cell) is not float and len(task.known) < _REMEMBERED and len(facts.problems) == problems:
            task.known[cell] = value
        return value

    def _read_cell(self, facts: RowFacts, task: Task, cell: Cell, text: str) -> Any:
        if text[:1] == "#" and values.is_cell_error(text):
            self._add(facts, task, text, values.cell_error_flaw(text))
            return None
        if task.plain_text:
            value: Any = text.strip()
            value = None if value in NOTHING else value
        else:
            value, flaw = task.read(cell)
            if flaw is not None:
                self._add(facts, task, text, flaw)
        if task.limit and value is not None and len(value) > task.limit:
            message = f"{task.heading}超过 {task.limit} 个字，登记不下；请缩短。"
            self._place(facts, task, text, Flaw("too_long", message, "error"))
        return value

    def _is_furniture(self, number: int, cells: list[Cell]) -> bool:
        one, two, three = cells[:3] if len(cells) > 2 else ("", "", "")
        if "" in (one, two, three) or one in (two, three) or two == three:
            distinct = set(cells)
            distinct.discard("")
            if len(distinct) < 3:
                return _is_section(cells, distinct)
        if cells[0] in _TOTALS or (len(cells) > 1 and cells[1] in _TOTALS):
            return True
        if number <= self.layout.header_row + 3 and _is_numbering(cells):
            return True
        return self._is_heading_again(cells)

    def _is_heading_again(self, cells: list[Cell]) -> bool:
        """A printed ledger repeats its headings on every page."""
        index, heading = self._headings[0]
        first = cells[index] if index < len(cells) else ""
        if type(first) is not str or heading[-1] not in first.lower():
            return False
        return all(i < len(cells) and normalise(cell_text(cells[i])) == text for i, text in self._headings)

    def _add(self, facts: RowFacts, task: Task, value: str, flaw: Flaw) -> None:
        """An unreadable value refuses the row only where the field is essential."""
        if flaw.severity == "error" and not task.essential:
            flaw = flaw._replace(severity="warning")
        self._place(facts, task, value, flaw)

    def _place(self, facts: RowFacts, task: Task, value: str, flaw: Flaw) -> None:
        facts.problems.append(Problem(self.sheet, facts.row, column_letters(task.index), value[:200], *flaw))

    def note(self, facts: RowFacts, field_id: str, flaw: Flaw) -> None:
        """A problem that concerns a field, at its column or, where the sheet has none, at the first one."""
        column = self._columns.get(field_id)
        value = facts.raw.get(column.heading, "") if column else ""
        place = column_letters(column.index) if column else "A"
        facts.problems.append(Problem(self.sheet, facts.row, place, value[:200], *flaw))

    def _assemble(self, facts: RowFacts, found: dict[str, Any], said: Said) -> None:
        kind = self._kind(facts, found)
        if kind.outside:
            facts.not_pressure = True
            facts.problems.clear()
            return
        self._enterprise(facts, found)
        if self._roles:
            self._contact(facts, found)
        self._equipment(facts, found, kind)
        if self._given_traits:
            self._traits(facts, found, kind)
        add_inspections(facts, said, self.options, self.note)
        if facts.equipment.get("form") == "installation":
            facts.installation = facts.equipment.get("name", "")
        elif facts.equipment.keys().isdisjoint(_NUMBERS):
            self.note(facts, "own_number", _NO_NUMBER)

    def _kind(self, facts: RowFacts, found: dict[str, Any]) -> KindFound:
        get, said = facts.equipment.get, found.get
        kind = resolve(
            (said("kind_detail", ""), said("kind", "")),
            said("catalogue_code", ""),
            (_prefix(get("device_code", "")), _prefix(get("registration_code", ""))),
            get("name", ""),
            self.layout.kind,
            said("trait.pipe_grade", ""),
        )
        if kind.flaw:
            self.note(facts, "kind", kind.flaw)
        return kind

    def _enterprise(self, facts: RowFacts, found: dict[str, Any]) -> None:
        name = found.get("enterprise") or self.options.enterprise or self.layout.stated.get("enterprise")
        if name:
            facts.enterprise["name"] = tidy_name(name)
        else:
            message = "这一行没有使用单位；请在表中填写，或在导入时指定使用单位。"
            self.note(facts, "enterprise", Flaw("enterprise_missing", message, "error"))
        for field_id, attribute in (("credit_code", "credit_code"), ("enterprise_address", "address")):
            if field_id in found:
                facts.enterprise[attribute] = found[field_id]

    def _contact(self, facts: RowFacts, found: dict[str, Any]) -> None:
        role_field = next((field_id for field_id in self._roles if field_id in found), None)
        if role_field is None:
            return
        phone = found.get("contact_phone", "")
        mobile = phone if values.is_mobile(phone) else ""
        facts.contact = ContactFacts(_ROLES[role_field], found[role_field][:60], mobile, "" if mobile else phone[:30])

    def _equipment(self, facts: RowFacts, found: dict[str, Any], kind: KindFound) -> None:
        equipment = facts.equipment
        facts.installation, facts.parent = found.get("installation", ""), found.get("parent", "")
        if kind.code:
            equipment["catalogue_code"] = kind.code
            equipment["form"] = "installation" if found.get("form") == "installation" else _form(kind.code)
            if kind.gauge:
                facts.traits["accessory"] = "gauge"
        self._status(facts, found)

    def _status(self, facts: RowFacts, found: dict[str, Any]) -> None:
        """Where the two columns contradict, the one that keeps alarms running wins."""
        status, stopped = found.get("status"), found.get("stopped")
        if status == Status.IN_USE and stopped == Status.STOPPED:
            message = "使用状态写在用，是否停用写是；暂按在用记入，请核对。"
            self.note(facts, "stopped", Flaw("status_conflict", message))
        chosen = status or stopped
        if chosen:
            facts.equipment["status"] = str(chosen)
        if facts.problems and any(problem.code == "unregistered" for problem in facts.problems):
            facts.equipment["unregistered"] = True

    def _traits(self, facts: RowFacts, found: dict[str, Any], kind: KindFound) -> None:
        given = {field_id[6:]: found[field_id] for field_id in self._given_traits if field_id in found}
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


_NO_NUMBER = Flaw(
    "no_number",
    "这一行没有任何编号，认不出是哪台设备；请在设备代码、注册代码、单位内编号、出厂编号、管道编号、使用证编号中至少补一个。",
    "error",
)
_TOTALS = frozenset({"合计", "小计", "总计", "共计", "合计:", "合计：", "合  计", "合 计", "小 计", "总 计"})


@lru_cache(maxsize=5_000)
def tidy_name(name: str) -> str:
    """A firm's name in one spelling: no spaces inside, Chinese brackets."""
    return "".join(name.split()).replace("(", "（").replace(")", "）")


def _prefix(code: str) -> str:
    return code[:4] if len(code) >= 17 else ""


def _is_section(cells: list[Cell], distinct: set[Cell]) -> bool:
    """A line like «一、催化装置» merged over the table, or a total."""
    if not distinct.isdisjoint(_TOTALS):
        return True
    filled = sum(1 for cell in cells if cell != "")
    return len(distinct) == 1 and (filled > 2 or (filled == 1 and len(cells) > 3))


def _is_numbering(cells: list[Cell]) -> bool:
    filled = [cell_text(cell) for cell in cells if cell != ""]
    return filled == [str(number) for number in range(1, len(filled) + 1)]


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
