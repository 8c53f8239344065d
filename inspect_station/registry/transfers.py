"""A device goes to another enterprise, or turns out to be recorded twice: its history goes with it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, Stale
from inspect_station.registry import changes, days, equipment
from inspect_station.registry.days import Problems
from inspect_station.registry.models import (
    Document,
    Enterprise,
    Equipment,
    Extension,
    FactChange,
    Inspection,
    StatusChange,
)
from inspect_station.registry.rows import tuples
from schedules.terms import kind_of

MERGED = "merged_into"


def transfer(
    actor: Actor,
    equipment_id: int,
    enterprise_id: int,
    *,
    on: str,
    reason: str,
    now: datetime,
    today: date,
    document: str = "",
    revision: int | None = None,
) -> None:
    """过户: the device, its lines and accessories belong to another enterprise from a day on.

    Raises `InvalidInput`, `Conflict` for a part that goes with its host, `Stale` for an outdated form.
    """
    actor.need("edit")
    with db.atomic():
        present = equipment.get(actor, equipment_id)
        if revision is not None and revision != present["revision"]:
            raise Stale()
        if present["parent"]:
            raise Conflict("管道和安全附件随所属装置（设备）一起过户，请在所属装置上办理。")
        _check(present, enterprise_id, on, reason, today)
        equipment.write(equipment_id, present["revision"], {"enterprise": enterprise_id}, now)
        pair = (enterprise_id, present["enterprise"])
        names = dict(tuples(Enterprise.select(Enterprise.id, Enterprise.name).where(Enterprise.id.in_(pair))))
        said = f"过户：{names[present['enterprise']]} → {names[enterprise_id]}；{reason.strip()}"
        for number in [equipment_id, *_children(equipment_id)]:
            if number != equipment_id:
                Equipment.update(enterprise=enterprise_id, updated_at=now, revision=Equipment.revision + 1).where(
                    Equipment.id == number
                ).execute()
            StatusChange.insert(
                equipment=number, status=present["status"], from_on=on, reason=said[:300], document=document,
                account=actor.account_id, at=now,
            ).execute()  # fmt: skip
            changes.record(
                actor, "equipment.transfer", number, enterprise_id,
                {"enterprise": (names[present["enterprise"]], names[enterprise_id])}, now=now, reason=reason,
                detail={"on": on, "document": document, "from": present["enterprise"]},
            )  # fmt: skip


def _check(present: Mapping[str, Any], enterprise_id: int, on: str, reason: str, today: date) -> None:
    problems = Problems()
    day = days.read(on, "on", problems, to_the_day=True)
    if not on:
        problems.add("on", "请填写过户日期")
    days.not_in_future(day, today, "on", problems)
    if not reason.strip():
        problems.add("reason", "请填写理由")
    if enterprise_id == present["enterprise"]:
        problems.add("enterprise_id", "设备已经属于这家企业")
    elif not Enterprise.select().where(Enterprise.id == enterprise_id).exists():
        problems.add("enterprise_id", "请选择新的使用单位")
    if problems:
        raise InvalidInput("过户信息有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)


def _children(equipment_id: int) -> list[int]:
    """Parts, and parts of parts: an installation's lines may carry accessories."""
    found: list[int] = []
    level = [equipment_id]
    while level:
        level = [row[0] for row in tuples(Equipment.select(Equipment.id).where(Equipment.parent.in_(level)))]
        found += level
    return found


