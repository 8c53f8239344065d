"""The clinic in the plan: its visits take an inspector's time, and what falls due at the same firm goes along.

A visit with a day stays on it; one without, and a firm on the list of rounds, gets the day the plan finds. When the
plan is approved the clinic is told: from then on its list and the plan name one day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.clinic import service as clinic
from inspect_station.errors import Conflict
from inspect_station.planning.models import Plan, PlanItem, PlanVisit, VisitPerson
from inspect_station.planning.words import ERRAND, ERRANDS

Json = dict[str, Any]
ANYONE = "出诊"
GRACE = timedelta(days=30)
STAYS_COST = 10


@dataclass(frozen=True, slots=True)
class Errands:
    """What of the clinic enters a plan: items, the code each person holds for them, and the days that stay; and by
    person the hours booked at the service centre, which are no visit but not there for one either."""

    items: list[Json]
    codes: dict[str, list[str]]
    fixed: list[Json]
    hours: dict[int, list[Json]]


def errands(
    actor: Actor, as_of: date, workdays: Sequence[date], people: Mapping[int, str], minutes: int, *, rounds: bool
) -> Errands:
    """`people`: who is planned, by account; a visit of somebody else is not the plan's to make."""
    last = workdays[-1]
    found = clinic.upcoming.planned(actor, as_of, last)
    if rounds:
        found += clinic.upcoming.to_be_seen(actor, as_of)
    made = Errands([], {}, [], {})
    for person, on, taken in clinic.upcoming.at_the_centre(as_of, last):
        made.hours.setdefault(person, []).append({"date": on.isoformat(), "minutes": taken})
    days = set(workdays)
    for each in found:
        fixed = each.on if each.on and each.on > as_of else None
        if (each.person and each.person not in people) or (fixed and fixed not in days):
            continue
        item = _item(each, minutes, fixed, last)
        made.items.append(item)
        for person in [each.person] if each.person else people:
            made.codes.setdefault(str(person), []).append(_code(each.person, people))
        if fixed:
            made.fixed.append(
                {"item": item["id"], "date": fixed.isoformat(), "move_cost": STAYS_COST, "pinned": True}
            )
        item["roles"] = [_code(each.person, people)]
    return made


def _code(person: int | None, people: Mapping[int, str]) -> str:
    """Whoever goes needs no licence; a visit that somebody has promised is that person's."""
    if person is None:
        return ANYONE
    alike = list(people.values()).count(people[person]) > 1
    return f"{ANYONE}（{people[person]}{person if alike else ''}）"


def code_words(code: str) -> str:
    """Who goes, in words."""
    return f"{code.removeprefix(ANYONE).strip('（）') or '检验员'} 承担"


def _item(each: clinic.upcoming.Errand, minutes: int, fixed: date | None, last: date) -> Json:
    sort = "visit" if each.visit else "round"
    aimed = min(fixed or each.by, last)
    latest = fixed or min(each.by + GRACE, last)
    return {
        "id": f"{each.visit or each.enterprise_id}.{sort}",
        "enterprise": str(each.enterprise_id),
        "unit": "—",
        "kind": f"{ERRAND}.{sort}",
        "minutes": each.minutes or minutes,
        "roles": [],
        "due": aimed.isoformat(),
        "latest": latest.isoformat(),
        "enforced": latest.isoformat(),
        "earliest": fixed.isoformat() if fixed else None,
        "prep_workdays": 0,
        "state": "any",
        "early_cost": 0,
    }


def is_errand(item: Mapping[str, Any]) -> bool:
    """Whether an item of an instance is the clinic's."""
    return str(item["kind"]).startswith(f"{ERRAND}.")


def of_key(key: str) -> tuple[str, int] | None:
    """The sort of an errand and the visit's or firm's id; None for a device's clock."""
    number, _, sort = key.rstrip("+").partition(".")
    return (sort, int(number)) if sort in ERRANDS else None


def take_up(actor: Actor, plan: Plan, now: datetime) -> int:
    """The plan is in force: rounds become visits of the clinic, visits without a day get one; how many."""
    rows: Any = (
        PlanItem.select(PlanItem.id, PlanItem.key, PlanItem.clinic_visit, PlanItem.enterprise, PlanVisit.id, PlanVisit.on_day)
        .join(PlanVisit)
        .where(PlanItem.plan == plan.id, PlanItem.kind == ERRAND, PlanVisit.on_day >= now.date())
        .order_by(PlanItem.id)
        .tuples()
    )  # fmt: skip
    renamed: dict[str, str] = {}
    count = 0
    for item, key, visit, enterprise, stop, on in list(rows):
        if visit is not None:
            # a day the clinic has given meanwhile stands: the next plan will find it
            if clinic.visits.get(actor, visit)["planned_on"] is None:
                count += follow(actor, visit, on, now)
            continue
        visit = clinic.visits.plan(
            actor, enterprise, now=now, kind="hazard", origin="round", planned_on=on, inspector=_goes(stop),
            reason="按计划走访",
        )  # fmt: skip
        renamed[key] = f"{visit}.visit"
        PlanItem.update(key=renamed[key], clinic_visit=visit, clock="visit").where(PlanItem.id == item).execute()
        count += 1
    if renamed:
        Plan.update(instance=_renamed(plan.instance, renamed)).where(Plan.id == plan.id).execute()
    return count


def _goes(stop: int) -> int | None:
    row = VisitPerson.select(VisitPerson.account).where(VisitPerson.visit == stop).order_by(VisitPerson.id)
    first = row.tuples().first()
    return first[0] if first else None


def _renamed(instance: Json, names: Mapping[str, str]) -> Json:
    items = [{**i, "id": names.get(i["id"], i["id"])} for i in instance["items"]]
    previous = [{**p, "item": names.get(p["item"], p["item"])} for p in instance.get("previous") or []]
    return {**instance, "items": items, "previous": previous}


def follow(actor: Actor, visit_id: int, on: date, now: datetime) -> bool:
    """Tell the clinic the day, where it differs. Raises `Conflict` for an hour the firm has booked."""
    found = clinic.visits.get(actor, visit_id)
    if found["state"] != "planned" or found["planned_on"] == on:
        return False
    if clinic.upcoming.has_hour(visit_id):
        raise Conflict("企业预约了这次出诊的时段，请到“工业诊所”里改约。")
    clinic.visits.move(actor, visit_id, on, now=now, task=found["task"], reason=found["reason"])
    return True
