"""Between a plan as the planner writes it and a plan as rows: stored whole or not at all, and read back."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from inspect_station.db import Table, bulk_insert, db
from inspect_station.planning import errands
from inspect_station.planning.models import Plan, PlanItem, PlanVisit, VisitPerson
from inspect_station.planning.words import ERRANDS
from inspect_station.registry.models import Equipment
from schedules.planning import measure
from schedules.planning.output import FORMAT

Json = dict[str, Any]
_KEY = re.compile(r"\b\d+\.[a-z_]+\+?")
_PARTS = ("objective", "bounds", "gap", "stages")


class IllegalPlanError(Exception):
    """The judge refused a plan; it is never stored. The message is the judge's first sentences."""


def store(plan: Plan, made: Mapping[str, Any]) -> Json:
    """Write the plan's visits, people and items; returns its figures. Raises `IllegalPlanError`.

    What enterprises agreed and people pinned in the plan in force goes on where the visit stayed on its day.
    """
    instance: Json = plan.instance
    judged = measure(instance, made)
    if not judged["ok"]:
        raise IllegalPlanError("；".join(str(e["message"]) for e in judged["errors"][:3]))
    facts = {item["id"]: item for item in instance["items"]}
    visits = [visit for visit in made["visits"] if visit["items"]]
    ids = _insert(PlanVisit, [_visit_row(plan.id, visit, facts) for visit in visits])
    people = [
        {"visit": number, "account": int(person)}
        for number, visit in zip(ids, visits, strict=True)
        for person in visit["inspectors"]
    ]
    bulk_insert(VisitPerson, people)
    visit_of = {key: number for number, visit in zip(ids, visits, strict=True) for key in visit["items"]}
    left_out = {each["item"]: _put(each, facts[each["item"]]) for each in made["unplanned"]}
    told = _named({**(made.get("why") or {}), **{key: each.get("text", "") for key, each in left_out.items()}})
    bulk_insert(
        PlanItem,
        [_item_row(plan.id, item, visit_of.get(key), left_out.get(key, {}), told) for key, item in facts.items()],
    )
    carry(plan)
    return {name: made[name] for name in _PARTS if name in made} | {"metrics": judged["metrics"]}


