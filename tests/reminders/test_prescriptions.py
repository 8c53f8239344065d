"""A firm that owes nothing but what the clinic prescribed is reminded of it, once each step, by every channel."""

from datetime import timedelta
from pathlib import Path

import pytest

from inspect_station.clinic import service as clinic
from inspect_station.reminders import forecast, hands, letter, service, short
from inspect_station.reminders.models import Message, PrescriptionStep
from inspect_station.workcalendar import service as workcalendar
from tests.clinic.park import finished, found, only_finding
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.park import contact, in_days, settings, vessel


def later(days: int) -> tuple:
    return TODAY + timedelta(days=days), NOW + timedelta(days=days)


def told(folder: Path, days: int) -> list[str]:
    """The subjects of what leaves on a day."""
    service.tick(settings(folder), *later(days))
    service.deliver(settings(folder), later(days)[1])
    return [m.subject for m in Message.select().where(Message.day == later(days)[0], Message.state == "sent")]


def test_each_step_down_to_the_deadline_is_told_once_and_nothing_after_the_answer(cast: Cast, tmp_path: Path) -> None:
    visit = finished(cast, tmp_path, found(symptom="压力表缺铅封", deadline=TODAY + timedelta(days=14)))
    contact(cast.jia, "a@jia.example")
    assert told(tmp_path, 0) == ["处方提醒：1 项诊所处方待整改（福州甲化工有限公司）"]
    text = Message.get().text
    assert "压力表缺铅封" in text
    assert "不是法定检验结论" in text
    assert "第四十条" not in text
    assert "0 项" not in text
    assert [told(tmp_path, day) for day in (0, 1, 6)] == [[text_subject()], [], []]
    assert len(told(tmp_path, 7)) == 1
    clinic.findings.reply(cast.jia_user, only_finding(visit), "补了铅封", now=NOW, files_dir=tmp_path)
    assert [told(tmp_path, day) for day in (14, 15, 22)] == [[], [], []]
    assert [(s.step, s.state) for s in PrescriptionStep.select().order_by(PrescriptionStep.rank)] == [
        ("d15", "told"),
        ("d7", "told"),
    ]


def text_subject() -> str:
    return Message.get().subject


@pytest.mark.parametrize("vessels", [(), (3, 33, 71)])
def test_the_outlook_foretells_exactly_the_letters_that_name_prescriptions(
    cast: Cast, tmp_path: Path, vessels: tuple[int, ...]
) -> None:
    for days in (9, 40):
        finished(cast, tmp_path, found(symptom="压力表缺铅封", deadline=TODAY + timedelta(days=days)))
    contact(cast.jia, "a@jia.example")
    for days in vessels:
        vessel(cast.jia, in_days(days))
    (foretold,) = forecast.outlook(cast.head, settings(tmp_path), TODAY, days=60)
    working = workcalendar.calendar(TODAY)
    for day in range(61):
        if working.is_workday(later(day)[0]):
            told(tmp_path, day)
    written = [m.day for m in Message.select().where(Message.state == "sent").order_by(Message.day)]
    assert [letter.day for letter in foretold.letters] == written
    assert max(letter.prescriptions for letter in foretold.letters) == 2


def test_what_is_put_right_before_the_letter_leaves_is_not_told(cast: Cast, tmp_path: Path) -> None:
    visit = finished(cast, tmp_path)
    contact(cast.jia, "a@jia.example")
    service.tick(settings(tmp_path), TODAY, NOW)
    clinic.findings.reply(cast.jia_user, only_finding(visit), "改好了", now=NOW, files_dir=tmp_path)
    assert service.deliver(settings(tmp_path), NOW) == {"superseded": 1}


def test_it_rides_with_a_letter_about_devices_and_makes_none_of_its_own(cast: Cast, tmp_path: Path) -> None:
    finished(cast, tmp_path)
    vessel(cast.jia, in_days(20))
    contact(cast.jia, "a@jia.example")
    (subject,) = told(tmp_path, 0)
    assert subject.startswith("催检通知")
    assert "【工业诊所的处方】1 项" in Message.get().text


def test_without_an_address_it_lies_on_the_telephone_list_until_it_is_put_right(cast: Cast, tmp_path: Path) -> None:
    visit = finished(cast, tmp_path)
    assert told(tmp_path, 0) == []
    (task,) = hands.tasks(cast.inspector)
    assert "安全阀校验有效期已过" in hands.task(cast.inspector, settings(tmp_path), task.id, TODAY).text
    assert told(tmp_path, 1) == []
    assert len(hands.tasks(cast.inspector)) == 1
    clinic.findings.reply(cast.jia_user, only_finding(visit), "改好了", now=NOW, files_dir=tmp_path)
    told(tmp_path, 2)
    assert hands.tasks(cast.inspector) == []


@pytest.mark.parametrize(("days", "counted"), [(20, "共 1 项特种设备"), (300, "【处方提醒】")])
def test_short_channels_name_it_too(cast: Cast, tmp_path: Path, days: int, counted: str) -> None:
    finished(cast, tmp_path)
    owed = clinic.owed(TODAY)[cast.jia.id]
    item = letter.Item(
        "approaching", "储罐", "", "", "", "定期检验", in_days(days), "", "", sort=(3, in_days(days), 0)
    )
    items = [item] if days < 100 else []
    written = letter.write(settings(tmp_path), "CJ-1", "甲", "", items, TODAY, "", owed)
    text = short.text(settings(tmp_path), written, "https://station.example/r/x")
    assert counted in text
    assert "工业诊所处方 1 项待整改，最早期限 2026-12-06（还有 14 天）" in text
    filled = short.values(settings(tmp_path), written, "")
    assert (filled["prescriptions"], filled["total"]) == ("1", "1")
