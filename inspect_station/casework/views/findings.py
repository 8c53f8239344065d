"""检验意见通知书: the list, one notice with what may be done next, its PDF."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, redirect, render_template, request, session, url_for

from inspect_station.accounts.guard import SAMPLE_KEY, current_actor, needs
from inspect_station.casework import service
from inspect_station.casework.findings import STATES, Filters
from inspect_station.casework.schemas import FindingSchema
from inspect_station.casework.views import forms, pages
from inspect_station.casework.views.forms import pictures, typed, whole_numbers
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.notices import finding as paper
from inspect_station.notices.model import Office
from inspect_station.registry import cursors
from inspect_station.registry import service as registry
from inspect_station.validation import load
from inspect_station.web import accepts, now, settings, today

_LABELS = {
    "clock": "检验项目", "problem": "发现的问题", "basis": "依据", "deadline": "整改期限", "severe": "严重隐患", "reply": "整改情况",
    "remark": "复检意见", "photos": "照片", "reason": "原因", "unit": "告知使用单位", "authority": "报告监管部门",
}  # fmt: skip


def _address(**changed: Any) -> str:
    state = {k: v for k, v in request.args.items() if v and k != "cursor"} | changed
    kept = {k: v for k, v in state.items() if v not in (None, "")}
    return url_for("casework.findings") + (f"?{urlencode(kept)}" if kept else "")


@pages.get("/findings")
def findings() -> str:
    state = request.args.get("state", "")
    if state not in ("", "open", *STATES):
        raise InvalidInput("没有这种状态。", {"state": ["没有这种状态"]})
    filters = Filters(state, bool(request.args.get("overdue")), q=request.args.get("q", "")[:60])
    after = cursors.after(request.args.get("cursor", "")[:500], {"id": service.findings.SORTS["id"]}, "-id")
    page = service.findings.page(current_actor(), filters, today(), after=after)
    return render_template(
        "casework/findings.html",
        page=page,
        filters=filters,
        states=STATES,
        overdue=service.findings.overdue_count(current_actor(), today()),
        address=_address,
        next_url=_address(cursor=cursors.encode(page.next_keys)) if page.next_keys else None,
        prev_url=_address(cursor=cursors.encode(page.previous_keys)) if page.previous_keys else None,
    )


@pages.get("/findings/new")
@needs("edit")
def new_finding() -> str:
    """For an `inspection` that failed, or a device's clock."""
    actor = current_actor()
    inspection = next(iter(whole_numbers([request.args.get("inspection", "")])), None)
    if inspection is not None:
        said = registry.inspections.get(actor, inspection)
        given = {"clock": said["clock"], "problem": said["note"], "inspection": inspection}
        equipment = said["equipment"]
    else:
        given = {"clock": request.args.get("clock", "")}
        equipment = next(iter(whole_numbers([request.args.get("equipment", "")])), 0)
    given["deadline"] = service.findings.default_deadline(today()).isoformat()
    return _form(equipment, given, None, None)


@pages.post("/findings/new")
@needs("edit")
def add_finding() -> Any:
    equipment = next(iter(whole_numbers([request.form.get("equipment", "")])), 0)
    inspection = next(iter(whole_numbers([request.form.get("inspection", "")])), None)

    def act() -> str:
        number = service.findings.draft(current_actor(), equipment, _given(), now=now(), inspection=inspection)
        return url_for("casework.finding", notice_id=number)

    return forms.save(
        act, "通知书草稿已保存，核对后下达。", lambda error: _form(equipment, request.form, None, error)
    )


def _given() -> dict[str, Any]:
    return load(
        FindingSchema(),
        {k: v for k, v in typed("severe").items() if k not in {"equipment", "inspection", "revision"}},
    )


@pages.get("/findings/<int:notice_id>/edit")
@needs("edit")
def edit_finding(notice_id: int) -> str:
    row = service.findings.get(current_actor(), notice_id, today())
    return _form(row["equipment"], {**row, "deadline": row["deadline"].isoformat()}, row, None)


@pages.post("/findings/<int:notice_id>/edit")
@needs("edit")
def change_finding(notice_id: int) -> Any:
    row = service.findings.get(current_actor(), notice_id, today())

    def act() -> str:
        service.findings.change(current_actor(), notice_id, _given(), now=now(), revision=_revision())
        return url_for("casework.finding", notice_id=notice_id)

    return forms.save(act, "草稿已修改。", lambda error: _form(row["equipment"], request.form, row, error))


def _revision() -> int | None:
    return next(iter(whole_numbers([request.form.get("revision", "")])), None)


