"""The library: what is often found and usually prescribed, kept by the technical head, offered while typing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.clinic import words
from inspect_station.clinic.examples import EXAMPLES
from inspect_station.clinic.models import ClinicFinding, ClinicVisit, CommonFinding
from inspect_station.db import bulk_insert, db
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.registry.rows import dicts, tuples

PERMISSION = "confirm_rules"
WRITABLE = ("symptom", "diagnosis", "basis", "verified", "grade", "measure", "days")
VERIFIED: Mapping[str, str] = {
    "text": "已对照原文", "secondary": "待核实（二手资料）", "recollection": "待核实（凭记忆）", "unknown": "待核实",
}  # fmt: skip
# So few firms could be told apart: their counts are not shown to firms.
LEAST_FIRMS = 3


def seed(now: datetime) -> int:
    """Put the examples into a library nobody has filled; how many. Safe at every start."""
    with db.atomic():
        if CommonFinding.select().exists():
            return 0
        bulk_insert(CommonFinding, [{**row, "changed_at": now, "changed_by": "随系统提供"} for row in EXAMPLES])
    return len(EXAMPLES)


def listed(actor: Actor, today: date, *, ended: bool = False) -> list[dict[str, Any]]:
    """Entries with how often, and at how many firms, they were found within a year; the most frequent first."""
    actor.need_staff()
    query = CommonFinding.select().order_by(CommonFinding.id)
    rows = dicts(query if ended else query.where(CommonFinding.ended_at.is_null()))
    counts = _counts(today)
    for row in rows:
        row["times"], row["firms"] = counts.get(row["id"], (0, 0))
        row["grade_word"] = words.GRADES[row["grade"]][0]
    return sorted(rows, key=lambda row: (row["ended_at"] is not None, -row["times"], row["id"]))


def _counts(today: date) -> dict[int, tuple[int, int]]:
    query = (
        ClinicFinding.select(
            ClinicFinding.common, fn.COUNT(ClinicFinding.id), fn.COUNT(ClinicFinding.enterprise.distinct())
        )
        .join(ClinicVisit)
        .where(ClinicFinding.common.is_null(False), ClinicVisit.visited_on >= today - timedelta(days=365))
        .group_by(ClinicFinding.common)
    )
    return {row[0]: (int(row[1]), int(row[2])) for row in tuples(query)}


def recurring(today: date, most: int = 8) -> list[dict[str, Any]]:
    """What recurs across the park, for everybody: the library's own words and counts, no firm, no few firms."""
    counts = {key: value for key, value in _counts(today).items() if value[1] >= LEAST_FIRMS}
    rows = dicts(CommonFinding.select().where(CommonFinding.id.in_(list(counts) or [0])))
    named = [
        {"symptom": r["symptom"], "measure": r["measure"], "times": counts[r["id"]][0], "firms": counts[r["id"]][1]}
        for r in rows
    ]
    return sorted(named, key=lambda row: -row["times"])[:most]


def offered(actor: Actor, typed: str = "", most: int = 200) -> list[dict[str, Any]]:
    """Entries whose symptom or diagnosis holds what is typed."""
    actor.need_staff()
    query = CommonFinding.select().where(CommonFinding.ended_at.is_null())
    for word in typed.replace("\0", "").split()[:4]:
        query = query.where(CommonFinding.symptom.contains(word) | CommonFinding.diagnosis.contains(word))
    return dicts(query.order_by(CommonFinding.id).limit(most))


def match(symptom: str) -> int | None:
    """The entry a typed symptom was taken from."""
    found = CommonFinding.select(CommonFinding.id).where(CommonFinding.symptom == symptom.strip()).limit(1).scalar()
    return int(found) if found else None


def get(actor: Actor, entry_id: int) -> dict[str, Any]:
    actor.need_staff()
    found = dicts(CommonFinding.select().where(CommonFinding.id == entry_id))
    if not found:
        raise NotFound()
    return found[0]


def add(actor: Actor, given: Mapping[str, Any], *, now: datetime) -> int:
    actor.need(PERMISSION)
    values = _checked(given, None)
    with db.atomic():
        row = CommonFinding.create(**values, changed_at=now, changed_by=actor.name)
        audit.record(actor, "clinic.library", "common_finding", row.id, now=now, detail={"new": values["symptom"]})
    return int(row.id)


def change(
    actor: Actor, entry_id: int, given: Mapping[str, Any], *, now: datetime, revision: int | None = None
) -> None:
    actor.need(PERMISSION)
    present = get(actor, entry_id)
    values = _checked(given, entry_id)
    if revision is not None and revision != present["revision"]:
        raise Stale()
    with db.atomic():
        done = (
            CommonFinding.update(**values, changed_at=now, changed_by=actor.name, revision=present["revision"] + 1)
            .where(CommonFinding.id == entry_id, CommonFinding.revision == present["revision"])
            .execute()
        )
        if not done:
            raise Stale()
        detail = {"old": present["symptom"], "new": values["symptom"]}
        audit.record(actor, "clinic.library", "common_finding", entry_id, now=now, detail=detail)


def end(actor: Actor, entry_id: int, *, now: datetime, again: bool = False) -> None:
    """Take an entry out of what is offered, or offer it again; what was found with it stays."""
    actor.need(PERMISSION)
    with db.atomic():
        if not CommonFinding.update(ended_at=None if again else now).where(CommonFinding.id == entry_id).execute():
            raise NotFound()
        act = "clinic.library" if again else "clinic.library_end"
        audit.record(actor, act, "common_finding", entry_id, now=now)


def _checked(given: Mapping[str, Any], entry_id: int | None) -> dict[str, Any]:
    values = {name: given.get(name) for name in WRITABLE}
    problems: dict[str, list[str]] = {}
    if not values["symptom"]:
        problems["symptom"] = ["请填写症状"]
    if not values["measure"]:
        problems["measure"] = ["请填写处方"]
    if values["grade"] not in words.GRADES:
        problems["grade"] = ["请选择等级"]
    if values["days"] is None or not 0 <= values["days"] <= 366:
        problems["days"] = ["整改天数应为 0 至 366"]
    if problems:
        raise InvalidInput("条目没有保存：" + "；".join(s for p in problems.values() for s in p) + "。", problems)
    double = CommonFinding.select().where(
        CommonFinding.symptom == values["symptom"], CommonFinding.id != (entry_id or 0)
    )
    if double.exists():
        raise Conflict("库里已有同样的症状，请改那一条。", {"symptom": ["已有同样的症状"]})
    verified = values["verified"] if values["verified"] in VERIFIED else "unknown"
    return values | {"diagnosis": values["diagnosis"] or "", "basis": values["basis"] or "", "verified": verified}


def by_symptom(rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {row["symptom"]: row for row in rows}
