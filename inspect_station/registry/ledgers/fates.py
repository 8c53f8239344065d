"""What becomes of each row: which device it is, and what would change. The dry run and the write share this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from schedules.terms import Clock

from .facts import ExtensionFacts, InspectionFacts, Options, RowFacts
from .fields import FIELDS
from .inspections import add_inspections
from .problems import Flaw
from .register import Firm, Firms, Holdings, Row, contacts_of, installations, only_certificate
from .rows import SheetReader
from .seen import Seen, Trace, trace_of
from .values import one_spelling

Fate = Literal["created", "changed", "unchanged", "refused", "not_pressure"]
FATES: dict[Fate, str] = {
    "created": "新增",
    "changed": "更改",
    "unchanged": "不变",
    "refused": "退回",
    "not_pressure": "不属承压类",
}
_WEAK = ("own_number", "maker_number")


@dataclass(slots=True)
class Change:
    """One fact: what it was, what it will be; ``field`` is the register's own name for it."""

    field: str
    label: str
    old: Any
    new: Any


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
        keys = {id(row): _keys(row, firms.get(id(row))) for row in rows}
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
            reader.note(row, _field_of(row, flaw), flaw)
        if row.unplaced is not None and device is not None:
            self._place(reader, row, device)
        if row.refused:
            plan.fate = "refused"
            return plan
        plan.device = device
        trace = trace_of(row)
        key = next((key for key in keys if key in recalled and _same(row, key, recalled[key])), None)
        if key is not None:
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
        plan.changes = [*_attribute_changes(facts, device), *_mapping_changes(facts, device)]
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


# --- which device ---------------------------------------------------------------------------------------------------


def _keys(row: RowFacts, firm: Firm | None) -> list[str]:
    """The names a row's device goes by, strongest first; a line is named by its installation and number only."""
    if firm is None:
        return []
    equipment, name = row.equipment, firm.name
    if line := equipment.get("line_number"):
        return [f"l|{name}|{row.installation}|{line}"]
    keys = [
        f"{letter}|{equipment[column]}"
        for letter, column in (("d", "device_code"), ("r", "registration_code"))
        if equipment.get(column)
    ]
    if equipment.get("own_number"):
        keys.append(f"o|{name}|{equipment['own_number']}")
    if equipment.get("maker_number"):
        keys.append(f"m|{name}|{equipment['maker_number']}|{equipment.get('maker', '')}")
    if not keys and equipment.get("certificate_number"):
        keys.append(f"c|{name}|{equipment['certificate_number']}|{equipment.get('name', '')}")
    return keys


def _same(row: RowFacts, key: str, earlier: Trace) -> bool:
    """Two rows that share an own number but differ in a code of their own are two devices."""
    return key[0] in "drl" or not _codes_differ(row.equipment, earlier.device_code, earlier.registration_code)


def _codes_differ(equipment: dict[str, Any], device_code: str, registration_code: str) -> bool:
    given, registered = equipment.get("device_code", ""), equipment.get("registration_code", "")
    return bool(
        (given and device_code and given != device_code)
        or (registered and registration_code and registered != registration_code)
    )


def find_device(row: RowFacts, firm: Firm, holdings: Holdings) -> tuple[Row | None, Flaw | None]:
    """By 设备代码, then 注册代码, then (unit, own no.), then (unit, maker's no., maker); two different hits refuse the row."""
    equipment = row.equipment
    if line := equipment.get("line_number"):
        return _find_line(row, firm, line, holdings)
    strong = [
        *holdings.by_device_code.get(equipment.get("device_code", ""), []),
        *holdings.by_registration_code.get(equipment.get("registration_code", ""), []),
    ]
    weak = [d for column in _WEAK for d in _weak_hits(row, firm, column, holdings)]
    shared = [d for d in weak if _codes_differ(equipment, d["device_code"], d["registration_code"])]
    same = [d for d in weak if d not in shared]
    if foreign := next((d for d in strong if d["enterprise_id"] != firm.id), None):
        code = equipment.get("device_code") or equipment.get("registration_code")
        message = f"代码“{code}”的设备已登记在另一单位名下（{foreign['name']}）；若已过户，请先在设备页办理。"
        return None, Flaw("other_enterprise", message, "error")
    if strong and _codes_differ(equipment, strong[0]["device_code"], strong[0]["registration_code"]):
        return None, Flaw("number_conflict", "设备代码与注册代码各属不同的设备，或与已登记的不符；请核对。", "error")
    device, flaw = _one([*strong, *same], "own_number")
    if device is None and flaw is None and not strong and not same:
        return _by_certificate(row, firm, holdings, shared)
    return device, flaw


