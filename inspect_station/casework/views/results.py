"""登记结果: one record in three parts, on the phone beside the vessel; the engine's proposal stands beside the entry."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, needs
from inspect_station.casework import service, ticked
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
    "report_number": "报告编号", "inspectors": "检验人员", "institution": "检验机构", "reason": "理由",
    "photos": "照片", "equipment": "设备", "note": "备注",
}  # fmt: skip
_OF_A_DEVICE = ("conclusion", "grade", "next_due", "report_number")
_NOT_VALUES = ("equipment", "inspector", "filled_on", "photos", "csrf_token", "offered", "rest")


@pages.get("/results/new")
@needs("edit")
def new_result() -> str:
    """`equipment` (several) with `clock`, the open items of a `task`, or `ids` of ticked rows of the due list."""
    task = next(iter(whole_numbers([request.args.get("task", "")])), None)
    ids, clock = whole_numbers(request.args.getlist("equipment")), request.args.get("clock", "")
    rest: list[int] = []
    if "ids" in request.args:
        ids, clock, rest = ticked.first_group(current_actor(), whole_numbers(request.args.getlist("ids")), today())
    elif task is not None:
        row = service.cases.task(current_actor(), task)
        items = service.cases.items(current_actor(), row["application"], 500)
        ids = [i["equipment"] for i in items if i["task"] == task and i["open"] and i["clock"] == clock]
    given: dict[str, Any] = {"clock": clock, "completed_on": today().isoformat()}
    if ids and clock:
        given["report_number"] = service.numbers.kept(ids, clock, today())
    return _page(ids, given, set(ids), rest, None)


@pages.post("/results/new")
@needs("edit")
@accepts(64)
def add_result() -> Any:
    offered, chosen = whole_numbers(request.form.getlist("offered")), whole_numbers(request.form.getlist("equipment"))
    rest = whole_numbers(request.form.getlist("rest"))
    try:
        reports = _record(chosen)
    except Stale as error:
        return _page(offered, request.form, set(chosen), rest, error), error.http_status
    except (InvalidInput, Conflict) as error:
        return _page(offered, request.form, set(chosen), rest, error, keep=True), error.http_status
    if rest:
        flash(f"已登记 {len(chosen)} 项，到期日和提醒已随之更新。请接着登记选中的其余 {len(rest)} 项。", "success")
        return redirect(url_for("casework.new_result", ids=rest))
    flash("结果已登记，到期日和提醒已随之更新。", "success")
    if len(reports) > 1:
        return redirect(url_for("casework.report_list"))
    return redirect(url_for("casework.report", report_id=reports[0]))


def _record(chosen: Sequence[int]) -> list[int]:
    given = {number: load(ResultSchema(), _values(number)) for number in chosen}
    for values in given.values():
        values.pop("reason")
    filled_on = next(iter(whole_numbers([request.form.get("filled_on", "")])), 0)
    return service.results.record_each(
        current_actor(),
        given,
        now=now(),
        files_dir=settings().files_dir,
        reason=request.form.get("reason", "").replace("\0", "").strip()[:300],
        inspector_ids=whole_numbers(request.form.getlist("inspector")),
        pictures=pictures("photos"),
        filled_on=filled_on,
    )


def _values(number: int) -> dict[str, Any]:
    """What was typed for all, and over it what was typed for this device alone."""
    given = {k: v for k, v in typed().items() if k not in _NOT_VALUES and "." not in k}
    own = {name: request.form.get(f"{name}.{number}", "").strip() for name in _OF_A_DEVICE}
    return given | {name: text for name, text in own.items() if text}


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
    found = [service.proposals.proposal(current_actor(), number, values, today()) for number in ids[:20]]
    return list(dict.fromkeys(p for p in found if p is not None))


def _page(
    ids: Sequence[int],
    given: Mapping[str, Any],
    chosen: set[int],
    rest: Sequence[int],
    error: StationError | None,
    *,
    keep: bool = False,
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
        rest=rest,
        of_a_device=any(given.get(f"{name}.{n}") for name in _OF_A_DEVICE for n in ids),
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
        kept=service.numbers.kept(ids, clock, today()) if ids and clock else "",
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
