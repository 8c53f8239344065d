"""Why a row is due but not done: who says so, when, on what evidence; some quiet reminders, each until a day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework.models import Reason
from inspect_station.casework.words import REASONS
from inspect_station.db import db
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.registry import service as registry
from inspect_station.registry.rows import dicts
from schedules.terms import Clock

MOST = 500


def record(
    actor: Actor,
    keys: Sequence[tuple[int, str]],
    code: str,
    *,
    now: datetime,
    on_day: date | None = None,
    evidence: str = "",
    note: str = "",
    quiet_days: int | None = None,
) -> int:
    """Say it of many rows at once; an older reason of the same row ends. How many were written.

    `quiet_days` may shorten what the reason allows, never lengthen it.
    """
    actor.need("edit")
    kind = REASONS.get(code)
    problems: dict[str, list[str]] = {}
    day = on_day or now.date()
    if kind is None:
        problems["code"] = ["请选择原因"]
    elif kind.needs_evidence and not evidence.strip():
        problems["evidence"] = [f"“{kind.label}”须填写依据（文号、通知书编号或凭证）"]
    if day > now.date():
        problems["on_day"] = ["不能晚于今天"]
    if not 1 <= len(keys) <= MOST:
        problems["items"] = [f"请选择 1 至 {MOST} 项"]
    if problems or kind is None:
        raise InvalidInput("原因有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)
    quiet = min(quiet_days if quiet_days is not None else kind.quiet_days, kind.quiet_days)
    until = now.date() + timedelta(days=quiet) if quiet > 0 else None
    with db.atomic():
        for equipment, clock in keys:
            device = registry.equipment.get(actor, equipment)
            if clock not in registry.inspections.clocks(device):
                raise InvalidInput("其中有设备没有这个检验项目。", {"items": ["没有这个检验项目"]})
            _end(actor, [Reason.equipment == equipment, Reason.clock == clock], now)
            row = Reason.create(
                equipment=equipment, enterprise=device["enterprise"], clock=clock, code=code, person=actor.name,
                account=actor.account_id, on_day=day, evidence=evidence.strip(), note=note.strip(), quiet_until=until,
                recorded_at=now,
            )  # fmt: skip
            audit.record(
                actor, "reason.record", "equipment", equipment, now=now, enterprise_id=device["enterprise"],
                detail={"reason": row.id, "code": code, "clock": clock},
            )  # fmt: skip
    return len(keys)


def end(actor: Actor, reason_id: int, *, now: datetime) -> dict[str, Any]:
    """It no longer holds; reminders go on."""
    actor.need("edit")
    with db.atomic():
        row = Reason.get_or_none(Reason.id == reason_id, visible(actor, Reason.enterprise))
        if row is None:
            raise NotFound()
        _end(actor, [Reason.id == reason_id], now)
        found = dicts(Reason.select().where(Reason.id == reason_id))[0]
        audit.record(
            actor, "reason.end", "equipment", found["equipment"], now=now, enterprise_id=found["enterprise"],
            detail={"reason": reason_id},
        )  # fmt: skip
    return found


def _end(actor: Actor, conditions: Sequence[Any], now: datetime) -> None:
    Reason.update(ended_at=now, ended_by=actor.name).where(*conditions, Reason.ended_at.is_null()).execute()


def of_device(actor: Actor, equipment_id: int) -> list[dict[str, Any]]:
    """Every reason ever given for a device, the newest first."""
    query = Reason.select().where(Reason.equipment == equipment_id, visible(actor, Reason.enterprise))
    return [_named(row) for row in dicts(query.order_by(Reason.id.desc()).limit(50))]


def standing(actor: Actor, equipment_id: int) -> list[dict[str, Any]]:
    """Those that still hold; the station's own notes are not for the enterprise."""
    return [row for row in of_device(actor, equipment_id) if not row["ended_at"]] if actor.is_staff else []


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "label": REASONS[row["code"]].label, "clock_label": Clock(row["clock"]).label}
