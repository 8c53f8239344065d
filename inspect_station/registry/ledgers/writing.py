"""Writing planned rows: one short transaction for each handful, ids reserved beforehand, only what changed."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from inspect_station.accounts.scope import Actor
from inspect_station.db import bulk_insert, db, is_sqlite
from inspect_station.registry.identifiers import initials
from inspect_station.registry.models import (
    Contact,
    Enterprise,
    Equipment,
    Extension,
    FactChange,
    Inspection,
    StatusChange,
)
from schedules.terms import kind_of

from .comparing import Change
from .facts import InspectionFacts
from .fates import Plan
from .inserting import insert, reserve_ids
from .register import Firm, Installations

_short_initials = lru_cache(maxsize=50_000)(initials)
_EQUIPMENT = (
    "id", "enterprise_id", "parent_id", "form", "catalogue_code", "name", "initials", "own_number", "maker",
    "maker_number", "device_code", "registration_code", "certificate_number", "line_number", "model", "location",
    "quantity", "length_mm", "technical", "traits", "status", "unregistered", "stopped_on", "restarted_on", "moved_on",
    "made_on", "put_into_use_on", "design_life_years", "exempt_by_design", "note", "raw", "source", "created_at",
    "updated_at", "revision", "sample",
)  # fmt: skip

_INSPECTION = (
    "equipment_id", "clock", "completed_on", "next_due", "conclusion", "grade", "report_number", "institution",
    "inspectors", "note", "replaced_reason", "source", "account_id", "recorded_at",
)  # fmt: skip


class Writer:
    """Writes plans for one import; ``source`` names the file in every row it leaves."""

    def __init__(self, actor: Actor, source: str, now: datetime, installations: Installations) -> None:
        self.actor, self.now, self._installations = actor, now, installations
        self._source = source[:150]
        self._undescribed: set[tuple[int | None, str]] = set()
        stamp = Equipment.created_at.db_value(now)
        self._stamp = str(stamp) if is_sqlite() else stamp  # it would be turned into this text for each row
        self._truth: Callable[[object], object] = operator.truth if not is_sqlite() else _number

    def write(self, plans: Sequence[Plan]) -> None:
        """Call inside one transaction: all of these rows stand, or none."""
        for plan in plans:
            self._firm(plan)
        created = [plan for plan in plans if plan.fate == "created"]
        changed = [plan for plan in plans if plan.fate == "changed"]
        self._create(created)
        for plan in changed:
            self._change(plan)
        self._inspections([*created, *changed])
        self._extensions([*created, *changed])
        self._touch(plan.equipment_id for plan in [*created, *changed] if plan.equipment_id)

    def _place(self, plan: Plan) -> str:
        if not plan.place:
            plan.place = f"{self._source} {plan.facts.sheet} 第 {plan.facts.row} 行"[:200]
        return plan.place

    # --- firms and people -----------------------------------------------------------------------------------------

    def _firm(self, plan: Plan) -> None:
        firm = plan.firm
        if firm is None or plan.fate not in ("created", "changed"):
            return
        if firm.id is None:
            firm.id = self._new_firm(firm)
        if plan.firm_facts:
            self._fill_firm(firm, plan)
        if plan.new_contact:
            self._new_contact(firm, plan)

    def _new_firm(self, firm: Firm) -> int:
        return int(
            Enterprise.insert(
                name=firm.name,
                initials=initials(firm.name),
                credit_code=firm.credit_code,
                address=firm.address[:300],
                created_at=self.now,
                updated_at=self.now,
            ).execute()
        )

    def _fill_firm(self, firm: Firm, plan: Plan) -> None:
        Enterprise.update(**plan.firm_facts, updated_at=self.now, revision=Enterprise.revision + 1).where(
            Enterprise.id == firm.id
        ).execute()
        facts = [Change(name, name, None, value) for name, value in plan.firm_facts.items()]
        self._remember("enterprise", firm.id or 0, facts, self._place(plan))

    def _new_contact(self, firm: Firm, plan: Plan) -> None:
        """A number that changed ends the old entry: who was told then must stay readable."""
        contact = plan.facts.contact
        assert contact is not None
        Contact.update(ended_on=self.now.date(), end_reason="台账中的号码已变").where(
            Contact.enterprise == firm.id,
            Contact.role == contact.role,
            Contact.name == contact.name,
            Contact.ended_on.is_null(),
        ).execute()
        Contact.insert(
            enterprise=firm.id,
            role=contact.role,
            name=contact.name,
            mobile=contact.mobile,
            phone=contact.phone,
            started_on=self.now.date(),
            source=self._place(plan),
            created_at=self.now,
        ).execute()

    # --- devices --------------------------------------------------------------------------------------------------

    def _create(self, plans: Sequence[Plan]) -> None:
        self._missing_installations(plans)
        new = [plan for plan in plans if not self._is_described_late(plan)]
        new.sort(key=lambda plan: not _is_installation(plan))  # their lines refer to them
        for plan, id_ in zip(new, reserve_ids("equipment", len(new)), strict=True):
            plan.equipment_id = id_
            if _is_installation(plan):
                self._installations.setdefault(_key(plan), []).append(id_)
        for plan in new:
            if plan.facts.installation and plan.facts.equipment.get("form") == "line":
                plan.parent = self._installations[_key(plan)][0]
        insert(Equipment, _EQUIPMENT, [self._device_row(plan) for plan in new])
        self._statuses(
            [(plan.equipment_id, plan) for plan in new if plan.facts.equipment.get("status", "in_use") != "in_use"]
        )

    def _missing_installations(self, plans: Sequence[Plan]) -> None:
        """A line may come before the row that describes its installation, or without one."""
        described = {_key(plan) for plan in plans if _is_installation(plan)}
        for plan in plans:
            if plan.facts.equipment.get("form") == "line" and plan.facts.installation and _key(plan) not in described:
                self._installation(plan)

    def _is_described_late(self, plan: Plan) -> bool:
        """Whether this row describes an installation that an earlier line of the file has already called into being."""
        if not _is_installation(plan) or _key(plan) not in self._undescribed:
            return False
        self._undescribed.discard(_key(plan))
        plan.equipment_id = self._installations[_key(plan)][0]
        values = {name: value for name, value in plan.facts.equipment.items() if name != "form"}
        Equipment.update(**values, raw=plan.facts.raw, source=self._place(plan)).where(
            Equipment.id == plan.equipment_id
        ).execute()
        return True

    def _device_row(self, plan: Plan) -> tuple[Any, ...]:
        facts, equipment = plan.facts, plan.facts.equipment
        get, truth = equipment.get, self._truth
        name = get("name") or get("line_number") or get("own_number") or _kind_name(equipment["catalogue_code"])
        return (
            plan.equipment_id, plan.firm.id if plan.firm else None, plan.parent, get("form", "device"),
            equipment["catalogue_code"], name, _short_initials(name), get("own_number", ""), get("maker", ""),
            get("maker_number", ""), get("device_code", ""), get("registration_code", ""),
            get("certificate_number", ""), get("line_number", ""), get("model", ""), get("location", ""),
            get("quantity", 1), get("length_mm"), _json(facts.technical), _json(facts.traits),
            get("status", "in_use"), truth(get("unregistered")), get("stopped_on"), get("restarted_on"),
            get("moved_on"), get("made_on"), get("put_into_use_on"), get("design_life_years"),
            truth(get("exempt_by_design")), get("note", ""), _json(facts.raw), self._place(plan), self._stamp, self._stamp,
            1, truth(False),
        )  # fmt: skip

    def _installation(self, plan: Plan) -> int:
        """The pipe installation of a line, made when its first line comes."""
        if _key(plan) not in self._installations:
            code = plan.facts.equipment.get("catalogue_code") or (plan.device or {}).get("catalogue_code", "8300")
            made = Equipment.insert(
                enterprise=_key(plan)[0],
                form="installation",
                catalogue_code=code,
                name=plan.facts.installation,
                initials=_short_initials(plan.facts.installation),
                source=self._place(plan),
                created_at=self.now,
                updated_at=self.now,
            ).execute()
            self._installations[_key(plan)] = [int(made)]
            self._undescribed.add(_key(plan))
        return self._installations[_key(plan)][0]

    def _change(self, plan: Plan) -> None:
        if plan.same_as is not None:
            plan.equipment_id = plan.same_as.equipment_id
            return
        if plan.device is None:
            return
        plan.equipment_id = plan.device["id"]
        own = [
            change
            for change in plan.changes
            if not change.field.startswith(("inspection", "extension", "contact", "enterprise"))
        ]
        if not own:
            return
        values = self._new_values(plan, own)
        Equipment.update(
            **values,
            raw=plan.facts.raw,
            source=self._place(plan),
            updated_at=self.now,
            revision=Equipment.revision + 1,
        ).where(Equipment.id == plan.equipment_id).execute()
        self._remember("equipment", plan.device["id"], own, self._place(plan))
        if "status" in values:
            self._statuses([(plan.equipment_id, plan)])

    def _new_values(self, plan: Plan, changes: list[Change]) -> dict[str, Any]:
        assert plan.device is not None
        values: dict[str, Any] = {}
        for change in changes:
            kind, dot, _ = change.field.partition(".")
            if dot:
                values[kind] = {**plan.device[kind], **getattr(plan.facts, kind)}
            elif change.field == "parent_id":
                values["parent"] = self._installation(plan) if plan.facts.installation else plan.parent
            else:
                values[change.field] = change.new
        if "name" in values:
            values["initials"] = _short_initials(values["name"])
        return values

    def _statuses(self, plans: list[tuple[int | None, Plan]]) -> None:
        bulk_insert(
            StatusChange,
            [
                {
                    "equipment": id_,
                    "status": plan.facts.equipment["status"],
                    "from_on": plan.facts.equipment.get("stopped_on"),
                    "reason": f"导入：{self._place(plan)}"[:300],
                    "account": self.actor.account_id,
                    "at": self.now,
                }
                for id_, plan in plans
            ],
        )

    def _remember(self, object_type: str, object_id: int, changes: list[Change], source: str) -> None:
        bulk_insert(
            FactChange,
            [
                {
                    "object_type": object_type,
                    "object_id": object_id,
                    "field": change.field[:60],
                    "old": change.old,
                    "new": change.new,
                    "source": source,
                    "reason": "导入台账",
                    "account": self.actor.account_id,
                    "at": self.now,
                }
                for change in changes
            ],
        )

    # --- inspections, extensions, stamps --------------------------------------------------------------------------

    def _inspections(self, plans: Iterable[Plan]) -> None:
        rows: list[tuple[Any, ...]] = []
        for plan in plans:
            for inspection, replaces in plan.inspections:
                if plan.equipment_id is None:
                    continue
                if replaces is None:
                    rows.append(self._inspection_row(plan, inspection))
                else:
                    self._correct(plan, inspection, replaces)
        insert(Inspection, _INSPECTION, rows)

    def _inspection_row(self, plan: Plan, said: InspectionFacts) -> tuple[Any, ...]:
        return (
            plan.equipment_id, *said[:5], said.report_number[:100], said.institution[:200], "", "", "", self._place(plan),
            self.actor.account_id, self._stamp,
        )  # fmt: skip

    def _correct(self, plan: Plan, said: InspectionFacts, replaces: int) -> None:
        """A correction is a new row that holds all that is known; the old one stays readable behind it."""
        old = Inspection.get_by_id(replaces)
        row = dict(zip(_INSPECTION, self._inspection_row(plan, said), strict=True))
        for name in ("conclusion", "grade", "report_number", "institution"):
            row[name] = row[name] or getattr(old, name)
        for name in ("completed_on", "next_due"):
            row[name] = _finer(row[name], getattr(old, name))
        row.update(inspectors=old.inspectors, note=old.note, answered_due=old.answered_due, recorded_at=self.now)
        new = Inspection.insert(**row).execute()
        Inspection.update(replaced_by=new, replaced_reason=f"导入：{self._place(plan)}"[:300]).where(
            Inspection.id == replaces
        ).execute()

    def _extensions(self, plans: Iterable[Plan]) -> None:
        bulk_insert(
            Extension,
            [
                {
                    "equipment": plan.equipment_id,
                    "clock": plan.extension.clock,
                    "until": plan.extension.until,
                    "granted_on": plan.extension.granted_on,
                    "document": plan.extension.document[:200],
                    "source": self._place(plan),
                    "account": self.actor.account_id,
                    "recorded_at": self.now,
                }
                for plan in plans
                if plan.extension and plan.equipment_id
            ],
        )

    def _touch(self, ids: Iterable[int]) -> None:
        if touched := sorted(set(ids)):
            sqlite = is_sqlite()
            said = "SELECT value FROM json_each(?) WHERE true" if sqlite else "SELECT unnest(%s)"
            values = orjson.dumps(touched).decode() if sqlite else touched
            db.execute_sql(f"INSERT INTO equipment_touched (equipment_id) {said} ON CONFLICT DO NOTHING", [values])


def _is_installation(plan: Plan) -> bool:
    return plan.facts.equipment.get("form") == "installation"


def _key(plan: Plan) -> tuple[int | None, str]:
    return (plan.firm.id if plan.firm else None, plan.facts.installation)


def _finer(new: str | None, old: str | None) -> str | None:
    """A month says nothing against a day of it."""
    if new and old and old.startswith(new):
        return old
    return new or old


def _number(value: object) -> int:
    """SQLite's own true and false; Python's would be looked up among the adapters, each time."""
    return 1 if value else 0


@lru_cache(maxsize=500)
def _kind_name(code: str) -> str:
    kind = kind_of(code)
    return kind.label if kind else "安全附件"


def _json(value: dict[str, Any]) -> str | None:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode() if value else None
