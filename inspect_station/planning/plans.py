"""Plans: proposed in the background, compared, approved by the head, published, copied, thrown away."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.planning import efforts, errands, problem, storing, work
from inspect_station.planning.models import Plan, PlanItem, PlanVisit, VisitPerson
from inspect_station.planning.supposing import is_what_if

SECONDS = (0, 20, 60, 300)
_LIGHT = tuple(field for name, field in Plan._meta.fields.items() if name not in {"instance"})


def propose(
    actor: Actor, *, name: str, last_on: date, seconds: int, now: datetime, changes: Mapping[str, Any] | None = None
) -> int:
    """A new plan's id; nothing is computed yet. `changes` make it a what-if. The plan in force is untouched."""
    actor.need("edit")
    if seconds not in SECONDS:
        raise InvalidInput("计算时间请从列表中选择。", {"seconds": ["请从列表中选择"]})
    today = now.date()
    over = problem.horizon(today, last_on)
    if last_on > today + timedelta(days=800):
        raise InvalidInput("计划期最长两年多一点（800 天）。", {"last_on": ["太远"]})
    name = name.strip() or f"{today.isoformat()} 起的计划"
    instance, wanted = problem.build(actor, name, over, changes=changes)
    _note_enforced(instance, wanted)
    if not instance["items"]:
        raise InvalidInput("这段时间里没有由检验机构实施的到期项目，不用排计划。", {"last_on": ["没有到期项目"]})
    with db.atomic():
        force = in_force_id()
        row = Plan.create(
            name=name[:100], what_if=is_what_if(changes), changes=dict(changes) if changes else None, based_on=force,
            as_of=today, first_on=over.first, last_on=last_on, seconds=seconds, instance=instance,
            account=actor.account_id, made_by=actor.name, created_at=now,
        )  # fmt: skip
        detail = {"to": last_on.isoformat(), "items": len(instance["items"]), "what_if": row.what_if}
        audit.record(actor, "plan.propose", "plan", row.id, now=now, detail=detail)
    return int(row.id)


def _note_enforced(instance: dict[str, Any], wanted: Sequence[problem.Wanted]) -> None:
    """The date of law beside the date aimed at; the planner does not look at it."""
    on = {item.key: item.on.isoformat() for item in wanted}
    for item in instance["items"]:
        if not errands.is_errand(item):
            item["enforced"] = on[item["id"].rstrip("+")]


def get(actor: Actor, plan_id: int) -> Plan:
    actor.need_staff()
    plan = Plan.get_or_none(Plan.id == plan_id)
    if plan is None:
        raise NotFound()
    return plan


def listed(actor: Actor, *, before: int | None = None, size: int = 50) -> list[dict[str, Any]]:
    """Plans without their instances, the latest first."""
    actor.need_staff()
    query: Any = Plan.select(*_LIGHT).order_by(Plan.id.desc()).limit(size)
    return list((query.where(Plan.id < before) if before else query).dicts())


def count() -> int:
    return int(Plan.select().count())


def in_force_id() -> int | None:
    row = Plan.select(Plan.id).where(Plan.state == "approved").order_by(Plan.id.desc()).tuples().first()
    return row[0] if row else None


def first_day(plan_id: int) -> date:
    """The first day a plan speaks of, without reading the plan."""
    row = Plan.select(Plan.first_on).where(Plan.id == plan_id).tuples().first()
    if row is None:
        raise NotFound()
    return row[0]  # type: ignore[no-any-return]


def in_force(actor: Actor) -> Plan | None:
    actor.need_staff()
    number = in_force_id()
    return Plan.get_by_id(number) if number else None


def is_stopped(plan: Any, now: datetime) -> bool:
    """A working plan whose process fell silent: it was killed, and may be started again."""
    since = plan.heartbeat_at or plan.created_at
    return plan.state in work.WORKING and since < now - work.SILENT_AFTER


def cancel(actor: Actor, plan_id: int, now: datetime) -> None:
    """Stop a plan that is being made; its process notices within seconds."""
    actor.need("edit")
    _turn(actor, plan_id, work.WORKING, "cancelled", "plan.cancel", now, finished_at=now)


def discard(actor: Actor, plan_id: int, now: datetime) -> None:
    """Throw a proposal away; its visits are removed, its row stays as history."""
    actor.need("edit")
    with db.atomic():
        _turn(actor, plan_id, ("proposed",), "discarded", "plan.discard", now)
        storing.forget(plan_id)


def keep(actor: Actor, plan_id: int, now: datetime) -> None:
    """Let a what-if stand as a proposal. Raises `Conflict` for one with invented devices."""
    actor.need("edit")
    plan = get(actor, plan_id)
    if (plan.changes or {}).get("more_pct"):
        raise Conflict("这份推演里有假设增加的设备，不能转为正式建议；请按实际设备重新排一份。")
    with db.atomic():
        Plan.update(what_if=False).where(Plan.id == plan_id, Plan.state == "proposed").execute()
        audit.record(actor, "plan.keep", "plan", plan_id, now=now)


