"""One visit: what is inspected, whom to call, how far preparation is; moving it by typing."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.accounts.views import form_data
from inspect_station.errors import Conflict, InvalidInput, Stale, StationError
from inspect_station.planning.schemas import MoveSchema
from inspect_station.planning.service import Target, agreeing, moving, plans, reading
from inspect_station.planning.views import pages, shapes
from inspect_station.planning.words import REASONS, STATES
from inspect_station.registry import service as registry
from inspect_station.staffing import service as staffing
from inspect_station.validation import load
from inspect_station.web import now


@pages.get("/visits/<int:visit_id>")
@staff_only
def visit(visit_id: int) -> str:
    return _page(visit_id)


@pages.post("/visits/<int:visit_id>/move")
@needs("edit")
def move(visit_id: int) -> Any:
    try:
        given = _given()
        number = moving.move(
            current_actor(), visit_id, _target(given), now=now(), item_ids=given["item_ids"],
            revision=given["revision"],
        )  # fmt: skip
    except (InvalidInput, Conflict, Stale) as error:
        return _page(visit_id, error), error.http_status
    moved = reading.visit(current_actor(), number)
    who = "、".join(name for _, name in moved.people)
    flash(f"已移到 {shapes.day_words(moved.on)} {shapes.clock_time(moved.start)}，{who}。", "success")
    return redirect(url_for("planning.visit", visit_id=number))


def _given() -> dict[str, Any]:
    listed = {name: request.form.getlist(name) for name in ("people", "item_ids") if request.form.getlist(name)}
    return load(MoveSchema(), {**form_data(), **listed})


def _target(given: dict[str, Any]) -> Target:
    return Target(given["on"], tuple(given["people"]), shapes.minute_of(given["start"]))


@pages.post("/visits/<int:visit_id>/pin")
@needs("edit")
def pin(visit_id: int) -> Redirect:
    pinned = bool(request.form.get("pinned"))
    moving.pin(current_actor(), visit_id, pinned, now=now())
    flash("已固定，重新排计划时不会移动。" if pinned else "已取消固定。", "success")
    return redirect(url_for("planning.visit", visit_id=visit_id))


@pages.post("/visits/<int:visit_id>/out")
@needs("edit")
def take_out(visit_id: int) -> Redirect:
    plan_id = reading.visit(current_actor(), visit_id).plan_id
    try:
        chosen = [int(text) for text in request.form.getlist("item_ids") if text.isdigit()]
        moving.take_out(current_actor(), visit_id, chosen, now=now())
        flash("已移出，可在“未排”里重新安排。", "success")
    except Conflict as error:
        flash(error.message, "warning")
        return redirect(url_for("planning.visit", visit_id=visit_id))
    return redirect(url_for("planning.unplanned", plan_id=plan_id))


@pages.post("/visits/<int:visit_id>/counter/accepted")
@needs("edit")
def accept_counter(visit_id: int) -> Any:
    """Take the day the enterprise wished; the hard rules decide as for any move."""
    try:
        number = agreeing.accept_counter(current_actor(), visit_id, now())
    except (InvalidInput, Conflict) as error:
        return _page(visit_id, error), error.http_status
    flash("已按企业希望的日期安排，双方约定。", "success")
    return redirect(url_for("planning.visit", visit_id=number))


@pages.post("/visits/<int:visit_id>/agreed")
@needs("edit")
def note_agreed(visit_id: int) -> Redirect:
    """The enterprise agreed by telephone."""
    agreeing.agree(current_actor(), visit_id, now())
    flash("已记为双方约定，重新排计划时不会移动。", "success")
    return redirect(url_for("planning.visit", visit_id=visit_id))


@pages.post("/<int:plan_id>/place")
@needs("edit")
def place(plan_id: int) -> Any:
    """Put ticked items of the tray into a visit."""
    try:
        given = _given()
        if not given["item_ids"]:
            raise InvalidInput("请先勾选要安排的项目。")
        number = moving.place(current_actor(), plan_id, given["item_ids"], _target(given), now=now())
    except (InvalidInput, Conflict) as error:
        flash(error.message, "danger")
        return redirect(url_for("planning.unplanned", plan_id=plan_id))
    flash("已安排。", "success")
    return redirect(url_for("planning.visit", visit_id=number))


def _page(visit_id: int, error: StationError | None = None) -> str:
    actor = current_actor()
    found = reading.visit(actor, visit_id)
    plan = plans.get(actor, found.plan_id)
    in_drawer = request.headers.get("HX-Target") == "drawer-body"
    return render_template(
        "planning/visit.html", in_drawer=in_drawer, visit=found, plan=plan, state=STATES[plan.state],
        items=reading.of_visit(actor, plan.id, visit_id),
        contacts=registry.contacts.of(actor, found.enterprise_id, ended=False),
        people=[(p.account_id, p.name, "、".join(p.codes), p.away(found.on)) for p in staffing.inspectors(actor) if p.codes],
        crew=[number for number, _ in found.people],
        may_move=plan.state in moving.MOVABLE and actor.may("edit"),
        in_force=plan.state == "approved", clock_time=shapes.clock_time, day_words=shapes.day_words,
        reasons=REASONS, error=error, errors=error.fields if error else {}, given=request.form if error else {},
        given_people=[int(p) for p in request.form.getlist("people") if p.isdigit()] if error else None,
    )  # fmt: skip
