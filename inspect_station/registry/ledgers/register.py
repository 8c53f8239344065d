"""What the register already holds of the devices in a stretch of rows: a few statements for any number of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from inspect_station.db import db
from inspect_station.registry.models import Enterprise

from .facts import RowFacts
from .problems import Flaw
from .rows import tidy_name

_COLUMNS = (
    "id", "enterprise_id", "parent_id", "form", "catalogue_code", "name", "own_number", "maker", "maker_number",
    "device_code", "registration_code", "certificate_number", "line_number", "model", "location", "quantity",
    "length_mm", "technical", "traits", "status", "unregistered", "stopped_on", "restarted_on", "moved_on", "made_on",
    "put_into_use_on", "design_life_years", "exempt_by_design", "note", "revision",
)  # fmt: skip
_INSPECTION_COLUMNS = (
    "id", "equipment_id", "clock", "completed_on", "conclusion", "grade", "next_due", "report_number", "institution",
)  # fmt: skip
_AT_ONCE = 500

Row = dict[str, Any]


@dataclass(slots=True)
class Firm:
    """An enterprise of the register, or one to be created (``id`` None until then)."""

    name: str
    id: int | None = None
    credit_code: str | None = None
    address: str = ""
    contacts: set[tuple[str, str, str]] | None = None


@dataclass
class Firms:
    """All enterprises by name and credit code; the few hundred of a park fit into memory."""

    by_name: dict[str, Firm] = field(default_factory=dict)
    by_code: dict[str, Firm] = field(default_factory=dict)
    by_short_name: dict[str, list[Firm]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def load(cls) -> Firms:
        firms = cls()
        for firm in Enterprise.select():
            firms.add(Firm(firm.name, firm.id, firm.credit_code, firm.address), firm.short_name)
        return firms

    def add(self, firm: Firm, short_name: str = "") -> None:
        self.by_name[tidy_name(firm.name)] = firm
        if firm.credit_code:
            self.by_code[firm.credit_code] = firm
        if short_name:
            self.by_short_name[tidy_name(short_name)].append(firm)

    def known(self, name: str) -> Firm | None:
        """By full name, or by a short name that only one firm has."""
        key = tidy_name(name)
        shorts = self.by_short_name.get(key, [])
        return self.by_name.get(key) or (shorts[0] if len(shorts) == 1 else None)

    def find(self, said: dict[str, str], chosen: str | None) -> tuple[Firm | None, Flaw | None]:
        """The firm of a row: the one the person chose for the file, else by name, else by credit code."""
        name = chosen or said["name"]
        firm, by_code = self.known(name), self.by_code.get(said.get("credit_code", ""))
        other = self.known(said["name"]) if chosen else None
        if other and other is not firm:
            return None, Flaw(
                "enterprise_conflict",
                f"这一行写的是“{other.name}”，与导入时指定的“{chosen}”不同；请分开导入。",
                "error",
            )
        if firm and by_code and firm is not by_code:
            return None, Flaw(
                "enterprise_conflict", f"信用代码属于“{by_code.name}”，与使用单位“{name}”不同；请核对。", "error"
            )
        if firm is None and by_code:
            return by_code, Flaw(
                "enterprise_name", f"按信用代码认作“{by_code.name}”，台账写的是“{name}”；单位名称未改，请核对。"
            )
        return firm, None


@dataclass
class Holdings:
    """Devices, inspections and extensions that rows of one stretch may concern."""

    by_device_code: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    by_registration_code: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    by_number: dict[tuple[int, str, str], list[Row]] = field(default_factory=lambda: defaultdict(list))
    inspections: dict[int, list[Row]] = field(default_factory=lambda: defaultdict(list))
    extensions: dict[int, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    installations: dict[tuple[int | None, str], int] = field(default_factory=dict)

    @classmethod
    def fetch(
        cls, rows: Sequence[RowFacts], firm_ids: set[int], installations: dict[tuple[int | None, str], int]
    ) -> Holdings:
        """Everything the rows may hit, for rows of these firms."""
        found: dict[int, Row] = {}
        for column in ("device_code", "registration_code"):
            _collect(found, column, {row.equipment.get(column, "") for row in rows}, None)
        if firm_ids:
            for column in ("own_number", "maker_number", "line_number", "certificate_number"):
                _collect(found, column, {row.equipment.get(column, "") for row in rows}, firm_ids)
            _collect(found, "own_number", {row.parent for row in rows}, firm_ids)
        holdings = cls(installations=installations)
        for device in found.values():
            holdings.add(device)
        holdings._fetch_history(list(found))
        return holdings

    def add(self, device: Row) -> None:
        if device["device_code"]:
            self.by_device_code[device["device_code"]].append(device)
        if device["registration_code"]:
            self.by_registration_code[device["registration_code"]].append(device)
        for column in ("own_number", "maker_number", "line_number", "certificate_number"):
            if device[column]:
                self.by_number[device["enterprise_id"], column, device[column]].append(device)

    def _fetch_history(self, ids: list[int]) -> None:
        for some in _pieces(ids):
            marks = _marks(len(some))
            columns = ", ".join(_INSPECTION_COLUMNS)
            sql = f"SELECT {columns} FROM inspection WHERE replaced_by_id IS NULL AND equipment_id IN ({marks}) ORDER BY id"  # noqa: S608
            for values in db.execute_sql(sql, some):
                row = dict(zip(_INSPECTION_COLUMNS, values, strict=True))
                self.inspections[row["equipment_id"]].append(row)
            sql = f"SELECT equipment_id, clock, until FROM extension WHERE withdrawn_at IS NULL AND equipment_id IN ({marks})"  # noqa: S608
            for equipment_id, clock, until in db.execute_sql(sql, some):
                self.extensions[equipment_id].add((clock, until))


def _collect(found: dict[int, Row], column: str, numbers: set[str], firm_ids: set[int] | None) -> None:
    numbers.discard("")
    for some in _pieces(sorted(numbers)):
        for device in _select(column, some, firm_ids):
            found[device["id"]] = device


def _select(column: str, numbers: Sequence[str], firm_ids: set[int] | None) -> Iterable[Row]:
    where, values = f"{column} IN ({_marks(len(numbers))})", list[Any](numbers)
    if firm_ids is not None:
        where += f" AND enterprise_id IN ({_marks(len(firm_ids))})"
        values += sorted(firm_ids)
    sql = f"SELECT {', '.join(_COLUMNS)} FROM equipment WHERE form <> 'installation' AND {where} ORDER BY id"  # noqa: S608
    for row in db.execute_sql(sql, values):
        device = dict(zip(_COLUMNS, row, strict=True))
        device["technical"] = orjson.loads(device["technical"] or "{}")
        device["traits"] = orjson.loads(device["traits"] or "{}")
        device["unregistered"] = bool(device["unregistered"])
        device["exempt_by_design"] = bool(device["exempt_by_design"])
        yield device


def _pieces(values: list[Any]) -> Iterable[list[Any]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))


def _marks(count: int) -> str:
    return ", ".join([db.obj.param] * count)


def installations() -> dict[tuple[int | None, str], int]:
    """Pipe installations by firm and name."""
    rows = db.execute_sql("SELECT enterprise_id, name, id FROM equipment WHERE form = 'installation'")
    return {(firm, name): id_ for firm, name, id_ in rows}


def contacts_of(firm: Firm) -> set[tuple[str, str, str]]:
    """Role, name and number of the firm's present contacts."""
    if firm.contacts is None:
        firm.contacts = set()
        if firm.id is not None:
            sql = f"SELECT role, name, mobile, phone FROM contact WHERE ended_on IS NULL AND enterprise_id = {db.obj.param}"  # noqa: S608
            firm.contacts = {
                (role, name, mobile or phone) for role, name, mobile, phone in db.execute_sql(sql, [firm.id])
            }
    return firm.contacts
