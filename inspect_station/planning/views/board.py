"""计划 for the head: the year by month, a month by week, a week by day and person; the tray and the early warnings."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from flask import Response, redirect, render_template, request, url_for

from inspect_station.accounts.guard import current_actor, staff_only
from inspect_station.errors import NotFound
from inspect_station.export import Column
from inspect_station.planning import service
from inspect_station.planning.service import comparing, plans, reading
from inspect_station.planning.views import pages, shapes
from inspect_station.planning.words import REASONS, STATES
from inspect_station.staffing import service as staffing
from inspect_station.web import now, today, workbook

TRAY = 6
_PER_PAGE = 100


@pages.get("/")
def board() -> Any:
    """The plan in force; an enterprise comes to its own visits."""
    actor = current_actor()
    if not actor.is_staff:
        return redirect(url_for("planning.visit_list"))
    plan = plans.in_force(actor)
    if plan is None:
        recent = plans.listed(actor, size=10)
        return render_template("planning/none.html", plans=recent, states=STATES, stopped=_stopped)
    return year(plan.id)


@pages.get("/<int:plan_id>")
@staff_only
def year(plan_id: int) -> str:
    plan = _shown(plan_id)
    found = reading.visits(current_actor(), plan_id)
    return render_template("planning/year.html", **_frame(plan, "year"), months=shapes.months(found, plan))


@pages.get("/<int:plan_id>/month")
@staff_only
def month(plan_id: int) -> str:
    plan = _shown(plan_id)
    of = request.args.get("of", "")
    months = shapes.months(reading.visits(current_actor(), plan_id), plan)
    names = [row["month"] for row in months]
    of = of if of in names else (names[0] if names else "")
    at = names.index(of) if of else 0
    first, last = _span_of(of)
    found = reading.visits(current_actor(), plan_id, first, last) if of else []
    return render_template(
        "planning/month.html",
        **_frame(plan, "month"),
        row=months[at] if months else None,
        weeks=shapes.weeks(found, plan, of) if of else [],
        before=names[at - 1] if at > 0 else None,
        after=names[at + 1] if at + 1 < len(names) else None,
        day_words=shapes.day_words,
    )


def _span_of(month: str) -> tuple[date | None, date | None]:
    """Days that may count for a month: a week more on either side."""
    if not month:
        return None, None
    first = date.fromisoformat(f"{month}-01")
    return first - timedelta(days=7), first + timedelta(days=38)


@pages.get("/<int:plan_id>/week")
@staff_only
def week(plan_id: int) -> str:
    plan = _shown(plan_id)
    begin = reading.monday(_day(request.args.get("of", ""), max(today(), plan.first_on)))
    found = reading.visits(current_actor(), plan_id, begin, begin + timedelta(days=6))
    names = {p.account_id: p.name for p in staffing.inspectors(current_actor())}
    names |= {number: name for visit in found for number, name in visit.people}
    return render_template(
        "planning/week.html",
        **_frame(plan, "week"),
        grid=shapes.week(found, plan, begin, names),
        begin=begin,
        before=begin - timedelta(days=7),
        after=begin + timedelta(days=7),
        clock_time=shapes.clock_time,
        may_move=plan.state in service.moving.MOVABLE and current_actor().may("edit"),
    )


def _day(text: str, default: date) -> date:
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        return default


@pages.get("/<int:plan_id>/unplanned")
@staff_only
def unplanned(plan_id: int) -> str:
    plan = _shown(plan_id)
    rows = reading.unplanned(current_actor(), plan_id)
    reason = request.args.get("reason", "")
    kept = [row for row in rows if not reason or row["reason"] == reason]
    found: dict[str, int] = {}
    for row in rows:
        found[row["reason"]] = found.get(row["reason"], 0) + 1
    return render_template(
        "planning/unplanned.html", **_frame(plan, "unplanned"), rows=kept[:500], total=len(kept), found=found,
        reason=reason, may_move=plan.state in service.moving.MOVABLE and current_actor().may("edit"),
    )  # fmt: skip


@pages.get("/<int:plan_id>/warnings")
@staff_only
def warnings(plan_id: int) -> str:
    plan = _shown(plan_id)
    rows = reading.warnings(current_actor(), plan_id)
    return render_template("planning/warnings.html", **_frame(plan, "warnings"), rows=rows[:500], total=len(rows))


@pages.get("/<int:plan_id>/compare")
@staff_only
def compare(plan_id: int) -> str:
    plan = _shown(plan_id)
    other = request.args.get("with", type=int) or plan.__data__["based_on"] or plans.in_force_id()
    others = [row for row in plans.listed(current_actor()) if row["id"] != plan_id and row["result"]]
    found = comparing.compare(current_actor(), plan_id, other) if other and other != plan_id else None
    return render_template(
        "planning/compare.html", **_frame(plan, "compare"), found=found, other=other, others=others, states=STATES,
        shown=_PER_PAGE,
    )  # fmt: skip


_COLUMNS = (
    Column("日期", "on_day", 12),
    Column("企业", "enterprise", 26),
    Column("设备", "name", 18),
    Column("编号", "number", 16),
    Column("检验类别", "clock_label", 12),
    Column("到期日", "due_on", 12),
    Column("人员", "people_names", 20),
    Column("分钟", "minutes", 8),
    Column("完成", lambda row: "是" if row["done"] else "", 8),
    Column("未排原因", lambda row: REASONS.get(row["reason"], ""), 16),
    Column("说明", "why", 60),
)


@pages.get("/<int:plan_id>/plan.xlsx")
@staff_only
def export(plan_id: int) -> Response:
    plan = _shown(plan_id)
    return workbook(_COLUMNS, _rows(plan.id), plan.name)


def _rows(plan_id: int) -> Iterator[dict[str, Any]]:
    crews = {v.id: "、".join(name for _, name in v.people) for v in reading.visits(current_actor(), plan_id)}
    for row in reading.items(current_actor(), plan_id):
        yield {**row, "people_names": crews.get(row["visit_id"], "")}


def _stopped(row: Any) -> bool:
    return bool(
        row["state"] in service.work.WORKING
        and (row["heartbeat_at"] or row["created_at"]) < now() - service.work.SILENT_AFTER
    )


def _shown(plan_id: int) -> Any:
    """A plan that has visits to show; one on its way has its own page."""
    plan = plans.get(current_actor(), plan_id)
    if plan.result is None:
        raise NotFound("这份计划还没有算好。")
    return plan


def _frame(plan: Any, tab: str) -> dict[str, Any]:
    """What every page of a plan shows: tabs, the strip, the tray of what is out, the early warnings."""
    actor = current_actor()
    counts = reading.counts(plan.id)
    force = plans.in_force_id()
    return {
        "plan": plan,
        "tab": tab,
        "counts": counts,
        "figures": comparing.strip(plan),
        "state": STATES[plan.state],
        "in_force": force == plan.id,
        "force_id": force,
        "reasons": REASONS,
        "tray": reading.unplanned(actor, plan.id, limit=TRAY),
        "late": reading.warnings(actor, plan.id, limit=TRAY),
        "newer": [p for p in plans.listed(actor, size=5) if p["id"] > plan.id and p["state"] == "proposed"],
        "may_edit": actor.may("edit"),
        "may_approve": actor.may("approve"),
        "publish_default": min(plan.last_on, today() + timedelta(weeks=service.efforts.weights().publish_weeks)),
        "supposed": supposed(plan),
    }


def supposed(plan: Any) -> list[str]:
    """What a what-if supposes, in words."""
    changes = plan.changes or {}
    said = []
    if absent := changes.get("absent"):
        said.append(f"{absent.get('name', absent['person'])} {absent['from']} 至 {absent['to']} 不在")
    if shift := changes.get("shift"):
        days = int(shift["days"])
        moved = f"推后 {days} 天" if days > 0 else f"提前 {-days} 天"
        said.append(f"{shift.get('name', shift['enterprise'])} 的停车{moved}")
    if changes.get("more_pct"):
        said.append(f"设备增加 {changes['more_pct']}%")
    return said
