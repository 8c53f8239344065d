"""Clinic hours that can be booked: at the service centre or at the firm; of many tries for one hour one wins."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from peewee import JOIN

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.clinic import words
from inspect_station.clinic.models import ClinicSlot, ClinicVisit
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise
from inspect_station.registry.rows import dicts
from inspect_station.workcalendar import service as workcalendar

AHEAD_MOST = timedelta(days=180)
_TAKEN = "这个时段刚被别人约走了，请另选一个。"


def offer(
    actor: Actor, *, inspector: int, day: date, start_min: int, end_min: int, each_min: int, place: str, now: datetime
) -> int:
    """Open the hours from start to end in pieces of `each_min` minutes; how many are new."""
    actor.need("edit")
    _check(day, start_min, end_min, each_min, place, now.date())
    person = Account.get_or_none(
        Account.id == inspector, Account.enterprise_id.is_null(), Account.disabled_at.is_null()
    )
    if person is None:
        raise InvalidInput("请选择坐诊的人员。", {"inspector": ["请选择坐诊的人员"]})
    with db.atomic():
        made = 0
        for start in range(start_min, end_min - each_min + 1, each_min):
            _refuse_overlap(inspector, day, start, start + each_min)
            made += (
                ClinicSlot.insert(
                    inspector=inspector, day=day, start_min=start, end_min=start + each_min, place=place
                )
                .on_conflict_ignore()
                .as_rowcount()
                .execute()
            )
        detail = {"on": day.isoformat(), "name": person.name, "rows": made}
        audit.record(actor, "clinic.offer_hours", "clinic_slot", inspector, now=now, detail=detail)
    return made


def _check(day: date, start: int, end: int, each: int, place: str, today: date) -> None:
    problems: dict[str, list[str]] = {}
    if not today <= day <= today + AHEAD_MOST:
        problems["day"] = ["日期应从今天起，半年以内"]
    elif not workcalendar.calendar(day).is_workday(day):
        problems["day"] = ["这一天不是工作日"]
    if not 0 <= start < end <= 1440:
        problems["start"] = ["结束时间应晚于开始时间"]
    if not 10 <= each <= 240 or (not problems.get("start") and each > end - start):
        problems["each"] = ["每次 10 至 240 分钟，且不超过坐诊时间"]
    if place not in words.PLACES:
        problems["place"] = ["请选择地点"]
    if problems:
        raise InvalidInput("门诊时间没有放出：" + "；".join(s for p in problems.values() for s in p) + "。", problems)


def _refuse_overlap(inspector: int, day: date, start: int, end: int) -> None:
    clash = ClinicSlot.select().where(
        ClinicSlot.inspector == inspector, ClinicSlot.day == day, ClinicSlot.state != "closed",
        ClinicSlot.start_min < end, ClinicSlot.end_min > start,
        (ClinicSlot.start_min != start) | (ClinicSlot.end_min != end),
    )  # fmt: skip
    if clash.exists():
        raise Conflict(f"{day} {words.hours(start, end)} 与已放出的时段重叠，请调整时间。", {"start": ["时段重叠"]})


def book(actor: Actor, slot_id: int, enterprise_id: int, *, topic: str, now: datetime) -> int:
    """Book an hour: its visit's id. Of many at once exactly one wins: a conditional update decides."""
    if actor.is_staff:
        actor.need("edit")
    actor.check(enterprise_id)
    if not topic.strip():
        raise InvalidInput("请写明想咨询什么，我们好做准备。", {"topic": ["请填写"]})
    with db.atomic():
        registry.enterprises.get(actor, enterprise_id)
        won = (
            ClinicSlot.update(
                state="booked", enterprise=enterprise_id, topic=topic.strip()[:300], booked_by=actor.name, booked_at=now,
                account=actor.account_id,
            )
            .where(ClinicSlot.id == slot_id, ClinicSlot.state == "free", ClinicSlot.day >= now.date())
            .execute()
        )  # fmt: skip
        if not won:
            raise _why_not(slot_id, now.date())
        slot = ClinicSlot.get_by_id(slot_id)
        visit = ClinicVisit.create(
            enterprise=enterprise_id, slot=slot_id, origin="booked", kind="consult", planned_on=slot.day,
            inspector=slot.inspector, place=words.PLACES[slot.place], reason=topic.strip()[:300], created_at=now,
            account=actor.account_id,
        )  # fmt: skip
        detail = {"on": slot.day.isoformat(), "summary": words.hours(slot.start_min, slot.end_min)}
        audit.record(
            actor, "clinic.book", "clinic_slot", slot_id, now=now, enterprise_id=enterprise_id, detail=detail
        )
    return int(visit.id)


