"""工作量: the month, its people, what is coming, the park, the rows behind each number, the report, the wall."""

from io import BytesIO
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for

from inspect_station import export
from inspect_station.accounts.guard import current_actor, public, staff_only
from inspect_station.errors import InvalidInput, NotFound, Stale, StationError
from inspect_station.validation import load
from inspect_station.web import now, settings, today, workbook
from inspect_station.workload import charts, links, service
from inspect_station.workload.definitions import BUSINESS, DEFINITIONS, GRADES, GROUPS
from inspect_station.workload.schemas import (
    ForecastQuery,
    PeriodQuery,
    RemarkSchema,
    RowsQuery,
    TargetSchema,
    WallSchema,
)
from schedules.terms import Clock, Kind

pages = Blueprint("workload", __name__)
_ENTRIES_SHOWN = 500


def _asked(schema: Any) -> dict[str, Any]:
    return load(schema, {name: value for name, value in request.args.items() if value})


def _typed(schema: Any) -> dict[str, Any]:
    """What a form holds, without what was left empty and the token that guards it."""
    return load(schema, {name: value for name, value in request.form.items() if value and name != "csrf_token"})


def _period() -> service.Period:
    of = _asked(PeriodQuery())["of"]
    return service.read(of) if of else service.around("month", today())


def _frame(tab: str, period: service.Period | None = None, key: str = "") -> dict[str, Any]:
    """What every page of the room shows around its content."""
    actor = current_actor()
    period = period or service.around("month", today())
    return {
        "tab": tab,
        "here": "workload.rows" if key else f"workload.{tab}",
        "here_args": {"key": key} if key else {},
        "period": period,
        "asof": period.as_of(today()),
        "kinds": [(name, label, service.around(name, period.as_of(today())).key) for name, label in service.periods.KINDS.items()],
        "own": service.counting.view_of(actor).responsible is not None,
        "may_approve": actor.may("approve"),
    }  # fmt: skip


@pages.get("/workload")
@staff_only
def month() -> str:
    period, actor, on = _period(), current_actor(), today()
    first = on.replace(day=1) if period.last >= on else period.first
    return render_template(
        "workload/month.html",
        **_frame("month", period),
        lines=service.month.lines(actor, period, on),
        groups=GROUPS,
        target=service.month.target(actor, period.first.year, on),
        split={by: service.closing.told_parts(actor, period, on, by) for by in service.shares.BY},
        by=service.shares.BY,
        reasons=charts.bars(service.reasons.of_overdue(actor, period, on)),
        ages=charts.bars(service.month.ages(actor, period, on)),
        funnel=charts.bars(service.month.funnel(actor, period, on)),
        heat=charts.heat_map(service.month.heat(actor, first, 12, on), first, 12),
        steps=charts.STEPS,
        closed=service.closing.closed(actor, period),
        corrections=service.closing.corrections(actor, period, on),
    )


@pages.get("/workload/people")
@staff_only
def people() -> str:
    period = _period()
    found = service.people.people(current_actor(), period)
    return render_template("workload/people.html", **_frame("people", period), people=found)


@pages.get("/workload/people/<int:account_id>/<what>")
@staff_only
def person(account_id: int, what: str) -> str:
    """What one of a person's numbers sums up."""
    period = _period()
    name, entries = service.people.behind(current_actor(), period, account_id, what)
    return render_template(
        "workload/person.html",
        **_frame("people", period)
        | {"here": "workload.person", "here_args": {"account_id": account_id, "what": what}},
        name=name,
        what=service.people.WORDS[what],
        entries=entries[:_ENTRIES_SHOWN],
        total=sum(entry.count for entry in entries),
        left_out=len(entries) - _ENTRIES_SHOWN,
        of_entry=links.of_entry,
    )


@pages.get("/workload/forecast")
@staff_only
def forecast() -> str:
    count, actor = _asked(ForecastQuery())["months"], current_actor()
    found = service.forecast.forecast(actor, today(), count, service.counting.view_of(actor).responsible)
    return render_template(
        "workload/forecast.html",
        **_frame("forecast"),
        found=found,
        count=count,
        lengths=service.forecast.LENGTHS,
        layers=service.forecast.LAYERS,
        kind_words=service.forecast.kind_words,
        chart=charts.load(found),
        codes=sorted({code for each in found.months for code in each.codes}),
    )


@pages.get("/workload/park")
@staff_only
def park() -> str:
    found = service.month.plots(current_actor(), today())
    return render_template("workload/park.html", **_frame("park"), plots=found)


# --- the rows behind a figure ---------------------------------------------------------------------------------------------

_COLUMNS = (
    export.Column("企业", lambda row: row["enterprise"], 30),
    export.Column("设备", lambda row: row["name"], 20),
    export.Column("编号", lambda row: row["line_number"] or row["own_number"], 16),
    export.Column("使用登记证编号", lambda row: row["certificate_number"], 20),
    export.Column("检验项目", lambda row: links.clock_label(row["clock"]), 12),
    export.Column("日期", lambda row: row["day"], 12),
    export.Column("计入", lambda row: "是" if row["counted"] else "否", 8),
    export.Column("业务类型", lambda row: {**BUSINESS, **GRADES}.get(row["business"], ""), 12),
)


