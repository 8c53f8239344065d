"""The clinic in the plan: its visits take time and stay on their day, rounds get one, and the clinic is told."""

from datetime import date, timedelta
from typing import Any

import pytest

from inspect_station.clinic import service as clinic
from inspect_station.clinic.models import ClinicVisit
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.planning import problem, service
from inspect_station.planning.models import PlanItem
from inspect_station.staffing import service as staffing
from schedules.planning import measure, reading
from tests.conftest import NOW, TODAY, Cast
from tests.planning import park

THURSDAY = date(2027, 1, 14)


@pytest.fixture
def scene(cast: Cast) -> tuple[Cast, park.Park]:
    return cast, park.make(cast)


def visit_planned(cast: Cast, on: date | None = THURSDAY, **given: Any) -> int:
    person = given.pop("inspector", cast.inspector.account_id)
    return clinic.visits.plan(cast.head, cast.jia.id, now=NOW, planned_on=on, inspector=person, **given)


def built(cast: Cast, **changes: Any) -> dict[str, Any]:
    instance, _ = problem.build(cast.head, "试", problem.horizon(TODAY, park.LAST), changes=changes)
    reading.check(instance)
    return instance


def row_of(cast: Cast, plan: Any, key: str) -> dict[str, Any]:
    return next(r for r in service.reading.items(cast.head, plan.id) if r["key"] == key)


def test_a_planned_visit_takes_its_inspectors_time_on_its_day_and_nobody_elses(scene) -> None:
    cast, _ = scene
    number = visit_planned(cast)
    instance = built(cast)
    (item,) = [i for i in instance["items"] if i["id"] == f"{number}.visit"]
    assert (item["earliest"], item["due"], item["latest"], item["minutes"]) == (*["2027-01-14"] * 3, 90)
    (role,) = item["roles"]
    holders = [p["id"] for p in instance["inspectors"] if role in p["codes"]]
    assert holders == [str(cast.inspector.account_id)]
    assert {"item": item["id"], "date": "2027-01-14", "move_cost": 10, "pinned": True} in instance["previous"]
    plan = park.planned(cast)
    row = row_of(cast, plan, item["id"])
    assert (row["on_day"], row["name"], row["equipment_id"]) == (THURSDAY, "出诊", None)
    visit = service.reading.visit(cast.head, row["visit_id"])
    assert [number for number, _ in visit.people] == [cast.inspector.account_id]
    assert "工业诊所 1 项" in visit.summary
    assert measure(plan.instance, service.storing.as_json(plan))["ok"]


def test_a_visit_without_a_day_goes_along_with_an_inspection_at_the_same_firm(scene) -> None:
    cast, _ = scene
    number = visit_planned(cast, None)
    plan = park.in_force(cast)
    row = row_of(cast, plan, f"{number}.visit")
    weeks = {service.reading.monday(v.on) for v in service.reading.visits(cast.head, plan.id) if v.count > v.errands}
    assert service.reading.monday(row["on_day"]) in weeks
    assert ClinicVisit.get_by_id(number).planned_on == row["on_day"]


def test_rounds_taken_into_the_plan_become_visits_of_the_clinic_when_it_is_approved(scene) -> None:
    cast, _ = scene
    plan = park.planned(cast, changes={"rounds": True})
    assert not plan.what_if
    before = ClinicVisit.select().count()
    keys = {r["key"] for r in service.reading.items(cast.head, plan.id) if not r["equipment_id"]}
    assert keys == {f"{cast.yi.id}.round"}  # 甲 was seen on 1 October
    service.plans.approve(cast.head, plan.id, NOW)
    (visit,) = ClinicVisit.select()
    assert before == 0
    row = row_of(cast, plan, f"{visit.id}.visit")
    assert (visit.origin, visit.planned_on, row["clinic_visit"]) == ("round", row["on_day"], visit.id)
    plan = service.plans.get(cast.head, plan.id)
    assert measure(plan.instance, service.storing.as_json(plan))["ok"]
    again = park.planned(cast, changes={"rounds": True})
    assert service.comparing.compare(cast.head, again.id, plan.id).moved == []


def test_a_day_the_clinic_gave_meanwhile_stands_when_the_plan_is_approved(scene) -> None:
    cast, _ = scene
    number = visit_planned(cast, None)
    plan = park.planned(cast)
    clinic.visits.move(cast.head, number, THURSDAY, now=NOW)
    service.plans.approve(cast.head, plan.id, NOW)
    assert ClinicVisit.get_by_id(number).planned_on == THURSDAY