def approve(actor: Actor, plan_id: int, now: datetime) -> None:
    """Put a proposal in force; the present plan is replaced, what it had published stays published.

    Raises `Conflict` for a what-if, and for a proposal made before the plan in force.
    """
    actor.need("approve")
    with db.atomic():
        plan = get(actor, plan_id)
        if plan.what_if:
            raise Conflict("这是推演，不能直接批准；请先“转为正式建议”。")
        present = in_force(actor)
        if present is not None and present.id > plan.id:
            raise Conflict("它比执行中的计划还旧，请重新排一份再批准。")
        until = present.published_until if present else None
        if present is not None:
            storing.carry(plan)  # what was agreed or pinned since the proposal was made
            Plan.update(state="replaced").where(Plan.id == present.id).execute()
        approved = {"approved_by": actor.name, "approved_at": now, "published_until": until}
        _turn(actor, plan_id, ("proposed",), "approved", "plan.approve", now, **approved)
        errands.take_up(actor, plan, now)


def publish(actor: Actor, plan_id: int, until: date, now: datetime) -> None:
    """Show the visits up to `until` to inspectors and enterprises. Raises `InvalidInput` for a day outside the plan."""
    actor.need("approve")
    plan = get(actor, plan_id)
    if not now.date() <= until <= plan.last_on:
        raise InvalidInput(f"请选今天至 {plan.last_on} 之间的日子。", {"until": ["不在计划期内"]})
    if plan.state != "approved":
        raise Conflict("只有执行中的计划才能发布，请先批准。")
    with db.atomic():
        Plan.update(published_until=until, published_at=now, revision=Plan.revision + 1).where(
            Plan.id == plan_id
        ).execute()
        audit.record(actor, "plan.publish", "plan", plan_id, now=now, detail={"until": until.isoformat()})


def copy(actor: Actor, plan_id: int, now: datetime) -> int:
    """A copy to try things in by hand: a what-if with the same visits."""
    actor.need("edit")
    plan = get(actor, plan_id)
    if plan.state not in ("proposed", "approved"):
        raise Conflict("只能复制待批准或执行中的计划。")
    with db.atomic():
        twin = Plan.create(
            name=f"{plan.name[:90]}（副本）", state="proposed", what_if=True, based_on=in_force_id(),
            as_of=plan.as_of, first_on=plan.first_on, last_on=plan.last_on, seconds=plan.seconds,
            instance=plan.instance, changes=plan.changes, result=plan.result, account=actor.account_id,
            made_by=actor.name, created_at=now, finished_at=now,
        )  # fmt: skip
        for row in PlanVisit.select().where(PlanVisit.plan == plan_id).order_by(PlanVisit.id):
            _copy_visit(row, twin.id)
        loose = PlanItem.select().where(PlanItem.plan == plan_id, PlanItem.visit.is_null())
        _copy_items(loose, twin.id, None)
        audit.record(actor, "plan.copy", "plan", twin.id, now=now, detail={"of": plan_id})
    return int(twin.id)


def _copy_visit(row: PlanVisit, plan_id: int) -> None:
    crew: Any = VisitPerson.select(VisitPerson.account).where(VisitPerson.visit == row.id).tuples()
    names = (
        "enterprise",
        "on_day",
        "start",
        "minutes",
        "pinned",
        "answer",
        "answer_note",
        "answered_by",
        "answered_at",
    )
    made = PlanVisit.create(plan=plan_id, **{name: row.__data__[name] for name in names})
    VisitPerson.insert_many([{"visit": made.id, "account": account} for (account,) in crew]).execute()
    _copy_items(PlanItem.select().where(PlanItem.visit == row.id), plan_id, made.id)


def _copy_items(rows: Any, plan_id: int, visit_id: int | None) -> None:
    made = [{**row.__data__, "plan": plan_id, "visit": visit_id} for row in rows]
    for row in made:
        del row["id"]
    if made:
        PlanItem.insert_many(made).execute()


def _turn(
    actor: Actor, plan_id: int, states: Sequence[str], state: str, act: str, now: datetime, **values: Any
) -> None:
    """Move a plan on. Raises `Conflict` where somebody else has moved it meanwhile."""
    with db.atomic():
        get(actor, plan_id)
        turned = (
            Plan.update(state=state, revision=Plan.revision + 1, **values)
            .where(Plan.id == plan_id, Plan.state.in_(states))
            .execute()
        )
        if not turned:
            raise Conflict("这份计划的状态刚被改动过，请刷新后再看。")
        audit.record(actor, act, "plan", plan_id, now=now)


def default_last(today: date) -> date:
    """The usual horizon's end."""
    months = today.month - 1 + efforts.weights().months
    return date(today.year + months // 12, months % 12 + 1, 1) - timedelta(days=1)