@pages.get("/workload/rows/<key>")
@staff_only
def rows(key: str) -> Any:
    if key not in DEFINITIONS:
        raise NotFound()
    args, actor = _asked(RowsQuery()), current_actor()
    period = service.read(args["of"]) if args["of"] else service.around("month", today())
    _check_fits(DEFINITIONS[key].relation, args)
    narrowed = _narrowed(args)
    part = args["part"]
    if args["format"]:
        every = service.counting.stream(actor, key, period, today(), narrowed, part)
        return workbook(_COLUMNS, every, DEFINITIONS[key].label)
    each, page = service.counting.PER_PAGE, args["page"]
    found = service.counting.rows(
        actor, key, period, today(), narrowed, part=part, offset=each * (page - 1), limit=each + 1
    )
    held = {name: args[name] for name in (*_NARROWING, "part") if args[name] not in ("", None)}
    return render_template(
        "workload/rows.html",
        **_frame("month", period, key),
        definition=DEFINITIONS[key],
        figure=service.counting.figures(actor, period, today(), narrowed, only=(key,))[key],
        rows=[row | links.of_row(row) for row in found[:each]],
        more=len(found) > each,
        page=page,
        held=held,
        part=part,
        chips=_chips(key, period, held),
        url=lambda **more: url_for("workload.rows", key=key, of=period.key, **held | more),
    )


_NARROWING = ("kind", "clock", "business", "enterprise", "step", "why", "age")
# What narrows the rows of one relation only.
_OF_RELATION = {"step": "due", "why": "overdue", "age": "overdue"}


def _check_fits(relation: str, args: dict[str, Any]) -> None:
    for name, of in _OF_RELATION.items():
        if args[name] not in ("", None) and relation != of:
            raise InvalidInput("这个指标不能这样筛选，请从总览重新点开。", {name: ["不适用于这个指标"]})


def _narrowed(args: dict[str, Any]) -> service.Narrowed:
    view = service.counting.view_of(current_actor())
    given = {name: args[name] for name in _NARROWING}
    return service.Narrowed(**given, responsible=view.responsible)


def _chips(key: str, period: service.Period, held: dict[str, Any]) -> list[dict[str, str]]:
    words: dict[str, tuple[str, Any]] = {
        "kind": ("种类", lambda v: Kind(v).label),
        "clock": ("检验项目", lambda v: Clock(v).label),
        "business": ("业务类型", {**BUSINESS, **GRADES}.get),
        "enterprise": ("企业", lambda v: links.firm_name(current_actor(), v)),
        "step": ("步骤", lambda v: service.narrowing.STEPS[v][0]),
        "why": ("超期原因", service.reasons.WHYS.get),
        "age": ("超期", lambda v: service.narrowing.AGES[v][1]),
        "part": ("计入", {"yes": "是", "no": "否"}.get),
    }
    return [
        {
            "label": words[name][0],
            "value": str(words[name][1](value)),
            "clear_url": url_for("workload.rows", key=key, of=period.key, **{n: v for n, v in held.items() if n != name}),
        }
        for name, value in held.items()
    ]  # fmt: skip


# --- the report -----------------------------------------------------------------------------------------------------------------


@pages.get("/workload/report")
@staff_only
def report() -> str:
    return _report_page(_period())


def _report_page(period: service.Period, typed: str | None = None, error: StationError | None = None) -> str:
    actor = current_actor()
    return render_template(
        "workload/report.html",
        **_frame("report", period),
        report=service.report.make(actor, period, today(), settings().station_name),
        said=service.report.said,
        closed=service.closing.closed(actor, period),
        remark=service.closing.remark(period),
        typed=typed,
        error=error,
        mails=service.sending.mails(actor),
        target=service.month.target(actor, period.first.year, today()),
    )


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
    return service.report.make(current_actor(), _period(), today(), settings().station_name)


def _file(data: bytes, media: str, name: str) -> Response:
    return send_file(BytesIO(data), mimetype=media, as_attachment=True, download_name=name)


@pages.post("/workload/report/<of>/remark")
@staff_only
def write_remark(of: str) -> Any:
    given, period = _typed(RemarkSchema()), service.read(of)
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
    given = _typed(TargetSchema())
    service.month.set_target(current_actor(), given["year"], given["target"], now())
    flash("年度目标已保存。" if given["target"] else "年度目标已取消，按年内应检项数计算。", "success")
    return redirect(url_for("workload.report", of=str(given["year"])))  # type: ignore[return-value]


# --- the wall ---------------------------------------------------------------------------------------------------------------------


@pages.get("/workload/wall")
@staff_only
def wall() -> str:
    return _wall(service.wall.shown(current_actor(), now()))


@pages.get("/wall/<secret>")
@public
def wall_by_secret(secret: str) -> str:
    return _wall(service.wall.shown(service.wall.by_secret(secret, now()), now()))


def _wall(shown: dict[str, Any]) -> str:
    return render_template("workload/wall.html", moment=now(), today_words=links.day_words(today()), **shown)


@pages.get("/workload/walls")
@staff_only
def wall_links() -> str:
    return render_template(
        "workload/walls.html", **_frame("wall"), links=service.wall.links(current_actor()), secret=""
    )


@pages.post("/workload/walls")
@staff_only
def add_wall_link() -> str:
    name = _typed(WallSchema())["name"]
    secret = service.wall.create(current_actor(), name, now())
    address = url_for("workload.wall_by_secret", secret=secret, _external=True)
    return render_template(
        "workload/walls.html", **_frame("wall"), links=service.wall.links(current_actor()), secret=address
    )


@pages.post("/workload/walls/<int:link_id>/revoke")
@staff_only
def revoke_wall_link(link_id: int) -> Response:
    service.wall.revoke(current_actor(), link_id, now())
    flash("这个大屏地址已停用。", "success")
    return redirect(url_for("workload.wall_links"))  # type: ignore[return-value]
