"""Published visits in the calendars of those they concern."""

from datetime import timedelta

from icalendar import Calendar

from inspect_station.feeds import service
from inspect_station.planning import service as planning
from tests.conftest import NOW, Cast
from tests.planning import park


def visits_of(secret: str, now=NOW):
    calendar = Calendar.from_ical(service.calendar(secret, now, lambda n: f"https://station.example/equipment/{n}"))
    return {str(e["uid"]): e for e in calendar.walk("VEVENT") if str(e["uid"]).startswith("visit-")}


def test_inspector_and_enterprise_see_published_visits_and_nobody_elses(cast: Cast) -> None:
    things = park.make(cast)
    plan = park.in_force(cast)
    visit = park.visit_with(cast, plan, things.yi)
    inspector, yi = service.create(cast.inspector, "", NOW), service.create(cast.yi_user, "", NOW)
    assert set(visits_of(yi)) == {f"visit-{things.yi.id}.periodic@inspect-station"}
    (event,) = visits_of(yi).values()
    assert event.decoded("dtstart") == visit.on
    assert "检一、检二" in event["description"]
    assert len(visits_of(inspector)) == len(planning.published(cast.head, NOW.date()))
    assert visits_of(service.create(cast.auditor, "", NOW)) == {}


def test_a_moved_visit_is_the_same_event_with_a_higher_sequence(cast: Cast) -> None:
    things = park.make(cast)
    visit = park.visit_with(cast, park.in_force(cast), things.third)
    secret = service.create(cast.jia_user, "", NOW)
    key = f"visit-{things.third.id}.periodic@inspect-station"
    before = visits_of(secret)
    assert before[key]["sequence"] == 0
    planning.moving.move(cast.head, visit.id, planning.Target(visit.on - timedelta(days=7)), now=NOW)
    after = visits_of(secret, NOW + timedelta(hours=12))[key]
    assert (after["sequence"], after.decoded("dtstart")) == (1, visit.on - timedelta(days=7))
