"""Forms: what was typed as the values a schema reads, and the page again with what was wrong beside it."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import flash, redirect, request
from werkzeug.datastructures import MultiDict

from inspect_station.accounts.views import form_data
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.registry.words import metres
from schedules.terms import kind_of, traits_of
from schedules.traits import Trait


def save(act: Callable[[], str], said: str, again: Callable[[StationError], str]) -> Any:
    """Do `act`, say so and go where it leads; on a refusal show the form again with what was typed."""
    try:
        target = act()
    except (InvalidInput, Conflict, Stale) as error:
        return again(error), error.http_status
    flash(said, "success")
    return redirect(target)


def blank_is_none(*names: str) -> dict[str, Any]:
    """The submitted form; empty ones of `names` are None, those that look like numbers are numbers."""
    given: dict[str, Any] = form_data()
    return {name: (number(value) if name in names else value) for name, value in given.items()}


def number(text: str) -> Any:
    """An integer, None for nothing, otherwise the text: the schema then says what is wrong."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text or None


def revision() -> int | None:
    """The revision the form was filled on."""
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


_NUMBERS = ("enterprise_id", "parent_id", "quantity", "design_life_years")
_MAYBE = ("made_on", "put_into_use_on")
_BOXES = ("unregistered", "exempt_by_design")
_ELSEWHERE = ("revision", "reason", "technical", "length_m")


def equipment(form: MultiDict[str, str]) -> dict[str, Any]:
    """The equipment form as `EquipmentSchema` reads it. Raises `InvalidInput` for an odd length or technical line."""
    given: dict[str, Any] = {
        name: value
        for name, value in form_data().items()
        if not name.startswith("traits.") and name not in _ELSEWHERE
    }
    for name in _NUMBERS:
        given[name] = number(given.get(name, ""))
    given.update({name: given.get(name) or None for name in _MAYBE})
    given.update({name: name in form for name in _BOXES})
    if given["quantity"] is None:
        given["quantity"] = 1
    given["length_mm"] = _length(form.get("length_m", ""))
    given["technical"] = _technical(form.get("technical", "")) or None
    given["traits"] = traits(form) or None
    return given


def _length(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        value = Decimal(text.strip()) * 1000
        if not 0 <= value < 2**31 or value != value.to_integral_value():
            raise InvalidOperation
    except InvalidOperation:
        sentence = "应为米数，最多三位小数，例如 12.5"
        raise InvalidInput(f"管道长度{sentence}。", {"length_m": [sentence]}) from None
    return int(value)


def _technical(text: str) -> dict[str, str]:
    """One value a line, 名称：值; a line without a colon has no name to be found by."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.replace(":", "：", 1).partition("：")
        if not colon or not name.strip():
            raise InvalidInput(f"技术参数“{line}”没有写成“名称：值”。", {"technical": [f"“{line}”应写成“名称：值”"]})
        found[name.strip()] = value.strip()
    return found


def traits(form: MultiDict[str, str]) -> dict[str, Any]:
    """The traits typed: flags as booleans, several gases as a list; what was left open is left out."""
    found: dict[str, Any] = {}
    for key in form:
        if key.startswith("traits."):
            values = [v for v in form.getlist(key) if v]
            read = [{"true": True, "false": False}.get(v, v) for v in values]
            if read:
                found[key.removeprefix("traits.")] = read if len(read) > 1 else read[0]
    return found


def trait_fields(code: str, known: Mapping[str, Any] | None) -> list[Trait]:
    """The traits that a device of this code may have. F000 first needs to know which accessory it is."""
    kind = kind_of(code, known) or kind_of(code, {"accessory": "gauge"})
    if kind is None:
        return []
    return [t for t in traits_of(kind).values() if t.codes is None or code in t.codes]


def typed(row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored device as the form shows it."""
    flat = {name: "" if value is None else value for name, value in row.items()}
    for name, value in (row.get("traits") or {}).items():
        flat[f"traits.{name}"] = str(value).lower() if isinstance(value, bool) else value
    flat["technical"] = "\n".join(f"{name}：{value}" for name, value in (row.get("technical") or {}).items())
    return {
        **flat,
        "enterprise_id": row.get("enterprise", ""),
        "parent_id": row.get("parent") or "",
        "length_m": metres(row.get("length_mm")),
    }


def retyped(form: MultiDict[str, str]) -> dict[str, Any]:
    """The submitted form as the form shows it again; boxes left empty are empty."""
    shown: dict[str, Any] = dict.fromkeys(_BOXES, "")
    for name in form:
        values = form.getlist(name)
        shown[name] = values if len(values) > 1 else values[0]
    return shown
