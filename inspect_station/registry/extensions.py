"""Approved extensions of a clock's date: recorded, withdrawn, never deleted."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry import changes, days, equipment, inspections, paging
from inspect_station.registry.days import Problems
from inspect_station.registry.models import Equipment, Extension
from inspect_station.registry.paging import Page

WRITABLE = ("clock", "until", "granted_on", "document", "reason")
SORTS: Mapping[str, tuple[Any, ...]] = {"id": (Extension.id,), "until": (Extension.until, Extension.id)}
_NAMES = (*WRITABLE, "id", "equipment", "withdrawn_at", "source", "recorded_at")


def record(actor: Actor, equipment_id: int, given: Mapping[str, Any], *, now: datetime, today: date) -> int:
    """A new extension's id. Raises `InvalidInput` naming each field and why."""
    actor.need("edit")
    with db.atomic():
        device = equipment.get(actor, equipment_id)
        values = _checked(device, given, today)
        row = Extension.create(
            equipment=equipment_id,
            **values,
            source=f"{changes.BY_HAND}（{actor.name}）",
            account=actor.account_id,
            recorded_at=now,
        )
        changes.record(
            actor,
            "extension.record",
            equipment_id,
            device["enterprise"],
            {f"extension.{values['clock']}": (None, values["until"])},
            now=now,
            reason=values["reason"],
            detail={"extension": row.id, "document": values["document"]},
        )
    return int(row.id)


def withdraw(actor: Actor, extension_id: int, *, reason: str, now: datetime) -> None:
    """Take an extension back; the original date stands again. Raises `Conflict` if that was done already."""
    actor.need("edit")
    if not reason.strip():
        raise InvalidInput("请写明撤销的理由。", {"reason": ["请填写理由"]})
    with db.atomic():
        row = get(actor, extension_id)
        done = (
            Extension.update(withdrawn_at=now)
            .where(Extension.id == extension_id, Extension.withdrawn_at.is_null())
            .execute()
        )
        if not done:
            raise Conflict("这项延期已经撤销。")
        device = equipment.get(actor, row["equipment"])
        changes.record(
            actor,
            "extension.withdraw",
            row["equipment"],
            device["enterprise"],
            {f"extension.{row['clock']}": (row["until"], None)},
            now=now,
            reason=reason,
            detail={"extension": extension_id},
        )


def _checked(device: Mapping[str, Any], given: Mapping[str, Any], today: date) -> dict[str, Any]:
    values = {"document": "", "reason": "", "granted_on": None, **{n: given[n] for n in WRITABLE if n in given}}
    problems = Problems()
    allowed = inspections.clocks(device)
    if values.get("clock") not in allowed:
        problems.add("clock", f"这台设备的检验项目只有：{'、'.join(clock.label for clock in allowed) or '（无）'}")
    until = days.read(values.get("until"), "until", problems)
    if not values.get("until"):
        problems.add("until", "请填写批准延期到哪一天")
    granted = values["granted_on"]
    if granted and granted > today:
        problems.add("granted_on", f"不能晚于今天（{today.isoformat()}）")
    if until and granted and until.last <= granted:
        problems.add("until", "应晚于批准日期")
    if not values["document"].strip():
        problems.add("document", "请填写批准文件或文号")
    if problems:
        raise InvalidInput("延期信息有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)
    return values


def get(actor: Actor, extension_id: int) -> dict[str, Any]:
    row = _rows([Extension.id == extension_id, visible(actor, Equipment.enterprise)]).dicts().first()
    if row is None:
        raise NotFound()
    return dict(row)


def page(
    actor: Actor,
    equipment_id: int | None = None,
    *,
    sort: str = "id",
    after: Sequence[Any] | None = None,
    size: int = 50,
) -> Page:
    conditions = [visible(actor, Equipment.enterprise)]
    if equipment_id is not None:
        conditions.append(Extension.equipment == equipment_id)
    count = Extension.select(Extension.id).join(Equipment).where(*conditions)
    return paging.page(_rows(conditions), SORTS, sort, after, size, count=count)


def history(actor: Actor, equipment_id: int) -> list[dict[str, Any]]:
    """Every extension of a device, the withdrawn ones included, newest first."""
    rows = _rows([Extension.equipment == equipment_id, visible(actor, Equipment.enterprise)])
    rows = rows.select_extend(Account.name.alias("who")).switch(Extension).left_outer_join(Account)
    return list(rows.order_by(Extension.id.desc()).dicts())


def _rows(conditions: Sequence[Any]) -> Any:
    return (
        Extension.select(*(getattr(Extension, name) for name in _NAMES))
        .join(Equipment, on=(Extension.equipment == Equipment.id))
        .where(*conditions)
    )
