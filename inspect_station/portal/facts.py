"""A device's and a firm's facts in groups, each with where it came from."""

from collections.abc import Mapping
from typing import Any

from inspect_station.registry.words import (
    ENTERPRISE_FIELDS,
    ENTERPRISE_STATUSES,
    EQUIPMENT_FIELDS,
    FORMS,
    STATUSES,
    catalogue_name,
    metres,
)
from schedules.terms import kind_of, traits_of

Row = Mapping[str, Any]
Facts = list[tuple[str, Any, str]]

_IDENTITY = (
    "form", "catalogue_code", "device_code", "registration_code", "certificate_number", "maker", "maker_number", "model",
)  # fmt: skip
_USE = (
    "status", "own_number", "line_number", "location", "quantity", "length_mm", "made_on", "put_into_use_on",
    "design_life_years", "stopped_on", "restarted_on", "moved_on", "unregistered", "exempt_by_design", "note",
)  # fmt: skip
# Shown only where they say something: an empty 移装日期 on every device is noise, an empty 投用日期 is news.
_ONLY_IF_KNOWN = frozenset(
    {"line_number", "quantity", "length_mm", "stopped_on", "restarted_on", "moved_on", "unregistered", "exempt_by_design",
     "note", "model", "registration_code", "design_life_years"}
)  # fmt: skip


def of_device(device: Row, origins: Mapping[str, str]) -> list[tuple[str, Facts]]:
    """The groups: identity, use, what the rules look at, technical."""
    groups = [
        ("身份", _facts(device, _IDENTITY, origins)),
        ("使用", _facts(device, _USE, origins)),
        ("检验特性", _traits(device, origins.get("traits", ""))),
        ("技术参数", [(k, v, "") for k, v in (device["technical"] or {}).items()]),
    ]
    return [(title, facts) for title, facts in groups if facts]


def _facts(device: Row, names: tuple[str, ...], origins: Mapping[str, str]) -> Facts:
    shown = ((name, _value(name, device[name])) for name in names)
    return [
        (EQUIPMENT_FIELDS[name], value, origins.get(name, "") if value else "")
        for name, value in shown
        if value or name not in _ONLY_IF_KNOWN
    ]


def _value(name: str, value: Any) -> Any:
    if name == "catalogue_code":
        return f"{value} {catalogue_name(value)}".strip()
    if name == "status":
        return STATUSES.get(value, value)
    if name == "form":
        return FORMS.get(value, value)
    if name == "length_mm":
        return f"{metres(value)} 米" if value is not None else None
    if name == "quantity":
        return value if value != 1 else None
    if name == "design_life_years":
        return f"{value} 年" if value else None
    return ("是" if value else None) if isinstance(value, bool) else value


def _traits(device: Row, origin: str) -> Facts:
    known = device["traits"] or {}
    kind = kind_of(device["catalogue_code"], known)
    if kind is None or device["form"] == "installation":
        return []
    found: Facts = []
    for trait in traits_of(kind).values():
        applies = trait.codes is None or device["catalogue_code"] in trait.codes
        value = known.get(trait.name)
        # An unknown choice is what somebody has to go and find; an absent flag is simply no.
        if applies and (value is not None or trait.type in ("choice", "choices")) and trait.name != "accessory":
            words = (
                [trait.word(v) for v in (value if isinstance(value, list) else [value])] if value is not None else []
            )
            found.append((trait.label, "、".join(words) or None, origin))
    return found


def of_firm(firm: Row, origins: Mapping[str, str]) -> Facts:
    values = {**firm, "responsible": firm["responsible_name"], "status": ENTERPRISE_STATUSES[firm["status"]]}
    names = [n for n in ENTERPRISE_FIELDS if n not in {"name", "initials"} and (n != "note" or firm["note"])]
    return [(ENTERPRISE_FIELDS[n], values[n], origins.get(n, "")) for n in names]
