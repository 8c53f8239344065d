"""The making of a plan in a process of its own: claimed once, alive by its heartbeat, stopped when asked to."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.db import connection, db
from inspect_station.planning.models import Plan
from inspect_station.planning.storing import IllegalPlanError, store
from schedules.planning import plan as make_plan

SILENT_AFTER = timedelta(seconds=60)
_BEAT_SECONDS = 2.0
WORKING = ("waiting", "running")


def work(
    plan_id: int, now: Callable[[], datetime], *, steps: int | None = None, leave: Callable[[int], Any] = os._exit
) -> None:
    """Make the plan if nobody else is making it, and store it whole or not at all.

    `steps`: so much work, however long it takes, instead of the plan's own seconds.
    `leave` ends the process when the plan was cancelled meanwhile: the solver cannot be asked to stop.
    """
    job = claim(plan_id, now())
    if job is None:
        return
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(job, now, stop, leave), daemon=True)
    heart.start()
    try:
        made = solve(job, steps)
    except Exception as error:
        fail(job, f"计算中途出错：{error}。现行计划没有改动，请重试；若反复出现请告诉管理员。", now())
        raise
    finally:
        stop.set()
        heart.join()
    finish(job, made, now())


def make_now(plan_id: int, now: datetime, steps: int | None = None) -> None:
    """Make and store the plan in this process, with so much work where it is given; no second thread, no clock."""
    job = claim(plan_id, now)
    if job is not None:
        finish(job, solve(job, steps), now)


def claim(plan_id: int, now: datetime) -> Plan | None:
    """One worker for one plan: a conditional update decides between several."""
    worker = secrets.token_hex(8)
    silent = (Plan.worker == "") | (Plan.heartbeat_at < now - SILENT_AFTER)
    taken = (
        Plan.update(worker=worker, heartbeat_at=now, started_at=now, state="running")
        .where(Plan.id == plan_id, Plan.state.in_(WORKING), silent)
        .execute()
    )
    return Plan.get_by_id(plan_id) if taken else None


def solve(job: Plan, steps: int | None = None) -> dict[str, Any]:
    """`seconds` 0 is the careful rule alone, at once; otherwise the same instance and limit give the same plan."""
    if steps is not None:
        return make_plan(job.instance, time_limit_s=600, steps=steps, workers=1)
    if job.seconds == 0:
        return make_plan(job.instance, time_limit_s=30, steps=0)
    return make_plan(job.instance, time_limit_s=job.seconds)


def finish(job: Plan, made: dict[str, Any], now: datetime) -> None:
    """Store what was made, unless the plan was cancelled meanwhile; both in one transaction."""
    try:
        with db.atomic():
            taken = _update_own(job, state="proposed", finished_at=now)
            if not taken:
                return
            result = store(job, made)
            Plan.update(result=result, worker="").where(Plan.id == job.id).execute()
            audit.record(Actor.system("排计划"), "plan.made", "plan", job.id, now=now, detail=result.get("objective"))
    except IllegalPlanError as error:
        fail(job, f"算出的计划没有通过核对（{error}），没有采用。请告诉管理员。", now)


def fail(job: Plan, message: str, now: datetime) -> None:
    with db.atomic():
        _update_own(job, state="failed", message=message[:1000], worker="", finished_at=now)


def _update_own(job: Plan, **values: Any) -> int:
    """Change the plan while this worker holds it and it still runs; how many rows: one, or none who lost it."""
    held = (Plan.id == job.id, Plan.worker == job.worker, Plan.state == "running")
    return int(Plan.update(**values).where(*held).execute())


def _beat(job: Plan, now: Callable[[], datetime], stop: threading.Event, leave: Callable[[int], Any]) -> None:
    """Renew the heartbeat; where the plan was cancelled or taken over, end the process."""
    while not stop.wait(_BEAT_SECONDS):
        with connection():
            alive = _update_own(job, heartbeat_at=now())
        if not alive and not stop.is_set():
            leave(0)
