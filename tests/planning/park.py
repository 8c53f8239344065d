"""A small station with work to plan: 甲 and 乙 with vessels and a boiler, two inspectors who may do it all."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_station.planning import service
from inspect_station.planning.models import Plan
from inspect_station.registry.models import Equipment
from inspect_station.staffing import service as staffing
from inspect_station.staffing.models import QualificationCode
from inspect_station.workcalendar import service as workcalendar
from tests.conftest import NOW, Cast
from tests.duelist.park import device, inspected, vessel

LAST = date(2027, 4, 30)


@dataclass
class Park:
    """Five clocks to plan: three of 甲's vessels, 甲's boiler, one vessel of 乙's, and one of 甲's overdue."""

    first: Equipment
    second: Equipment
    third: Equipment
    boiler: Equipment
    yi: Equipment
    overdue: Equipment


def code(name: str) -> int:
    return int(QualificationCode.get(QualificationCode.code == name).id)


def make(cast: Cast) -> Park:
    workcalendar.seed(NOW)
    staffing.seed(NOW)
    for person in (cast.inspector, cast.other_inspector):
        for name in ("RQ", "GL"):
            staffing.qualify(cast.head, person.account_id, code_id=code(name), now=NOW)
    due = {"periodic": ("2021-01-20", "2027-01-20"), "second": ("2021-01-25", "2027-01-25")}
    first, second, third = (vessel(cast.jia, f"换热器{n}", f"E-{n}", location="一车间") for n in (1, 2, 3))
    inspected(first, "periodic", due["periodic"][0], grade=2, next_due=due["periodic"][1])
    inspected(second, "periodic", due["second"][0], grade=2, next_due=due["second"][1])
    inspected(third, "periodic", "2021-03-30", grade=2, next_due="2027-03-30")
    boiler = device(cast.jia, "1100", "蒸汽锅炉", "B-1", put_into_use_on="2015-01-01")
    inspected(boiler, "internal", "2025-02-10", next_due="2027-02-10")
    inspected(boiler, "external", "2026-10-01", next_due="2027-10-01")
    yi = vessel(cast.yi, "储罐", "V-9")
    inspected(yi, "periodic", "2021-02-01", grade=2, next_due="2027-02-01")
    overdue = vessel(cast.jia, "旧罐", "V-8")
    inspected(overdue, "periodic", "2020-11-01", grade=2, next_due="2026-11-01")
    return Park(first, second, third, boiler, yi, overdue)


def planned(cast: Cast, **given: Any) -> Plan:
    """A proposal by the careful rule, stored."""
    number = service.plans.propose(cast.head, name="", last_on=LAST, seconds=0, now=NOW, **given)
    service.work.make_now(number, NOW)
    return service.plans.get(cast.head, number)


def in_force(cast: Cast, until: date = date(2027, 3, 31)) -> Plan:
    """A plan approved and published."""
    plan = planned(cast)
    service.plans.approve(cast.head, plan.id, NOW)
    service.plans.publish(cast.head, plan.id, until, NOW)
    return service.plans.get(cast.head, plan.id)


def visit_with(cast: Cast, plan: Plan, equipment: Equipment) -> service.Visit:
    """The visit in which this device is inspected."""
    row = next(r for r in service.reading.items(cast.head, plan.id) if r["equipment_id"] == equipment.id)
    return service.reading.visit(cast.head, row["visit_id"])
