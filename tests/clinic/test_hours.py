"""门诊时间: opened, booked, given back; of a hundred tries for one hour one wins."""

import threading
from datetime import timedelta

import pytest

from inspect_station.clinic import service
from inspect_station.clinic.models import ClinicSlot, ClinicVisit
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from tests.conftest import NOW, TODAY, Cast

TOMORROW = TODAY + timedelta(days=1)


def offered(cast: Cast, **changes) -> list[int]:
    given = {
        "inspector": cast.inspector.account_id, "day": TOMORROW, "start_min": 540, "end_min": 630, "each_min": 30,
        "place": "centre",
    }  # fmt: skip
    service.slots.offer(cast.inspector, **{**given, **changes}, now=NOW)
    return [slot["id"] for slot in service.slots.listed(cast.inspector, TODAY)]


def test_of_a_hundred_simultaneous_tries_for_one_hour_one_wins(cast: Cast) -> None:
    slot = offered(cast)[0]
    tries, won, lost, odd = 100, [], [], []
    start = threading.Barrier(20)

    def try_to_book(number: int) -> None:
        actor, firm = (cast.jia_user, cast.jia.id) if number % 2 else (cast.yi_user, cast.yi.id)
        start.wait(30)
        for _ in range(tries // 20):
            try:
                with db.connection_context():
                    won.append(service.slots.book(actor, slot, firm, topic=f"第 {number} 个", now=NOW))
            except Conflict as error:
                lost.append(error.message)
            except Exception as error:
                odd.append(repr(error))

    threads = [threading.Thread(target=try_to_book, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert odd == []
    assert len(won) == 1
    assert lost == ["这个时段刚被别人约走了，请另选一个。"] * (tries - 1)
    assert ClinicVisit.select().count() == 1
    taken = ClinicSlot.get_by_id(slot)
    assert (taken.state, taken.enterprise_id) == ("booked", ClinicVisit.get().enterprise_id)


def test_a_booking_is_a_planned_visit_and_giving_it_back_frees_the_hour(cast: Cast) -> None:
    slot = offered(cast)[0]
    visit = service.slots.book(cast.jia_user, slot, cast.jia.id, topic="安全阀", now=NOW)
    assert service.visits.get(cast.jia_user, visit)["planned_on"] == TOMORROW
    with pytest.raises(NotFound):
        service.slots.give_back(cast.yi_user, slot, now=NOW)
    service.slots.give_back(cast.jia_user, slot, now=NOW)
    assert service.visits.get(cast.jia_user, visit)["state"] == "cancelled"
    service.slots.book(cast.yi_user, slot, cast.yi.id, topic="台账", now=NOW)


def test_what_has_begun_is_not_given_back(cast: Cast) -> None:
    slot = offered(cast)[0]
    visit = service.slots.book(cast.jia_user, slot, cast.jia.id, topic="安全阀", now=NOW)
    service.visits.start(cast.inspector, visit, now=NOW)
    with pytest.raises(Conflict, match="已经开始接诊"):
        service.slots.give_back(cast.jia_user, slot, now=NOW)


def test_a_firm_sees_free_hours_and_its_own_bookings_only(cast: Cast) -> None:
    slot = offered(cast)[0]
    service.slots.book(cast.jia_user, slot, cast.jia.id, topic="秘密", now=NOW)
    assert [s["state"] for s in service.slots.listed(cast.jia_user, TODAY)] == ["booked", "free", "free"]
    assert [s["state"] for s in service.slots.listed(cast.yi_user, TODAY)] == ["free", "free"]
    with pytest.raises(NotFound):
        service.slots.get(cast.yi_user, slot, TODAY)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day": TODAY - timedelta(days=1)}, "day"),
        ({"day": TODAY}, "day"),  # a Sunday
        ({"day": TODAY + timedelta(days=200)}, "day"),
        ({"end_min": 500}, "start"),
        ({"each_min": 5}, "each"),
        ({"place": "moon"}, "place"),
        ({"inspector": 987_654}, "inspector"),
    ],
)
def test_hours_that_make_no_sense_are_refused_by_name(cast: Cast, changes: dict, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        offered(cast, **changes)
    assert field in refused.value.fields


def test_the_same_hours_offered_twice_are_there_once_and_overlaps_are_refused(cast: Cast) -> None:
    assert len(offered(cast)) == 3
    assert len(offered(cast)) == 3
    with pytest.raises(Conflict, match="重叠"):
        offered(cast, start_min=555, end_min=600)


def test_an_hour_of_the_past_cannot_be_booked(cast: Cast) -> None:
    slot = offered(cast)[0]
    with pytest.raises(Conflict, match="已经过去"):
        service.slots.book(cast.jia_user, slot, cast.jia.id, topic="x", now=NOW + timedelta(days=5))
