"""出诊: the list, planning one, one visit as a doctor's record, its sheet on paper."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, session, url_for

from inspect_station.accounts import service as accounts
from inspect_station.accounts.guard import SAMPLE_KEY, current_actor, needs
from inspect_station.casework import service as casework
from inspect_station.clinic import service, sheets
from inspect_station.clinic.schemas import PlanSchema, VisitQuery
from inspect_station.clinic.views import forms, pages
from inspect_station.clinic.visits import SORTS, Filters
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale, StationError
from inspect_station.registry import cursors, documents
from inspect_station.registry import service as registry
from inspect_station.validation import load
from inspect_station.web import now, settings, today, workbook

_FIELDS = ("kind", "planned_on", "inspector", "reason", "place", "request", "task")


def _asked() -> tuple[dict[str, Any], Filters]:
    given = load(VisitQuery(), forms.asked())
    chosen = Filters(
        given["state"], given.get("enterprise"), given.get("inspector"), given["since"], given["until"], given["q"]
    )
    return given, chosen


@pages.get("/visits")
def visit_list() -> str:
    given, filters = _asked()
    actor = current_actor()
    after = cursors.after(given["cursor"], SORTS, given["sort"])
    page = service.visits.page(actor, filters, sort=given["sort"], after=after, size=given["per_page"])
    return render_template(
        "clinic/visits.html", page=page, filters=filters, words=service.words, address=forms.address,
        next_url=forms.address("clinic.visit_list", cursor=cursors.encode(page.next_keys)) if page.next_keys else None,
        prev_url=forms.address("clinic.visit_list", cursor=cursors.encode(page.previous_keys)) if page.previous_keys else None,
        may_edit=actor.may("edit"),
    )  # fmt: skip


@pages.get("/visits.xlsx")
def visits_export() -> Response:
    _, filters = _asked()
    return workbook(service.columns.VISITS, service.visits.stream(current_actor(), filters), "出诊")


@pages.get("/visits/new")
@needs("edit")
def new_visit() -> str:
    given: dict[str, Any] = {
        "kind": "hazard",
        "planned_on": today().isoformat(),
        "inspector": current_actor().account_id,
    }
    question = forms.first_number(request.args.get("request"))
    if question is not None:
        row = service.requests.get(current_actor(), question, today())
        given |= {"request": question, "enterprise": row["enterprise"], "kind": row["kind"]}
    given["enterprise"] = given.get("enterprise") or forms.first_number(request.args.get("enterprise"))
    return _form(given, None)


@pages.post("/visits/new")
@needs("edit")
def add_visit() -> Any:
    def act() -> str:
        firm = forms.first_number(request.form.get("enterprise"))
        if firm is None:
            raise InvalidInput("请先选择去哪家企业。", {"enterprise": ["请选择企业"]})
        given = load(PlanSchema(), forms.typed(*_FIELDS))
        origin = "inspection" if given["task"] else "request" if given["request"] else "other"
        number = service.visits.plan(current_actor(), firm, **given, origin=origin, now=now())
        if request.form.get("start"):
            service.visits.start(current_actor(), number, now=now())
            return url_for("clinic.record", visit_id=number)
        return url_for("clinic.visit", visit_id=number)

    return forms.save(act, "出诊已排上。", lambda error: _form(request.form, error))


def _form(given: Any, error: StationError | None) -> str:
    actor = current_actor()
    firm = forms.first_number(str(given.get("enterprise") or ""))
    return render_template(
        "clinic/visit_form.html", given=given, error=error, errors=error.fields if error else {}, labels=forms.LABELS,
        words=service.words, names=list(registry.enterprise_names(actor).items()), firm=firm,
        people=[(p["id"], p["name"]) for p in accounts.staff(actor)],
        near=service.visits.inspections_near(actor, firm, None, today()) if firm else [],
    )  # fmt: skip


@pages.get("/visits/<int:visit_id>")
def visit(visit_id: int) -> str:
    return _page(visit_id, None)


def _page(visit_id: int, error: StationError | None) -> str:
    actor = current_actor()
    row = service.visits.get(actor, visit_id)
    findings = service.findings.of_visit(actor, visit_id, today())
    photos = casework.photos.of(actor, service.recording.OWNER, [f["id"] for f in findings])
    planned = actor.is_staff and row["state"] == "planned"
    return render_template(
        "clinic/visit.html", row=row, findings=findings, photos=photos, error=error,
        errors=error.fields if error else {}, given=request.form if error else {}, labels=forms.LABELS,
        words=service.words, may_edit=actor.may("edit"), answers=service.scoping.of_visit(actor, visit_id),
        near=service.visits.inspections_near(actor, row["enterprise"], row["planned_on"], today()) if planned else [],
    )  # fmt: skip


def _do(visit_id: int, act: Any, endpoint: str = "clinic.visit") -> Any:
    try:
        said = act()
    except (InvalidInput, Conflict, Stale) as error:
        return _page(visit_id, error), error.http_status
    flash(said, "success")
    return redirect(url_for(endpoint, visit_id=visit_id))


@pages.post("/visits/<int:visit_id>/start")
@needs("edit")
def start_visit(visit_id: int) -> Any:
    def act() -> str:
        service.visits.start(current_actor(), visit_id, now=now())
        return "出诊开始，边看边记。"

    return _do(visit_id, act, "clinic.record")


@pages.post("/visits/<int:visit_id>/move")
@needs("edit")
def move_visit(visit_id: int) -> Any:
    def act() -> str:
        given = load(PlanSchema(), forms.typed("planned_on", "task", "reason"))
        if given["planned_on"] is None:
            raise InvalidInput("请选择出诊日期。", {"planned_on": ["请选择日期"]})
        service.visits.move(
            current_actor(), visit_id, given["planned_on"], task=given["task"], reason=given["reason"], now=now()
        )
        return f"已改到 {given['planned_on']}。"

    return _do(visit_id, act)


@pages.post("/visits/<int:visit_id>/cancel")
@needs("edit")
def cancel_visit(visit_id: int) -> Any:
    def act() -> str:
        service.visits.cancel(current_actor(), visit_id, reason=forms.paragraph("reason", 300), now=now())
        return "这次出诊已取消。"

    return _do(visit_id, act)


@pages.get("/visits/<int:visit_id>/signature.png")
def signature(visit_id: int) -> Response:
    row = service.visits.get(current_actor(), visit_id)
    if not row["signature"]:
        raise NotFound()
    path = documents.kept(settings().files_dir, row["signature"])
    response = send_file(path, mimetype="image/png")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@pages.get("/visits/<int:visit_id>.pdf")
def visit_pdf(visit_id: int) -> Response:
    """The sheet for both sides, with photos and signature."""
    made = sheets.visit(current_actor(), visit_id, settings(), today(), sample=bool(session.get(SAMPLE_KEY)))
    headers = {"Content-Disposition": f'inline; filename="visit-{visit_id}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=headers)