def test_moving_a_visit_by_hand_in_the_plan_in_force_moves_it_in_the_clinic(scene) -> None:
    cast, _ = scene
    number = visit_planned(cast)
    plan = park.in_force(cast)
    row = row_of(cast, plan, f"{number}.visit")
    other = cast.other_inspector.account_id
    friday = service.Target(THURSDAY + timedelta(days=1))
    with pytest.raises(InvalidInput, match="最迟 2027-01-14"):
        service.moving.move(cast.head, row["visit_id"], friday, now=NOW, item_ids=[row["id"]])
    with pytest.raises(InvalidInput, match=r"出诊已定由 检一.* 承担"):
        service.moving.move(
            cast.head, row["visit_id"], service.Target(THURSDAY, (other,)), now=NOW, item_ids=[row["id"]]
        )
    undated = visit_planned(cast, None)
    plan = park.in_force(cast)
    row = row_of(cast, plan, f"{undated}.visit")
    service.moving.move(cast.head, row["visit_id"], service.Target(date(2026, 12, 2)), now=NOW, item_ids=[row["id"]])
    assert ClinicVisit.get_by_id(undated).planned_on == date(2026, 12, 2)


def test_an_hour_a_firm_booked_is_not_moved_on_the_board(scene) -> None:
    cast, _ = scene
    clinic.slots.offer(
        cast.inspector, inspector=cast.inspector.account_id, day=THURSDAY, start_min=600, end_min=660, each_min=60,
        place="site", now=NOW,
    )  # fmt: skip
    (slot,) = clinic.slots.listed(cast.head, TODAY, days=90)
    number = clinic.slots.book(cast.jia_user, slot["id"], cast.jia.id, topic="问", now=NOW)
    (item,) = [i for i in built(cast)["items"] if i["id"] == f"{number}.visit"]
    assert item["minutes"] == 60
    with pytest.raises(Conflict, match="改约"):
        service.errands.follow(cast.head, number, THURSDAY + timedelta(days=1), NOW)


def test_a_visit_whose_inspector_is_away_that_day_is_left_out_with_the_reason(scene) -> None:
    cast, _ = scene
    number = visit_planned(cast)
    staffing.add_absence(
        cast.head, cast.inspector.account_id, first_on=THURSDAY, last_on=THURSDAY, reason="sick", now=NOW
    )
    plan = park.planned(cast)
    (out,) = service.reading.unplanned(cast.head, plan.id)
    assert (out["key"], out["reason"]) == (f"{number}.visit", "NO_QUALIFIED_CREW")
    assert "那天不在岗" in out["why"]


def test_hours_at_the_service_centre_are_no_visit_to_a_firm(scene) -> None:
    cast, _ = scene
    clinic.slots.offer(
        cast.inspector, inspector=cast.inspector.account_id, day=THURSDAY, start_min=600, end_min=660, each_min=60,
        place="centre", now=NOW,
    )  # fmt: skip
    (slot,) = clinic.slots.listed(cast.head, TODAY, days=90)
    clinic.slots.book(cast.jia_user, slot["id"], cast.jia.id, topic="问", now=NOW)
    assert not [i for i in built(cast)["items"] if service.errands.is_errand(i)]


def test_a_visit_begun_shows_the_errand_done(scene) -> None:
    cast, _ = scene
    number = visit_planned(cast, TODAY + timedelta(days=1))
    plan = park.in_force(cast)
    clinic.visits.start(cast.inspector, number, now=NOW)
    assert row_of(cast, plan, f"{number}.visit")["done"]
    assert not [i for i in built(cast)["items"] if i["id"] == f"{number}.visit"]


def test_errands_are_no_inspections_in_figures_warnings_and_what_ifs(scene) -> None:
    cast, _ = scene
    visit_planned(cast, None)
    plan = park.in_force(cast)
    row = PlanItem.get(PlanItem.plan == plan.id, PlanItem.equipment.is_null())
    PlanItem.update(due_on=TODAY).where(PlanItem.id == row.id).execute()
    assert all(r["equipment_id"] for r in service.reading.warnings(cast.head, plan.id))
    more = [i["id"] for i in built(cast, more_pct=100)["items"] if i["id"].endswith("+")]
    assert len(more) == 6
