"""A device stops, starts again, moves, ends: acts with a date, a reason and a document, each kept in its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, Stale
from inspect_station.registry import bounds, changes, days, equipment
from inspect_station.registry.days import Problems
from inspect_station.registry.models import Equipment, StatusChange
from inspect_station.registry.rows import dicts
from inspect_station.registry.words import STATUSES
from schedules.dates import Day


@dataclass(frozen=True)
class Act:
    """What a person does: from which states it is possible, where it leads, which date it sets."""

    label: str
    sources: frozenset[str]
    status: str | None
    date_field: str | None
    sentence: str
    ends: bool = False


_RUNNING = frozenset({"in_use"})
_LIVING = frozenset({"not_yet_in_use", "in_use", "stopped"})
_ENDED = frozenset({"scrapped", "cancelled", "dismantled"})

ACTS: Mapping[str, Act] = {
    "put_into_use": Act(
        "投入使用", frozenset({"not_yet_in_use"}), "in_use", "put_into_use_on", "检验期限从投用日期起算。"
    ),
    "stop": Act("停用", _RUNNING, "stopped", "stopped_on", "停用期间不发超期提醒；到期后重新启用前须先检验。"),
    "restart": Act(
        "启用", frozenset({"stopped"}), "in_use", "restarted_on", "启用后检验期限恢复提醒；已到期的须先检验。"
    ),
    "move": Act("移装", frozenset({"in_use", "stopped"}), None, "moved_on", "移装后的锅炉须先进行内部检验。"),
    "scrap": Act("报废", _LIVING, "scrapped", None, "报废后不再计算检验日期，也不再提醒。", ends=True),
    "dismantle": Act("拆除", _LIVING, "dismantled", None, "拆除后不再计算检验日期，也不再提醒。", ends=True),
    "cancel": Act("注销", _LIVING, "cancelled", None, "注销后不再计算检验日期，也不再提醒。", ends=True),
    "reinstate": Act("撤销误操作", _ENDED, "in_use", None, "恢复为在用，检验日期重新计算和提醒。"),
}


def possible(status: str) -> list[str]:
    """The acts that a device of this status allows."""
    return [name for name, act in ACTS.items() if status in act.sources]


def perform(
    actor: Actor,
    equipment_id: int,
    act_name: str,
    *,
    on: str,
    reason: str,
    now: datetime,
    today: date,
    document: str = "",
    location: str = "",
    revision: int | None = None,
) -> int:
    """Do one of `ACTS`; returns the new revision. Raises `Conflict` where the present status does not allow it."""
    actor.need("edit")
    act = ACTS.get(act_name)
    if act is None:
        raise InvalidInput("没有这种操作。", {"act": [f"只能是：{'、'.join(ACTS)}"]})
    with db.atomic():
        present = equipment.get(actor, equipment_id)
        if revision is not None and revision != present["revision"]:
            raise Stale()
        if present["status"] not in act.sources:
            raise Conflict(f"设备现为“{STATUSES[present['status']]}”，不能{act.label}。")
        _check(act, present, on, reason, today)
        if act_name == "restart":
            _refuse_uninspected(equipment_id, on)
        wanted = _wanted(act_name, act, on, location)
        changed = changes.differing(present, wanted)
        equipment.write(equipment_id, present["revision"], wanted, now)
        StatusChange.insert(
            equipment=equipment_id,
            status=act.status or present["status"],
            from_on=on,
            reason=f"{act.label}：{reason}" if act.status is None else reason,
            document=document,
            account=actor.account_id,
            at=now,
        ).execute()
        changes.record(
            actor, f"equipment.{act_name}", equipment_id, present["enterprise"], changed, now=now, reason=reason,
            detail={"on": on, "document": document},
        )  # fmt: skip
    return int(present["revision"]) + 1


def _refuse_uninspected(equipment_id: int, on: str) -> None:
    """A date that passed while the device stood still: inspect before it runs again. Raises `Conflict` naming it."""
    wanting = bounds.before_use(equipment_id, Day.parse(on).last)
    if wanting:
        raise Conflict(f"停用期间{'、'.join(wanting)}，启用前须先检验。请先报检，登记合格的结果后再启用。")


def _check(act: Act, present: Mapping[str, Any], on: str, reason: str, today: date) -> None:
    problems = Problems()
    day = days.read(on, "on", problems, to_the_day=True)
    if not on:
        problems.add("on", f"请填写{act.label}日期")
    if not reason.strip():
        problems.add("reason", "请填写理由")
    days.not_in_future(day, today, "on", problems)
    days.not_before(day, days.read(present["made_on"], "made_on", Problems()), "on", "制造日期", problems)
    if act.date_field == "restarted_on":
        days.not_before(day, days.read(present["stopped_on"], "stopped_on", Problems()), "on", "停用日期", problems)
    if problems:
        raise InvalidInput("；".join(s for p in problems.values() for s in p) + "。", problems)


def _wanted(act_name: str, act: Act, on: str, location: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if act.status:
        wanted["status"] = act.status
    if act.date_field:
        wanted[act.date_field] = on
    if act_name == "stop":
        wanted["restarted_on"] = None  # the earlier stop is in the history; the facts tell the present one
    if act_name == "move" and location.strip():
        wanted["location"] = location.strip()
    return wanted


def history(actor: Actor, equipment_id: int) -> list[dict[str, Any]]:
    """The device's status changes, newest first."""
    query = (
        StatusChange.select(
            StatusChange.status, StatusChange.from_on, StatusChange.reason, StatusChange.document, StatusChange.at,
            Account.name.alias("who"),
        )
        .join(Equipment)
        .switch(StatusChange)
        .left_outer_join(Account)
        .where(StatusChange.equipment == equipment_id, visible(actor, Equipment.enterprise))
    )  # fmt: skip
    return dicts(query.order_by(StatusChange.id.desc()))