def merge(actor: Actor, keep_id: int, duplicate_id: int, *, reason: str, now: datetime) -> None:
    """Two records of one device become one: inspections, extensions, files and parts go to the kept one.

    The duplicate stays readable as cancelled and says where it went.
    """
    actor.need("edit")
    with db.atomic():
        keep, double = equipment.get(actor, keep_id), equipment.get(actor, duplicate_id)
        _check_pair(keep, double, reason)
        for table in (Inspection, Extension, Document):
            table.update(equipment=keep_id).where(table.equipment == duplicate_id).execute()
        Equipment.update(parent=keep_id, updated_at=now).where(Equipment.parent == duplicate_id).execute()
        equipment.write(duplicate_id, double["revision"], {"status": "cancelled"}, now)
        equipment.write(keep_id, keep["revision"], _filled(keep, double), now)
        StatusChange.insert(
            equipment=duplicate_id, status="cancelled", from_on=now.date().isoformat(), account=actor.account_id, at=now,
            reason=f"重复档案，并入“{keep['name']} {keep['own_number']}”：{reason.strip()}"[:300],
        ).execute()  # fmt: skip
        for number, said in ((duplicate_id, (None, keep_id)), (keep_id, (duplicate_id, None))):
            field = MERGED if number == duplicate_id else "merged_from"
            changes.record(
                actor, "equipment.merge", number, keep["enterprise"], {field: said}, now=now, reason=reason,
                detail={"kept": keep_id, "duplicate": duplicate_id},
            )  # fmt: skip


def _check_pair(keep: Mapping[str, Any], double: Mapping[str, Any], reason: str) -> None:
    problems: dict[str, list[str]] = {}
    if keep["id"] == double["id"]:
        problems["duplicate_id"] = ["请选择另一份档案"]
    elif keep["enterprise"] != double["enterprise"]:
        problems["duplicate_id"] = ["两份档案属于不同的企业，请先办理过户"]
    elif kind_of(keep["catalogue_code"], keep["traits"]) != kind_of(double["catalogue_code"], double["traits"]):
        problems["duplicate_id"] = ["两份档案不是同一种类的设备"]
    elif keep["form"] != double["form"]:
        problems["duplicate_id"] = ["两份档案的形式不同"]
    if not reason.strip():
        problems["reason"] = ["请写明为什么判定为重复"]
    if problems:
        raise InvalidInput("不能合并：" + "；".join(s for p in problems.values() for s in p) + "。", problems)


_FILLABLE = (
    "own_number", "maker", "maker_number", "device_code", "registration_code", "certificate_number", "model", "location",
    "made_on", "put_into_use_on", "design_life_years", "technical",
)  # fmt: skip


def _filled(keep: Mapping[str, Any], double: Mapping[str, Any]) -> dict[str, Any]:
    """What only the duplicate knew; where both say something, the kept one's word stands."""
    return {name: double[name] for name in _FILLABLE if not keep[name] and double[name]}


def merged_into(equipment_id: int) -> int | None:
    """The device a cancelled duplicate went into."""
    query = FactChange.select(FactChange.new).where(
        FactChange.object_type == "equipment", FactChange.object_id == equipment_id, FactChange.field == MERGED
    )
    found = list(tuples(query.order_by(FactChange.id.desc()).limit(1)))
    return int(found[0][0]) if found else None


def candidates(actor: Actor, equipment_id: int, most: int = 200) -> list[tuple[int, str]]:
    """Records of the same enterprise and catalogue code that a device may be a duplicate of, the likely ones first."""
    row = equipment.get(actor, equipment_id)
    alike = (
        (Equipment.maker_number == row["maker_number"]) if row["maker_number"] else (Equipment.name == row["name"])
    )
    names = ("id", "name", "own_number", "line_number", "maker_number")
    query = Equipment.select(*(getattr(Equipment, name) for name in names)).where(
        Equipment.enterprise == row["enterprise"], Equipment.form == row["form"], Equipment.status != "cancelled",
        Equipment.catalogue_code == row["catalogue_code"], Equipment.id != equipment_id,
    )  # fmt: skip
    rows = tuples(query.order_by(alike.desc(), Equipment.own_number, Equipment.id).limit(most))
    return [(r[0], f"{r[1]} {r[2] or r[3]}" + (f"（出厂号 {r[4]}）" if r[4] else "")) for r in rows]
