"""What becomes of each row: which device it is, and what would change. The dry run and the write share this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from schedules.terms import Clock

from .comparing import Change, attribute_changes, compare_inspection, mapping_changes
from .facts import ExtensionFacts, InspectionFacts, Options, RowFacts
from .inspections import add_inspections
from .matching import field_of, find_device, keys_of, same_device
from .problems import Flaw
from .register import Firm, Firms, Holdings, Row, contacts_of, installations
from .rows import SheetReader
from .seen import Seen, Trace, trace_of

Fate = Literal["created", "changed", "unchanged", "refused", "not_pressure"]
FATES: dict[Fate, str] = {
    "created": "新增",
    "changed": "更改",
    "unchanged": "不变",
    "refused": "退回",
    "not_pressure": "不属承压类",
}


@dataclass(slots=True)
class Plan:
    """One row's fate and all that writing it needs."""

    facts: RowFacts
    fate: Fate = "unchanged"
    firm: Firm | None = None
    device: Row | None = None
    changes: list[Change] = field(default_factory=list)
    inspections: list[tuple[InspectionFacts, int | None]] = field(default_factory=list)
    extension: ExtensionFacts | None = None
    parent: int | None = None
    new_contact: bool = False
    firm_facts: dict[str, str] = field(default_factory=dict)
    same_as: Plan | None = None
    equipment_id: int | None = None
    place: str = ""

    def refuse(self, reader: SheetReader, field_id: str, flaw: Flaw) -> Plan:
        reader.note(self.facts, field_id, flaw)
        self.fate = "refused"
        return self


