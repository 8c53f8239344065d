"""检验意见通知书: drafted, issued, answered by the unit, re-inspected, confirmed; severe hazards told to both at once."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework import duty, photos, promises, results
from inspect_station.casework.models import ApplicationItem, FindingNotice, FindingStep
from inspect_station.casework.notices import (
    ACTS,
    OPEN,
    SORTS,
    STATES,
    Filters,
    default_deadline,
    get,
    of_device,
    of_tasks,
    overdue_count,
    page,
    report_of,
)
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.registry import service as registry

__all__ = [
    "ACTS", "OPEN", "SORTS", "STATES", "WRITABLE", "Filters", "cancel", "change", "close", "default_deadline", "draft", "get",
    "issue", "of_device", "of_tasks", "overdue_count", "page", "reinspect", "reply", "report_of", "tell",
]  # fmt: skip
WRITABLE = ("problem", "basis", "deadline", "severe")
_LONGEST = 366


def draft(
    actor: Actor, equipment_id: int, given: Mapping[str, Any], *, now: datetime, inspection: int | None = None
) -> int:
    """A new draft's id. `given`: clock and `WRITABLE`."""
    actor.need("edit")
    with db.atomic():
        device = registry.equipment.get(actor, equipment_id)
        values = _checked(device, given, now.date())
        if inspection is not None and registry.inspections.get(actor, inspection)["equipment"] != equipment_id:
            raise NotFound()
        row = FindingNotice.create(
            enterprise=device["enterprise"], equipment=equipment_id, inspection=inspection, account=actor.account_id,
            task=_task(equipment_id, values["clock"]), created_at=now, **values,
        )  # fmt: skip
        _step(actor, {"id": row.id, "enterprise": device["enterprise"]}, "draft", "", now)
    return int(row.id)


def _task(equipment_id: int, clock: str) -> int | None:
    """The newest task that had this device's clock in it."""
    query = ApplicationItem.select(ApplicationItem.task).where(
        ApplicationItem.equipment == equipment_id, ApplicationItem.clock == clock, ApplicationItem.task.is_null(False)
    )
    found = query.order_by(ApplicationItem.id.desc()).limit(1).scalar()
    return int(found) if found else None


