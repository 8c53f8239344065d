"""登记结果: one record in three parts, on the phone beside the vessel; the engine's proposal stands beside the entry."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service
from inspect_station.casework.schemas import ResultSchema
from inspect_station.casework.views import pages
from inspect_station.casework.views.forms import pictures, typed, whole_numbers
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.registry import service as registry
from inspect_station.validation import load
from inspect_station.web import accepts, now, settings, today
from schedules.dates import Day
from schedules.terms import GRADES, Clock, Conclusion, Kind, kind_of

_LABELS = {
    "clock": "检验项目", "completed_on": "检验日期", "conclusion": "检验结论", "grade": "安全状况等级", "next_due": "下次检验日期",
    "report_number": "报告编号", "inspectors": "检验人员", "institution": "检验机构", "reason": "超出期限的理由",
    "photos": "照片", "equipment": "设备", "note": "备注",
}  # fmt: skip
_NOT_VALUES = ("equipment", "inspector", "filled_on", "photos", "csrf_token")


@pages.get("/results/new")
@needs("edit")
def new_result() -> str:
    """`equipment` (several) with `clock`, or the open items of a `task`."""
    task = next(iter(whole_numbers([request.args.get("task", "")])), None)
    ids = whole_numbers(request.args.getlist("equipment"))
    clock = request.args.get("clock", "")
    if task is not None:
        row = service.cases.task(current_actor(), task)
        items = service.cases.items(current_actor(), row["application"], 500)
        ids = [i["equipment"] for i in items if i["task"] == task and i["open"] and i["clock"] == clock]
    given: dict[str, Any] = {"clock": clock, "completed_on": today().isoformat()}
    return _page(ids, given, set(ids), None)


@pages.post("/results/new")
@needs("edit")
@accepts(64)
def add_result() -> Any:
    offered, chosen = whole_numbers(request.form.getlist("offered")), whole_numbers(request.form.getlist("equipment"))
    try:
        report = _record(chosen)
    except Stale as error:
        return _page(offered, request.form, set(chosen), error), error.http_status
    except (InvalidInput, Conflict) as error:
        return _page(offered, request.form, set(chosen), error, keep=True), error.http_status
    flash("结果已登记，到期日和提醒已随之更新。", "success")
    return redirect(url_for("casework.report", report_id=report))


def _record(chosen: Sequence[int]) -> int:
    values = load(ResultSchema(), _values())
    reason = values.pop("reason")
    filled_on = next(iter(whole_numbers([request.form.get("filled_on", "")])), 0)
    return service.results.record(
        current_actor(),
        chosen,
        values,
        now=now(),
        files_dir=settings().files_dir,
        reason=reason,
        inspector_ids=whole_numbers(request.form.getlist("inspector")),
        pictures=pictures("photos"),
        filled_on=filled_on,
    )


def _values() -> dict[str, Any]:
    return {k: v for k, v in typed().items() if k not in (*_NOT_VALUES, "offered")}


@pages.get("/results/proposal")
@needs("edit")
def proposal() -> str:
    """What the engine says to the form as typed so far; asked by the page while somebody types."""
    ids = whole_numbers(request.args.getlist("equipment"))
    return render_template("casework/_proposal.html", proposals=_proposals(ids, request.args))


def _proposals(ids: Sequence[int], given: Mapping[str, Any]) -> list[Any]:
    """The different proposals for the first of many devices: lines of one kind mostly share one."""
    values = dict(given) | {"grade": int(given["grade"]) if str(given.get("grade") or "").isdigit() else None}
    if values.get("conclusion") not in {c.value for c in Conclusion}:
        values["conclusion"] = None
    if values.get("clock") not in {c.value for c in Clock} or values["grade"] not in (None, *GRADES):
        return []
    found = [service.results.proposal(current_actor(), number, values, today()) for number in ids[:20]]
    return list(dict.fromkeys(p for p in found if p is not None))


def _page(
    ids: Sequence[int], given: Mapping[str, Any], chosen: set[int], error: StationError | None, *, keep: bool = False
) -> str:
    actor = current_actor()
    devices = [registry.equipment.get(actor, number) for number in ids[:500]]
    first = devices[0] if devices else None
    clocks = [(c.value, c.label) for c in registry.inspections.clocks(first)] if first else []
    clock = given.get("clock") or (clocks[0][0] if len(clocks) == 1 else "")
    keys = [(device["id"], clock) for device in devices]
    latest = [i for i in registry.inspections.history(actor, ids[0]) if i["clock"] == clock][:1] if first else []
    return render_template(
        "casework/result.html",
        devices=devices,
        first=first,
        chosen=chosen,
        given=given,
        clock=clock,
        clocks=clocks,
        clock_label=dict(clocks).get(clock, ""),
        conclusions=[(c.value, c.label) for c in Conclusion],
        grades=[(g, f"{g} 级") for g in GRADES] if first and registry.inspections.graded(first, clock) else [],
        people=_people(first, clock, given),
        named={str(n) for n in request.form.getlist("inspector")} or {str(actor.account_id)},
        proposals=_proposals(list(chosen) or list(ids), {**given, "clock": clock}),
        latest=latest[0] if latest else None,
        filled_on=request.form.get("filled_on") if keep else service.results.known(keys) if clock else 0,
        error=error,
        errors=error.fields if error else {},
        labels=_LABELS,
        accept=service.photos.ACCEPT,
        most_photos=service.photos.MOST,
    )


def _people(first: Mapping[str, Any] | None, clock: str, given: Mapping[str, Any]) -> list[tuple[int, str]]:
    kind = kind_of(first["catalogue_code"], first["traits"]) if first else None
    if kind is None or clock not in {c.value for c in Clock}:
        return []
    try:
        on = min(Day.parse(given.get("completed_on") or "").last, today())
    except ValueError:
        on = today()
    return service.inspectors.who_may(Kind(kind), clock, on)
