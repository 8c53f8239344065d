"""处方: the list by deadline, one finding with its duty of law, the firm's evidence, our confirmation."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service as casework
from inspect_station.clinic import service
from inspect_station.clinic.findings import SORTS, Filters
from inspect_station.clinic.schemas import FindingQuery, RecordFindingSchema
from inspect_station.clinic.views import forms, pages
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.registry import cursors
from inspect_station.validation import load
from inspect_station.web import accepts, now, settings, today, workbook


def _asked() -> tuple[dict[str, Any], Filters]:
    given = load(FindingQuery(), forms.asked())
    return given, Filters(given["state"], given["grade"], given["overdue"], given.get("enterprise"), given["q"])


@pages.get("/findings")
def finding_list() -> str:
    given, filters = _asked()
    after = cursors.after(given["cursor"], {"id": SORTS["id"]}, "-id")
    page = service.findings.page(current_actor(), filters, today(), after=after)
    return render_template(
        "clinic/findings.html", page=page, filters=filters, words=service.words, address=forms.address,
        next_url=forms.address("clinic.finding_list", cursor=cursors.encode(page.next_keys)) if page.next_keys else None,
        prev_url=forms.address("clinic.finding_list", cursor=cursors.encode(page.previous_keys)) if page.previous_keys else None,
    )  # fmt: skip


@pages.get("/findings.xlsx")
def findings_export() -> Response:
    _, filters = _asked()
    return workbook(service.columns.FINDINGS, service.findings.stream(current_actor(), filters, today()), "处方")


@pages.get("/findings/<int:finding_id>")
def finding(finding_id: int) -> str:
    return _page(finding_id, None)


def _page(finding_id: int, error: StationError | None) -> str:
    actor = current_actor()
    row = service.findings.get(actor, finding_id, today())
    return render_template(
        "clinic/finding.html", row=row, error=error, errors=error.fields if error else {},
        given=request.form if error else {}, labels=forms.LABELS, words=service.words, may_edit=actor.may("edit"),
        may_reply=actor.may("edit") or not actor.is_staff, accept=casework.photos.ACCEPT,
        photos=casework.photos.of(actor, service.recording.OWNER, [finding_id]),
        evidence=casework.photos.of(actor, service.findings.REPLY_OWNER, [finding_id]),
    )  # fmt: skip


def _do(finding_id: int, act: Any) -> Any:
    try:
        said = act()
    except (InvalidInput, Conflict, Stale) as error:
        return _page(finding_id, error), error.http_status
    flash(said, "success")
    return redirect(url_for("clinic.finding", finding_id=finding_id))


@pages.post("/findings/<int:finding_id>/tell")
@needs("edit")
def tell_of_finding(finding_id: int) -> Any:
    def act() -> str:
        side = request.form.get("side", "")
        service.findings.tell(current_actor(), finding_id, side, whom=forms.paragraph("whom", 200), now=now())
        return "已记录告知的时间。"

    return _do(finding_id, act)


@pages.post("/findings/<int:finding_id>/reply")
@accepts(64)
def reply_to_finding(finding_id: int) -> Any:
    def act() -> str:
        service.findings.reply(
            current_actor(), finding_id, forms.paragraph("reply", 3000), now=now(), files_dir=settings().files_dir,
            pictures=forms.pictures("photos"),
        )  # fmt: skip
        return "整改情况已提交，等检验员确认。"

    return _do(finding_id, act)


@pages.post("/findings/<int:finding_id>/confirm")
@needs("edit")
def confirm_finding(finding_id: int) -> Any:
    def act() -> str:
        outcome = request.form.get("outcome", "")
        given = load(RecordFindingSchema(), forms.typed("deadline"))
        service.findings.confirm(
            current_actor(), finding_id, outcome, remark=forms.paragraph("remark", 1000), deadline=given["deadline"],
            now=now(),
        )  # fmt: skip
        return "回访结果已记录。"

    return _do(finding_id, act)