def _form(equipment: int, given: Any, row: Any, error: StationError | None) -> str:
    device = registry.equipment.get(current_actor(), equipment)
    return render_template(
        "casework/finding_form.html",
        device=device,
        row=row,
        given=given,
        clocks=[(c.value, c.label) for c in registry.inspections.clocks(device)],
        labels=_LABELS,
        error=error,
        errors=error.fields if error else {},
    )


@pages.get("/findings/<int:notice_id>")
def finding(notice_id: int) -> str:
    return _page(notice_id, None)


def _page(notice_id: int, error: StationError | None) -> str:
    actor = current_actor()
    row = service.findings.get(actor, notice_id, today())
    return render_template(
        "casework/finding.html",
        row=row,
        photos=service.photos.of(actor, "reply", [notice_id]),
        may_edit=actor.may("edit"),
        may_reply=actor.may("edit") or not actor.is_staff,
        labels=_LABELS,
        given=request.form,
        error=error,
        errors=error.fields if error else {},
        accept=service.photos.ACCEPT,
    )


def _do(notice_id: int, act: Callable[[], str]) -> Any:
    try:
        said = act()
    except (InvalidInput, Conflict, Stale) as error:
        return _page(notice_id, error), error.http_status
    flash(said, "success")
    return redirect(url_for("casework.finding", notice_id=notice_id))


@pages.post("/findings/<int:notice_id>/issue")
@needs("edit")
def issue_finding(notice_id: int) -> Any:
    def act() -> str:
        number = service.findings.issue(current_actor(), notice_id, now=now(), revision=_revision())
        return f"已下达，编号 {number}。企业在门户里就能看到和回复。"

    return _do(notice_id, act)


@pages.post("/findings/<int:notice_id>/tell")
@needs("edit")
def tell_of_finding(notice_id: int) -> Any:
    def act() -> str:
        side, whom = request.form.get("side", ""), request.form.get("whom", "").replace("\0", "")
        service.findings.tell(current_actor(), notice_id, side, whom=whom, now=now())
        return "已记录告知的时间。"

    return _do(notice_id, act)


@pages.post("/findings/<int:notice_id>/reply")
@accepts(64)
def reply_to_finding(notice_id: int) -> Any:
    def act() -> str:
        text = request.form.get("reply", "").replace("\0", "")[:3000]
        service.findings.reply(
            current_actor(), notice_id, text, now=now(), files_dir=settings().files_dir, pictures=pictures("photos")
        )
        return "整改情况已回复，我站在承诺期限内复检。"

    return _do(notice_id, act)


@pages.post("/findings/<int:notice_id>/reinspect")
@needs("edit")
def reinspect_finding(notice_id: int) -> Any:
    def act() -> str:
        passed = request.form.get("passed") == "true"
        remark = request.form.get("remark", "").replace("\0", "")[:1000]
        service.findings.reinspect(current_actor(), notice_id, passed=passed, remark=remark, now=now())
        return "复检通过，请登记复检结果后确认办结。" if passed else "已退回企业继续整改。"

    return _do(notice_id, act)


@pages.post("/findings/<int:notice_id>/close")
@needs("edit")
def close_finding(notice_id: int) -> Any:
    def act() -> str:
        service.findings.close(current_actor(), notice_id, now=now())
        return "已确认办结。"

    return _do(notice_id, act)


@pages.post("/findings/<int:notice_id>/cancel")
@needs("edit")
def cancel_finding(notice_id: int) -> Any:
    def act() -> str:
        reason = request.form.get("reason", "").replace("\0", "")[:300]
        service.findings.cancel(current_actor(), notice_id, reason=reason, now=now())
        return "已作废，原因留存。"

    return _do(notice_id, act)


@pages.get("/findings/<int:notice_id>.pdf")
def finding_pdf(notice_id: int) -> Response:
    row = service.findings.get(current_actor(), notice_id, today())
    numbers = [("使用登记证编号", row["certificate_number"]), ("单位内编号", row["line_number"] or row["own_number"])]
    made = paper.render(
        paper.Finding(
            number=row["number"] or "草稿",
            unit=row["enterprise_name"],
            on=row["issued_at"].date() if row["issued_at"] else today(),
            deadline=row["deadline"],
            problem=row["problem"],
            basis=row["basis"],
            severe=row["severe"],
            rows=[
                ("设备名称", row["device_name"]),
                *numbers,
                ("使用地点", row["location"]),
                ("检验项目", row["clock_label"]),
            ],
            issued_by=row["issued_by"],
            told=service.duty.lines(row),
            office=Office(settings().station_name, settings().station_phone, settings().station_address),
            draft=row["state"] == "draft",
            sample=bool(session.get(SAMPLE_KEY)),
        )
    )
    headers = {"Content-Disposition": f'inline; filename="{row["number"] or "draft"}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=headers)
