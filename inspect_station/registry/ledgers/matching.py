"""Which device of the register a row is about."""

from __future__ import annotations

from typing import Any

from .facts import RowFacts
from .problems import Flaw
from .register import Firm, Holdings, Row, only_certificate
from .seen import Trace

_WEAK = ("own_number", "maker_number")


def keys_of(row: RowFacts, firm: Firm | None) -> list[str]:
    """The names a row's device goes by, strongest first; a line is named by its installation and number only."""
    if firm is None:
        return []
    equipment, name = row.equipment, firm.name
    if line := equipment.get("line_number"):
        return [f"l|{name}|{row.installation}|{line}"]
    keys = []
    if code := equipment.get("device_code"):
        keys.append(f"d|{code}")
    if code := equipment.get("registration_code"):
        keys.append(f"r|{code}")
    if own := equipment.get("own_number"):
        keys.append(f"o|{name}|{own}")
    if number := equipment.get("maker_number"):
        keys.append(f"m|{name}|{number}|{equipment.get('maker', '')}")
    if not keys and equipment.get("certificate_number"):
        keys.append(f"c|{name}|{equipment['certificate_number']}|{equipment.get('name', '')}")
    return keys


def same_device(row: RowFacts, key: str, earlier: Trace) -> bool:
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
    if not holdings:
        return None, None
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


def field_of(row: RowFacts, flaw: Flaw) -> str:
    if flaw.code in ("other_enterprise", "number_conflict"):
        return "device_code"
    return "line_number" if row.equipment.get("line_number") else "own_number"
