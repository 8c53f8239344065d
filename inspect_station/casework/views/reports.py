"""One report with its stages, and the photos of casework."""

from typing import Any

from flask import Response, redirect, render_template, request, send_file, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service, words
from inspect_station.casework.columns import REPORTS
from inspect_station.casework.reports import Filters
from inspect_station.casework.views import forms, pages
from inspect_station.casework.views.forms import whole_numbers
from inspect_station.errors import StationError
from inspect_station.registry import cursors
from inspect_station.web import now, settings, today, workbook


def _asked() -> Filters:
    stage = request.args.get("stage", "")
    late = today() if request.args.get("late") else None
    return Filters(stage if stage in words.STAGES else "", request.args.get("q", "")[:60], late)


@pages.get("/reports")
def report_list() -> str:
    """Reports on their way: whose promise runs."""
    address = forms.address("casework.report_list")
    after = cursors.after(request.args.get("cursor", "")[:500], service.reports.SORTS, "id")
    filters = _asked()
    page = service.reports.page(current_actor(), filters, today(), after=after, size=forms.per_page())
    return render_template(
        "casework/reports.html",
        page=page,
        next_url=address(cursor=cursors.encode(page.next_keys)) if page.next_keys else None,
        prev_url=address(cursor=cursors.encode(page.previous_keys)) if page.previous_keys else None,
        filters=filters,
        stages=words.STAGES,
        address=address,
        export_url=forms.address("casework.report_export")(),
    )


@pages.get("/reports.xlsx")
def report_export() -> Response:
    return workbook(REPORTS, service.reports.stream(current_actor(), _asked(), today()), "检验报告")


@pages.get("/reports/<int:report_id>")
def report(report_id: int) -> str:
    return _report_page(report_id, None)


def _report_page(report_id: int, error: StationError | None) -> str:
    actor = current_actor()
    return render_template(
        "casework/report.html",
        row=service.reports.get(actor, report_id, today()),
        photos=service.photos.of(actor, "result", [report_id]),
        stages=words.STAGES,
        may_edit=actor.may("edit"),
        given=request.form,
        error=error,
        errors=error.fields if error else {},
    )


@pages.post("/reports/<int:report_id>/advance")
@needs("edit")
def advance_report(report_id: int) -> Any:
    def act() -> str:
        revision = next(iter(whole_numbers([request.form.get("revision", "")])), None)
        number = request.form.get("report_number", "")[:100]
        reason = request.form.get("reason", "").replace("\0", "")[:300]
        service.reports.advance(
            current_actor(), report_id, now=now(), revision=revision, number=number, reason=reason
        )
        return url_for("casework.report", report_id=report_id)

    return forms.save(act, "已签，报告进入下一步。", lambda error: _report_page(report_id, error))


@pages.get("/case-files/<int:file_id>")
def photo(file_id: int) -> Response:
    path = service.photos.path_of(current_actor(), file_id, settings().files_dir)
    response = send_file(path, mimetype="image/jpeg", download_name=f"{file_id}.jpg")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@pages.get("/inspections/<int:inspection_id>/report")
def report_of(inspection_id: int) -> Any:
    """The report of an inspection, as the device's timeline links to it."""
    return redirect(
        url_for("casework.report", report_id=service.reports.of_inspection(current_actor(), inspection_id))
    )
