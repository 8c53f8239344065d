"""The rows behind a figure, narrowed as its parts are, and as a workbook."""

from typing import Any

from flask import render_template, url_for

from inspect_station import export
from inspect_station.accounts.guard import current_actor, staff_only
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.web import today, workbook
from inspect_station.workload import links, service
from inspect_station.workload.definitions import BUSINESS, DEFINITIONS, GRADES
from inspect_station.workload.schemas import RowsQuery
from inspect_station.workload.views import frame, pages
from schedules.terms import Clock, Kind

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
_DEVICE_COLUMNS = (
    export.Column("企业", "enterprise", 30),
    export.Column("设备", "name", 20),
    export.Column("编号", lambda row: row["line_number"] or row["own_number"], 16),
    export.Column("使用登记证编号", "certificate_number", 20),
    export.Column("最早日期", "day", 12),
    export.Column("项", "n", 8),
    export.Column("管长（m）", lambda row: None if row["length_mm"] is None else row["length_mm"] / 1000, 12),
)
_BY_DEVICE = {"due", "inspected", "overdue"}


@pages.get("/workload/rows/<key>")
@staff_only
def rows(key: str) -> Any:
    if key not in DEFINITIONS:
        raise NotFound()
    args, actor = frame.asked(RowsQuery()), current_actor()
    period = (service.read(args["of"]) if args["of"] else service.around("month", today())).until(args["upto"])
    _check_fits(DEFINITIONS[key].relation, args)
    narrowed = _narrowed(args)
    if args["each"]:
        return _devices(key, period, narrowed, args)
    part = args["part"]
    if args["format"]:
        every = service.counting.stream(actor, key, period, today(), narrowed, part)
        return workbook(_COLUMNS, every, DEFINITIONS[key].label)
    each, page = service.counting.PER_PAGE, args["page"]
    found = service.counting.rows(
        actor, key, period, today(), narrowed, part=part, offset=each * (page - 1), limit=each + 1
    )
    closed = service.closing.closed(actor, period)
    held = _held(args, *_NARROWING, "part")
    return render_template(
        "workload/rows.html",
        **frame.frame("month", period, key),
        definition=DEFINITIONS[key],
        told=closed.figures[key] if closed and narrowed == service.counting.view_of(actor) else None,
        closed=closed,
        figure=service.counting.figures(actor, period, today(), narrowed, only=(key,))[key],
        rows=[row | links.of_row(row) for row in found[:each]],
        more=len(found) > each,
        page=page,
        held=held,
        part=part,
        chips=_chips(key, period, held),
        url=lambda **more: url_for("workload.rows", key=key, of=period.key, upto=period.upto, **held | more),
    )


def _held(args: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: args[name] for name in names if args[name] not in ("", None, False)}


def _devices(key: str, period: service.Period, narrowed: service.Narrowed, args: dict[str, Any]) -> Any:
    """The same figure by device, each once: what 台（条） and kilometres count."""
    if DEFINITIONS[key].relation not in _BY_DEVICE:
        raise InvalidInput("这个指标不能按设备看，请从总览重新点开。", {"each": ["不适用于这个指标"]})
    actor, on, lines = current_actor(), today(), args["each"] == "line"
    if args["format"]:
        every = service.counting.devices(actor, key, period, on, narrowed, lines, limit=None)
        return workbook(_DEVICE_COLUMNS, every, DEFINITIONS[key].label)
    each, page = service.counting.PER_PAGE, args["page"]
    found = service.counting.devices(
        actor, key, period, on, narrowed, lines, offset=each * (page - 1), limit=each + 1
    )
    held = _held(args, *_NARROWING)
    return render_template(
        "workload/devices.html",
        **frame.frame("month", period, key),
        definition=DEFINITIONS[key],
        each=args["each"],
        total=service.counting.devices_total(actor, key, period, on, narrowed, lines),
        rows=found[:each],
        more=len(found) > each,
        page=page,
        chips=_chips(key, period, held, each=args["each"]),
        url=lambda **more: url_for("workload.rows", key=key, of=period.key, upto=period.upto, **held | more),
    )


_NARROWING = ("kind", "clock", "business", "enterprise", "step", "why", "age", "dated", "day")
# What narrows the rows of one relation only.
_OF_RELATION = {"step": "due", "dated": "due", "why": "overdue", "age": "overdue"}


def _check_fits(relation: str, args: dict[str, Any]) -> None:
    for name, of in _OF_RELATION.items():
        if args[name] not in ("", None, False) and relation != of:
            raise InvalidInput("这个指标不能这样筛选，请从总览重新点开。", {name: ["不适用于这个指标"]})


def _narrowed(args: dict[str, Any]) -> service.Narrowed:
    view = service.counting.view_of(current_actor())
    given = {name: args[name] for name in _NARROWING}
    return service.Narrowed(**given, responsible=view.responsible)


def _chips(key: str, period: service.Period, held: dict[str, Any], **also: Any) -> list[dict[str, str]]:
    words: dict[str, tuple[str, Any]] = {
        "kind": ("种类", lambda v: Kind(v).label),
        "clock": ("检验项目", lambda v: Clock(v).label),
        "business": ("业务类型", {**BUSINESS, **GRADES}.get),
        "enterprise": ("企业", lambda v: links.firm_name(current_actor(), v)),
        "step": ("步骤", lambda v: service.narrowing.STEPS[v][0]),
        "why": ("超期原因", service.reasons.WHYS.get),
        "age": ("超期", lambda v: service.narrowing.AGES[v][1]),
        "dated": ("只看", lambda _: "日期已定、还没检的"),
        "day": ("日期", str),
        "part": ("计入", {"yes": "是", "no": "否"}.get),
    }
    return [
        {
            "label": words[name][0],
            "value": str(words[name][1](value)),
            "clear_url": url_for(
                "workload.rows", key=key, of=period.key, upto=period.upto, **also, **{n: v for n, v in held.items() if n != name}
            ),
        }
        for name, value in held.items()
    ]  # fmt: skip
