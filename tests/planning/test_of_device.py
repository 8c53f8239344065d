"""A device's page says what the plan in force says of it, to each reader as much as is theirs."""

from flask import Flask

from inspect_station.planning import service
from tests.conftest import NOW, Cast, log_in, people
from tests.planning import park


def test_a_devices_page_says_its_day_and_what_fixed_it_and_links_to_the_plan(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast, sqlite_app.app_context():
        things = park.make(cast)
        plan = park.in_force(cast)
        visit = park.visit_with(cast, plan, things.third)
        (row,) = service.ofdevice.of_device(cast.head, things.third.id)
        service.moving.take_out(cast.head, park.visit_with(cast, plan, things.yi).id, [], now=NOW)
    shown = log_in(sqlite_app, cast.inspector).get(f"/equipment/{things.third.id}").get_data(as_text=True)
    assert row["why"]
    for said in (row["words"], row["why"], f"/plan/visits/{visit.id}", f"/plan/{plan.id}/week"):
        assert said in shown, said
    out = log_in(sqlite_app, cast.inspector).get(f"/equipment/{things.yi.id}").get_data(as_text=True)
    assert "没有排进计划" in out
    assert "手工移出" in out
    own = log_in(sqlite_app, cast.jia_user).get(f"/equipment/{things.third.id}").get_data(as_text=True)
    assert f"/plan/visits/{visit.id}/answer" in own
    assert row["why"] not in own


def test_an_enterprise_sees_of_its_device_only_what_was_published(cast: Cast) -> None:
    things = park.make(cast)
    plan = park.in_force(cast, until=NOW.date())
    assert service.ofdevice.of_device(cast.jia_user, things.third.id) == []
    assert service.ofdevice.of_device(cast.yi_user, things.third.id) == []
    service.plans.publish(cast.head, plan.id, park.LAST, NOW)
    (row,) = service.ofdevice.of_device(cast.jia_user, things.third.id)
    assert (row["on_day"], row["why"]) == (park.visit_with(cast, plan, things.third).on, "")
    assert service.ofdevice.of_device(cast.yi_user, things.third.id) == []
