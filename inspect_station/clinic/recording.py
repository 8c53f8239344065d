"""The record of a visit as it comes from the phone: who, what, findings with photos, minutes, the firm's signature.

Everything of one form is written or nothing; photos of a refused form are held, so that they need not be taken twice.
"""

import base64
import binascii
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from inspect_station.accounts.scope import Actor
from inspect_station.casework import photos
from inspect_station.clinic import library, visits, words
from inspect_station.clinic.models import ClinicFinding, FindingEntry, VisitDevice
from inspect_station.db import db
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.registry import documents
from inspect_station.registry import service as registry
from inspect_station.registry.rows import dicts

OWNER = "clinic_finding"
HELD = "clinic_held"
MOST_FINDINGS = 30
HEAD = ("kind", "place", "station_people", "unit_people", "summary", "minutes", "signed_by", "unsigned_reason")
WRITABLE = ("symptom", "diagnosis", "basis", "grade", "measure", "who", "deadline", "equipment")
_LONGEST = 366
_SIGNATURE_MOST = 400_000
Picture = tuple[str, bytes]


@dataclass
class Given:
    """One finding as typed. `place` is its number on the form: errors are named by it."""

    place: int
    values: Mapping[str, Any]
    number: int | None = None
    remove: bool = False
    pictures: Sequence[Picture] = ()
    held: Sequence[int] = ()

    @property
    def is_blank(self) -> bool:
        typed = (self.values.get(name) for name in ("symptom", "diagnosis", "measure", "grade"))
        return self.number is None and not any(typed) and not self.pictures and not self.held


@dataclass
class Record:
    """A visit's form."""

    head: Mapping[str, Any]
    findings: Sequence[Given] = ()
    devices: Sequence[int] = ()
    signature: str = ""
    finish: bool = False
    problems: dict[str, list[str]] = field(default_factory=dict)


def save(
    actor: Actor, visit_id: int, record: Record, *, now: datetime, files_dir: Path, revision: int | None = None
) -> list[int]:
    """Write the record; ids of severe findings whose duty of law is not done yet.

    Raises `InvalidInput` naming every field, after holding the photos that came along.
    """
    actor.need("edit")
    row = visits.of_state(actor, visit_id, ("open",), revision)
    findings = [given for given in record.findings if not given.is_blank or given.remove]
    checked = {given.place: photos.check_all(given.pictures) for given in findings}
    values = {given.place: _finding(record, given, now.date()) for given in findings if not given.remove}
    head, signature = _head(record, bool(values), row)
    if record.problems:
        raise InvalidInput(_sentence(record.problems), record.problems)
    with db.atomic():
        _set_devices(actor, row, record.devices, values.values())
        for given in findings:
            number = _write_finding(actor, row, given, values.get(given.place), now)
            if number is not None:
                _attach(actor, row, number, given, checked[given.place], files_dir, now)
        fields = {**head, "state": "finished", "finished_at": now} if record.finish else head
        if signature:
            fields |= {"signature": documents.keep(files_dir, signature), "signed_at": now, "unsigned_reason": ""}
        visits.write(row, **fields)
        visits.note(
            actor, "clinic.finish" if record.finish else "clinic.save", visit_id, row["enterprise"], now,
            {"findings": len(values)},
        )  # fmt: skip
        visits.settle(visit_id, now)
    return _severe_untold(visit_id)


def hold(actor: Actor, visit_id: int, pictures: Sequence[Picture], *, now: datetime, files_dir: Path) -> list[int]:
    """Keep photos of a form that was refused for another reason; their ids go back into the form."""
    actor.need("edit")
    row = visits.of_state(actor, visit_id, ("open",))
    good = []
    for name, content in pictures[: photos.MOST]:
        try:
            good.append(photos.check(content, name))
        except InvalidInput:
            continue  # its sentence stands beside the field already
    with db.atomic():
        return photos.keep(
            actor, good, owner=HELD, owner_id=visit_id, enterprise_id=row["enterprise"], files_dir=files_dir, now=now
        )


def _sentence(problems: Mapping[str, Sequence[str]]) -> str:
    return "记录没有保存：" + "；".join(s for found in problems.values() for s in found) + "。已填的内容都还在。"


def _finding(record: Record, given: Given, today: date) -> dict[str, Any]:
    values = {name: given.values.get(name) for name in WRITABLE}

    def wrong(name: str, sentence: str) -> None:
        # What could not even be read was said before.
        record.problems.setdefault(f"finding-{given.place}-{name}", [f"第 {given.place + 1} 项{sentence}"])

    if not values["symptom"]:
        wrong("symptom", "没有写症状")
    if values["grade"] not in words.GRADES:
        wrong("grade", "没有选诊断等级（一般、较重、严重）")
    if not values["measure"]:
        wrong("measure", "没有写处方（要做什么）")
    deadline = values["deadline"]
    if deadline is None:
        wrong("deadline", "没有写整改期限")
    elif deadline < today:
        wrong("deadline", f"整改期限 {deadline} 已经过去，请改为今天或以后")
    elif (deadline - today).days > _LONGEST:
        wrong("deadline", "整改期限超过一年，请检查年份")
    return values | {name: values[name] or "" for name in ("diagnosis", "basis", "who")}