def _why_not(slot_id: int, today: date) -> Exception:
    slot = ClinicSlot.get_or_none(ClinicSlot.id == slot_id)
    if slot is None:
        return NotFound()
    return Conflict("这个时段已经过去，请另选一个。" if slot.day < today else _TAKEN, {"slot": ["请另选一个"]})


def give_back(actor: Actor, slot_id: int, *, now: datetime) -> None:
    """A booking is taken back by either side: the hour is free again, its visit cancelled."""
    if actor.is_staff:
        actor.need("edit")
    with db.atomic():
        found = dicts(
            ClinicSlot.select().where(
                ClinicSlot.id == slot_id, ClinicSlot.state == "booked", visible(actor, ClinicSlot.enterprise)
            )
        )
        if not found:
            raise NotFound()
        begun = ClinicVisit.select().where(
            ClinicVisit.slot == slot_id, ClinicVisit.state.in_(("open", "finished", "closed"))
        )
        if begun.exists():
            raise Conflict("已经开始接诊，不能再取消预约。")
        ClinicVisit.update(state="cancelled", closed_at=now).where(
            ClinicVisit.slot == slot_id, ClinicVisit.state == "planned"
        ).execute()
        ClinicSlot.update(state="free", enterprise=None, topic="", booked_by="", booked_at=None, account=None).where(
            ClinicSlot.id == slot_id
        ).execute()
        audit.record(actor, "clinic.give_back", "clinic_slot", slot_id, now=now, enterprise_id=found[0]["enterprise"])


def withdraw(actor: Actor, slot_id: int, *, now: datetime) -> None:
    """Close a free hour again."""
    actor.need("edit")
    with db.atomic():
        done = ClinicSlot.update(state="closed").where(ClinicSlot.id == slot_id, ClinicSlot.state == "free").execute()
        if not done:
            raise Conflict("这个时段已被预约或已收回；已预约的请先取消预约。")
        audit.record(actor, "clinic.withdraw_hours", "clinic_slot", slot_id, now=now)


def listed(actor: Actor, today: date, *, days: int = 30) -> list[dict[str, Any]]:
    """Hours from today on: staff see all, an enterprise the free ones and its own."""
    mine = (ClinicSlot.state == "booked") & visible(actor, ClinicSlot.enterprise)
    query = (
        ClinicSlot.select(ClinicSlot, Account.name.alias("inspector_name"), Enterprise.name.alias("enterprise_name"))
        .join(Account, on=(ClinicSlot.inspector == Account.id))
        .switch(ClinicSlot)
        .join(Enterprise, JOIN.LEFT_OUTER, on=(ClinicSlot.enterprise == Enterprise.id))
        .where(
            ClinicSlot.day >= today, ClinicSlot.day <= today + timedelta(days=days),
            (ClinicSlot.state == "free") | mine,
        )
        .order_by(ClinicSlot.day, ClinicSlot.start_min, ClinicSlot.id)
    )  # fmt: skip
    return [_complete(row) for row in dicts(query)]


def get(actor: Actor, slot_id: int, today: date) -> dict[str, Any]:
    """One hour that the actor may see. Raises `NotFound`."""
    found = [row for row in listed(actor, today, days=AHEAD_MOST.days) if row["id"] == slot_id]
    if not found:
        raise NotFound()
    return found[0]


def by_day(rows: Sequence[dict[str, Any]]) -> list[tuple[date, list[dict[str, Any]]]]:
    days: dict[date, list[dict[str, Any]]] = {}
    for row in rows:
        days.setdefault(row["day"], []).append(row)
    return list(days.items())


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    row["hours"] = words.hours(row["start_min"], row["end_min"])
    row["place_word"] = words.PLACES[row["place"]]
    return row
