"""导入: upload → headings → preview → one confirmation → progress → result."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from inspect_station import export
from inspect_station.accounts.guard import current_actor, needs
from inspect_station.accounts.views import form_data
from inspect_station.errors import InvalidInput
from inspect_station.registry.enterprises import names as enterprise_names
from inspect_station.registry.ledgers import launcher, service, work
from inspect_station.registry.ledgers.fates import FATES
from inspect_station.registry.ledgers.fields import FIELDS, TECHNICAL
from inspect_station.registry.views import pages
from inspect_station.web import now, settings, workbook
from schedules.terms import Clock

BOILER_CLOCKS = [(clock.value, clock.label) for clock in (Clock.INTERNAL, Clock.EXTERNAL, Clock.PRESSURE_TEST)]
STATES = {
    "reading": "正在读取",
    "mapped": "请核对表头",
    "previewing": "正在预览",
    "previewed": "等您确认",
    "writing": "正在写入",
    "done": "已导入",
    "failed": "未能导入",
    "cancelled": "已取消",
}
_UNMAPPED, _KEEP = "-", "="
_PER_PAGE = 50
_PROBLEM_COLUMNS = (
    export.Column("工作表", "sheet", 16),
    export.Column("行", "row", 7),
    export.Column("列", "column", 7),
    export.Column("内容", "value", 24),
    export.Column("结果", lambda p: "退回" if p["severity"] == "error" else "提醒", 8),
    export.Column("原因与办法", "message", 70),
    export.Column("代码", "code", 22),
)


def _folder() -> Path:
    return settings().data_path / "imports"


@pages.get("/imports")
@needs("import")
def import_list() -> str:
    return _import_list({})


def _import_list(errors: dict[str, list[str]]) -> str:
    actor = current_actor()
    return render_template(
        "registry/import_list.html",
        jobs=service.recent(actor),
        states=STATES,
        stopped=lambda job: service.is_stopped(job, now()),
        firms=list(enterprise_names(actor).values()),
        boiler_clocks=BOILER_CLOCKS,
        given=request.form,
        errors=errors,
    )


@pages.post("/imports")
@needs("import")
def import_upload() -> Any:
    file, form = request.files.get("file"), form_data()
    if file is None or not file.filename:
        return _import_list({"file": ["请选择要导入的台账文件。"]}), 422
    try:
        job = service.receive(
            current_actor(),
            file.filename,
            file.stream,  # type: ignore[arg-type]
            _folder(),
            now(),
            enterprise=form.get("enterprise", ""),
            boiler_clock=form.get("boiler_clock") or Clock.INTERNAL.value,
        )
    except InvalidInput as refused:
        return _import_list(refused.fields or {"file": [refused.message]}), refused.http_status
    return _go_on(job.id)


def _go_on(import_id: int) -> Redirect:
    launcher.start(settings(), import_id)
    return redirect(url_for("registry.import_page", import_id=import_id))


@pages.get("/imports/<int:import_id>")
@needs("import")
def import_page(import_id: int) -> str:
    job = service.get(current_actor(), import_id)
    page = _working_page if job.state in work.WORKING else _PAGES.get(job.state, _report_page)
    if job.state == "previewed" and request.args.get("headings"):
        page = _mapping_page
    return page(job)


def _common(job: Any) -> dict[str, Any]:
    return {"job": job, "state": STATES[job.state], "stopped": service.is_stopped(job, now()), "fates": FATES}


def _working_page(job: Any) -> str:
    return render_template("registry/import_working.html", **_common(job))


def _mapping_page(job: Any) -> str:
    """The headings as guessed, or as a person has mapped them before."""
    chosen = job.mapping or {}
    for column in (column for sheet in job.sheets for column in sheet["columns"]):
        column["field"] = chosen.get(column["heading"], column["field"])
    return render_template(
        "registry/import_mapping.html",
        **_common(job),
        firms=list(enterprise_names(current_actor()).values()),
        choices=[(field.id, field.label) for field in FIELDS.values()],
        technical=TECHNICAL,
        unmapped=_UNMAPPED,
    )


def _report_page(job: Any) -> str:
    """The preview, and in the same shape the result."""
    fate, only_problems = request.args.get("fate", ""), bool(request.args.get("problems"))
    after = request.args.get("after", "0")
    rows = service.rows_of(
        current_actor(),
        job.id,
        fate=fate if fate in FATES else "",
        problems=only_problems,
        after=int(after) if after.isascii() and after.isdigit() and len(after) < 12 else 0,
        per_page=_PER_PAGE,
    )
    more = len(rows) > _PER_PAGE
    return render_template(
        "registry/import_report.html",
        **_common(job),
        rows=rows[:_PER_PAGE],
        fate=fate,
        only_problems=only_problems,
        next_url=_report_address(job.id, fate, only_problems, rows[_PER_PAGE - 1].id) if more else None,
        first_url=_report_address(job.id, fate, only_problems) if after != "0" else None,
        address=lambda fate="", problems=False: _report_address(job.id, fate, problems),
    )


_PAGES = {"mapped": _mapping_page}


def _report_address(import_id: int, fate: str, problems: bool, after: int = 0) -> str:
    state = {"fate": fate, "problems": "1" if problems else "", "after": after or ""}
    query = urlencode({name: value for name, value in state.items() if value})
    return url_for("registry.import_page", import_id=import_id) + (f"?{query}" if query else "")


@pages.get("/imports/<int:import_id>/progress")
@needs("import")
def import_progress(import_id: int) -> Any:
    """Asked every two seconds; once the step is over the page itself is loaded anew."""
    job = service.get(current_actor(), import_id)
    answer = Response(render_template("registry/import_progress.html", **_common(job)))
    if job.state not in work.WORKING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@pages.post("/imports/<int:import_id>/mapping")
@needs("import")
def import_mapping(import_id: int) -> Redirect:
    job = service.get(current_actor(), import_id)
    mapping: dict[str, str | None] = {}
    for name, chosen in request.form.items():
        prefix, _, place = name.partition(".")
        if prefix == "column" and (heading := _heading(job, place)):
            mapping[heading] = None if chosen == _UNMAPPED else chosen
    remember = request.form.get("remember") == "1"
    firm = request.form.get("enterprise")
    service.choose_mapping(current_actor(), import_id, mapping, now(), remember=remember, enterprise=firm)
    return _go_on(import_id)


def _heading(job: Any, place: str) -> str:
    """`sheet.column` as the form numbered them, back to the heading."""
    sheet, _, column = place.partition(".")
    if not (sheet.isdigit() and column.isdigit()) or int(sheet) >= len(job.sheets or []):
        return ""
    columns = job.sheets[int(sheet)]["columns"]
    return str(columns[int(column)]["heading"]) if int(column) < len(columns) else ""


@pages.post("/imports/<int:import_id>/confirm")
@needs("import")
def import_confirm(import_id: int) -> Redirect:
    service.confirm(current_actor(), import_id, now())
    return _go_on(import_id)


@pages.post("/imports/<int:import_id>/again")
@needs("import")
def import_again(import_id: int) -> Redirect:
    service.run_again(current_actor(), import_id, now())
    return _go_on(import_id)


@pages.post("/imports/<int:import_id>/cancel")
@needs("import")
def import_cancel(import_id: int) -> Redirect:
    service.cancel(current_actor(), import_id, _folder(), now())
    flash("已取消这次导入，没有写入任何内容。", "info")
    return redirect(url_for("registry.import_list"))


@pages.get("/imports/<int:import_id>/problems.xlsx")
@needs("import")
def import_problems(import_id: int) -> Response:
    """The problems as a list to work through beside the ledger."""
    job = service.get(current_actor(), import_id)
    problems = service.problems_of(current_actor(), import_id)
    return workbook(_PROBLEM_COLUMNS, problems, f"{Path(job.file_name).stem} 问题清单")
