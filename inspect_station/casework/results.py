"""The result of an inspection, for one device or many pipe lines at once: a fact of the registry, a report, a case closed."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from peewee import fn

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.casework import deciding, inspectors, numbers, photos, promises, proposals
from inspect_station.casework.applying import name_of
from inspect_station.casework.models import ApplicationItem, Reason, Report, ReportItem, Task
from inspect_station.db import db
from inspect_station.duelist.projection import in_force_now
from inspect_station.errors import InvalidInput, Stale
from inspect_station.registry import service as registry
from inspect_station.registry.models import Equipment, Inspection
from inspect_station.registry.rows import tuples
from schedules.dates import Day
from schedules.terms import Clock, Conclusion, DoneBy, Kind, kind_of

MOST = 500


def known(keys: Sequence[tuple[int, str]]) -> int:
    """The newest inspection of these devices and clocks: what a form was filled on (0: none)."""
    clocks = {clock for _, clock in keys}
    newest = 0
    ids = sorted({equipment for equipment, _ in keys})
    for start in range(0, len(ids), 500):
        query = Inspection.select(fn.MAX(Inspection.id)).where(
            Inspection.equipment.in_(ids[start : start + 500]), Inspection.clock.in_(clocks)
        )
        newest = max(newest, query.scalar() or 0)
    return newest


def record(
    actor: Actor,
    equipment_ids: Sequence[int],
    given: Mapping[str, Any],
    *,
    now: datetime,
    files_dir: Path,
    reason: str = "",
    inspector_ids: Sequence[int] = (),
    pictures: Sequence[tuple[str, bytes]] = (),
    filled_on: int | None = None,
) -> int:
    """The new report's id. `given`: the fields of `registry.inspections.WRITABLE`, the same for every device.

    `reason` lets a next date beyond the bound, or a number an old ledger has, stand. `filled_on` is what `known` said
    when the form was opened. Raises `InvalidInput` naming field or device, `Stale` where another result was saved
    since. All or nothing.
    """
    (made,) = record_each(
        actor, dict.fromkeys(equipment_ids, given), now=now, files_dir=files_dir, reason=reason,
        inspector_ids=inspector_ids, pictures=pictures, filled_on=filled_on,
    )  # fmt: skip
    return made


def record_each(
    actor: Actor,
    given: Mapping[int, Mapping[str, Any]],
    *,
    now: datetime,
    files_dir: Path,
    reason: str = "",
    inspector_ids: Sequence[int] = (),
    pictures: Sequence[tuple[str, bytes]] = (),
    filled_on: int | None = None,
) -> list[int]:
    """The new reports' ids: devices whose values are alike share one. `given`: device → its values, of one clock."""
    actor.need("edit")
    ids = sorted(given)
    if not 1 <= len(ids) <= MOST:
        raise InvalidInput(f"请选择 1 至 {MOST} 台（条）设备。", {"equipment": [f"请选择 1 至 {MOST} 台（条）"]})
    checked = photos.check_all(pictures)
    clock = str(given[ids[0]].get("clock", ""))
    with db.atomic():
        devices = {number: registry.equipment.get(actor, number) for number in ids}
        kind = _one_kind(list(devices.values()))
        _one_at_a_time(ids, clock, filled_on)
        made = []
        for numbers, values in _alike(given):
            people = _people(values, kind, clock, inspector_ids, now.date())
            some = [devices[number] for number in numbers]
            made.append(_record(actor, some, values, people, now, reason, many=len(ids) > 1))
            photos.keep(
                actor, checked, owner="result", owner_id=made[-1], enterprise_id=some[0]["enterprise"],
                files_dir=files_dir, now=now, equipment_id=numbers[0] if len(numbers) == 1 else None,
            )  # fmt: skip
        _end_reasons(actor, ids, clock, now)
    return made


def _alike(given: Mapping[int, Mapping[str, Any]]) -> list[tuple[list[int], Mapping[str, Any]]]:
    """Devices that share every value, and so a report: many lines, or one vessel each with its own number."""
    found: dict[tuple[Any, ...], tuple[list[int], Mapping[str, Any]]] = {}
    for number in sorted(given):
        values = given[number]
        found.setdefault(tuple(sorted(values.items())), ([], values))[0].append(number)
    return list(found.values())


def _record(
    actor: Actor,
    devices: Sequence[Mapping[str, Any]],
    given: Mapping[str, Any],
    people: list[dict[str, object]],
    now: datetime,
    reason: str,
    *,
    many: bool,
) -> int:
    clock, firm = str(given.get("clock", "")), int(devices[0]["enterprise"])
    number = str(given.get("report_number") or "").strip()
    done, today = proposals.day(given.get("completed_on")), now.date()
    done_on = min(done.last, today) if done else today
    again = numbers.check(number, firm, [int(d["id"]) for d in devices], clock, done_on=done_on, reason=reason)
    names = "、".join(str(person["name"]) for person in people) or given.get("inspectors", "")
    values = {**given, "report_number": number, "inspectors": names}
    made = {d["id"]: _insert(actor, d, values, now, reason, many) for d in devices}
    report = _report(actor, firm, clock, {**values, "again": again}, people, made, now)
    _close(made, clock, values, now)
    return report


def _one_kind(devices: Sequence[Mapping[str, Any]]) -> Kind:
    kinds = {kind_of(device["catalogue_code"], device["traits"]) for device in devices}
    firms = {device["enterprise"] for device in devices}
    kind = kinds.pop()
    if kinds or len(firms) > 1 or kind is None:
        raise InvalidInput("一次只能登记同一企业、同一种类的设备，请分开登记。", {"equipment": ["请分开登记"]})
    return kind


