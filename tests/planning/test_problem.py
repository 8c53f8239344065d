"""The problem as the planner takes it: what enters, with which dates, people, states and pins."""

from datetime import date, timedelta

import pytest

from inspect_station.casework import service as casework
from inspect_station.casework.models import Task
from inspect_station.errors import InvalidInput
from inspect_station.planning import problem, service
from inspect_station.planning.words import Figures
from inspect_station.registry.models import Equipment
from inspect_station.staffing import service as staffing
from schedules.planning import reading
from tests.conftest import NOW, TODAY, Cast
from tests.duelist.park import inspected, touch, vessel
from tests.planning import park
from tests.statements import counted


@pytest.fixture
def scene(cast: Cast) -> tuple[Cast, park.Park]:
    return cast, park.make(cast)


def built(cast: Cast, **changes):
    over = problem.horizon(TODAY, park.LAST)
    instance, wanted = problem.build(cast.head, "试", over, changes=changes)
    reading.check(instance)
    return {item["id"]: item for item in instance["items"]}, instance, wanted


def test_only_what_the_institution_does_and_is_due_within_the_horizon_enters(scene) -> None:
    cast, things = scene
    items, _, _ = built(cast)
    assert set(items) == {
        f"{things.first.id}.periodic", f"{things.second.id}.periodic", f"{things.third.id}.periodic",
        f"{things.boiler.id}.internal", f"{things.yi.id}.periodic", f"{things.overdue.id}.periodic",
    }  # fmt: skip


def test_the_enforced_date_is_the_last_day_allowed(scene) -> None:
    cast, things = scene
    item = built(cast)[0][f"{things.first.id}.periodic"]
    assert (item["due"], item["latest"], item["prep_workdays"]) == ("2027-01-20", "2027-01-20", 10)
    assert item["roles"] == ["RQ", "RQ"]


def test_what_is_overdue_is_aimed_at_the_first_days_possible(scene) -> None:
    cast, things = scene
    item = built(cast)[0][f"{things.overdue.id}.periodic"]
    first = problem.horizon(TODAY, park.LAST).after(10)
    assert first == date(2026, 12, 7)
    assert item["due"] == item["latest"] == (first + timedelta(days=problem.SLACK_DAYS)).isoformat()
    assert item["early_cost"] == 0


def test_a_preparation_that_does_not_fit_before_the_date_is_cut_short(scene) -> None:
    cast, things = scene
    inspected(things.third, "periodic", "2021-12-01", grade=2, next_due="2026-11-27")
    item = built(cast)[0][f"{things.third.id}.periodic"]
    # 23 to 27 November are five working days: four lie before the last
    assert (item["latest"], item["prep_workdays"]) == ("2026-11-27", 4)


def test_deep_inspections_wait_for_a_shutdown_only_where_the_enterprise_runs_without_pause(scene) -> None:
    cast, things = scene
    key = f"{things.first.id}.periodic"
    assert built(cast)[0][key]["state"] == "any"
    service.sites.set_continuous(cast.jia_user, cast.jia.id, True, NOW)
    days = {"first_on": date(2027, 1, 4), "last_on": date(2027, 1, 8)}
    service.sites.add(cast.jia_user, cast.jia.id, sort="shutdown", units=["一车间"], now=NOW, **days)
    items, instance, _ = built(cast)
    assert (items[key]["state"], items[key]["unit"]) == ("shutdown", "一车间")
    (jia,) = [e for e in instance["enterprises"] if e["id"] == str(cast.jia.id)]
    assert jia["shutdowns"] == [{"from": "2027-01-04", "to": "2027-01-08", "units": ["一车间"]}]
    assert items[f"{things.boiler.id}.internal"]["state"] == "shutdown"
    plan = park.planned(cast)
    assert date(2027, 1, 4) <= park.visit_with(cast, plan, things.first).on <= date(2027, 1, 8)


def test_absences_and_weekdays_off_become_absent_days_and_expiry_the_codes_last_day(scene) -> None:
    cast, _ = scene
    staffing.qualify(
        cast.head, cast.inspector.account_id, code_id=park.code("RQ"), valid_until=date(2027, 1, 31), now=NOW
    )
    staffing.set_hours(
        cast.head, cast.inspector.account_id, daily_min=300, weekdays=["1", "2", "3", "4"], planned=True, now=NOW
    )
    _, instance, _ = built(cast)
    (person,) = [p for p in instance["inspectors"] if p["id"] == str(cast.inspector.account_id)]
    assert person["codes"] == {"GL": None, "RQ": "2027-01-31"}
    assert person["daily_min"] == 300
    assert {"from": "2026-11-27", "to": "2026-11-27"} in person["absent"]


def test_of_several_codes_for_one_clock_each_will_do_and_the_later_expiry_counts(scene) -> None:
    cast, things = scene
    given = {"name": "高级", "note": "", "confirmed": True, "now": NOW}
    senior = staffing.codes.save(cast.head, None, code="GS", uses=["fixed_vessel.periodic"], **given)
    staffing.qualify(cast.head, cast.inspector.account_id, code_id=senior, valid_until=date(2027, 1, 31), now=NOW)
    items, instance, _ = built(cast)
    assert items[f"{things.first.id}.periodic"]["roles"] == ["GS/RQ", "GS/RQ"]
    codes = {p["id"]: p["codes"]["GS/RQ"] for p in instance["inspectors"]}
    assert codes == {str(cast.inspector.account_id): None, str(cast.other_inspector.account_id): None}


