"""Proposing: the form, progress, cancelling; approving, publishing, copying, keeping, throwing away."""

from datetime import timedelta
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from inspect_station.accounts.guard import current_actor, needs, staff_only
from inspect_station.accounts.views import form_data
from inspect_station.clinic import service as clinic
from inspect_station.errors import Conflict, InvalidInput, StationError
from inspect_station.planning import launcher
from inspect_station.planning.schemas import ProposeSchema, PublishSchema
from inspect_station.planning.service import plans, work
from inspect_station.planning.views import pages
from inspect_station.planning.words import STATES
from inspect_station.registry import service as registry
from inspect_station.staffing import service as staffing
from inspect_station.validation import load
from inspect_station.web import now, settings, today

SECONDS = ((0, "立即（细心规则，几秒）"), (20, "20 秒"), (60, "1 分钟"), (300, "5 分钟，结果更好"))


@pages.get("/plans")
@staff_only
def plan_list() -> str:
    before = request.args.get("before", type=int)
    rows = plans.listed(current_actor(), before=before, size=51)
    return render_template(
        "planning/plans.html", plans=rows[:50], states=STATES, following=rows[49]["id"] if len(rows) > 50 else None,
        total=plans.count(), working=work.WORKING,
    )  # fmt: skip


@pages.get("/propose")
@needs("edit")
def propose_form() -> str:
    return _form({})


@pages.post("/propose")
@needs("edit")
def propose() -> Any:
    try:
        given = load(ProposeSchema(), form_data())
        number = plans.propose(
            current_actor(), name=given["name"], last_on=given["last_on"], seconds=given["seconds"], now=now(),
            changes=_changes(given),
        )  # fmt: skip
    except InvalidInput as error:
        return _form(request.form, error), error.http_status
    launcher.start(settings(), number)
    return redirect(url_for("planning.progress_page", plan_id=number))


def _changes(given: dict[str, Any]) -> dict[str, Any]:
    """The suppositions with the names of whom they concern, as they will be told."""
    changes: dict[str, Any] = {}
    actor = current_actor()
    if given["absent_person"]:
        names = {p.account_id: p.name for p in staffing.inspectors(actor)}
        if given["absent_person"] not in names:
            raise InvalidInput("请从列表中选择检验员。", {"absent_person": ["请从列表中选择"]})
        changes["absent"] = {
            "person": given["absent_person"],
            "name": names[given["absent_person"]],
            "from": given["absent_from"].isoformat(),
            "to": given["absent_to"].isoformat(),
        }
    if given["shift_enterprise"]:
        firms = registry.enterprise_names(actor)
        if given["shift_enterprise"] not in firms:
            raise InvalidInput("请从列表中选择企业。", {"shift_enterprise": ["请从列表中选择"]})
        changes["shift"] = {
            "enterprise": given["shift_enterprise"],
            "name": firms[given["shift_enterprise"]],
            "days": given["shift_days"],
        }
    if given["rounds"]:
        changes["rounds"] = True
    if given["more_pct"]:
        changes["more_pct"] = given["more_pct"]
    return changes


def _form(given: Any, error: StationError | None = None) -> str:
    actor = current_actor()
    errors = error.fields if error else {}
    what_if = bool(request.args.get("what_if")) or any(
        given.get(name) for name in ("absent_person", "shift_enterprise", "more_pct")
    )
    return render_template(
        "planning/propose.html", given=given, error=error, errors=errors, seconds=SECONDS, what_if=what_if,
        last_on=plans.default_last(today()).isoformat(),
        people=[(p.account_id, p.name) for p in staffing.inspectors(actor) if p.codes],
        firms=list(registry.enterprise_names(actor).items()),
        rounds=len(clinic.upcoming.to_be_seen(actor, today())),
        has_force=plans.in_force_id() is not None,
    )  # fmt: skip


@pages.get("/<int:plan_id>/progress")
@staff_only
def progress_page(plan_id: int) -> Any:
    """Asked every two seconds while the plan is made; then the plan itself."""
    plan = plans.get(current_actor(), plan_id)
    fragment = request.headers.get("HX-Request") and request.headers.get("HX-Target") != "drawer-body"
    if plan.state not in work.WORKING and plan.result is not None and not fragment:
        return redirect(
            url_for("planning.compare" if plan.__data__["based_on"] else "planning.year", plan_id=plan_id)
        )
    name = "planning/_progress.html" if fragment else "planning/progress.html"
    answer = Response(render_template(name, **_progress(plan)))
    if fragment and plan.state not in work.WORKING:
        answer.headers["HX-Refresh"] = "true"
    return answer


def _progress(plan: Any) -> dict[str, Any]:
    spent = (now() - plan.started_at).total_seconds() if plan.started_at else 0
    return {
        "plan": plan,
        "state": STATES[plan.state],
        "working": plan.state in work.WORKING,
        "stopped": plans.is_stopped(plan, now()),
        "spent": min(int(spent), max(plan.seconds, 5)),
        "most": max(plan.seconds, 5),
        "may_edit": current_actor().may("edit"),
    }


@pages.post("/<int:plan_id>/again")
@needs("edit")
def again(plan_id: int) -> Redirect:
    """Start anew what was killed; a living one is left alone."""
    plans.get(current_actor(), plan_id)
    launcher.start(settings(), plan_id)
    return redirect(url_for("planning.progress_page", plan_id=plan_id))


@pages.post("/<int:plan_id>/cancel")
@needs("edit")
def cancel(plan_id: int) -> Redirect:
    plans.cancel(current_actor(), plan_id, now())
    flash("已取消计算，执行中的计划没有改动。", "info")
    return redirect(url_for("planning.board"))


@pages.post("/<int:plan_id>/approve")
@needs("approve")
def approve(plan_id: int) -> Redirect:
    try:
        plans.approve(current_actor(), plan_id, now())
        flash("已批准，从现在起执行。发布之后企业和检验员才会看到新的日期。", "success")
    except Conflict as error:
        flash(error.message, "warning")
    return redirect(url_for("planning.year", plan_id=plan_id))


@pages.post("/<int:plan_id>/publish")
@needs("approve")
def publish(plan_id: int) -> Redirect:
    try:
        until = load(PublishSchema(), form_data())["until"]
        plans.publish(current_actor(), plan_id, until, now())
        flash(f"已发布到 {until}：检验员的日程和企业的“到访安排”里现在可以看到。", "success")
    except (InvalidInput, Conflict) as error:
        flash(error.message, "warning")
    return redirect(url_for("planning.year", plan_id=plan_id))


@pages.post("/<int:plan_id>/discard")
@needs("edit")
def discard(plan_id: int) -> Redirect:
    plans.discard(current_actor(), plan_id, now())
    flash("已放弃这份计划，执行中的计划没有改动。", "info")
    return redirect(url_for("planning.board"))


@pages.post("/<int:plan_id>/keep")
@needs("edit")
def keep(plan_id: int) -> Redirect:
    try:
        plans.keep(current_actor(), plan_id, now())
        flash("已转为正式建议，等站长批准。", "success")
    except Conflict as error:
        flash(error.message, "warning")
    return redirect(url_for("planning.year", plan_id=plan_id))


@pages.post("/<int:plan_id>/copy")
@needs("edit")
def copy(plan_id: int) -> Redirect:
    number = plans.copy(current_actor(), plan_id, now())
    flash("这是一份副本，可以随意移动来试；执行中的计划不受影响。", "success")
    return redirect(url_for("planning.week", plan_id=number, of=(today() + timedelta(days=1)).isoformat()))