def _find_line(row: RowFacts, firm: Firm, number: str, holdings: Holdings) -> tuple[Row | None, Flaw | None]:
    """A pipe line is (unit, installation, line no.): codes belong to the installation and are shared by its lines."""
    lines = [d for d in _numbered(firm, "line_number", number, holdings) if d["form"] == "line"]
    if row.installation:
        parents = holdings.installations.get((firm.id, row.installation), [])
        lines = [d for d in lines if d["parent_id"] in (None, *parents)]
    return _one(lines, "line_number")


def _weak_hits(row: RowFacts, firm: Firm, column: str, holdings: Holdings) -> list[Row]:
    hits = _numbered(firm, column, row.equipment.get(column, ""), holdings)
    if column == "maker_number":
        maker = row.equipment.get("maker", "")
        hits = [d for d in hits if not maker or not d["maker"] or d["maker"] == maker]
        # The own number is the stronger name: another own number is another device.
        own = row.equipment.get("own_number", "")
        hits = [d for d in hits if not own or not d["own_number"] or d["own_number"] == own]
    return [d for d in hits if d["form"] != "line"]


def _numbered(firm: Firm, column: str, number: str, holdings: Holdings) -> list[Row]:
    return holdings.by_number.get((firm.id, column, number), []) if firm.id is not None and number else []


def _by_certificate(
    row: RowFacts, firm: Firm, holdings: Holdings, shared: list[Row]
) -> tuple[Row | None, Flaw | None]:
    equipment = row.equipment
    if only_certificate(row):
        hits = _numbered(firm, "certificate_number", equipment.get("certificate_number", ""), holdings)
        return _one([d for d in hits if d["name"] == equipment.get("name", d["name"])], "certificate_number")
    if shared:
        message = f"本单位已有同编号的设备（{shared[0]['name']}），代码不同，按另一台设备记入；请核对。"
        return None, Flaw("number_shared", message)
    return None, None


def _one(hits: list[Row], field_id: str) -> tuple[Row | None, Flaw | None]:
    ids = {device["id"] for device in hits}
    if len(ids) > 1:
        names = "、".join(
            sorted({f"{d['name']} {d['own_number'] or d['device_code'] or d['line_number']}".strip() for d in hits})
        )
        return None, Flaw("two_devices", f"这一行的编号对应几台不同的设备（{names[:120]}）；请核对编号。", "error")
    return (hits[0] if hits else None), None


def _field_of(row: RowFacts, flaw: Flaw) -> str:
    if flaw.code in ("other_enterprise", "number_conflict"):
        return "device_code"
    return "line_number" if row.equipment.get("line_number") else "own_number"


# --- what changes ---------------------------------------------------------------------------------------------------

_NUMBERS = frozenset(
    {"device_code", "registration_code", "certificate_number", "own_number", "maker_number", "line_number"}
)
_DATES = frozenset({"stopped_on", "restarted_on", "moved_on", "made_on", "put_into_use_on"})


def _attribute_changes(facts: RowFacts, device: Row) -> list[Change]:
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


def _mapping_changes(facts: RowFacts, device: Row) -> list[Change]:
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
