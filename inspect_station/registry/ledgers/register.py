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
Installations = dict[tuple[int | None, str], list[int]]
"""Pipe installations by firm and name; a firm may have several of one name."""


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
    installations: Installations = field(default_factory=dict)
    devices: int = 0

    def __bool__(self) -> bool:
        return self.devices > 0

    @classmethod
    def fetch(cls, rows: Sequence[tuple[RowFacts, Firm]], installations: Installations) -> Holdings:
        """Everything the rows may hit; exact pairs of firm and number, so that each is one step into an index."""
        found: dict[int, Row] = {}
        for column in ("device_code", "registration_code"):
            codes = {row.equipment.get(column, "") for row, _ in rows} - {""}
            _collect(found, f"{column} = v.column1", [(code,) for code in sorted(codes)])
        for column in ("own_number", "maker_number"):
            _collect(found, f"enterprise_id = v.column1 AND {column} = v.column2", _pairs(rows, column))
        # «+ 0» keeps SQLite from walking all devices of the firm instead of the few with the number.
        by_certificate = _pairs([pair for pair in rows if only_certificate(pair[0])], "certificate_number")
        _collect(found, "enterprise_id + 0 = v.column1 AND certificate_number = v.column2", by_certificate)
        lines, loose = _line_pairs(rows, installations)
        _collect(found, "parent_id = v.column1 AND line_number = v.column2", lines)
        _collect(found, "parent_id IS NULL AND enterprise_id + 0 = v.column1 AND line_number = v.column2", loose)
        holdings = cls(installations=installations)
        for device in found.values():
            holdings.add(device)
        holdings._fetch_history(list(found))
        return holdings

    def add(self, device: Row) -> None:
        self.devices += 1
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


def only_certificate(row: RowFacts) -> bool:
    """Whether nothing but its certificate names the row's device."""
    said = row.equipment.get
    return not (
        said("own_number")
        or said("maker_number")
        or said("device_code")
        or said("registration_code")
        or said("line_number")
    )


def _pairs(rows: Sequence[tuple[RowFacts, Firm]], column: str) -> list[tuple[Any, ...]]:
    """Firm and number of the rows whose device may be known by it."""
    pairs = set()
    for row, firm in rows:
        said = row.equipment.get
        if firm.id is None or said("line_number"):
            continue
        if number := said(column):
            pairs.add((firm.id, number))
        if column == "own_number" and row.parent:
            pairs.add((firm.id, row.parent))
    return sorted(pairs)


def _line_pairs(
    rows: Sequence[tuple[RowFacts, Firm]], installations: Installations
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Installation and number of pipe lines; where a row names no installation, all of its firm's come into question."""
    lines: set[tuple[Any, ...]] = set()
    loose: set[tuple[Any, ...]] = set()
    by_firm: dict[int | None, list[int]] = defaultdict(list)
    for (firm_id, _), ids in installations.items():
        by_firm[firm_id] += ids
    for row, firm in rows:
        number = row.equipment.get("line_number")
        if firm.id is None or not number:
            continue
        loose.add((firm.id, number))
        named = installations.get((firm.id, row.installation), [])
        parents = named if row.installation else by_firm[firm.id]
        lines.update((parent, number) for parent in parents)
    return sorted(lines), sorted(loose)


def _collect(found: dict[int, Row], condition: str, pairs: list[tuple[Any, ...]]) -> None:
    for some in _pieces(pairs):
        for device in _select(condition, some):
            found[device["id"]] = device


def _select(condition: str, pairs: list[tuple[Any, ...]]) -> Iterable[Row]:
    width = len(pairs[0])
    values = ", ".join([f"({_marks(width)})"] * len(pairs))
    columns = ", ".join(f"equipment.{column}" for column in _COLUMNS)
    # CROSS JOIN: SQLite then walks the few pairs and steps into the index for each, whatever its statistics say.
    sql = (
        f"SELECT {columns} FROM (VALUES {values}) v CROSS JOIN equipment "  # noqa: S608
        f"WHERE form <> 'installation' AND {condition} ORDER BY equipment.id"
    )
    for row in db.execute_sql(sql, [value for pair in pairs for value in pair]):
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


def installations() -> tuple[Installations, dict[tuple[int | None, str], set[str]]]:
    """Ids and own numbers of the installations, by firm and name."""
    found: Installations = {}
    numbers: dict[tuple[int | None, str], set[str]] = {}
    sql = "SELECT enterprise_id, name, id, own_number FROM equipment WHERE form = 'installation' ORDER BY id"
    for firm_id, name, id_, own_number in db.execute_sql(sql):
        found.setdefault((firm_id, name), []).append(id_)
        numbers.setdefault((firm_id, name), set()).add(own_number)
    return found, numbers


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
