"""月报: the report on the page and as files, its remark, the closing of a month, the year's target."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from flask import Response, flash, redirect, render_template, send_file, url_for

from inspect_station import export
from inspect_station.accounts.guard import current_actor, staff_only
from inspect_station.errors import InvalidInput, Stale, StationError
from inspect_station.web import now, settings, today
from inspect_station.workload import service
from inspect_station.workload.schemas import RemarkSchema, TargetSchema
from inspect_station.workload.views import frame, pages


@pages.get("/workload/report")
@staff_only
def report() -> str:
    return _report_page(frame.period())


def _report_page(period: service.Period, typed: str | None = None, error: StationError | None = None) -> str:
    actor = current_actor()
    return render_template(
        "workload/report.html",
        **frame.frame("report", period),
        report=service.report.make(actor, period, today(), settings().station_name),
        said=service.report.said,
        address=_address,
        closed=service.closing.closed(actor, period),
        remark=service.closing.remark(period),
        typed=typed,
        error=error,
        mails=service.sending.mails(actor),
        target=service.month.target(actor, period.first.year, today()),
    )


def _address(opens: Mapping[str, Any]) -> str:
    """Where the rows behind a number of the report are."""
    if "key" in opens:
        return url_for("workload.rows", **opens)
    if "account_id" in opens:
        return url_for("workload.person", **opens)
    if opens["what"] in service.coming.WHATS:
        return url_for("workload.coming", **opens)
    return url_for(f"workload.{opens['what']}", month=opens["month"])


@pages.get("/workload/report.pdf")
@staff_only
def report_pdf() -> Response:
    made = _made()
    return _file(service.report.as_pdf(made), "application/pdf", f"{made.period.key}-检验工作报表.pdf")


@pages.get("/workload/report.xlsx")
@staff_only
def report_workbook() -> Response:
    made = _made()
    return _file(service.report.as_workbook(made, now()), export.MEDIA_TYPE, f"{made.period.key}-检验工作报表.xlsx")


def _made() -> service.report.Report:
    return service.report.make(current_actor(), frame.period(), today(), settings().station_name)


def _file(data: bytes, media: str, name: str) -> Response:
    return send_file(BytesIO(data), mimetype=media, as_attachment=True, download_name=name)


@pages.post("/workload/report/<of>/remark")
@staff_only
def write_remark(of: str) -> Any:
    given, period = frame.typed(RemarkSchema()), service.read(of)
    try:
        service.closing.write_remark(current_actor(), period, given["text"], given["revision"], now())
    except (InvalidInput, Stale) as error:
        return _report_page(period, given["text"], error), error.http_status
    flash("评语已保存，会写进报表。", "success")
    return redirect(url_for("workload.report", of=of))


@pages.get("/workload/report/<of>/close")
@staff_only
def ask_to_close(of: str) -> str:
    current_actor().need("approve")
    period = service.read(of)
    return render_template(
        "confirm.html",
        title=f"结账 {period.label}",
        text="结账后本月数字不再改动；之后补录或更正的会另行列出。请先核对。",
        post_url=url_for("workload.close", of=of),
        action_label="结账",
        back_url=url_for("workload.report", of=of),
        danger=False,
    )


@pages.post("/workload/report/<of>/close")
@staff_only
def close(of: str) -> Response:
    period = service.read(of)
    service.closing.close(current_actor(), period, now())
    flash(f"{period.label}已结账。", "success")
    return redirect(url_for("workload.report", of=of))  # type: ignore[return-value]


@pages.post("/workload/target")
@staff_only
def set_target() -> Response:
    given = frame.typed(TargetSchema())
    service.month.set_target(current_actor(), given["year"], given["target"], now())
    flash("年度目标已保存。" if given["target"] else "年度目标已取消，按年内应检项数计算。", "success")
    return redirect(url_for("workload.report", of=str(given["year"])))  # type: ignore[return-value]
