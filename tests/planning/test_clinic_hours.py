"""Hours booked at the service centre: no visit to a firm, but minutes an inspector does not have for one."""

from datetime import date
from typing import Any

from inspect_station.clinic import service as clinic
from inspect_station.planning import problem, service
from schedules.planning import measure, reading
from tests.conftest import NOW, TODAY, Cast
from tests.planning import park

THURSDAY = date(2027, 1, 14)


def booked(cast: Cast, start: int, end: int, person: int | None = None) -> int:
    """An hour at the centre on Thursday that 甲 has booked; its slot."""
    clinic.slots.offer(
        cast.inspector, inspector=person or cast.inspector.account_id, day=THURSDAY, start_min=start, end_min=end,
        each_min=end - start, place="centre", now=NOW,
    )  # fmt: skip
    slot = next(s for s in clinic.slots.listed(cast.head, TODAY, days=90) if s["start_min"] == start)
    clinic.slots.book(cast.jia_user, slot["id"], cast.jia.id, topic="问", now=NOW)
    return int(slot["id"])


def built(cast: Cast) -> dict[str, Any]:
    instance, _ = problem.build(cast.head, "试", problem.horizon(TODAY, park.LAST))
    reading.check(instance)
    return instance


def busy(cast: Cast) -> list[dict[str, Any]]:
    return next(p for p in built(cast)["inspectors"] if p["id"] == str(cast.inspector.account_id))["busy"]


def test_a_booked_hour_at_the_centre_is_missing_from_the_persons_day_and_from_the_stations(cast: Cast) -> None:
    park.make(cast)
    before = service.reading.capacity(built(cast))[THURSDAY]
    booked(cast, 600, 660)
    booked(cast, 700, 730)
    assert busy(cast) == [{"date": "2027-01-14", "minutes": 60}, {"date": "2027-01-14", "minutes": 30}]
    assert service.reading.capacity(built(cast))[THURSDAY] == before - 90


def test_an_hour_that_is_free_or_given_back_takes_no_time(cast: Cast) -> None:
    park.make(cast)
    slot = booked(cast, 600, 660)
    clinic.slots.give_back(cast.head, slot, now=NOW)
    assert busy(cast) == []


def test_a_day_full_of_hours_at_the_centre_gets_no_visit_of_that_person(cast: Cast) -> None:
    park.make(cast)
    for start in (480, 720, 960):
        booked(cast, start, start + 180)
    plan = park.planned(cast)
    that_day = [v for v in service.reading.visits(cast.head, plan.id) if v.on == THURSDAY]
    assert all(cast.inspector.account_id not in [number for number, _ in v.people] for v in that_day)
    assert measure(plan.instance, service.storing.as_json(plan))["ok"]
