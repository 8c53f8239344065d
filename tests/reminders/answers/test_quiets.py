"""Answers change the ladder at once, and every quiet has an end."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, InvalidInput, TooMany
from inspect_station.reminders import forecast, quiets, service
from inspect_station.reminders.answers import service as answers
from inspect_station.reminders.answers.giving import MOST_A_DAY
from inspect_station.reminders.answers.models import Answer, AnswerItem
from inspect_station.reminders.models import Message, OwedStep
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.answers.park import Told
from tests.reminders.park import in_days, vessel


def day(ahead: int) -> date:
    return TODAY + timedelta(days=ahead)


def apply_for(told: Told, *devices, **more):
    return told.answer("apply", {"items": [told.key(d) for d in devices], "phone": "0591-1"} | more)


def test_an_application_quiets_its_device_and_no_other(told: Told) -> None:
    number = apply_for(told, told.late)
    assert Answer.get_by_id(number).application_id
    told.tick(day(7))
    assert told.steps(told.late, "sent") == ["overdue1"]
    held = OwedStep.get(OwedStep.equipment == told.late, OwedStep.state == "suppressed")
    assert held.reason.startswith("quiet:已报检")
    assert told.steps(told.soon, "sent") == ["d15"]  # it was said before its day


def test_the_ladder_goes_on_when_the_quiet_ends(told: Told) -> None:
    apply_for(told, told.late)
    end = quiets.standing(TODAY).over(told.late.id, "periodic", "overdue", 2, TODAY)
    assert end is not None
    told.tick(end.until)
    assert told.steps(told.late, "sent") == ["overdue1"]
    told.tick(end.until + timedelta(days=1))
    sent = told.steps(told.late, "sent", "queued")
    assert len(sent) == 2
    assert sent[-1].startswith("overdue")


def test_a_step_held_back_is_taken_up_once_when_the_quiet_ends_within_its_week(told: Told) -> None:
    told.answer("stopped", {"devices": [told.late.id], "act": "stop", "on": in_days(-1)})
    told.tick(day(5))  # the second week of overdue begins on day 5
    assert told.steps(told.late, "suppressed") == ["overdue8"]
    told.tick(day(6))  # the quiet is over; a repeat is not urgent and waits for the weekly letter
    assert told.steps(told.late, "queued") == ["overdue8"]
    told.tick(day(8))
    assert told.steps(told.late, "sent") == ["overdue1", "overdue8"]
    told.tick(day(8))
    assert told.steps(told.late) == ["overdue1", "overdue8"]


def test_known_and_noted_rests_the_weekly_repeat_but_not_the_next_step(told: Told) -> None:
    told.answer("noted")
    told.tick(day(5))
    assert told.steps(told.late, "suppressed") == ["overdue8"]
    told.tick(day(8))
    assert told.steps(told.soon, "sent") == ["d15", "d7"]
    assert told.steps(told.soon, "suppressed") == []
    assert told.steps(told.late, "sent") == ["overdue1", "overdue8"]


def test_saying_it_again_does_not_move_the_end(told: Told) -> None:
    told.answer("stopped", {"devices": [told.late.id], "act": "stop", "on": in_days(-1)})
    first = AnswerItem.get().quiet_until
    assert first == date(2026, 11, 27)  # Sunday + five working days
    told.answer("not_ours", {"devices": [told.late.id], "note": "不是我们的"}, NOW + timedelta(days=4))
    rows = list(AnswerItem.select().order_by(AnswerItem.id))
    assert [row.quiet_until for row in rows] == [first, first]
    told.answer("stopped", {"devices": [told.late.id], "act": "stop", "on": in_days(-1)}, NOW + timedelta(days=9))
    assert AnswerItem.select().order_by(AnswerItem.id.desc()).get().quiet_until is None


def test_a_letter_that_waits_is_looked_at_again_before_it_goes(told: Told, cast: Cast) -> None:
    at = NOW + timedelta(days=9)
    service.tick(told.settings, day(9), at)
    apply_for(told, told.late)
    service.deliver(told.settings, at)
    letter = Message.select().order_by(Message.id.desc()).get()
    assert "反应釜二号" not in letter.text
    assert "反应釜一号" in letter.text
    record = OwedStep.get(OwedStep.equipment == told.late, OwedStep.state == "suppressed")
    assert record.message_id == letter.id


def test_a_letter_whose_devices_rest_is_not_resent_and_says_so(told: Told, cast: Cast) -> None:
    apply_for(told, told.late, told.soon)
    with pytest.raises(Conflict, match="暂不提醒：已报检"):
        service.resend(cast.head, told.message.id, NOW)
    assert Message.get_by_id(told.message.id).state == "sent"
    assert {s.state for s in OwedStep.select().where(OwedStep.message == told.message.id)} == {"sent"}


def test_what_a_person_reminds_of_by_hand_goes_in_spite_of_a_quiet(told: Told, cast: Cast) -> None:
    apply_for(told, told.late)
    rows = duelist.due_page(
        cast.inspector, duelist.Filters(equipment=(told.late.id,), clock="periodic"), "due", duelist.Place(), 5, TODAY
    ).rows
    service.remind_now(cast.inspector, told.settings, [rows[0]["id"]], TODAY, NOW)
    service.deliver(told.settings, NOW)
    assert "反应釜二号" in Message.select().order_by(Message.id.desc()).get().text


def test_the_forecast_leaves_out_what_rests_and_takes_it_up_after(told: Told, cast: Cast) -> None:
    def letters():
        return forecast.outlook(cast.head, told.settings, TODAY, cast.jia.id)[0].letters

    before = letters()
    end = apply_for(told, told.late, told.soon) and quiets.standing(TODAY).over(
        told.late.id, "periodic", "overdue", 2, TODAY
    )
    after = letters()
    assert before[0].day <= end.until
    assert after[0].day > end.until


def test_the_inspectors_list_is_never_quieted(told: Told, cast: Cast) -> None:
    before = duelist.counts(cast.inspector, duelist.Filters(), TODAY)
    apply_for(told, told.late, told.soon)
    assert duelist.counts(cast.inspector, duelist.Filters(), TODAY) == before


def test_a_second_tick_under_a_quiet_adds_nothing(told: Told) -> None:
    apply_for(told, told.late)
    told.tick(day(7))
    held = OwedStep.select().count()
    assert service.tick(told.settings, day(7), NOW + timedelta(days=7)).steps == 0
    assert OwedStep.select().count() == held


def test_what_is_applied_for_cannot_be_applied_for_again(told: Told) -> None:
    apply_for(told, told.late)
    with pytest.raises(Conflict, match="反应釜二号"):
        apply_for(told, told.late)
    assert Answer.select().count() == 1


def test_an_application_that_outlives_its_quiet_is_not_asked_for_again(told: Told) -> None:
    apply_for(told, told.late)
    end = quiets.standing(TODAY).over(told.late.id, "periodic", "overdue", 2, TODAY)
    assert end is not None
    later = end.until + timedelta(days=1)
    assert quiets.standing(later).over(told.late.id, "periodic", "overdue", 9, later) is None
    said = {line.equipment_id: line.quiet for line in told.sheet(later).to_apply}
    assert said == {told.late.id: "已报检，正在办理", told.soon.id: ""}


def test_all_means_what_is_not_applied_for_yet(told: Told) -> None:
    apply_for(told, told.late)
    told.answer("apply", {"scope": "all", "phone": "1", "wished_from": in_days(5), "shutdown": True})
    items = AnswerItem.select(AnswerItem.equipment).order_by(AnswerItem.id)
    assert [item.equipment_id for item in items] == [told.late.id, told.soon.id]
    assert set(casework.quieted(TODAY)) == {(told.late.id, "periodic"), (told.soon.id, "periodic")}


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("apply", {"items": ["987654:periodic"], "phone": "1"}, "请至少选择"),
        ("apply", {"items": [], "phone": "1"}, "请至少选择"),
        ("apply", {"items": []}, "您的电话"),
        ("apply", {"scope": "all", "phone": "1", "wished_from": "2026-11-01"}, "希望的日期"),
        ("stopped", {"devices": [987654], "act": "stop", "on": "2026-11-01"}, "不在这份通知里"),
        ("stopped", {"devices": [], "act": "stop", "on": "2026-11-01"}, "请至少选择一台设备"),
        ("stopped", {"devices": [1], "act": "sell", "on": "2026-11-01"}, "停用或拆除"),
        ("not_ours", {"devices": [1], "note": ""}, "说明"),
        ("contact", {"role": "safety_officer", "name": "李"}, "手机、邮箱至少填一个"),
        ("contact", {"role": "safety_officer", "name": "李", "email": "li@"}, "邮箱"),
        ("contact", {"role": "safety_officer", "name": "李", "mobile": "12"}, "手机号应为 11 位"),
    ],
)
def test_a_bad_answer_is_refused_in_one_sentence_and_nothing_is_written(
    told: Told, kind: str, given: dict, said: str
) -> None:
    with pytest.raises(InvalidInput, match=said):
        told.answer(kind, given)
    assert Answer.select().count() == 0


def test_a_stop_in_the_future_is_refused(told: Told) -> None:
    with pytest.raises(InvalidInput, match="不能晚于今天"):
        told.answer("stopped", {"devices": [told.late.id], "act": "stop", "on": in_days(1)})


def test_a_flood_of_answers_is_stopped(told: Told) -> None:
    for _ in range(MOST_A_DAY):
        told.answer("noted")
    with pytest.raises(TooMany):
        told.answer("noted")
    assert Answer.select().where(Answer.state == "seen").count() == 1  # the earlier ones are replaced


def test_staff_cannot_answer_in_a_firms_name(told: Told, cast: Cast) -> None:
    with pytest.raises(Conflict, match="由企业自己做"):
        answers.give(cast.inspector, told.sheet(), "noted", {}, told.settings, NOW)


def test_a_device_that_moved_to_another_firm_is_not_shown_any_more(told: Told, cast: Cast) -> None:
    told.late.enterprise = cast.yi
    told.late.save()
    assert [line.equipment_id for line in told.sheet().lines] == [told.soon.id]


def test_a_device_inspected_since_counts_as_settled(told: Told) -> None:
    from inspect_station.registry import service as registry

    done = {
        "clock": "periodic",
        "completed_on": in_days(0),
        "conclusion": "符合要求",
        "grade": 2,
        "next_due": "2030-01-01",
    }
    registry.inspections.record(Actor.system(), told.late.id, done, now=NOW, today=TODAY)
    assert {line.equipment_id: line.settled for line in told.sheet().lines} == {
        told.soon.id: False,
        told.late.id: True,
    }
    assert told.late.id not in told.sheet().devices


def test_a_preview_leaves_out_what_rests(told: Told, cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(60))
    whole = service.preview(told.settings, day(5), NOW).steps
    apply_for(told, told.late)
    assert service.preview(told.settings, day(5), NOW).steps == whole - 1