def _put(left_out: Mapping[str, Any], item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where it is nobody's licence that lacks but the person, say so."""
    if errands.is_errand(item) and left_out["reason"] == "NO_QUALIFIED_CREW":
        return {**left_out, "text": "要出诊的人那天不在岗；请到“工业诊所”里改约或换人"}
    return left_out


def _insert(table: type[Table], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """The new rows' ids in order. Ids rise within a transaction; another's rows in between are not of this plan."""
    if not rows:
        return []
    bulk_insert(table, rows)
    found: Any = table.select(PlanVisit.id).where(PlanVisit.plan == rows[0]["plan"]).order_by(PlanVisit.id).tuples()
    return [number for (number,) in found]


def _visit_row(plan_id: int, visit: Mapping[str, Any], facts: Mapping[str, Json]) -> Json:
    return {
        "plan": plan_id,
        "enterprise": int(visit["enterprise"]),
        "on_day": date.fromisoformat(visit["date"]),
        "start": visit["start"],
        "minutes": sum(facts[key]["minutes"] for key in visit["items"]),
    }


def _item_row(
    plan_id: int, item: Json, visit: int | None, left_out: Mapping[str, Any], told: Mapping[str, str]
) -> Json:
    device, clock = key_parts(item["id"])
    errand = errands.of_key(item["id"])
    return {
        "plan": plan_id,
        "visit": visit,
        "key": item["id"],
        "equipment": None if errand else device,
        "clinic_visit": errand[1] if errand and errand[0] == "visit" else None,
        "clock": clock,
        "kind": item["kind"].partition(".")[0],
        "enterprise": int(item["enterprise"]),
        "minutes": item["minutes"],
        "people": len(item["roles"]),
        "due_on": date.fromisoformat(item.get("enforced") or item["due"]),
        "reason": left_out.get("reason", ""),
        "certificate": left_out.get("certificate"),
        "why": told.get(item["id"], ""),
    }


def _named(told: Mapping[str, str]) -> dict[str, str]:
    """The reasons with devices by the name people call them instead of the planner's keys."""
    keys = {key for text in told.values() for key in _KEY.findall(text) if not errands.of_key(key)}
    ids = sorted({key_parts(key)[0] for key in keys})
    names: dict[int, str] = {}
    for start in range(0, len(ids), 500):
        rows: Any = Equipment.select(Equipment.id, Equipment.name, Equipment.line_number, Equipment.own_number)
        for number, name, line, own in rows.where(Equipment.id.in_(ids[start : start + 500])).tuples():
            names[number] = f"{name} {line or own}".strip()

    def called(found: re.Match[str]) -> str:
        errand = errands.of_key(found[0])
        return ERRANDS[errand[0]] if errand else names.get(key_parts(found[0])[0], found[0])

    said = {key: _KEY.sub(called, text) for key, text in told.items()}
    # no law sets the day of an errand
    return {key: text.replace("到期日", "期望日") if errands.of_key(key) else text for key, text in said.items()}


def key_parts(key: str) -> tuple[int, str]:
    """A device's id and its clock; a what-if's invented item ends in a plus. An errand's: see `errands.of_key`."""
    device, _, clock = key.rstrip("+").partition(".")
    return int(device), clock


def carry(plan: Plan) -> None:
    """Give the plan's visits what was said to the visits of the plan in force on the same day for the same items."""
    rows: Any = (
        PlanItem.select(
            PlanItem.key, PlanVisit.on_day, PlanVisit.pinned, PlanVisit.answer, PlanVisit.answer_note,
            PlanVisit.answered_by, PlanVisit.answered_at,
        )
        .join(PlanVisit)
        .join(Plan)
        .where(Plan.state == "approved", Plan.id != plan.id, PlanVisit.pinned | (PlanVisit.answer == "agreed"))
        .tuples()
    )  # fmt: skip
    said = {(key, on): rest for key, on, *rest in rows}
    if not said:
        return
    placed: Any = (
        PlanItem.select(PlanItem.key, PlanVisit.on_day, PlanVisit.id)
        .join(PlanVisit)
        .where(PlanItem.plan == plan.id)
        .tuples()
    )
    heard = {visit: said[key, on] for key, on, visit in placed if (key, on) in said}
    for visit, (pinned, answer, note, by, at) in heard.items():
        values = {"answer": answer, "answer_note": note, "answered_by": by, "answered_at": at} if answer else {}
        PlanVisit.update(pinned=pinned, **values).where(PlanVisit.id == visit).execute()


def as_json(plan: Plan, without: Iterable[int] = ()) -> Json:
    """The stored plan in the planner's form; visits in `without` are left out, their items then stand unplanned."""
    left = set(without)
    people: dict[int, list[str]] = {}
    crew: Any = VisitPerson.select(VisitPerson.visit, VisitPerson.account).join(PlanVisit)
    for visit, account in crew.where(PlanVisit.plan == plan.id).order_by(VisitPerson.id).tuples():
        people.setdefault(visit, []).append(str(account))
    items: dict[int | None, list[PlanItem]] = {}
    placed: Any = PlanItem.select().where(PlanItem.plan == plan.id).order_by(PlanItem.id)
    for item in placed:
        items.setdefault(None if item.visit_id in left else item.visit_id, []).append(item)
    rows: Any = PlanVisit.select().where(PlanVisit.plan == plan.id).order_by(PlanVisit.on_day, PlanVisit.start)
    return {
        "format": FORMAT,
        "instance": plan.instance["name"],
        "visits": [
            {
                "enterprise": str(row.enterprise_id),
                "date": row.on_day.isoformat(),
                "start": row.start,
                "inspectors": people.get(row.id, []),
                "items": [item.key for item in items.get(row.id, [])],
            }
            for row in rows
            if row.id not in left and items.get(row.id)
        ],
        "unplanned": [_left_out(item) for item in items.get(None, [])],
    }


def _left_out(item: PlanItem) -> Json:
    """What a person took out has no reason of the planner's: the search did not place it."""
    reason = item.reason if item.reason not in ("", "REMOVED") else "NOT_FOUND"
    return {"item": item.key, "reason": reason} | ({"certificate": item.certificate} if item.certificate else {})


def forget(plan_id: int) -> None:
    """Remove a plan's visits and items; the plan's own row stays as history."""
    with db.atomic():
        PlanItem.delete().where(PlanItem.plan == plan_id).execute()
        PlanVisit.delete().where(PlanVisit.plan == plan_id).execute()
