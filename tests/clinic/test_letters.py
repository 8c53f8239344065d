"""Prescriptions near or past their deadline ride in the firm's letter; answered ones do not."""

from datetime import timedelta
from pathlib import Path

from inspect_station.clinic import service
from inspect_station.clinic.models import ClinicFinding
from inspect_station.reminders import service as reminders
from inspect_station.reminders.models import Message
from tests.clinic.park import finished, found
from tests.conftest import NOW, TODAY, Cast
from tests.reminders import park as letters


def written(cast: Cast, tmp_path: Path) -> Message:
    settings = letters.settings(tmp_path)
    reminders.tick(settings, TODAY, NOW)
    reminders.deliver(settings, NOW)
    return Message.get(Message.enterprise == cast.jia.id)


def owing(cast: Cast, tmp_path: Path) -> None:
    letters.vessel(cast.jia, letters.in_days(10))
    letters.contact(cast.jia, "ehs@jia.example")
    finished(
        cast, tmp_path, found(symptom="法兰渗漏"), found(symptom="铭牌不清", deadline=TODAY + timedelta(days=90))
    )


def test_what_is_due_rides_along_in_text_and_html(cast: Cast, tmp_path: Path) -> None:
    owing(cast, tmp_path)
    message = written(cast, tmp_path)
    for body in (message.text, message.html):
        assert "工业诊所的处方" in body
        assert "法兰渗漏" in body
        assert "还有 14 天" in body
        assert "不是法定检验结论" in body
        assert "铭牌不清" not in body


def test_what_the_firm_answered_waits_for_us_and_is_not_urged(cast: Cast, tmp_path: Path) -> None:
    owing(cast, tmp_path)
    finding = ClinicFinding.get(ClinicFinding.symptom == "法兰渗漏").id
    service.findings.reply(cast.jia_user, finding, "已换垫片", now=NOW, files_dir=tmp_path)
    assert "工业诊所的处方" not in written(cast, tmp_path).text