def _one_at_a_time(ids: Sequence[int], clock: str, filled_on: int | None) -> None:
    """Rows are locked in the order of their ids: two savers cannot pass each other, the later one is told."""
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        Equipment.update(updated_at=Equipment.updated_at).where(Equipment.id.in_(some)).execute()
    if filled_on is not None and known([(number, clock) for number in ids]) > filled_on:
        raise Stale(
            "这台设备的这一项刚有别人登记了结果。请核对下面的最新记录，确需再登记的请再保存一次；您填写的内容还在。"
        )


def needs_people(kind: Kind, clock: str) -> bool:
    """Whether this clock is the institution's, whose inspectors must be named."""
    return in_force_now().done_by(kind, Clock(clock)) is DoneBy.INSTITUTION


def _people(
    given: Mapping[str, Any], kind: Kind, clock: str, ids: Sequence[int], today: date
) -> list[dict[str, object]]:
    """Our inspectors. Where another body inspected (`institution`), its people are written as text."""
    if str(given.get("institution") or "").strip():
        return []
    done = proposals.day(given.get("completed_on"))
    if clock not in set(Clock) or done is None:
        return []  # the registry's own check names what is wrong with them
    if not ids and not needs_people(kind, clock):
        return []  # the user's own annual check, a valve's calibration
    return inspectors.named(ids, kind, clock, min(done.last, today))


def _insert(
    actor: Actor, device: Mapping[str, Any], values: Mapping[str, Any], now: datetime, reason: str, many: bool
) -> int:
    fitting, clock = dict(values), str(values.get("clock"))
    if many and not registry.inspections.graded(device, clock):
        fitting["grade"] = None
    failure = proposals.failed_same_day(actor, device["id"], fitting)
    try:
        if failure is not None and not reason.strip():
            sentence = proposals.why_overruled(failure)
            asked = ["同一天已有不合格记录，仍要登记的请写理由"]
            raise InvalidInput(f"{sentence}。", {"completed_on": [sentence], "reason": asked})
        return registry.inspections.record(actor, device["id"], fitting, now=now, today=now.date(), reason=reason)
    except InvalidInput as error:
        if not many:
            raise
        name = name_of(device)
        fields = {field: [f"{name}：{said}" for said in sentences] for field, sentences in error.fields.items()}
        raise InvalidInput(f"{name}：{error.message}", fields) from error


def _report(
    actor: Actor,
    enterprise: int,
    clock: str,
    values: Mapping[str, Any],
    people: Any,
    made: Mapping[int, int],
    now: datetime,
) -> int:
    done = Day.parse(values["completed_on"]).last if values.get("completed_on") else now.date()
    query = ApplicationItem.select(ApplicationItem.task).where(
        ApplicationItem.open, ApplicationItem.clock == clock, ApplicationItem.equipment.in_(list(made))
    )
    row = Report.create(
        enterprise=enterprise, task=query.limit(1).scalar(), number=values["report_number"], again=values["again"],
        completed_on=min(done, now.date()),
        inspectors=people, steps={"written": {"by": actor.name, "id": actor.account_id, "at": now.isoformat()}},
        report_by=promises.until("report", min(done, now.date())), created_at=now,
    )  # fmt: skip
    ReportItem.insert_many(
        [{"report": row.id, "equipment": e, "clock": clock, "inspection": i} for e, i in made.items()]
    ).execute()
    detail = {"items": len(made), "clock": clock, "number": values["report_number"]}
    audit.record(actor, "result.record", "report", row.id, now=now, enterprise_id=enterprise, detail=detail)
    return int(row.id)


def _close(made: Mapping[int, int], clock: str, values: Mapping[str, Any], now: datetime) -> None:
    """The items of open cases that these inspections answer, and the tasks they belong to."""
    query = ApplicationItem.select(ApplicationItem.id, ApplicationItem.equipment, ApplicationItem.task).where(
        ApplicationItem.open, ApplicationItem.clock == clock, ApplicationItem.equipment.in_(list(made))
    )
    answered = list(tuples(query))
    for item, equipment, _ in answered:
        ApplicationItem.update(open=False, outcome="inspected", inspection=made[equipment]).where(
            ApplicationItem.id == item
        ).execute()
    conclusion = values.get("conclusion")
    failed = conclusion is not None and conclusion != "" and not Conclusion(conclusion).qualified
    for task in {task for _, _, task in answered if task}:
        settle_task(task, now, failed=failed)


def settle_task(task_id: int, now: datetime, *, failed: bool = False) -> None:
    """A task is done when nothing of it is open; after a failure it hangs until the rectification is confirmed."""
    left = ApplicationItem.select().where(ApplicationItem.task == task_id, ApplicationItem.open).exists()
    state = "rectifying" if failed else "inspecting" if left else "done"
    row = Task.get_by_id(task_id)
    if row.state == "rectifying" and not failed and left:
        state = "rectifying"
    Task.update(state=state, closed_at=now if state == "done" else None, revision=Task.revision + 1).where(
        Task.id == task_id
    ).execute()
    deciding.settle(row.application_id, now)  # type: ignore[attr-defined]


def _end_reasons(actor: Actor, ids: Sequence[int], clock: str, now: datetime) -> None:
    """What explained why it was not done has been overtaken."""
    Reason.update(ended_at=now, ended_by=f"{actor.name}（已登记检验结果）").where(
        Reason.equipment.in_(list(ids)), Reason.clock == clock, Reason.ended_at.is_null()
    ).execute()
