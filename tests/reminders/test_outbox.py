"""What is owed goes into the outbox once, and into as few letters as the rules allow."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from inspect_station.accounts import station
from inspect_station.registry.models import EquipmentTouched, Inspection
from inspect_station.reminders import hands, policies, service, source
from inspect_station.reminders import steps as steps_
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.reminders.pace import Pace
from inspect_station.reminders.routes import addresses
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.park import contact, in_days, inspected, settings, vessel


def steps(**only: str) -> list[str]:
    query = OwedStep.select().filter(**only).order_by(OwedStep.rank)
    return [f"{s.step}{'-' + str(s.week) if s.week else ''} {s.state}" for s in query]


def later(days: int) -> tuple:
    return TODAY + timedelta(days=days), NOW + timedelta(days=days)


def test_a_step_is_owed_from_its_day_on_and_recorded_once(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(25))
    contact(cast.jia, "a@jia.example")
    first = service.tick(settings(tmp_path), TODAY, NOW)
    second = service.tick(settings(tmp_path), TODAY, NOW)
    assert (first.steps, first.messages) == (1, 1)
    assert (second.steps, second.superseded, second.messages) == (0, 0, 0)
    assert steps() == ["d30 queued"]


def test_each_address_of_an_enterprise_is_told_and_a_shared_one_once(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(25))
    contact(cast.jia, "a@jia.example; B@jia.example")
    contact(cast.jia, "b@jia.example，不是邮箱")
    contact(cast.jia, "gone@jia.example", ended_on=TODAY)
    contact(cast.jia, "silent@jia.example", receives_reminders=False)
    service.tick(settings(tmp_path), TODAY, NOW)
    assert sorted(m.recipient for m in Message.select()) == ["a@jia.example", "b@jia.example"]


def test_a_later_step_supersedes_one_that_was_not_sent(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(75))
    contact(cast.jia, "a@jia.example")
    for days in (0, 20, 50):
        service.tick(settings(tmp_path), *later(days))
    assert steps() == ["d90 superseded", "d60 superseded", "d30 queued"]
    assert Message.select().count() == 1  # the open letter took the new step along
    done = service.deliver(settings(tmp_path), later(50)[1])
    assert done == {"sent": 1}
    assert steps() == ["d90 superseded", "d60 superseded", "d30 sent"]


def test_thirty_days_of_downtime_give_one_digest_with_the_latest_steps_and_no_overdue_device_missing(
    cast: Cast, tmp_path: Path
) -> None:
    devices = [vessel(cast.jia, in_days(days)) for days in range(1, 29)]
    contact(cast.jia, "a@jia.example")
    service.tick(settings(tmp_path), TODAY, NOW)
    service.deliver(settings(tmp_path), NOW)
    service.tick(settings(tmp_path), *later(30))
    assert service.deliver(settings(tmp_path), later(30)[1]) == {"sent": 1}
    last = Message.select().order_by(Message.id.desc()).get()
    sent = OwedStep.select().where(OwedStep.message == last.id, OwedStep.state == "sent")
    assert {s.equipment_id for s in sent} == {d.id for d in devices}
    assert {s.step for s in sent} == {"overdue"}
    assert Message.select().count() == 2


def test_above_forty_five_days_nothing_is_written_until_a_person_resumes_and_then_at_once(
    cast: Cast, tmp_path: Path
) -> None:
    vessel(cast.jia, in_days(60))
    contact(cast.jia, "a@jia.example")
    service.tick(settings(tmp_path), TODAY, NOW)
    service.deliver(settings(tmp_path), NOW)
    for _ in range(2):
        done = service.tick(settings(tmp_path), *later(46))
        assert (done.steps, done.messages, done.paused) == (0, 0, True)
    assert service.deliver(settings(tmp_path), later(46)[1]) == {"paused": 1}
    assert "paused" in {a.code for a in service.alarms(later(46)[1])}
    service.resume(cast.head, later(46)[1])
    assert service.deliver(settings(tmp_path), later(46)[1]) == {"sent": 1}
    assert {s.step for s in OwedStep.select().where(OwedStep.state == "sent")} == {"d60", "d15"}
    again = service.tick(settings(tmp_path), *later(46))
    assert (again.steps, again.messages, again.paused) == (0, 0, False)


def test_a_clock_wrong_at_boot_leaves_no_trace_once_it_is_set_right(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(60))
    contact(cast.jia, "a@jia.example")
    service.tick(settings(tmp_path), TODAY, NOW)
    service.deliver(settings(tmp_path), NOW)
    assert service.tick(settings(tmp_path), *later(400)).paused
    service.resume(cast.head, later(1)[1])
    assert service.deliver(settings(tmp_path), later(1)[1]).total() == 0
    assert OwedStep.select().count() == 1
    service.tick(settings(tmp_path), *later(30))
    assert service.deliver(settings(tmp_path), later(30)[1]) == {"sent": 1}


def test_a_letter_takes_along_what_falls_before_the_next_one(cast: Cast, tmp_path: Path) -> None:
    contact(cast.jia, "a@jia.example")
    vessel(cast.jia, in_days(85))
    vessel(cast.jia, in_days(93))  # its 90-day step comes in three days
    vessel(cast.jia, in_days(98))  # and this one's on the eighth
    assert letters_of(tmp_path, 9) == [0, 8]
    told = OwedStep.select().where(OwedStep.step == "d90", OwedStep.state == "sent").order_by(OwedStep.id)
    assert [(s.owed_on - TODAY).days for s in told] == [-5, 3, 8]


def letters_of(folder: Path, until: int, first: int = 0) -> list[int]:
    """The days on which letters are written, everything being sent at once."""
    days = []
    for day in range(first, until):
        done = service.tick(settings(folder), *later(day))
        service.deliver(settings(folder), later(day)[1])
        days += [day] * done.messages
    return days


def test_a_weekend_brings_a_step_forward_to_friday(cast: Cast, tmp_path: Path) -> None:
    contact(cast.jia, "a@jia.example")
    vessel(cast.jia, in_days(13 + 90))  # its 90-day step falls on a Saturday; letters are written on working days
    assert letters_of(tmp_path, 14) == [0, 12]


def test_what_was_not_known_before_and_cannot_wait_goes_at_once_a_third_letter_only_for_what_is_overdue(
    cast: Cast, tmp_path: Path
) -> None:
    contact(cast.jia, "a@jia.example")
    vessel(cast.jia, in_days(85))
    assert letters_of(tmp_path, 2) == [0]
    vessel(cast.jia, in_days(2 + 50))  # just registered: the day to apply is weeks away
    assert letters_of(tmp_path, 3, 2) == []
    vessel(cast.jia, in_days(3 + 35))  # to be applied for before the next gathered letter
    assert letters_of(tmp_path, 4, 3) == [3]
    vessel(cast.jia, in_days(4 + 20))
    assert letters_of(tmp_path, 5, 4) == []  # two in this week; the third is kept for worse
    vessel(cast.jia, in_days(-1))
    assert letters_of(tmp_path, 6, 5) == [5]  # in use against the law, and nobody had said so
    vessel(cast.jia, in_days(-1))
    assert letters_of(tmp_path, 9, 6) == [7]  # no fourth one; seven days after the first there is room again


@pytest.mark.parametrize(
    ("days", "letters"),
    [
        ((20,), [0, 1, 7]),  # to be applied for: it must not wait for the gathered letter, but for room
        ((0,), [0, 1, 2]),  # due today
        ((-1,), [0, 1, 2]),
        ((-400,), [0, 1, 2]),
        ((-1, -2, -3), [0, 1, 2]),  # one letter for all of them
    ],
)
def test_found_when_the_week_is_full_only_what_is_due_or_passed_goes_at_once(
    cast: Cast, tmp_path: Path, days: tuple[int, ...], letters: list[int]
) -> None:
    contact(cast.jia, "a@jia.example")
    vessel(cast.jia, in_days(85))
    first = letters_of(tmp_path, 1)
    vessel(cast.jia, in_days(30))
    second = letters_of(tmp_path, 2, 1)
    for left in days:
        vessel(cast.jia, in_days(2 + left))
    assert first + second + letters_of(tmp_path, 8, 2) == letters


def test_passed_dates_share_a_letter_with_those_of_a_few_days(cast: Cast, tmp_path: Path) -> None:
    contact(cast.jia, "a@jia.example")
    for days in range(0, 10):
        vessel(cast.jia, in_days(days))
    days = letters_of(tmp_path, 14)
    assert days == [0, 3, 7, 10]
    assert {s.state for s in OwedStep.select().where(OwedStep.step == "overdue", OwedStep.week == 1)} == {"sent"}


def test_a_letter_by_hand_stands_in_for_no_gathered_one(cast: Cast, tmp_path: Path) -> None:
    contact(cast.jia, "a@jia.example")
    vessel(cast.jia, in_days(85))
    by_hand = {"enterprise": cast.jia, "channel": "folder", "recipient": "a@jia.example", "manual": True}
    stamps = {"created_at": NOW, "queued_at": NOW, "key": "manual:1", "message_id": "<1@x>", "state": "sent"}
    Message.create(**by_hand, **stamps, day=TODAY - timedelta(days=1))
    assert letters_of(tmp_path, 1) == [0]


def test_weekly_repeats_of_many_overdue_devices_share_one_letter_a_week(cast: Cast, tmp_path: Path) -> None:
    contact(cast.jia, "a@jia.example")
    for days in range(1, 8):
        vessel(cast.jia, in_days(-days))
    letters = 0
    for day in range(0, 28):
        letters += service.tick(settings(tmp_path), *later(day)).messages
        service.deliver(settings(tmp_path), later(day)[1])
    assert letters == 4


def test_asking_what_moved_misses_nothing_that_a_look_at_every_row_finds(cast: Cast, tmp_path: Path) -> None:
    for firm in (cast.jia, cast.yi):
        contact(firm, f"a@{firm.id}.example; b@{firm.id}.example")
        for days in (-40, -8, -1, 0, 1, 7, 8, 15, 16, 30, 31, 60, 61, 90, 91, 180, 181):
            vessel(firm, in_days(days))
        inspected(vessel(firm, in_days(300)), "periodic", in_days(300), "2026-11-01", conclusion="不符合要求")
    open_date = vessel(cast.jia, in_days(300))
    Inspection.update(next_due=None, completed_on="2023-12-20", grade=3).where(
        Inspection.equipment == open_date, Inspection.clock == "periodic"
    ).execute()
    own = replace(policies.shipped().ladder, steps=(45, 30, 9), more={}, overdue_every_days=3)
    policies.agree(cast.head, cast.jia.id, replace(policies.shipped(), ladder=own), "约定", NOW)
    rules = policies.in_force()
    for day in (0, 4, 16):
        today, now = later(day)
        service.tick(settings(tmp_path), today, now)
        everything = source.rows(today, rules.horizon + timedelta(days=30))
        found = steps_.unrecorded(everything, rules, "folder", Pace(today, rules, today))
        assert [o for _, _, owed in found for o in owed if o.step.owed_on <= today] == []
        service.deliver(settings(tmp_path), now)
    assert OwedStep.select().count() > 60


def test_a_date_changed_before_delivery_is_not_sent_and_starts_again(cast: Cast, tmp_path: Path) -> None:
    equipment = vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    service.tick(settings(tmp_path), TODAY, NOW)
    inspected(equipment, "periodic", in_days(80), "2026-11-20")
    assert service.deliver(settings(tmp_path), NOW) == {"suppressed": 1}
    assert steps() == ["d7 suppressed"]
    service.tick(settings(tmp_path), TODAY, NOW)
    assert steps() == ["d90 queued", "d7 suppressed"]


def test_a_date_that_moves_away_and_back_is_told_after_all(cast: Cast, tmp_path: Path) -> None:
    equipment = vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    service.tick(settings(tmp_path), TODAY, NOW)
    inspected(equipment, "periodic", "2032-01-01", "2026-11-20")
    service.deliver(settings(tmp_path), NOW)
    Inspection.delete().where(Inspection.next_due == "2032-01-01").execute()
    EquipmentTouched.insert(equipment=equipment).execute()
    service.tick(settings(tmp_path), *later(1))
    assert service.deliver(settings(tmp_path), later(1)[1]) == {"sent": 1}
    assert steps() == ["d7 sent"]


def test_an_enterprise_without_an_address_is_an_alarm_and_its_letter_lies_on_the_telephone_list(
    cast: Cast, tmp_path: Path
) -> None:
    vessel(cast.jia, in_days(10))
    contact(cast.yi, "b@yi.example")
    service.tick(settings(tmp_path), TODAY, NOW)
    assert service.deliver(settings(tmp_path), NOW) == {}
    letter = Message.get()
    assert (letter.channel, letter.state, letter.next_at) == ("phone", "queued", None)
    (task,) = hands.tasks(cast.inspector)
    assert (task.enterprise, task.items, task.earliest) == ("福州甲化工有限公司", 1, in_days(10))
    alarm = next(a for a in service.alarms(NOW) if a.code == "no_address")
    assert "福州甲化工有限公司" in alarm.sentence


def test_an_address_found_later_gets_what_is_owed(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    service.tick(settings(tmp_path), TODAY, NOW)
    service.deliver(settings(tmp_path), NOW)
    contact(cast.jia, "a@jia.example")
    service.tick(settings(tmp_path), *later(0))
    assert service.deliver(settings(tmp_path), NOW) == {"sent": 1}
    assert hands.tasks(cast.inspector) == []  # mail reaches them now: nobody need call
    assert "no_address" not in {a.code for a in service.alarms(NOW)}


def test_a_clock_set_back_repeats_nothing(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    service.tick(settings(tmp_path), TODAY, NOW)
    service.deliver(settings(tmp_path), NOW)
    back = service.tick(settings(tmp_path), *later(-30))
    assert (back.steps, back.messages) == (0, 0)


def test_while_the_clock_is_in_doubt_nothing_is_written(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    service.pause(cast.admin, "clock_jump", NOW)
    assert service.tick(settings(tmp_path), *later(400)).steps == 0


def test_a_forbidden_device_is_told_to_stop_and_an_undetermined_one_is_worded_so(cast: Cast, tmp_path: Path) -> None:
    failed = vessel(cast.jia, in_days(300))
    inspected(failed, "periodic", in_days(300), "2026-11-01", conclusion="不符合要求")
    unknown = vessel(cast.jia, in_days(300))
    Inspection.update(next_due=None, completed_on="2023-12-20", grade=3).where(
        Inspection.equipment == unknown, Inspection.clock == "periodic"
    ).execute()
    contact(cast.jia, "a@jia.example")
    service.tick(settings(tmp_path), TODAY, NOW)
    service.deliver(settings(tmp_path), NOW)
    text = Message.get().text
    assert "【须停止使用】1 项" in text
    assert "【日期待确定】" in text
    assert "2026-12-20（待确定，最早）" in text
    assert "重大事故隐患" not in text
    assert all(article in text for article in ("第四十条", "第八十三条", "第八十四条"))


def test_with_the_sample_park_loaded_nothing_leaves_this_machine(cast: Cast, tmp_path: Path, box) -> None:
    vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    config = box.settings(tmp_path)
    service.tick(config, TODAY, NOW)
    assert Message.get().channel == "mail"
    station.put(station.SAMPLE, {"seed": 1}, NOW)
    assert service.deliver(config, NOW) == {"sent": 1}
    assert box.arrived == []
    assert Message.get().channel == "folder"
    assert len(list(tmp_path.rglob("*.eml"))) == 1


def test_a_preview_writes_letters_and_leaves_the_outbox_alone(cast: Cast, tmp_path: Path) -> None:
    vessel(cast.jia, in_days(120))
    contact(cast.jia, "a@jia.example")
    done = service.preview(settings(tmp_path), later(40)[0], NOW)
    assert (done.letters, done.steps) == (1, 1)
    assert len(list(done.folder.rglob("*.eml"))) == 1
    assert OwedStep.select().count() == 0


def test_a_device_that_changed_owner_is_not_told_to_the_old_one(cast: Cast, tmp_path: Path) -> None:
    equipment = vessel(cast.jia, in_days(10))
    contact(cast.jia, "a@jia.example")
    contact(cast.yi, "b@yi.example")
    service.tick(settings(tmp_path), TODAY, NOW)
    equipment.enterprise = cast.yi
    equipment.revision += 1
    equipment.save()
    EquipmentTouched.insert(equipment=equipment).on_conflict_ignore().execute()
    assert service.deliver(settings(tmp_path), NOW) == {"suppressed": 1}
    service.tick(settings(tmp_path), TODAY, NOW)
    assert OwedStep.select().where(OwedStep.recipient == "b@yi.example").count() == 1


@pytest.mark.parametrize("bad", ["", "无", "a b@x", "a@", "甲@例子.公司", "x@y", "a@b.cn\r\nBcc: evil@x.cn"])
def test_what_is_no_address_is_not_used(bad: str) -> None:
    assert all("\n" not in found and "@" in found for found in addresses(bad))
    if "evil" not in bad:
        assert addresses(bad) == []