def _head(record: Record, has_findings: bool, row: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    values = {name: record.head.get(name) for name in HEAD}
    signature = _signature(record)
    if values["kind"] not in words.KINDS:
        record.problems["kind"] = ["请选择出诊的内容"]
    if values["minutes"] is not None and not 0 < values["minutes"] <= 1440:
        record.problems["minutes"] = ["用时应为 1 至 1440 分钟"]
    if record.finish:
        if values["minutes"] is None:
            record.problems.setdefault("minutes", ["请填写用时（分钟）"])
        if not has_findings and not values["summary"]:
            record.problems["summary"] = ["没有诊断的，请写一句看了什么、谈了什么"]
        if not signature and not row["signature"] and not values["unsigned_reason"]:
            record.problems["signature"] = ["请企业签字；签不了的，写明原因"]
        if (signature or row["signature"]) and not (values["signed_by"] or row["signed_by"]):
            record.problems["signed_by"] = ["请写签字人的姓名"]
    blank = {name: "" for name in HEAD if name not in ("kind", "minutes") and values[name] is None}
    return values | blank, signature


def _signature(record: Record) -> bytes:
    """A drawing from the glass (PNG as data URL), redrawn here so that nothing but its pixels is kept."""
    head, _, text = record.signature.partition(",")
    if not text:
        return b""
    try:
        if head != "data:image/png;base64" or len(text) > _SIGNATURE_MOST:
            raise ValueError("no drawing of ours")
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=("PNG",)) as drawn:
            if drawn.width * drawn.height > 4_000_000:
                raise ValueError("too large")
            plain = Image.new("RGB", drawn.size, "white")
            rgba = drawn.convert("RGBA")
            plain.paste(rgba, mask=rgba.getchannel("A"))
    except (ValueError, OSError, SyntaxError, UnidentifiedImageError, binascii.Error, Image.DecompressionBombError):
        record.problems["signature"] = ["签字没有收到，请重新签一次"]
        return b""
    made = io.BytesIO()
    plain.convert("L").save(made, "PNG", optimize=True)
    return made.getvalue()


def _set_devices(actor: Actor, row: Mapping[str, Any], chosen: Sequence[int], values: Any) -> None:
    wanted = dict.fromkeys([*chosen, *(v["equipment"] for v in values if v["equipment"])])
    for equipment in wanted:
        if registry.equipment.get(actor, equipment)["enterprise"] != row["enterprise"]:
            raise InvalidInput("所选设备不是这家企业的，请重新选择。", {"devices": ["不是这家企业的设备"]})
    VisitDevice.delete().where(
        VisitDevice.visit == row["id"], VisitDevice.equipment.not_in(list(wanted) or [0])
    ).execute()
    for equipment in wanted:
        VisitDevice.insert(visit=row["id"], equipment=equipment).on_conflict_ignore().execute()


def _write_finding(
    actor: Actor, row: Mapping[str, Any], given: Given, values: Mapping[str, Any] | None, now: datetime
) -> int | None:
    mine = (ClinicFinding.id == given.number) & (ClinicFinding.visit == row["id"])
    if values is None:
        told = (ClinicFinding.unit_told_at.is_null(False)) | (ClinicFinding.authority_told_at.is_null(False))
        if given.number is not None and ClinicFinding.select().where(mine, told).exists():
            raise InvalidInput("已经告知企业或报告监管部门的诊断不能删去。")
        ClinicFinding.delete().where(mine).execute()
        return None
    common = library.match(str(values["symptom"]))
    repeats = _before(row, values, common)
    if given.number is not None:
        if not ClinicFinding.update(**values, common=common, repeats=repeats).where(mine).execute():
            raise NotFound()
        return given.number
    made = ClinicFinding.create(
        **values, visit=row["id"], enterprise=row["enterprise"], common=common, repeats=repeats, created_at=now
    )
    FindingEntry.create(finding=made.id, act="found", account=actor.account_id, name=actor.name, at=now)
    return int(made.id)


def _before(row: Mapping[str, Any], values: Mapping[str, Any], common: int | None) -> int | None:
    """The newest earlier finding of the same kind at the same firm."""
    same = (ClinicFinding.symptom == values["symptom"]) & (
        ClinicFinding.equipment == values["equipment"] if values["equipment"] else ClinicFinding.equipment.is_null()
    )
    if common is not None:
        same = same | (ClinicFinding.common == common)
    query = ClinicFinding.select(ClinicFinding.id).where(
        ClinicFinding.enterprise == row["enterprise"],
        ClinicFinding.visit != row["id"],
        same,
        ClinicFinding.state != "dropped",  # what was no concern is not repeated
    )
    found = query.order_by(ClinicFinding.id.desc()).limit(1).scalar()
    return int(found) if found else None


def _attach(
    actor: Actor, row: Mapping[str, Any], number: int, given: Given, checked: Any, files_dir: Path, now: datetime
) -> None:
    photos.keep(
        actor, checked, owner=OWNER, owner_id=number, enterprise_id=row["enterprise"], files_dir=files_dir, now=now,
        equipment_id=given.values.get("equipment"),
    )  # fmt: skip
    photos.hand_on(actor, given.held, (HELD, row["id"]), (OWNER, number))


def _severe_untold(visit_id: int) -> list[int]:
    query = ClinicFinding.select(ClinicFinding.id).where(
        ClinicFinding.visit == visit_id, ClinicFinding.grade == "severe",
        ClinicFinding.unit_told_at.is_null() | ClinicFinding.authority_told_at.is_null(),
    )  # fmt: skip
    return [row["id"] for row in dicts(query.order_by(ClinicFinding.id))]
