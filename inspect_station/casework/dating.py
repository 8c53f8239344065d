"""The agreed date of a task: proposed by one side, answered by the other, moved with a reason, never past the law's day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts import service as accounts
from inspect_station.accounts.scope import Actor
from inspect_station.casework import cases, deciding
from inspect_station.casework.models import Application, ApplicationItem, Task, TaskDate
from inspect_station.casework.words import FURTHEST_DAYS
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, InvalidInput, Stale
from inspect_station.registry.rows import tuples

_OPEN = ("waiting", "agreed")


@dataclass(frozen=True)
class LastDay:
    """The last lawful day of a task's open items. `passed`: at least one is overdue already; then sooner is better."""

    on: date | None
    passed: bool


def last_lawful_day(task_id: int, today: date) -> LastDay:
    """The earliest enforced date that has not passed; approved extensions are in it, as in the due list."""
    query = ApplicationItem.select(ApplicationItem.equipment, ApplicationItem.clock).where(
        ApplicationItem.task == task_id, ApplicationItem.open
    )
    keys = {(equipment, clock) for equipment, clock in tuples(query)}
    ids = sorted({equipment for equipment, _ in keys})
    days: list[date] = []
    for start in range(0, len(ids), 500):
        rows = duelist.rows_for_equipment(ids[start : start + 500], today)
        days += [last for r in rows if (r.equipment_id, r.clock) in keys and (last := r.on or r.latest)]
    return LastDay(min((day for day in days if day >= today), default=None), any(day < today for day in days))


def propose(
    actor: Actor,
    task_id: int,
    on_day: date,
    *,
    now: datetime,
    reason: str = "",
    confirmed_with: str = "",
    revision: int | None = None,
) -> None:
    """Propose a day; the other side answers. `confirmed_with`: whom the station has asked by telephone, who agreed.

    Raises `InvalidInput` for a day that has passed, lies beyond the law's, or moves an agreed one without a reason.
    """
    _need_right(actor)
    limit = last_lawful_day(task_id, now.date())
    with db.atomic():
        task = _open_task(actor, task_id, revision)
        _check_day(task, on_day, limit, now.date(), reason)
        TaskDate.update(outcome="replaced", answered_at=now).where(
            TaskDate.task == task_id, TaskDate.outcome == "open"
        ).execute()
        agreed = bool(confirmed_with.strip()) and actor.is_staff
        TaskDate.create(
            task=task_id,
            on_day=on_day,
            side="station" if actor.is_staff else "enterprise",
            account=actor.account_id,
            name=actor.name,
            reason=reason.strip(),
            at=now,
            outcome="agreed" if agreed else "open",
            answered_by=f"{confirmed_with.strip()[:50]}（电话确认）" if agreed else "",
            answered_at=now if agreed else None,
        )
        _write(task, {"agreed_on": on_day, "agreed_at": now, "state": "agreed"} if agreed else {})
        if actor.is_staff:  # what the station promised is to name a day
            Application.update(scheduled_at=now).where(
                Application.id == task["application"], Application.scheduled_at.is_null()
            ).execute()
        _note(
            actor, "task.agree" if agreed else "task.propose", task, now, {"on": on_day.isoformat(), "reason": reason}
        )
        deciding.settle(task["application"], now)


def answer(actor: Actor, task_id: int, *, agree: bool, now: datetime, reason: str = "") -> None:
    """The other side's word on the open proposal. Declining wants a reason; an agreed day stands until another is."""
    _need_right(actor)
    with db.atomic():
        task = _open_task(actor, task_id, None)
        proposal = TaskDate.get_or_none(TaskDate.task == task_id, TaskDate.outcome == "open")
        if proposal is None:
            raise Conflict("没有等待答复的日期，可能刚被对方改过，请刷新后再看。")
        if proposal.side == ("station" if actor.is_staff else "enterprise"):
            raise Conflict("这个日期是您这一方提出的，请等对方答复，或另提一个日期。")
        if not agree and not reason.strip():
            raise InvalidInput("请写明为什么不合适，便于另定日期。", {"reason": ["请填写原因"]})
        if agree and proposal.on_day < now.date():
            raise Conflict("提出的日期已经过去，请另提一个日期。")
        _close(proposal, "agreed" if agree else "declined", actor, now, reason)
        if agree:
            _write(task, {"agreed_on": proposal.on_day, "agreed_at": now, "state": "agreed"})
        act = "task.agree" if agree else "task.decline"
        _note(actor, act, task, now, {"on": proposal.on_day.isoformat(), "reason": reason})
        deciding.settle(task["application"], now)


def _close(proposal: TaskDate, outcome: str, actor: Actor, now: datetime, reason: str) -> None:
    done = (
        TaskDate.update(
            outcome=outcome,
            answered_by=actor.name,
            answered_at=now,
            reason=f"{proposal.reason}；答复：{reason}".strip("；")[:300] if reason else proposal.reason,
        )
        .where(TaskDate.id == proposal.id, TaskDate.outcome == "open")
        .execute()
    )
    if not done:
        raise Stale("这个日期刚被对方改过，请刷新后再答复。")


def assign(actor: Actor, task_id: int, inspector: int, *, now: datetime) -> None:
    """Name the task's responsible inspector."""
    actor.need("edit")
    if inspector not in {each["id"] for each in accounts.staff(actor)}:
        raise InvalidInput("请选择站内在岗的人员。", {"inspector": ["没有这位人员"]})
    with db.atomic():
        task = cases.task(actor, task_id)
        _write(task, {"inspector": inspector})
        _note(actor, "task.assign", task, now, {"from": task["inspector"], "to": inspector})


def begin(actor: Actor, task_id: int, *, now: datetime) -> None:
    """The inspector is on site."""
    actor.need("edit")
    with db.atomic():
        task = _open_task(actor, task_id, None)
        _write(task, {"state": "inspecting"})
        _note(actor, "task.begin", task, now, {})
        deciding.settle(task["application"], now)


def _need_right(actor: Actor) -> None:
    if actor.is_staff:
        actor.need("edit")


def _open_task(actor: Actor, task_id: int, revision: int | None) -> dict[str, Any]:
    task = cases.task(actor, task_id)
    if task["state"] not in _OPEN:
        raise Conflict(f"这项任务现在是“{task['state_word']}”，不能再改日期。")
    if revision is not None and revision != task["revision"]:
        raise Stale("日期刚被对方改过，请看一下新的情况再提；您填写的内容还在。")
    return task


def _check_day(task: Mapping[str, Any], on_day: date, limit: LastDay, today: date, reason: str) -> None:
    problems: dict[str, list[str]] = {}
    if on_day < today:
        problems["on_day"] = ["不能早于今天"]
    elif limit.on and on_day > limit.on:
        problems["on_day"] = [f"最迟 {limit.on.isoformat()}（检验到期日），再晚须先办理延期"]
    elif (on_day - today).days > FURTHEST_DAYS:
        problems["on_day"] = ["离今天太远，请检查年份"]
    if task["agreed_on"] and not reason.strip():
        problems["reason"] = ["已约定的日期改期须写明原因"]
    if problems:
        raise InvalidInput("检验日期有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)


def _write(task: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    done = (
        Task.update(**fields, revision=task["revision"] + 1)
        .where(Task.id == task["id"], Task.revision == task["revision"])
        .execute()
    )
    if not done:
        raise Stale("这项任务刚被别人改过，请刷新后再试；您填写的内容还在。")


def _note(actor: Actor, act: str, task: Mapping[str, Any], now: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(actor, act, "task", task["id"], now=now, enterprise_id=task["enterprise"], detail=detail)
