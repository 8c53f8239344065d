"""一次性告知: the preparation list of a task, ticked by the enterprise; open points; 现场不具备检验条件."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.casework import cases, deciding, photos
from inspect_station.casework.models import ApplicationItem, PreparationTick, Reason, Task
from inspect_station.casework.words import REASONS
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, Stale
from inspect_station.notices import preparation
from inspect_station.registry.rows import dicts, tuples
from schedules.terms import Clock, Kind


@dataclass(frozen=True)
class Point:
    """One thing to prepare with what was said of it; `ready` is None where nothing was."""

    id: str
    text: str
    ready: bool | None
    note: str
    who: str
    photos: tuple[int, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """The list of a task: groups of points, and how many are ready."""

    groups: Sequence[tuple[str, Sequence[Point]]]
    ready: int
    total: int

    @property
    def open_points(self) -> list[Point]:
        return [point for _, points in self.groups for point in points if not point.ready]


def of_task(actor: Actor, task_id: int) -> Prepared:
    """What this task's devices need, each point once."""
    task = cases.task(actor, task_id)
    ticks = {row["item"]: row for row in dicts(PreparationTick.select().where(PreparationTick.task == task_id))}
    taken: dict[int, list[int]] = {}
    for photo in photos.of(actor, "preparation", [row["id"] for row in ticks.values()]):
        taken.setdefault(photo["owner_id"], []).append(photo["id"])
    seen: set[str] = set()
    groups = []
    for checklist in preparation.for_clocks((Kind(task["kind"]), clock) for clock in _clocks(task_id)):
        for group in checklist.groups:
            items = [item for item in group.items if item.id not in seen]
            seen |= {item.id for item in items}
            title = f"{checklist.title}：{group.title}" if group.title == "专门事项" else group.title
            if items:
                groups.append((title, [_point(item, ticks.get(item.id), taken) for item in items]))
    ready = sum(bool(point.ready) for _, points in groups for point in points)
    return Prepared(groups, ready, len(seen))


def _clocks(task_id: int) -> list[Clock]:
    query = ApplicationItem.select(ApplicationItem.clock).distinct().where(ApplicationItem.task == task_id)
    return sorted(Clock(clock) for (clock,) in tuples(query))


def _point(item: preparation.Item, tick: Mapping[str, Any] | None, taken: Mapping[int, list[int]]) -> Point:
    if tick is None:
        return Point(item.id, item.text, None, "", "")
    who = f"{tick['name']} {tick['at'].strftime('%m-%d %H:%M')}"
    return Point(item.id, item.text, tick["ready"], tick["note"], who, tuple(taken.get(tick["id"], ())))


def tick(
    actor: Actor,
    task_id: int,
    said: Mapping[str, tuple[bool, str]],
    *,
    now: datetime,
    files_dir: Path,
    pictures: Mapping[str, Sequence[tuple[str, bytes]]] | None = None,
) -> Prepared:
    """Keep what was said of the points: (ready, note) by id, with photos by id. Raises `InvalidInput` for odd ones."""
    if actor.is_staff:
        actor.need("edit")
    known = {point.id: point for _, points in of_task(actor, task_id).groups for point in points}
    checked = {item: photos.check_all(files) for item, files in (pictures or {}).items() if files}
    if not (said.keys() | checked.keys()) <= known.keys():
        raise InvalidInput("准备清单已更新，请刷新页面后再填。")
    with db.atomic():
        task = _open_task(actor, task_id)
        for item in sorted(said.keys() | checked.keys()):
            ready, note = said.get(item, (bool(known[item].ready), known[item].note))
            point = known[item]
            if (point.ready, point.note) != (ready, note) or item in checked:
                number = _write(actor, task_id, item, ready, note, now)
                photos.keep(
                    actor, checked.get(item, []), owner="preparation", owner_id=number,
                    enterprise_id=task["enterprise"], files_dir=files_dir, now=now,
                )  # fmt: skip
        prepared = of_task(actor, task_id)
        whole = prepared.ready == prepared.total
        Task.update(prepared_at=now if whole else None, revision=Task.revision + 1).where(
            Task.id == task_id
        ).execute()
        _note(actor, "task.prepare", task, now, {"ready": prepared.ready, "total": prepared.total})
    return prepared


def _write(actor: Actor, task_id: int, item: str, ready: bool, note: str, now: datetime) -> int:
    values = {"ready": ready, "note": note[:300], "account": actor.account_id, "name": actor.name, "at": now}
    PreparationTick.insert(task=task_id, item=item, **values).on_conflict(
        conflict_target=[PreparationTick.task, PreparationTick.item], update=values
    ).execute()
    return int(PreparationTick.get(PreparationTick.task == task_id, PreparationTick.item == item).id)


def not_ready(actor: Actor, task_id: int, *, note: str, now: datetime) -> None:
    """现场不具备检验条件: recorded for every open item, and the task needs another day."""
    actor.need("edit")
    if not note.strip():
        raise InvalidInput("请写明现场缺什么条件，企业据此整改。", {"note": ["请填写缺什么条件"]})
    with db.atomic():
        task = _open_task(actor, task_id)
        until = now.date() + timedelta(days=REASONS["site_not_ready"].quiet_days)
        query = ApplicationItem.select(ApplicationItem.equipment, ApplicationItem.clock).where(
            ApplicationItem.task == task_id, ApplicationItem.open
        )
        for equipment, clock in list(tuples(query)):
            Reason.create(
                equipment=equipment, enterprise=task["enterprise"], clock=clock, code="site_not_ready", person=actor.name,
                account=actor.account_id, on_day=now.date(), note=note.strip(), quiet_until=until, recorded_at=now,
            )  # fmt: skip
        written = (
            Task.update(
                state="waiting", agreed_on=None, agreed_at=None, prepared_at=None, revision=task["revision"] + 1
            )
            .where(Task.id == task_id, Task.revision == task["revision"])
            .execute()
        )
        if not written:
            raise Stale()
        _note(actor, "task.not_ready", task, now, {"note": note[:200]})
        deciding.settle(task["application"], now)


def _open_task(actor: Actor, task_id: int) -> dict[str, Any]:
    task = cases.task(actor, task_id)
    if task["state"] in ("done", "cancelled"):
        raise Conflict(f"这项任务现在是“{task['state_word']}”，不能再改。")
    return task


def _note(actor: Actor, act: str, task: Mapping[str, Any], now: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(actor, act, "task", task["id"], now=now, enterprise_id=task["enterprise"], detail=detail)
