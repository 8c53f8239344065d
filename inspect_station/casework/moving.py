"""过户 and merging as a station does them: nothing open may be left behind with the old owner or the double record."""

from datetime import date, datetime
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.casework.models import (
    ApplicationItem,
    CaseFile,
    ExtensionRequest,
    FindingNotice,
    Reason,
    ReportItem,
)
from inspect_station.db import db
from inspect_station.errors import Conflict
from inspect_station.registry import transfers
from inspect_station.registry.models import Equipment
from inspect_station.registry.rows import tuples

_OPEN_FINDINGS = ("draft", "issued", "replied", "passed")


def transfer(
    actor: Actor,
    equipment_id: int,
    enterprise_id: int,
    *,
    on: str,
    reason: str,
    now: datetime,
    today: date,
    **more: Any,
) -> None:
    """Raises `Conflict` while an application, a finding or a request for extension is open."""
    actor.need("edit")
    with db.atomic():
        parts = [row[0] for row in tuples(Equipment.select(Equipment.id).where(Equipment.parent == equipment_id))]
        ids = [equipment_id, *parts]
        open_items = ApplicationItem.select().where(ApplicationItem.equipment.in_(ids), ApplicationItem.open)
        if open_items.exists():
            raise Conflict("设备有正在办理的报检，请先办完或撤回，再过户。")
        findings = FindingNotice.select().where(
            FindingNotice.equipment.in_(ids), FindingNotice.state.in_(_OPEN_FINDINGS)
        )
        if findings.exists():
            raise Conflict("设备有未办结的检验意见通知书，请先办结，再过户。")
        requests = ExtensionRequest.select().where(
            ExtensionRequest.equipment.in_(ids), ExtensionRequest.state.in_(("asked", "agreed"))
        )
        if requests.exists():
            raise Conflict("设备有正在办理的延期申请，请先办完或撤回，再过户。")
        transfers.transfer(actor, equipment_id, enterprise_id, on=on, reason=reason, now=now, today=today, **more)
        Reason.update(ended_at=now, ended_by=f"{actor.name}（过户）").where(
            Reason.equipment.in_(ids), Reason.ended_at.is_null()
        ).execute()


def merge(actor: Actor, keep_id: int, duplicate_id: int, *, reason: str, now: datetime) -> None:
    """Cases, reports, findings and photos of the duplicate follow its inspections to the kept record."""
    actor.need("edit")
    with db.atomic():
        mine = {row[0] for row in _open_clocks(keep_id)}
        if mine & {row[0] for row in _open_clocks(duplicate_id)}:
            raise Conflict("两份档案的同一项检验都已报检，请先撤回其中一份报检，再合并。")
        transfers.merge(actor, keep_id, duplicate_id, reason=reason, now=now)
        for table in (ApplicationItem, ReportItem, Reason, FindingNotice, ExtensionRequest, CaseFile):
            table.update(equipment=keep_id).where(table.equipment == duplicate_id).execute()


def _open_clocks(equipment_id: int) -> Any:
    return tuples(
        ApplicationItem.select(ApplicationItem.clock).where(
            ApplicationItem.equipment == equipment_id, ApplicationItem.open
        )
    )
