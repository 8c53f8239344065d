"""受理, 不予受理, 撤回, 约定日期: who may, what follows, what reminders hear of it."""

from datetime import date, timedelta

import pytest

from inspect_station.casework import service
from inspect_station.casework.models import Application, ApplicationItem, Task, TaskDate
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.registry import service as registry
from tests.conftest import NOW, TODAY, Cast
from tests.duelist.park import Park

PERIODIC = "periodic"
SOON = date(2026, 12, 10)


def applied(cast: Cast, *devices) -> int:
    items = [(device.id, PERIODIC) for device in devices]
    return service.apply(cast.jia_user, cast.jia.id, items, source="portal", now=NOW)


def accepted(cast: Cast, *devices) -> tuple[int, int]:
    """A case and its first task."""
    number = applied(cast, *devices)
    service.deciding.accept(cast.inspector, number, now=NOW)
    return number, Task.get(Task.application == number).id


def state(number: int) -> str:
    return Application.get_by_id(number).state


def test_an_accepted_case_becomes_one_task_for_each_kind_and_has_one_name(cast: Cast, due_park: Park) -> None:
    number, _ = accepted(cast, due_park.overdue, due_park.apply_now, due_park.line)
    row = service.cases.get(cast.jia_user, number, TODAY)
    assert (row["state"], row["keeper_name"]) == ("accepted", "检一")
    assert [task["kind"] for task in service.cases.tasks(cast.jia_user, number)] == [
        "fixed_vessel",
        "industrial_pipe",
    ]
    assert [(p.step, p.state) for p in row["promises"]] == [("accept", "kept"), ("schedule", "running")]


def test_a_case_is_accepted_once(cast: Cast, due_park: Park) -> None:
    number, _ = accepted(cast, due_park.overdue)
    with pytest.raises(Conflict, match="不能受理"):
        service.deciding.accept(cast.other_inspector, number, now=NOW)


def test_only_the_station_decides_and_only_the_own_firm_sees(cast: Cast, due_park: Park) -> None:
    number = applied(cast, due_park.overdue)
    for actor in (cast.jia_user, cast.yi_user):
        with pytest.raises(NotFound):
            service.deciding.accept(actor, number, now=NOW)
    with pytest.raises(NotFound):
        service.cases.get(cast.yi_user, number, TODAY)
    with pytest.raises(NotFound):
        service.deciding.withdraw(cast.yi_user, number, reason="x", now=NOW)


def test_a_refusal_has_a_reason_and_frees_the_devices(cast: Cast, due_park: Park) -> None:
    number = applied(cast, due_park.overdue)
    with pytest.raises(InvalidInput, match="不予受理的原因"):
        service.deciding.refuse(cast.inspector, number, reason=" ", now=NOW)
    service.deciding.refuse(cast.inspector, number, reason="缺使用登记证", now=NOW)
    assert service.cases.get(cast.jia_user, number, TODAY)["refusal"] == "缺使用登记证"
    assert service.quieted(TODAY) == {}
    assert applied(cast, due_park.overdue) != number


def test_a_withdrawn_case_cancels_its_tasks_and_ends_its_quiet(cast: Cast, due_park: Park) -> None:
    number, task = accepted(cast, due_park.overdue)
    service.deciding.withdraw(cast.jia_user, number, reason="停产", now=NOW)
    assert (state(number), Task.get_by_id(task).state) == ("withdrawn", "cancelled")
    assert service.quieted(TODAY) == {}


def test_a_promise_is_at_risk_on_its_day_and_broken_after_it(cast: Cast, due_park: Park) -> None:
    number = applied(cast, due_park.overdue)  # a Sunday: one working day is Monday
    states = [service.cases.get(cast.head, number, date(2026, 11, day))["promises"][0].state for day in (22, 23, 24)]
    assert states == ["at_risk", "at_risk", "broken"]


def test_both_sides_agree_on_a_day_and_reminders_are_quiet_until_it(cast: Cast, due_park: Park) -> None:
    number, task = accepted(cast, due_park.apply_now)
    service.dating.propose(cast.inspector, task, SOON, now=NOW)
    with pytest.raises(Conflict, match="您这一方提出"):
        service.dating.answer(cast.inspector, task, agree=True, now=NOW)
    service.dating.answer(cast.jia_user, task, agree=True, now=NOW)
    assert (state(number), Task.get_by_id(task).agreed_on) == ("scheduled", SOON)
    quiet = service.quieted(TODAY)[due_park.apply_now.id, PERIODIC]
    assert (quiet.reason, quiet.until) == ("agreed", SOON)
    assert service.quieted(SOON + timedelta(days=1)) == {}


