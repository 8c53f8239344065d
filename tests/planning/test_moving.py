"""Moving by hand: every hard rule is a sentence; what is accepted the judge accepts, too."""

from datetime import date, timedelta

import pytest

from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from inspect_station.planning import service
from inspect_station.planning.models import PlanItem
from inspect_station.staffing import service as staffing
from schedules.planning import measure
from tests.conftest import NOW, Cast
from tests.planning import park


@pytest.fixture
def scene(cast: Cast):
    things = park.make(cast)
    return cast, things, park.in_force(cast)


def move(cast: Cast, visit, on: date, **given) -> int:
    people, start = given.pop("people", ()), given.pop("start", None)
    return service.moving.move(cast.head, visit.id, service.Target(on, people, start), now=NOW, **given)


def test_a_legal_move_keeps_the_crew_takes_the_first_free_time_and_stays_legal(scene) -> None:
    cast, things, plan = scene
    visit = park.visit_with(cast, plan, things.third)
    number = move(cast, visit, date(2027, 3, 1))
    moved = service.reading.visit(cast.head, number)
    assert (moved.on, moved.people, moved.start) == (date(2027, 3, 1), visit.people, 40)
    plan = service.plans.get(cast.head, plan.id)
    assert measure(service.moving.unpinned(plan.instance), service.storing.as_json(plan))["ok"]
    assert plan.result["by_hand"]


@pytest.mark.parametrize(
    ("on", "says"),
    [
        (date(2027, 3, 31), "最迟 2027-03-30"),
        (date(2027, 3, 6), "（周六）不是工作日"),
        (date(2026, 11, 25), "要留 10 个工作日准备"),
        (date(2027, 8, 2), "不在计划期"),
    ],
)
def test_what_the_day_forbids_is_said_and_nothing_moves(scene, on: date, says: str) -> None:
    cast, things, plan = scene
    visit = park.visit_with(cast, plan, things.third)
    with pytest.raises(InvalidInput, match=says):
        move(cast, visit, on)
    assert park.visit_with(cast, plan, things.third) == visit


def test_a_closed_day_and_a_missing_shutdown_are_refused(cast: Cast) -> None:
    things = park.make(cast)
    closed = {"first_on": date(2027, 3, 1), "last_on": date(2027, 3, 2)}
    service.sites.add(cast.jia_user, cast.jia.id, sort="closed", now=NOW, **closed)
    service.sites.set_continuous(cast.head, cast.jia.id, True, NOW)
    still = {"first_on": date(2027, 1, 4), "last_on": date(2027, 1, 15)}
    service.sites.add(cast.jia_user, cast.jia.id, sort="shutdown", now=NOW, **still)
    visit = park.visit_with(cast, park.in_force(cast), things.third)
    with pytest.raises(InvalidInput, match=r"甲化工.*谢绝入厂"):
        move(cast, visit, date(2027, 3, 1))
    with pytest.raises(InvalidInput, match="须在停车期间检验"):
        move(cast, visit, date(2027, 3, 3))


def test_nobody_with_the_code_is_said_with_day_and_code(scene) -> None:
    cast, things, plan = scene
    wednesday = date(2027, 3, 3)
    visit = park.visit_with(cast, plan, things.third)
    staffing.add_absence(
        cast.head, cast.inspector.account_id, first_on=wednesday, last_on=wednesday, reason="sick", now=NOW
    )
    staffing.add_absence(
        cast.head, cast.other_inspector.account_id, first_on=wednesday, last_on=wednesday, reason="sick", now=NOW
    )
    twin = park.planned(cast)
    visit = park.visit_with(cast, twin, things.third)
    with pytest.raises(InvalidInput, match=r"（周三）没有持 RQ 证的人员在岗"):
        move(cast, visit, wednesday)
    with pytest.raises(InvalidInput, match=r"检一 .*（周三）不在岗"):
        move(cast, visit, wednesday, people=(cast.inspector.account_id, cast.other_inspector.account_id))


def test_a_named_crew_must_be_complete_and_qualified(scene) -> None:
    cast, things, plan = scene
    staffing.qualify(cast.head, cast.technical_head.account_id, code_id=park.code("GL"), now=NOW)
    plan = park.planned(cast)
    visit = park.visit_with(cast, plan, things.third)
    with pytest.raises(InvalidInput, match="需要 2 人，选了 1 人"):
        move(cast, visit, date(2027, 3, 3), people=(cast.inspector.account_id,))
    with pytest.raises(InvalidInput, match=r"技小负 .*没有有效的 RQ 证"):
        move(cast, visit, date(2027, 3, 3), people=(cast.inspector.account_id, cast.technical_head.account_id))
    with pytest.raises(InvalidInput, match="审小计 没有参加"):
        move(cast, visit, date(2027, 3, 3), people=(cast.inspector.account_id, cast.auditor.account_id))


