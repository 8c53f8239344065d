"""What the plan is to those it concerns: an inspector's day on the phone, an enterprise's visits to agree to."""

from datetime import date, timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, staff_only
from inspect_station.accounts.views import form_data
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.notices import preparation
from inspect_station.planning.schemas import CounterSchema, VisitsOnPaperSchema
from inspect_station.planning.service import Visit, agreeing, columns, plans, published, reading, sites
from inspect_station.planning.views import pages, shapes
from inspect_station.registry import service as registry
from inspect_station.staffing import service as staffing
from inspect_station.validation import load
from inspect_station.web import now, today, workbook
from schedules.terms import Clock, Kind


@pages.get("/day")
@staff_only
def day() -> str:
    """One's own visits of a day, in the order of the route, with what to know at the gate."""
    actor = current_actor()
    on = _day(request.args.get("on", ""))
    who = request.args.get("who", type=int) or actor.account_id
    plan = plans.in_force(actor)
    visits = reading.visits(actor, plan.id, on, on, person=who) if plan else []
    coming = (
        reading.visits(actor, plan.id, on + timedelta(days=1), on + timedelta(days=21), person=who) if plan else []
    )
    people = [(p.account_id, p.name) for p in staffing.inspectors(actor) if p.codes]
    return render_template(
        "planning/day.html", on=on, words=shapes.day_words(on), visits=[_stop(visit) for visit in visits],
        next_day=next((visit.on for visit in coming), None), people=people, who=who, own=who == actor.account_id,
        before=on - timedelta(days=1), after=on + timedelta(days=1), plan=plan, clock_time=shapes.clock_time,
        day_words=shapes.day_words,
    )  # fmt: skip


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else today()
    except ValueError:
        return today()


def _stop(visit: Visit) -> dict[str, Any]:
    actor = current_actor()
    firm = registry.enterprises.get(actor, visit.enterprise_id)
    return {
        "visit": visit,
        "items": reading.of_visit(actor, visit.plan_id, visit.id),
        "address": firm["address"],
        "plot": firm["plot"],
        "contacts": registry.contacts.of(actor, visit.enterprise_id, ended=False)[:2],
    }


# --- the enterprise ------------------------------------------------------------------------------------------------------


@pages.get("/visits")
def visit_list() -> str:
    """Published visits from today on: an enterprise's own, or (staff) all that wait for an answer first."""
    actor = current_actor()
    found = published(actor, today())
    open_first = sorted(found, key=lambda v: (v.answer != "countered", v.on, v.start)) if actor.is_staff else found
    return render_template(
        "planning/visits.html",
        visits=open_first[:200],
        total=len(found),
        is_staff=actor.is_staff,
        day_words=shapes.day_words,
        clock_time=shapes.clock_time,
        windows=sites.windows(actor, today()) if not actor.is_staff else [],
    )


@pages.get("/visits.xlsx")
def visits_export() -> Response:
    """All published visits, those made already included; an enterprise's own."""
    asked = load(VisitsOnPaperSchema(), request.args)
    found = published(
        current_actor(),
        asked["since"],
        asked["until"],
        person=asked["inspector"],
        enterprise_id=asked["enterprise_id"],
    )
    return workbook(columns.VISITS, columns.rows(found), "到访安排")


@pages.get("/visits/<int:visit_id>/answer")
def answer(visit_id: int) -> str:
    return _answer_page(visit_id)


@pages.post("/visits/<int:visit_id>/agree")
def agree(visit_id: int) -> Any:
    try:
        agreeing.agree(current_actor(), visit_id, now())
    except (Conflict, Stale) as error:
        return _answer_page(visit_id, error), error.http_status
    visit = reading.visit(current_actor(), visit_id)
    flash(f"已约定 {shapes.day_words(visit.on)}。请按准备清单提前准备；有变化请尽早告诉检验站。", "success")
    return redirect(url_for("planning.answer", visit_id=visit_id))


@pages.post("/visits/<int:visit_id>/counter")
def counter(visit_id: int) -> Any:
    try:
        given = load(CounterSchema(), form_data())
        agreeing.counter(current_actor(), visit_id, given["on"], given["note"], now())
    except (InvalidInput, Conflict, Stale) as error:
        return _answer_page(visit_id, error), error.http_status
    flash(f"已把 {given['on']} 告诉检验站，日期定下后会在这里显示。", "success")
    return redirect(url_for("planning.answer", visit_id=visit_id))


def _answer_page(visit_id: int, error: StationError | None = None) -> str:
    actor = current_actor()
    visit = reading.visit(actor, visit_id)
    items = reading.of_visit(actor, visit.plan_id, visit.id)
    lists = preparation.for_clocks(
        dict.fromkeys((Kind(item["kind"]), Clock(item["clock"])) for item in items if item["equipment_id"])
    )
    return render_template(
        "planning/answer.html", visit=visit, items=items, lists=lists, day_words=shapes.day_words,
        clock_time=shapes.clock_time, latest=agreeing.latest_day(actor, visit), over=visit.on < today(),
        error=error, errors=error.fields if error else {}, given=request.form if error else {},
        is_staff=actor.is_staff,
    )  # fmt: skip