def _checked(device: Mapping[str, Any], given: Mapping[str, Any], today: date) -> dict[str, Any]:
    problems: dict[str, list[str]] = {}
    if given.get("clock") not in registry.inspections.clocks(device):
        problems["clock"] = ["这台设备没有这个检验项目"]
    if not str(given.get("problem") or "").strip():
        problems["problem"] = ["请写明发现的问题"]
    deadline = given.get("deadline")
    if deadline is None or deadline < today:
        problems["deadline"] = ["请填写整改期限，不早于今天"]
    elif (deadline - today).days > _LONGEST:
        problems["deadline"] = ["整改期限超过一年，请检查年份"]
    if problems:
        raise InvalidInput("通知书内容有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)
    values = {name: given.get(name) for name in ("clock", *WRITABLE)}
    return {**values, "basis": values["basis"] or "", "severe": bool(values["severe"])}


def change(
    actor: Actor, notice_id: int, given: Mapping[str, Any], *, now: datetime, revision: int | None = None
) -> None:
    """A draft is still ours to change; what was issued stands."""
    actor.need("edit")
    with db.atomic():
        row = _of_state(actor, notice_id, ("draft",), revision)
        device = registry.equipment.get(actor, row["equipment"])
        _write(row, "draft", **_checked(device, {**given, "clock": row["clock"]}, now.date()))
        _step(actor, row, "change", "", now)


def issue(actor: Actor, notice_id: int, *, now: datetime, revision: int | None = None) -> str:
    """Give it a number and put it before the enterprise; the number."""
    actor.need("edit")
    with db.atomic():
        row = _of_state(actor, notice_id, ("draft",), revision)
        if row["deadline"] < now.date():
            raise InvalidInput("整改期限已经过去，请先修改期限。", {"deadline": ["已经过去"]})
        number = f"YJ{now.year}-{notice_id:05d}"
        _write(row, "issued", number=number, issued_at=now, issued_by=actor.name)
        _step(actor, row, "issue", number, now)
    return number


def tell(actor: Actor, notice_id: int, side: str, *, whom: str, now: datetime) -> None:
    """A severe hazard: the unit or the authority has been told; the moment is the present one, never typed."""
    actor.need("edit")
    duty.check(side, whom)
    with db.atomic():
        row = _of_state(actor, notice_id, OPEN, None)
        _write(row, row["state"], **duty.told(row, row["severe"], side, whom, now))
        _step(actor, row, f"tell_{side}", whom, now)


def reply(
    actor: Actor,
    notice_id: int,
    text: str,
    *,
    now: datetime,
    files_dir: Path,
    pictures: Sequence[tuple[str, bytes]] = (),
) -> None:
    """The unit says what it has done, with photos; from here our promise of a re-inspection runs."""
    if actor.is_staff:
        actor.need("edit")
    if not text.strip():
        raise InvalidInput("请写明整改情况。", {"reply": ["请填写整改情况"]})
    checked = photos.check_all(pictures)
    with db.atomic():
        row = _of_state(actor, notice_id, ("issued", "replied"), None)
        by = promises.until("reinspect", now.date())
        _write(row, "replied", reply=text.strip(), replied_at=now, replied_by=actor.name, reinspect_by=by)
        photos.keep(
            actor, checked, owner="reply", owner_id=notice_id, enterprise_id=row["enterprise"], files_dir=files_dir,
            now=now, equipment_id=row["equipment"],
        )  # fmt: skip
        _step(actor, row, "reply", text, now)


def reinspect(actor: Actor, notice_id: int, *, passed: bool, remark: str, now: datetime) -> None:
    """The inspector has looked again: rectified, or back to the unit with what is still wrong."""
    actor.need("edit")
    if not passed and not remark.strip():
        raise InvalidInput("请写明还有哪些没有整改到位。", {"remark": ["请填写"]})
    with db.atomic():
        row = _of_state(actor, notice_id, ("issued", "replied"), None)
        _write(row, "passed" if passed else "issued", reinspected_at=now)
        _step(actor, row, "pass" if passed else "return", remark, now)


def close(actor: Actor, notice_id: int, *, now: datetime) -> None:
    """Confirm that it is done. A severe one only when both duties of law have been done."""
    actor.need("edit")
    with db.atomic():
        row = _of_state(actor, notice_id, ("passed",), None)
        duty.check_done(row, row["severe"])
        _write(row, "closed", closed_at=now)
        _step(actor, row, "close", "", now)
        if row["task"] and not _open_of_task(row["task"]):
            results.settle_task(row["task"], now)


def _open_of_task(task_id: int) -> bool:
    return bool(
        FindingNotice.select()
        .where(FindingNotice.task == task_id, FindingNotice.state.in_(("draft", *OPEN)))
        .exists()
    )


def cancel(actor: Actor, notice_id: int, *, reason: str, now: datetime) -> None:
    """A draft or an issued notice that was wrong; it stays readable with the reason."""
    actor.need("edit")
    if not reason.strip():
        raise InvalidInput("请写明作废的原因。", {"reason": ["请填写原因"]})
    with db.atomic():
        row = _of_state(actor, notice_id, ("draft", *OPEN), None)
        _write(row, "cancelled", closed_at=now)
        _step(actor, row, "cancel", reason, now)


def _of_state(actor: Actor, notice_id: int, allowed: Sequence[str], revision: int | None) -> dict[str, Any]:
    row = dict(
        FindingNotice.select()
        .where(FindingNotice.id == notice_id, visible(actor, FindingNotice.enterprise))
        .dicts()
        .first()
        or {}
    )
    if not row or (row["state"] == "draft" and not actor.is_staff):
        raise NotFound()
    if row["state"] not in allowed:
        raise Conflict(f"通知书现在是“{STATES[row['state']][0]}”，不能这样办。")
    if revision is not None and revision != row["revision"]:
        raise Stale()
    return row


def _write(row: Mapping[str, Any], state: str, **fields: Any) -> None:
    done = (
        FindingNotice.update(state=state, revision=row["revision"] + 1, **fields)
        .where(FindingNotice.id == row["id"], FindingNotice.revision == row["revision"])
        .execute()
    )
    if not done:
        raise Stale()


def _step(actor: Actor, row: Mapping[str, Any], act: str, text: str, now: datetime) -> None:
    FindingStep.insert(
        notice=row["id"], act=act, text=text.strip(), name=actor.name, account=actor.account_id, at=now
    ).execute()
    audit.record(actor, f"finding.{act}", "finding", row["id"], now=now, enterprise_id=row["enterprise"])