class Planner:
    """Decides the fates of stretches of rows, in the file's order."""

    def __init__(self, options: Options, seen: Seen) -> None:
        self.options, self.firms, self._seen = options, Firms.load(), seen
        self.installations, self._installation_numbers = installations()
        self._announced: set[str] = set()

    def plan(self, reader: SheetReader, rows: Sequence[RowFacts]) -> list[Plan]:
        firms = {id(row): self._firm(reader, row) for row in rows if not row.not_pressure and not row.refused}
        wanted = [(row, firm) for row in rows if (firm := firms.get(id(row))) and not row.refused]
        holdings = Holdings.fetch(wanted, self.installations)
        keys = {id(row): keys_of(row, firms.get(id(row))) for row in rows}
        recalled = self._seen.recall(key for some in keys.values() for key in some)
        met: dict[str, Plan] = {}
        plans = []
        for row in rows:
            plan = self._decide(reader, row, firms.get(id(row)), holdings, keys[id(row)], recalled, met)
            plans.append(plan)
        self._seen.keep([(key, recalled[key]) for key in met])
        return plans

    def _installation_fate(self, firm: Firm, name: str, number: str) -> Fate:
        """Known by its name and own number together: only our own export lists installations, always with both.

        As the register was at the beginning: what the write makes on the way must not change what the dry run said.
        """
        key = (firm.id, name) if firm.id is not None else (None, f"{firm.name}/{name}")
        numbers = self._installation_numbers.setdefault(key, set())
        if not name or number in numbers:
            return "unchanged"
        numbers.add(number)
        return "created"

    def _firm(self, reader: SheetReader, row: RowFacts) -> Firm | None:
        firm, flaw = self.firms.find(row.enterprise, self.options.enterprise)
        if flaw:
            reader.note(row, "enterprise", flaw)
        if firm is None and not row.refused:
            said = row.enterprise
            name = self.options.enterprise or said["name"]
            firm = Firm(name, None, said.get("credit_code"), said.get("address", ""))
            self.firms.add(firm)
        return firm

    def _decide(
        self,
        reader: SheetReader,
        row: RowFacts,
        firm: Firm | None,
        holdings: Holdings,
        keys: list[str],
        recalled: dict[str, Trace],
        met: dict[str, Plan],
    ) -> Plan:
        plan = Plan(row, firm=firm)
        if row.not_pressure:
            plan.fate = "not_pressure"
            return plan
        if row.refused or firm is None:
            plan.fate = "refused"
            return plan
        if row.equipment.get("form") == "installation":
            plan.fate = self._installation_fate(firm, row.installation, row.equipment.get("own_number", ""))
            return plan
        device, flaw = find_device(row, firm, holdings)
        if flaw:
            reader.note(row, field_of(row, flaw), flaw)
        if row.unplaced is not None and device is not None:
            self._place(reader, row, device)
        if row.refused:
            plan.fate = "refused"
            return plan
        plan.device = device
        trace = trace_of(row)
        for key in keys:
            if key in recalled and same_device(row, key, recalled[key]):
                return self._again(reader, plan, trace, recalled[key], met.get(key), holdings)
        if device is None:
            self._create(reader, plan, firm, holdings)
        else:
            self._update(reader, plan, device, holdings)
        if plan.fate != "refused":
            self._contact(plan, firm)
            self._firm_facts(reader, plan, firm)
            for key in keys:
                if key not in recalled:
                    recalled[key], met[key] = trace, plan
        return plan

    def _place(self, reader: SheetReader, row: RowFacts, device: Row) -> None:
        """The row did not say its kind; the device it turned out to be does."""
        row.equipment["catalogue_code"] = device["catalogue_code"]
        if device["traits"].get("accessory"):
            row.traits["accessory"] = device["traits"]["accessory"]
        said, row.unplaced = row.unplaced, None
        add_inspections(row, said, self.options, reader.note)

    def _again(
        self, reader: SheetReader, plan: Plan, now: Trace, earlier: Trace, first: Plan | None, holdings: Holdings
    ) -> Plan:
        """A device that an earlier row was about: the same again, one more inspection of it, or a contradiction."""
        if now.device != earlier.device:
            flaw = Flaw("duplicate_row", f"与{earlier.place}是同一台设备，内容却不同；请只留一行。", "error")
            return plan.refuse(reader, "own_number", flaw)
        if now.inspections == earlier.inspections:
            reader.note(plan.facts, "own_number", Flaw("duplicate_row", f"与{earlier.place}重复，只记一次。"))
            return plan
        plan.same_as = first
        history = holdings.inspections[plan.device["id"]] if plan.device else []
        self._inspections(reader, plan, history)
        plan.fate = "changed" if plan.changes else "unchanged"
        return plan

    def _create(self, reader: SheetReader, plan: Plan, firm: Firm, holdings: Holdings) -> None:
        facts = plan.facts
        if "catalogue_code" not in facts.equipment:
            message = "看不出是哪一类设备，无法新增；请补充设备类别（如 第二类压力容器）或设备代码。"
            plan.refuse(reader, "kind", Flaw("kind_missing", message, "error"))
            return
        plan.fate = "created"
        plan.parent = self._parent(reader, plan, firm, holdings)
        plan.inspections = [(inspection, None) for inspection in facts.inspections]
        plan.extension = facts.extension
        if firm.id is None and firm.name not in self._announced:
            self._announce(reader, plan, firm)

    def _announce(self, reader: SheetReader, plan: Plan, firm: Firm) -> None:
        """Said once for each new firm, so that a misspelt name is seen before it becomes a firm of its own."""
        self._announced.add(firm.name)
        message = f"“{firm.name}”还没有登记，将新增为企业；若是已有企业写法不同，请先改成一致。"
        reader.note(plan.facts, "enterprise", Flaw("enterprise_new", message))

    def _parent(self, reader: SheetReader, plan: Plan, firm: Firm, holdings: Holdings) -> int | None:
        name = plan.facts.parent
        if not name or firm.id is None:
            return None
        hosts = [d for d in holdings.by_number.get((firm.id, "own_number", name), []) if d["form"] != "accessory"]
        if len(hosts) == 1:
            return int(hosts[0]["id"])
        plan.facts.technical["所属设备"] = name
        reader.note(
            plan.facts, "parent", Flaw("parent_unknown", f"没有找到编号为“{name}”的所属设备，只作为文字保留。")
        )
        return None

    def _update(self, reader: SheetReader, plan: Plan, device: Row, holdings: Holdings) -> None:
        facts = plan.facts
        plan.changes = [*attribute_changes(facts, device), *mapping_changes(facts, device)]
        if facts.installation and device["form"] == "line" and device["parent_id"] is None:
            plan.changes.append(Change("parent_id", "装置", None, facts.installation))
        if plan.firm and facts.parent and device["parent_id"] is None:
            plan.parent = self._parent(reader, plan, plan.firm, holdings)
            if plan.parent is not None:
                plan.changes.append(Change("parent_id", "所属设备", None, plan.parent))
        self._inspections(reader, plan, holdings.inspections[device["id"]])
        self._extension(plan, holdings.extensions[device["id"]])
        plan.fate = "changed" if plan.changes else "unchanged"

    def _extension(self, plan: Plan, known: set[tuple[str, str]]) -> None:
        extension = plan.facts.extension
        if extension and (extension.clock, extension.until) not in known:
            plan.extension = extension
            plan.changes.append(Change("extension", f"{Clock(extension.clock).label}延期至", None, extension.until))

    def _inspections(self, reader: SheetReader, plan: Plan, history: list[Row]) -> None:
        for inspection in plan.facts.inspections:
            changes, replaces, flaw = compare_inspection(
                inspection, [row for row in history if row["clock"] == inspection.clock]
            )
            if flaw:
                reader.note(plan.facts, "next_due", flaw)
            if changes:
                plan.changes += changes
                plan.inspections.append((inspection, replaces))

    def _firm_facts(self, reader: SheetReader, plan: Plan, firm: Firm) -> None:
        """A firm's empty credit code or address is filled in; a different one is only pointed out."""
        said = plan.facts.enterprise
        code, address = said.get("credit_code"), said.get("address", "")
        if firm.id is None or not (code or address):
            return
        if code and firm.credit_code and code != firm.credit_code:
            message = f"信用代码与“{firm.name}”已登记的（{firm.credit_code}）不同，没有改动；请核对。"
            reader.note(plan.facts, "credit_code", Flaw("credit_code_differs", message))
        if code and not firm.credit_code and code not in self.firms.by_code:
            firm.credit_code = plan.firm_facts["credit_code"] = code
            self.firms.by_code[code] = firm
        if address and not firm.address:
            firm.address = plan.firm_facts["address"] = address[:300]
        for name, value in plan.firm_facts.items():
            label = {"credit_code": "统一社会信用代码", "address": "使用单位地址"}[name]
            plan.changes.append(Change(f"enterprise.{name}", label, None, value))
        if plan.firm_facts and plan.fate == "unchanged":
            plan.fate = "changed"

    def _contact(self, plan: Plan, firm: Firm) -> None:
        contact = plan.facts.contact
        if contact is None:
            return
        known, number = contacts_of(firm), contact.mobile or contact.phone
        same_person = [entry for entry in known if entry[:2] == (contact.role, contact.name)]
        if any(not number or entry[2] == number for entry in same_person):
            return
        known.add((contact.role, contact.name, number))
        plan.new_contact = True
        if plan.fate in ("unchanged", "changed"):
            plan.fate = "changed"
            plan.changes.append(Change("contact", "联系人", None, contact.name))
