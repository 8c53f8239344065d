"""What must be true of a device, whoever writes it: one sentence for each field that is not."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from inspect_station.errors import InvalidInput
from inspect_station.registry import days
from inspect_station.registry.days import Problems
from inspect_station.registry.identifiers import initials
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.registry.words import FORMS, STATUSES
from schedules.facts import FactError, read_traits
from schedules.terms import Kind, kind_of

_CODE = re.compile(r"[0-9A-Z]{4}")
_PIPES = frozenset({Kind.INDUSTRIAL_PIPE, Kind.PUBLIC_PIPE, Kind.LONG_DISTANCE_PIPE})
_ACCESSORIES = frozenset({Kind.SAFETY_VALVE, Kind.BURSTING_DISC, Kind.GAUGE})


def equipment(given: Mapping[str, Any], present: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The values to store for `given`, judged together with what stands (`present`).

    Raises `InvalidInput` with a sentence for each field. Traits that are left empty are dropped.
    """
    values = dict(given)
    problems = Problems()
    both = {"form": "device", **present, **values}
    kind = _check_kind(both, problems)
    if kind is not None and ("traits" in values or "catalogue_code" in values):
        values["traits"] = _traits(kind, both, problems)
    _check_name(values, present, problems)
    _check_place(both, kind, problems)
    _check_dates(both, today, problems)
    if problems:
        sentences = dict.fromkeys(s for p in problems.values() for s in p)
        raise InvalidInput("设备信息有误：" + "；".join(sentences) + "。", problems)
    return values


def _check_kind(both: Mapping[str, Any], problems: Problems) -> Kind | None:
    code, form = both.get("catalogue_code") or "", both["form"]
    if form not in FORMS:
        problems.add("form", f"只能是：{'、'.join(FORMS.values())}")
        return None
    if _CODE.fullmatch(code) is None:
        problems.add("catalogue_code", "请填写特种设备目录的四位代码，例如 2150")
        return None
    kind = kind_of(code, both.get("traits"))
    if kind is None:
        sentence = (
            "F000 须在检验特性中注明安全附件种类" if code == "F000" else f"{code} 不是承压类设备的目录代码，请核对"
        )
        problems.add("catalogue_code", sentence)
        return None
    _check_form(form, kind, problems)
    return kind


def _check_form(form: str, kind: Kind, problems: Problems) -> None:
    right = {
        "installation": kind in _PIPES,
        "line": kind in _PIPES,
        "batch": kind is Kind.CYLINDER,
        "accessory": kind in _ACCESSORIES,
        # An accessory on its own in a ledger is a device until its host is known.
        "device": kind not in _PIPES and kind is not Kind.CYLINDER,
    }
    if not right[form]:
        problems.add("form", f"{kind.label}不能登记为“{FORMS[form]}”")


def _traits(kind: Kind, both: Mapping[str, Any], problems: Problems) -> dict[str, Any] | None:
    given = {name: value for name, value in (both.get("traits") or {}).items() if value not in (None, "", [])}
    for name, value in given.items():
        try:
            read_traits(kind, both["catalogue_code"], {name: value})
        except FactError as error:
            problems.add(f"traits.{name}", str(error).partition("：")[2] or str(error))
    return given or None


def _check_name(values: dict[str, Any], present: Mapping[str, Any], problems: Problems) -> None:
    renamed = "name" in values and values["name"] != present.get("name")
    if not (values["name"] if "name" in values else present.get("name") or "").strip():
        problems.add("name", "请填写设备名称")
    elif renamed or "initials" in values:
        typed = (values.get("initials") or "").strip().lower()
        kept = typed and not (renamed and typed == present.get("initials"))
        values["initials"] = typed if kept else initials(values.get("name", present.get("name", "")))
    if (values.get("quantity") or 1) < 1:
        problems.add("quantity", "应为正整数")


def _check_place(both: Mapping[str, Any], kind: Kind | None, problems: Problems) -> None:
    """The enterprise exists; a line's installation and an accessory's host belong to it."""
    if not both.get("enterprise") or not Enterprise.select().where(Enterprise.id == both["enterprise"]).exists():
        problems.add("enterprise_id", "请选择使用单位")
        return
    if both.get("parent") is None:
        if both["form"] == "line":
            problems.add("parent_id", "请选择管道所在的装置")
        return
    if both["form"] not in ("line", "accessory"):
        problems.add("parent_id", f"“{FORMS.get(both['form'], '')}”不属于别的设备，请留空")
        return
    host = Equipment.get_or_none(Equipment.id == both["parent"], Equipment.enterprise == both["enterprise"])
    # A line of another firm's installation would open a way to that firm's rows.
    if host is None or host.id == both.get("id") or host.form in ("accessory", "batch"):
        problems.add("parent_id", "没有这台设备，或它不属于同一使用单位")
    elif both["form"] == "line" and host.form != "installation":
        problems.add("parent_id", "管道应属于一个管道装置")


def _check_dates(both: Mapping[str, Any], today: date, problems: Problems) -> None:
    made = days.read(both.get("made_on"), "made_on", problems)
    used = days.read(both.get("put_into_use_on"), "put_into_use_on", problems)
    days.not_in_future(made, today, "made_on", problems)
    days.not_before(used, made, "put_into_use_on", "制造日期", problems)
    for field in ("stopped_on", "restarted_on", "moved_on"):
        days.read(both.get(field), field, problems)
    years = both.get("design_life_years")
    if years is not None and not 1 <= years <= 200:
        problems.add("design_life_years", "应为 1 至 200 年")
    if both.get("length_mm") is not None and both["length_mm"] < 0:
        problems.add("length_mm", "长度不能小于零")
    if both.get("status", "in_use") not in STATUSES:
        problems.add("status", f"只能是：{'、'.join(STATUSES.values())}")
