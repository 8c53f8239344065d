"""延期申请: asked on line, agreed, filed; the original date stays visible."""

from collections.abc import Callable
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service
from inspect_station.casework.columns import POSTPONEMENTS
from inspect_station.casework.postponing import STATES, Filters
from inspect_station.casework.schemas import FilingSchema, PostponeSchema
from inspect_station.casework.views import forms, pages
from inspect_station.casework.views.forms import typed
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.registry import cursors
from inspect_station.registry import service as registry
from inspect_station.validation import load
from inspect_station.web import now, today, workbook

_LABELS = {
    "clock": "检验项目", "until": "延期至", "reason": "不能按期检验的原因", "measures": "延期期间的监控和应急措施",
    "approved_by": "批准申请的单位主要负责人", "opinion": "意见", "document": "备案文号", "filed_on": "备案日期",
}  # fmt: skip


def _asked() -> Filters:
    state = request.args.get("state", "")
    return Filters(state if state in ("open", *STATES) else "", request.args.get("q", "")[:60])


@pages.get("/postponements")
def postponements() -> str:
    after = cursors.after(request.args.get("cursor", "")[:500], service.postponing.SORTS, "-id")
    filters, address = _asked(), forms.address("casework.postponements")
    page = service.postponing.page(current_actor(), filters, after=after, size=forms.per_page())
    return render_template(
        "casework/postponements.html",
        page=page,
        next_url=address(cursor=cursors.encode(page.next_keys)) if page.next_keys else None,
        prev_url=address(cursor=cursors.encode(page.previous_keys)) if page.previous_keys else None,
        filters=filters,
        states=STATES,
        address=address,
        export_url=forms.address("casework.postponement_export")(),
    )


@pages.get("/postponements.xlsx")
def postponement_export() -> Response:
    return workbook(POSTPONEMENTS, service.postponing.stream(current_actor(), _asked()), "延期申请")


@pages.get("/equipment/<int:equipment_id>/postpone")
def new_postponement(equipment_id: int) -> str:
    return _form(equipment_id, {"clock": request.args.get("clock", "")}, None)


@pages.post("/equipment/<int:equipment_id>/postpone")
def add_postponement(equipment_id: int) -> Any:
    def act() -> str:
        given = load(PostponeSchema(), typed())
        number = service.postponing.ask(current_actor(), equipment_id, given, now=now())
        return url_for("casework.postponement", request_id=number)

    registry.equipment.get(current_actor(), equipment_id)
    return forms.save(act, "延期申请已提交。", lambda error: _form(equipment_id, request.form, error))


def _form(equipment_id: int, given: Any, error: StationError | None) -> str:
    device = registry.equipment.get(current_actor(), equipment_id)
    return render_template(
        "casework/postpone_form.html",
        device=device,
        given=given,
        clocks=[(c.value, c.label) for c in registry.inspections.clocks(device)],
        labels=_LABELS,
        error=error,
        errors=error.fields if error else {},
    )


@pages.get("/postponements/<int:request_id>")
def postponement(request_id: int) -> str:
    return _page(request_id, None)


def _page(request_id: int, error: StationError | None) -> str:
    actor = current_actor()
    return render_template(
        "casework/postponement.html",
        row=service.postponing.get(actor, request_id),
        may_edit=actor.may("edit"),
        given=request.form,
        today_iso=today().isoformat(),
        labels=_LABELS,
        error=error,
        errors=error.fields if error else {},
    )


def _do(request_id: int, act: Callable[[], str]) -> Any:
    try:
        said = act()
    except (InvalidInput, Conflict, Stale) as error:
        return _page(request_id, error), error.http_status
    flash(said, "success")
    return redirect(url_for("casework.postponement", request_id=request_id))


@pages.post("/postponements/<int:request_id>/decide")
@needs("edit")
def decide_postponement(request_id: int) -> Any:
    def act() -> str:
        agree = request.form.get("agree") == "true"
        opinion = request.form.get("opinion", "").replace("\0", "")[:500]
        service.postponing.decide(current_actor(), request_id, agree=agree, opinion=opinion, now=now())
        return "已同意，等企业办理备案。" if agree else "已答复：不同意延期。"

    return _do(request_id, act)


@pages.post("/postponements/<int:request_id>/file")
@needs("edit")
def file_postponement(request_id: int) -> Any:
    def act() -> str:
        given = load(FilingSchema(), typed())
        service.postponing.file(current_actor(), request_id, now=now(), **given)
        return "延期已生效，原到期日仍然保留可查。"

    return _do(request_id, act)


@pages.post("/postponements/<int:request_id>/withdraw")
def withdraw_postponement(request_id: int) -> Any:
    def act() -> str:
        service.postponing.withdraw(current_actor(), request_id, now=now())
        return "申请已撤回，原到期日不变。"

    return _do(request_id, act)
