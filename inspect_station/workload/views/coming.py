"""What the numbers of the forecast and of the park map open: clocks, people's hours, planned visits."""

from typing import Any

from flask import render_template, url_for

from inspect_station import export
from inspect_station.accounts.guard import current_actor, staff_only
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.web import today, workbook
from inspect_station.workload import links, service
from inspect_station.workload.schemas import ComingQuery, RoomQuery
from inspect_station.workload.views import frame, pages
from schedules.terms import Kind

_COLUMNS = (
    export.Column("企业", "enterprise", 30),
    export.Column("设备", "name", 20),
    export.Column("编号", lambda row: row["line_number"] or row["own_number"], 16),
    export.Column("使用登记证编号", "certificate_number", 20),
    export.Column("检验项目", lambda row: links.clock_label(row["clock"]), 12),
    export.Column("日期", "day", 12),
    export.Column("工时", lambda row: None if row["minutes"] is None else round(row["minutes"] / 60, 2), 8),
)
# Where the due list holds the same rows, work goes on there.
_BUCKETS = {"overdue": "overdue", "forbidden": "forbidden"}


@pages.get("/workload/coming/<what>")
@staff_only
def coming(what: str) -> Any:
    if what not in service.coming.WHATS:
        raise NotFound()
    args, actor, on = frame.asked(ComingQuery()), current_actor(), today()
    month = service.read(args["month"]) if args["month"] else None
    asked = service.coming.Asked(what, month, args["kind"], args["code"], args["enterprise"])
    title = service.coming.WHATS[what]
    if args["format"]:
        return workbook(_COLUMNS, service.coming.stream(actor, asked, on), title)
    total = service.coming.total(actor, asked, on)
    each, page = service.counting.PER_PAGE, args["page"]
    found = service.coming.rows(actor, asked, on, offset=each * (page - 1), limit=each + 1)
    held = {name: args[name] for name in ("month", "kind", "code", "enterprise") if args[name]}
    return render_template(
        "workload/coming.html",
        **frame.frame("park" if month is None and what != "backlog" else "forecast"),
        what=what,
        title=title,
        month=month,
        total=total,
        rows=[row | links.of_row(row | {"ref": "due", "business": ""}) for row in found[:each]],
        page=page,
        more=len(found) > each,
        chips=_chips(what, held),
        url=lambda **more: url_for("workload.coming", what=what, **held | more),
        work_url=_work_url(what, held),
    )


def _work_url(what: str, held: dict[str, Any]) -> str:
    if what not in _BUCKETS:
        return ""
    kept = {name: value for name, value in held.items() if name in ("kind", "enterprise")}
    return url_for("duelist.due_list", bucket=_BUCKETS[what], done_by="institution", view="flat", **kept)


def _chips(what: str, held: dict[str, Any]) -> list[dict[str, str]]:
    words: dict[str, tuple[str, Any]] = {
        "kind": ("种类", lambda v: Kind(v).label),
        "code": ("资格", str),
        "enterprise": ("企业", lambda v: links.firm_name(current_actor(), v)),
    }
    return [
        {
            "label": words[name][0],
            "value": str(words[name][1](value)),
            "clear_url": url_for("workload.coming", what=what, **{n: v for n, v in held.items() if n != name}),
        }
        for name, value in held.items()
        if name in words
    ]


@pages.get("/workload/forecast/<month>/room")
@staff_only
def room(month: str) -> str:
    """Whose hours the month's, or those of a qualification, add up."""
    code = frame.asked(RoomQuery())["code"]
    found = service.forecast.room_of(current_actor(), _month(month), today(), code)
    return render_template(
        "workload/room.html",
        **frame.frame("forecast"),
        month=_month(month),
        code=code,
        people=found,
        total=sum(each.minutes for each in found),
    )


@pages.get("/workload/forecast/<month>/planned")
@staff_only
def planned(month: str) -> str:
    found = service.forecast.planned_of(current_actor(), _month(month))
    return render_template(
        "workload/planned.html",
        **frame.frame("forecast"),
        month=_month(month),
        visits=found,
        work_of=lambda visit: service.forecast.work_of(current_actor(), visit),
        total=sum(service.forecast.work_of(current_actor(), each) for each in found),
    )


def _month(text: str) -> service.Period:
    period = service.read(text)
    if period.kind != "month":
        raise InvalidInput("请选择月份。", {"month": ["请选择月份"]})
    return period
