"""登记检验, 更正, 登记延期, 撤销延期."""

from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.errors import StationError
from inspect_station.registry import service
from inspect_station.registry.schemas import ExtensionSchema, InspectionSchema, ReasonSchema
from inspect_station.registry.views import forms, pages
from inspect_station.registry.words import INSPECTION_FIELDS
from inspect_station.validation import load
from inspect_station.web import now, settings, today
from schedules.terms import GRADES, Conclusion

_LABELS = {**INSPECTION_FIELDS, "reason": "理由"}


def _typed() -> dict[str, Any]:
    given: dict[str, Any] = {k: v for k, v in request.form.items() if k != "csrf_token"}
    given["grade"] = forms.number(given.get("grade", ""))
    return given | {name: given.get(name) or None for name in ("conclusion", "completed_on", "next_due")}


@pages.get("/equipment/<int:equipment_id>/inspections/new")
@needs("edit")
def new_inspection(equipment_id: int) -> str:
    device = service.equipment.get(current_actor(), equipment_id)
    institution = settings().station_name
    given = {"clock": request.args.get("clock", ""), "completed_on": today().isoformat(), "institution": institution}
    return _page(device, given, None)


@pages.post("/equipment/<int:equipment_id>/inspections/new")
@needs("edit")
def add_inspection(equipment_id: int) -> Any:
    device = service.equipment.get(current_actor(), equipment_id)

    def act() -> str:
        values = load(InspectionSchema(), _typed())
        reason = values.pop("reason")
        service.inspections.record(current_actor(), equipment_id, values, reason=reason, now=now(), today=today())
        return url_for("portal.device", equipment_id=equipment_id)

    return forms.save(act, "检验已登记，到期日随之更新。", lambda error: _page(device, request.form, error))


@pages.get("/inspections/<int:inspection_id>/correct")
@needs("edit")
def correct_inspection(inspection_id: int) -> str:
    old = service.inspections.get(current_actor(), inspection_id)
    return _page(service.equipment.get(current_actor(), old["equipment"]), old, None, old)


@pages.post("/inspections/<int:inspection_id>/correct")
@needs("edit")
def save_correction(inspection_id: int) -> Any:
    old = service.inspections.get(current_actor(), inspection_id)
    device = service.equipment.get(current_actor(), old["equipment"])

    def act() -> str:
        values = load(InspectionSchema(), _typed())
        reason = values.pop("reason")
        service.inspections.correct(current_actor(), inspection_id, values, reason=reason, now=now(), today=today())
        return url_for("portal.device", equipment_id=old["equipment"])

    return forms.save(act, "已更正，原记录和理由已留存。", lambda error: _page(device, request.form, error, old))


def _page(
    device: Mapping[str, Any],
    given: Mapping[str, Any],
    error: StationError | None,
    old: Mapping[str, Any] | None = None,
) -> str:
    clocks = service.inspections.clocks(device)
    return render_template(
        "registry/inspection_form.html",
        device=device,
        given=given,
        old=old,
        error=error,
        errors=error.fields if error else {},
        labels=_LABELS,
        clocks=[(clock.value, clock.label) for clock in clocks],
        conclusions=[(c.value, c.label) for c in Conclusion],
        grades=[(grade, f"{grade} 级") for grade in GRADES],
        graded=[clock.label for clock in clocks if service.inspections.graded(device, clock)],
    )


@pages.get("/equipment/<int:equipment_id>/extensions/new")
@needs("edit")
def new_extension(equipment_id: int) -> str:
    return _extension_page(equipment_id, {"clock": request.args.get("clock", "")}, None)


@pages.post("/equipment/<int:equipment_id>/extensions/new")
@needs("edit")
def add_extension(equipment_id: int) -> Any:
    def act() -> str:
        given: dict[str, Any] = {k: v for k, v in request.form.items() if k != "csrf_token"}
        values = load(ExtensionSchema(), given | {"granted_on": given.get("granted_on") or None})
        service.extensions.record(current_actor(), equipment_id, values, now=now(), today=today())
        return url_for("portal.device", equipment_id=equipment_id)

    return forms.save(act, "延期已登记。", lambda error: _extension_page(equipment_id, request.form, error))


def _extension_page(equipment_id: int, given: Mapping[str, Any], error: StationError | None) -> str:
    device = service.equipment.get(current_actor(), equipment_id)
    return render_template(
        "registry/extension_form.html",
        device=device,
        given=given,
        error=error,
        errors=error.fields if error else {},
        labels={"clock": "检验项目", "until": "延期至", "granted_on": "批准日期", "document": "批准文件"},
        clocks=[(clock.value, clock.label) for clock in service.inspections.clocks(device)],
    )


@pages.get("/extensions/<int:extension_id>/withdraw")
@needs("edit")
def withdraw_form(extension_id: int) -> str:
    return _withdrawal_page(extension_id, None)


@pages.post("/extensions/<int:extension_id>/withdraw")
@needs("edit")
def withdraw_extension(extension_id: int) -> Any:
    row = service.extensions.get(current_actor(), extension_id)

    def act() -> str:
        given = load(ReasonSchema(), {"reason": request.form.get("reason", "")})
        service.extensions.withdraw(current_actor(), extension_id, reason=given["reason"], now=now())
        return url_for("portal.device", equipment_id=row["equipment"])

    return forms.save(act, "延期已撤销，原到期日恢复。", lambda error: _withdrawal_page(extension_id, error))


def _withdrawal_page(extension_id: int, error: StationError | None) -> str:
    row = service.extensions.get(current_actor(), extension_id)
    return render_template(
        "registry/reason_form.html",
        title="撤销延期",
        text=f"撤销后，“延期至 {row['until']}”不再有效，恢复原来的到期日。记录保留。",
        action_label="撤销延期",
        back_url=url_for("portal.device", equipment_id=row["equipment"]),
        given=request.form,
        error=error,
        errors=error.fields if error else {},
    )