def test_a_day_that_is_full_or_a_time_that_is_taken_is_refused(scene) -> None:
    cast, things, plan = scene
    busy = park.visit_with(cast, plan, things.boiler)
    third = park.visit_with(cast, plan, things.third)
    with pytest.raises(InvalidInput, match="冲突"):
        move(cast, third, busy.on, start=busy.start + 10)
    with pytest.raises(InvalidInput, match="超过当天工时"):
        move(cast, third, busy.on, start=400)
    moved = service.reading.visit(cast.head, move(cast, third, busy.on))
    assert moved.start >= busy.end


def test_some_items_move_alone_and_can_be_taken_out_and_put_back(scene) -> None:
    cast, things, plan = scene
    first = park.visit_with(cast, plan, things.first)
    second = park.visit_with(cast, plan, things.second)
    if first.id != second.id:
        move(cast, second, first.on)
    row = PlanItem.get(PlanItem.plan == plan.id, PlanItem.equipment == things.second.id)
    visit = service.reading.visit(cast.head, row.visit.id)
    earlier = first.on - timedelta(days=7)
    number = move(cast, visit, earlier, item_ids=[row.id])
    assert service.reading.visit(cast.head, number).on == earlier
    service.moving.take_out(cast.head, number, [], now=NOW)
    (out,) = service.reading.unplanned(cast.head, plan.id)
    assert (out["equipment_id"], out["reason"]) == (things.second.id, "REMOVED")
    target = service.Target(earlier)
    back = service.moving.place(cast.head, plan.id, [out["id"]], target, now=NOW)
    assert service.reading.visit(cast.head, back).on == earlier
    with pytest.raises(NotFound):
        service.moving.place(cast.head, plan.id, [987_654], target, now=NOW)


def test_items_of_two_enterprises_are_not_one_visit(scene) -> None:
    cast, things, plan = scene
    for thing in (things.first, things.yi):
        service.moving.take_out(cast.head, park.visit_with(cast, plan, thing).id, [], now=NOW)
    out = [r["id"] for r in service.reading.unplanned(cast.head, plan.id)]
    with pytest.raises(InvalidInput, match="同一家企业"):
        service.moving.place(cast.head, plan.id, out, service.Target(date(2027, 1, 4)), now=NOW)


def test_agreed_and_pinned_visits_do_not_move_and_two_movers_do_not_both_win(scene) -> None:
    cast, things, plan = scene
    visit = park.visit_with(cast, plan, things.third)
    service.moving.pin(cast.head, visit.id, True, now=NOW)
    with pytest.raises(Conflict, match="已固定"):
        move(cast, visit, date(2027, 3, 1))
    service.moving.pin(cast.head, visit.id, False, now=NOW)
    with pytest.raises(Stale):
        move(cast, visit, date(2027, 3, 1), revision=visit.revision)
    service.agreeing.agree(cast.jia_user, visit.id, NOW)
    with pytest.raises(Conflict, match="已与企业约定"):
        move(cast, visit, date(2027, 3, 1))
    with pytest.raises(Conflict, match="已与企业约定"):
        service.moving.take_out(cast.head, visit.id, [], now=NOW)


def test_only_who_may_edit_moves(scene) -> None:
    cast, things, plan = scene
    visit = park.visit_with(cast, plan, things.third)
    with pytest.raises(NotAllowed):
        service.moving.move(cast.auditor, visit.id, service.Target(date(2027, 3, 1)), now=NOW)
    with pytest.raises(NotFound):
        service.moving.move(cast.jia_user, visit.id, service.Target(date(2027, 3, 1)), now=NOW)


def test_whatever_day_is_asked_the_sentences_and_the_judge_agree(scene) -> None:
    cast, things, plan = scene
    accepted = 0
    for ahead in range(1, 160, 3):
        on = NOW.date() + timedelta(days=ahead)
        try:
            move(cast, park.visit_with(cast, plan, things.first), on)
        except InvalidInput:
            continue
        accepted += 1
        fresh = service.plans.get(cast.head, plan.id)
        assert measure(service.moving.unpinned(fresh.instance), service.storing.as_json(fresh))["ok"], on
        assert park.visit_with(cast, plan, things.first).on == on
    assert 5 < accepted < 30