def test_a_declined_day_needs_a_reason_and_another_may_be_proposed(cast: Cast, due_park: Park) -> None:
    number, task = accepted(cast, due_park.apply_now)
    service.dating.propose(cast.inspector, task, SOON, now=NOW)
    with pytest.raises(InvalidInput, match="为什么不合适"):
        service.dating.answer(cast.jia_user, task, agree=False, now=NOW)
    service.dating.answer(cast.jia_user, task, agree=False, reason="那天停电", now=NOW)
    service.dating.propose(cast.jia_user, task, date(2026, 12, 15), now=NOW)
    service.dating.answer(cast.inspector, task, agree=True, now=NOW)
    outcomes = [d.outcome for d in TaskDate.select().order_by(TaskDate.id)]
    assert (outcomes, state(number)) == (["declined", "agreed"], "scheduled")


def test_a_day_never_lies_past_the_last_lawful_one_without_an_extension(cast: Cast, due_park: Park) -> None:
    _, task = accepted(cast, due_park.apply_now)
    late = date(2026, 12, 23)
    with pytest.raises(InvalidInput, match=r"最迟 2026-12-22.*延期"):
        service.dating.propose(cast.inspector, task, late, now=NOW)
    given = {"clock": PERIODIC, "until": "2027-03-31", "granted_on": TODAY, "document": "延期批准书"}
    registry.extensions.record(cast.inspector, due_park.apply_now.id, given, now=NOW, today=TODAY)
    service.dating.propose(cast.inspector, task, late, now=NOW)
    assert TaskDate.get().on_day == late


def test_an_overdue_device_may_still_be_given_a_day(cast: Cast, due_park: Park) -> None:
    _, task = accepted(cast, due_park.overdue)
    assert service.dating.last_lawful_day(task, TODAY) == service.dating.LastDay(None, True)
    service.dating.propose(cast.inspector, task, SOON, now=NOW, confirmed_with="王工")
    assert Task.get_by_id(task).agreed_on == SOON
    assert TaskDate.get().answered_by == "王工（电话确认）"


def test_an_agreed_day_moves_with_a_reason_and_stands_until_the_other_side_agrees(cast: Cast, due_park: Park) -> None:
    _, task = accepted(cast, due_park.apply_now)
    service.dating.propose(cast.inspector, task, SOON, now=NOW, confirmed_with="王工")
    other = date(2026, 12, 14)
    with pytest.raises(InvalidInput, match="改期须写明原因"):
        service.dating.propose(cast.jia_user, task, other, now=NOW)
    service.dating.propose(cast.jia_user, task, other, reason="设备检修", now=NOW)
    assert Task.get_by_id(task).agreed_on == SOON
    service.dating.answer(cast.inspector, task, agree=True, now=NOW)
    assert Task.get_by_id(task).agreed_on == other


def test_of_two_people_moving_a_day_the_later_one_is_told(cast: Cast, due_park: Park) -> None:
    _, task = accepted(cast, due_park.apply_now)
    revision = Task.get_by_id(task).revision
    service.dating.propose(cast.inspector, task, SOON, now=NOW, revision=revision)
    with pytest.raises(Stale, match="您填写的内容还在"):
        service.dating.propose(cast.other_inspector, task, SOON, now=NOW, revision=revision)


def test_a_case_is_inspecting_once_somebody_is_on_site_and_then_cannot_be_withdrawn(
    cast: Cast, due_park: Park
) -> None:
    number, task = accepted(cast, due_park.overdue)
    service.dating.propose(cast.inspector, task, SOON, now=NOW, confirmed_with="王工")
    service.dating.begin(cast.inspector, task, now=NOW)
    assert state(number) == "inspecting"
    with pytest.raises(Conflict, match="不能撤回"):
        service.deciding.withdraw(cast.jia_user, number, reason="停产", now=NOW)
    assert ApplicationItem.get(ApplicationItem.application == number).open


def test_the_list_finds_by_firm_number_state_and_keeper(cast: Cast, due_park: Park) -> None:
    number, _ = accepted(cast, due_park.overdue)
    later = applied(cast, due_park.apply_now)
    filters = service.cases.Filters

    def found(**held):
        return [row["id"] for row in service.cases.page(cast.head, filters(**held), TODAY).rows]

    assert found() == [later, number]
    assert found(state="submitted") == [later]
    assert found(state="open", q="甲化") == [later, number]
    assert found(q=f"BJ2026-{number:06d}") == [number]
    assert found(keeper=cast.inspector.account_id) == [number]
    assert found(enterprise=cast.yi.id) == []
    assert service.cases.counts(cast.head, filters(state="done"))["submitted"] == 1
    assert service.cases.page(cast.yi_user, filters(), TODAY).rows == []
