"""The order of delivery: the preferred channel, the next one, at the end a person."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from inspect_station.accounts import station
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry.models import Contact, Enterprise
from inspect_station.reminders import authority, dead, hands, routes, service
from inspect_station.reminders.answers.models import Answer as Reply
from inspect_station.reminders.channels import config
from inspect_station.reminders.models import Attempt, DeadAddress, HandDelivery, Message, OwedStep
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.park import contact, in_days, inspected, outside, robot_of, settings, vessel
from tests.reminders.receivers import Answer, Receiver
from tests.reminders.smtp import Postbox

A = "a@jia.example"
NO_SUCH = Answer(body={"errcode": 93000, "errmsg": "invalid webhook url"})


def later(days: int) -> tuple:
    return TODAY + timedelta(days=days), NOW + timedelta(days=days)


def both(box: Postbox, tmp_path: Path):
    return box.settings(tmp_path, robot_hosts="127.0.0.1", private_targets=True)


def fates() -> list[tuple[str, str]]:
    return [(m.channel, m.state) for m in Message.select().order_by(Message.id)]


def test_a_dead_robot_hands_on_to_mail_in_the_same_run(
    cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path
) -> None:
    robot_of(cast.jia, "wecom", robot.address(), email=A)
    robot.will_answer(NO_SUCH)
    vessel(cast.jia, in_days(10))
    service.tick(both(box, tmp_path), TODAY, NOW)
    assert service.deliver(both(box, tmp_path), NOW) == {"refused": 1, "sent": 1}
    assert fates() == [("wecom", "refused"), ("mail", "sent")]
    assert box.recipients() == [A]
    dead = DeadAddress.get()
    assert (dead.channel, "93000" in dead.reason) == ("wecom", True)


def test_what_was_refused_once_goes_by_the_next_channel_from_then_on(
    cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path
) -> None:
    robot_of(cast.jia, "wecom", robot.address(), email=A)
    robot.will_answer(NO_SUCH)
    vessel(cast.jia, in_days(20))
    service.tick(both(box, tmp_path), TODAY, NOW)
    service.deliver(both(box, tmp_path), NOW)
    service.tick(both(box, tmp_path), *later(13))
    assert service.deliver(both(box, tmp_path), later(13)[1]) == {"sent": 1}
    assert len(robot.got) == 1
    assert len(box.arrived) == 2


def test_the_preferred_channel_of_a_contact_comes_first(
    cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path
) -> None:
    robot_of(cast.jia, "wecom", robot.address(), email=A, preferred="mail")
    vessel(cast.jia, in_days(10))
    service.tick(both(box, tmp_path), TODAY, NOW)
    assert service.deliver(both(box, tmp_path), NOW) == {"sent": 1}
    assert box.recipients() == [A]
    assert robot.got == []


def test_two_contacts_of_one_group_give_one_message(cast: Cast, robot: Receiver, tmp_path: Path) -> None:
    for _ in range(2):
        robot_of(cast.jia, "wecom", robot.address())
    vessel(cast.jia, in_days(10))
    service.tick(outside(tmp_path), TODAY, NOW)
    assert service.deliver(outside(tmp_path), NOW) == {"sent": 1}


def test_a_refused_mail_address_stands_beside_the_contact_and_the_last_channel_is_a_person(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    config_ = box.settings(tmp_path)
    contact(cast.jia, A)
    box.will_answer(A, "550 5.1.1 no such user")
    vessel(cast.jia, in_days(10))
    service.tick(config_, TODAY, NOW)
    assert service.deliver(config_, NOW) == {"refused": 1}
    assert fates() == [("mail", "refused"), ("phone", "queued")]
    (refused,) = dead.of(cast.inspector, cast.jia.id)
    assert (refused["recipient"], "5.1.1" in refused["reason"]) == (A, True)
    assert dead.of(cast.yi_user, cast.jia.id) == []
    assert "no_address" in {alarm.code for alarm in service.alarms(NOW)}
    assert len(hands.tasks(cast.inspector)) == 1


@pytest.mark.parametrize("answer", ["552 5.2.2 mailbox full", "554 5.7.1 policy", "550 5.7.1 blocked by policy"])
def test_a_full_mailbox_or_a_policy_does_not_make_an_address_dead(
    cast: Cast, box: Postbox, tmp_path: Path, answer: str
) -> None:
    contact(cast.jia, A)
    box.will_answer(A, answer)
    vessel(cast.jia, in_days(10))
    service.tick(box.settings(tmp_path), TODAY, NOW)
    assert service.deliver(box.settings(tmp_path), NOW) == {"refused": 1}
    assert DeadAddress.select().count() == 0
    assert fates()[-1] == ("phone", "queued")


def test_a_dead_address_lives_again_by_a_persons_word_or_when_typed_anew(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    first = contact(cast.jia, A)
    DeadAddress.create(enterprise=cast.jia.id, recipient=A, channel="mail", reason="550", at=NOW)
    assert routes.of_enterprise(cast.jia.id, "mail", TODAY) == [routes.BY_PERSON]
    Contact.update(ended_on=TODAY).where(Contact.id == first.id).execute()
    contact(cast.jia, A, created_at=NOW + timedelta(minutes=1))
    assert [r.recipient for r in routes.of_enterprise(cast.jia.id, "mail", TODAY)] == [A]
    DeadAddress.update(at=NOW + timedelta(minutes=2)).execute()
    assert routes.of_enterprise(cast.jia.id, "mail", TODAY) == [routes.BY_PERSON]
    (refused,) = dead.of(cast.inspector, cast.jia.id)
    with pytest.raises(NotFound):
        dead.clear(cast.yi_user, refused["id"], NOW)
    dead.clear(cast.inspector, refused["id"], NOW)
    assert [r.recipient for r in routes.of_enterprise(cast.jia.id, "mail", TODAY)] == [A]
    with pytest.raises(Conflict):
        dead.clear(cast.inspector, refused["id"], NOW)


def test_after_five_silent_working_days_the_next_channel_and_then_a_person(
    cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path
) -> None:
    robot_of(cast.jia, "wecom", robot.address(), email=A)
    vessel(cast.jia, in_days(20))
    for day in range(0, 16):
        today, now = later(day)
        service.tick(both(box, tmp_path), today, now)
        service.deliver(both(box, tmp_path), now)
    told = {m.channel: m.day for m in Message.select().order_by(Message.id.desc())}
    # Sunday the 22nd; five working days end on Friday the 27th, five more on Friday 4 December.
    assert told == {"wecom": TODAY, "mail": date(2026, 11, 27), "phone": date(2026, 12, 4)}
    assert service.tick(both(box, tmp_path), *later(15)).steps == 0


def test_nobody_is_called_while_a_channel_of_another_contact_is_still_untried(
    cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path
) -> None:
    contact(cast.jia, "b@jia.example", name="甲二")
    robot_of(cast.jia, "wecom", robot.address(), email=A, preferred="mail")
    vessel(cast.jia, in_days(20))
    for day in range(0, 13):
        today, now = later(day)
        service.tick(both(box, tmp_path), today, now)
        service.deliver(both(box, tmp_path), now)
        called = bool(hands.tasks(cast.inspector))
        # The mail counts for five working days, then the robot for five more.
        assert (len(robot.got), called) == ((0, False) if day < 5 else (1, False) if day < 12 else (1, True))


def test_a_call_that_waits_grows_old_while_later_steps_join_it(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(-1))
    service.tick(settings(tmp_path), TODAY, NOW)
    (task,) = hands.tasks(cast.inspector)
    later = NOW + timedelta(days=7)
    service.tick(settings(tmp_path), later.date(), later)
    (same,) = hands.tasks(cast.inspector)
    assert (same.id, same.since, same.items) == (task.id, task.since, 1)
    assert "by_hand" in {alarm.code for alarm in service.alarms(later)}
    assert Message.select().count() == 1


@pytest.mark.parametrize(
    ("days", "answered", "pressed"), [(20, False, True), (20, True, False), (80, False, False), (-5, False, True)]
)
def test_only_what_presses_and_was_not_answered_goes_on(
    cast: Cast, box: Postbox, tmp_path: Path, days: int, answered: bool, pressed: bool
) -> None:
    contact(cast.jia, A)
    vessel(cast.jia, in_days(days))
    config_ = box.settings(tmp_path)
    service.tick(config_, TODAY, NOW)
    service.deliver(config_, NOW)
    if answered:
        sent = Message.get()
        Reply.create(message=sent.id, enterprise=cast.jia.id, kind="noted", state="seen", given_at=NOW)
    service.tick(config_, *later(6))
    assert bool(hands.tasks(cast.inspector)) is pressed


def test_a_date_that_moved_is_not_pressed_and_leaves_the_list(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    contact(cast.jia, A)
    first, second = vessel(cast.jia, in_days(20)), vessel(cast.jia, in_days(21))
    config_ = box.settings(tmp_path)
    service.tick(config_, TODAY, NOW)
    service.deliver(config_, NOW)
    inspected(first, "periodic", "2032-01-01", "2026-11-24")
    service.tick(config_, *later(6))
    (task,) = hands.tasks(cast.inspector)
    assert task.items == 1
    inspected(second, "periodic", "2032-01-01", "2026-11-24")
    service.tick(config_, *later(7))
    assert hands.tasks(cast.inspector) == []
    assert Message.get(Message.channel == "phone").state == "suppressed"


def test_a_call_that_reached_somebody_ends_the_task_and_is_an_answer(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    config_ = box.settings(tmp_path)
    person = contact(cast.jia, "", mobile="13800001234")
    vessel(cast.jia, in_days(10))
    service.tick(config_, TODAY, NOW)
    number = hands.tasks(cast.inspector)[0].id
    tried = {"outcome": "no_answer", "contact": person.id, "words": "无人接"}
    assert not hands.record_call(cast.inspector, config_, number, tried, NOW)
    with pytest.raises(InvalidInput):
        hands.record_call(cast.inspector, config_, number, {"outcome": "later"}, NOW)
    again = {"outcome": "later", "next_on": TODAY + timedelta(days=1)}
    assert not hands.record_call(cast.inspector, config_, number, again, NOW)
    assert hands.tasks(cast.inspector)[0].last["outcome"] == "later"
    assert hands.record_call(cast.inspector, config_, number, {"outcome": "reached", "contact": person.id}, NOW)
    done = Message.get_by_id(number)
    assert (done.state, done.channel, "容15闽A" in done.text) == ("sent", "phone", True)
    assert OwedStep.get().state == "sent"
    assert "电话告知" in Attempt.get().detail
    assert service.last_told(cast.jia.id) == TODAY
    with pytest.raises(Conflict):
        hands.record_call(cast.inspector, config_, number, {"outcome": "reached"}, NOW)
    assert service.tick(config_, TODAY, NOW).steps == 0


def test_a_printed_notice_ends_the_task_with_its_day_and_receiver(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    service.tick(settings(tmp_path), TODAY, NOW)
    number = hands.tasks(cast.inspector)[0].id
    for wrong in (TODAY + timedelta(days=1), TODAY - timedelta(days=1)):
        given = {"delivered_on": wrong, "receiver": "张三"}
        with pytest.raises(InvalidInput):
            hands.record_delivery(cast.inspector, settings(tmp_path), number, given, NOW)
    given = {"delivered_on": TODAY, "receiver": "张三"}
    hands.record_delivery(cast.inspector, settings(tmp_path), number, given, NOW)
    assert (Message.get().channel, Message.get().state) == ("print", "sent")
    kept = HandDelivery.get()
    assert (kept.delivered_on, kept.words) == (TODAY, "签收人：张三")


def test_a_wrong_number_is_marked_and_gets_no_text_messages(cast: Cast, tmp_path: Path) -> None:
    person = contact(cast.jia, "", mobile="13800001234")
    vessel(cast.jia, in_days(10))
    service.tick(settings(tmp_path), TODAY, NOW)
    number = hands.tasks(cast.inspector)[0].id
    with pytest.raises(InvalidInput):
        hands.record_call(cast.inspector, settings(tmp_path), number, {"outcome": "wrong_number"}, NOW)
    given = {"outcome": "wrong_number", "contact": person.id}
    hands.record_call(cast.inspector, settings(tmp_path), number, given, NOW)
    shown = hands.task(cast.inspector, settings(tmp_path), number, TODAY)
    assert shown.contacts[0]["wrong"]
    assert {d["recipient"] for d in dead.of(cast.inspector, cast.jia.id)} == {
        f"sms:{person.id}", f"phone:{person.id}",
    }  # fmt: skip


def test_the_list_is_the_responsible_inspectors_and_old_tasks_are_an_alarm(cast: Cast, tmp_path: Path) -> None:
    Enterprise.update(responsible=cast.inspector.account_id).where(Enterprise.id == cast.jia.id).execute()
    vessel(cast.jia, in_days(10))
    vessel(cast.yi, in_days(5))
    service.tick(settings(tmp_path), TODAY, NOW)
    assert [t.enterprise_id for t in hands.tasks(cast.inspector)] == [cast.yi.id, cast.jia.id]
    assert [t.enterprise_id for t in hands.tasks(cast.inspector, mine=True)] == [cast.jia.id]
    assert [t.enterprise_id for t in hands.tasks(cast.inspector, q="yxc")] == [cast.yi.id]
    assert hands.waiting(cast.inspector) == (2, 1)
    with pytest.raises(NotFound):
        hands.tasks(cast.jia_user)
    assert "by_hand" not in {alarm.code for alarm in service.alarms(NOW)}
    alarm = next(a for a in service.alarms(later(6)[1]) if a.code == "by_hand")
    assert alarm.count == 2


def test_no_sender_ever_takes_a_task_of_a_person(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    service.tick(settings(tmp_path), TODAY, NOW)
    for days in (0, 1, 30):
        assert service.deliver(settings(tmp_path), later(days)[1]) == {}
    assert Message.get().state == "queued"


def test_the_authoritys_list_names_what_is_overdue_and_sends_nothing(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(-3))
    vessel(cast.yi, in_days(3))
    (firm,) = authority.firms(cast.inspector, TODAY)
    assert (firm.name, len(firm.items), firm.last_told) == ("福州甲化工有限公司", 1, None)
    assert Message.select().count() == 0


def test_with_the_sample_park_loaded_no_channel_leaves_this_machine(
    cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path
) -> None:
    robot_of(cast.jia, "wecom", robot.address())
    contact(cast.yi, "b@yi.example")
    for firm in (cast.jia, cast.yi):
        vessel(firm, in_days(10))
    service.tick(both(box, tmp_path), TODAY, NOW)  # queued before the park was loaded
    station.put(station.SAMPLE, {"seed": 1}, NOW)
    assert service.deliver(both(box, tmp_path), NOW) == {"sent": 2}
    service.tick(both(box, tmp_path), *later(8))
    service.deliver(both(box, tmp_path), later(8)[1])
    assert (robot.got, box.arrived) == ([], [])
    assert {m.channel for m in Message.select()} == {"folder"}
    written = [path.read_text() for path in tmp_path.rglob("*.eml")]
    assert len(written) >= 2
    assert not any("abcd-efgh" in text for text in written)


def test_channels_that_are_off_are_not_used(cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path) -> None:
    robot_of(cast.jia, "wecom", robot.address(), email=A)
    with db.atomic():
        config.store(config.Config(on=frozenset({"mail"})), NOW)
    vessel(cast.jia, in_days(10))
    service.tick(both(box, tmp_path), TODAY, NOW)
    service.deliver(both(box, tmp_path), NOW)
    assert robot.got == []
    assert box.recipients() == [A]


def test_a_mail_that_came_back_later_ends_the_address_and_the_next_way_takes_over(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    config = box.settings(tmp_path)
    service.tick(config, TODAY, NOW)
    assert service.deliver(config, NOW) == {"sent": 1}
    number = Message.get().id
    with pytest.raises(InvalidInput, match="退信的原因"):
        dead.bounced(cast.inspector, number, " ", config, NOW)
    with pytest.raises(NotFound):
        dead.bounced(cast.jia_user, number, "用户不存在", config, NOW)
    dead.bounced(cast.inspector, number, "用户不存在", config, NOW)
    sent = Message.get_by_id(number)
    assert (sent.state, sent.reason) == ("refused", "退信：用户不存在")
    assert [row["recipient"] for row in dead.of(cast.inspector, cast.jia.id)] == ["a@jia.example"]
    assert Message.select().where(Message.channel == "phone", Message.state == "queued").count() == 1
    with pytest.raises(Conflict, match="已经发出的邮件"):
        dead.bounced(cast.inspector, number, "用户不存在", config, NOW)