def test_a_clock_no_code_allows_stays_out_for_the_true_reason(scene) -> None:
    cast, things = scene
    uses = ["fixed_vessel.annual"]
    staffing.codes.save(
        cast.head, park.code("RQ"), code="RQ", name="容器", note="", uses=uses, confirmed=True, now=NOW
    )
    plan = park.planned(cast)
    out = {row["equipment_id"]: row["reason"] for row in service.reading.unplanned(cast.head, plan.id)}
    assert out[things.first.id] == "NO_QUALIFIED_CREW"
    assert things.boiler.id not in out


def test_the_stations_own_figures_replace_the_default_and_can_be_taken_back(scene) -> None:
    cast, things = scene
    service.efforts.set_figures(cast.head, "fixed_vessel", "periodic", Figures(1, 45, 0, 2, "any"), NOW)
    item = built(cast)[0][f"{things.first.id}.periodic"]
    assert (item["minutes"], item["roles"], item["prep_workdays"]) == (45, ["RQ"], 2)
    service.efforts.set_figures(cast.head, "fixed_vessel", "periodic", None, NOW)
    assert built(cast)[0][f"{things.first.id}.periodic"]["minutes"] == 120
    with pytest.raises(InvalidInput):
        service.efforts.set_figures(cast.head, "lift", "periodic", None, NOW)


def test_a_horizon_in_the_past_or_without_work_is_refused_by_name(scene) -> None:
    cast, _ = scene
    with pytest.raises(InvalidInput, match="已经过去"):
        service.plans.propose(cast.head, name="", last_on=TODAY, seconds=0, now=NOW)
    Equipment.update(status="scrapped").execute()
    for row in Equipment.select():
        touch(row)
    with pytest.raises(InvalidInput, match="没有由检验机构实施的到期项目"):
        service.plans.propose(cast.head, name="", last_on=park.LAST, seconds=0, now=NOW)


def test_what_if_changes_the_instance_and_nothing_else(scene) -> None:
    cast, _ = scene
    days = {"first_on": date(2027, 1, 4), "last_on": date(2027, 1, 8)}
    service.sites.add(cast.head, cast.jia.id, sort="shutdown", now=NOW, **days)
    absent = {"person": cast.inspector.account_id, "from": "2027-03-01", "to": "2027-03-31"}
    items, instance, _ = built(cast, absent=absent, shift={"enterprise": cast.jia.id, "days": 14}, more_pct=50)
    assert len(items) == 9
    assert {"from": "2027-03-01", "to": "2027-03-31"} in instance["inspectors"][0]["absent"]
    assert instance["enterprises"][0]["shutdowns"] == [{"from": "2027-01-18", "to": "2027-01-22"}]
    assert service.sites.windows(cast.head, TODAY)[0]["first_on"] == date(2027, 1, 4)


def test_building_takes_the_same_few_statements_however_many_items_there_are(scene) -> None:
    cast, _ = scene
    built(cast)
    with counted() as seen:
        built(cast)
    few = len(seen)
    for number in range(20):
        inspected(vessel(cast.yi, "储罐", f"V-1{number}"), "periodic", "2021-02-01", grade=2, next_due="2027-02-01")
    built(cast)
    with counted() as seen:
        assert len(built(cast)[0]) == 26
    assert len(seen) == few < 20


def applied(cast: Cast, equipment: Equipment, **wished: date) -> int:
    """An application for the device's periodic inspection, accepted; its task."""
    number = casework.apply(
        cast.jia_user, cast.jia.id, [(equipment.id, "periodic")], source="portal", now=NOW, **wished
    )
    casework.deciding.accept(cast.head, number, now=NOW)
    return int(Task.get(Task.application == number).id)


def test_wished_days_of_an_application_narrow_the_window_and_agreed_ones_fix_it(scene) -> None:
    cast, things = scene
    task = applied(cast, things.third, wished_from=date(2027, 3, 1), wished_to=date(2027, 3, 5))
    key = f"{things.third.id}.periodic"
    item = built(cast)[0][key]
    assert (item["earliest"], item["latest"], item["due"]) == ("2027-03-01", "2027-03-05", "2027-03-05")
    casework.dating.propose(cast.head, task, date(2027, 2, 24), now=NOW, confirmed_with="甲安全")
    items, instance, _ = built(cast)
    assert (items[key]["earliest"], items[key]["latest"]) == (None, "2027-03-30")
    (kept,) = instance["previous"]
    assert (kept["item"], kept["date"], kept["pinned"]) == (key, "2027-02-24", True)
    assert park.visit_with(cast, park.planned(cast), things.third).on == date(2027, 2, 24)


def test_wished_days_nobody_can_keep_do_not_shut_the_device_out(scene) -> None:
    cast, things = scene
    applied(cast, things.third, wished_from=date(2026, 11, 23), wished_to=date(2026, 11, 24))
    item = built(cast)[0][f"{things.third.id}.periodic"]
    assert (item["earliest"], item["latest"]) == (None, "2027-03-30")


def test_agreeing_to_a_visit_agrees_the_day_of_the_application(scene) -> None:
    cast, things = scene
    task = applied(cast, things.third)
    plan = park.in_force(cast)
    visit = park.visit_with(cast, plan, things.third)
    service.agreeing.agree(cast.jia_user, visit.id, NOW)
    assert Task.get_by_id(task).agreed_on == visit.on
