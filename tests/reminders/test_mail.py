"""Letters through a real SMTP server, well-behaved and not."""

import threading
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path

import pypdfium2
import pytest
from peewee import OperationalError

from inspect_station import db as database
from inspect_station.accounts.models import Account
from inspect_station.config import Settings
from inspect_station.reminders import claiming, delivery, recording, records, service
from inspect_station.reminders.answers import links
from inspect_station.reminders.channels import MailChannel, Outgoing
from inspect_station.reminders.models import Attempt, Message, OwedStep
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.park import contact, in_days, vessel
from tests.reminders.smtp import CLOSE_AFTER_DOT, CLOSE_MID_DATA, Postbox

A = "a@jia.example"


def owe(cast: Cast, box: Postbox, tmp_path: Path, *addresses: str, devices: int = 1):
    """A park with something owed to these addresses of 甲; returns the settings."""
    for _ in range(devices):
        vessel(cast.jia, in_days(10))
    for address in addresses or (A,):
        contact(cast.jia, address)
    config = box.settings(tmp_path)
    service.tick(config, TODAY, NOW)
    return config


def minutes(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


def _claimed(config: Settings, now: datetime, sender: str) -> Message:
    hand = claiming.claim(config, now, sender)
    assert hand is not None
    return hand.letters[0].message


def test_a_letter_arrives_with_text_html_and_a_stable_id(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    config = owe(cast, box, tmp_path)
    assert service.deliver(config, NOW) == {"sent": 1}
    ((recipient, mail),) = box.arrived
    assert recipient == A
    assert mail["Message-ID"] == Message.get().message_id
    assert mail["Subject"] == "催检通知：1 项应报检（福州甲化工有限公司）"
    assert "tixing@station.example" in mail["From"]
    text = mail.get_body(("plain",)).get_content()
    assert "容15闽A" in text
    assert "R-" in text
    assert "定期检验：2026-12-02（还有 10 天）" in text
    assert "容15闽A" in mail.get_body(("html",)).get_content()
    # What is kept is what went out, but for the link, which opens the firm's page.
    kept = links.shown(Message.get().text, links.url_for(Message.get(), config))
    assert kept.splitlines() == text.replace("\r\n", "\n").splitlines()


@pytest.mark.parametrize(("devices", "times"), [(1, 1), (9, 2)])
def test_a_letter_names_whom_to_ask_and_a_long_one_says_first_where_to_answer(
    cast: Cast, box: Postbox, tmp_path: Path, devices: int, times: int
) -> None:
    cast.jia.responsible = Account.get_by_id(cast.inspector.account_id)
    cast.jia.save()
    Account.update(mobile="13900000001").where(Account.id == cast.inspector.account_id).execute()
    config = owe(cast, box, tmp_path, devices=devices)
    service.deliver(config, NOW)
    ((_, mail),) = box.arrived
    for kind in ("plain", "html"):
        said = mail.get_body((kind,)).get_content()
        assert "13900000001" in said
        assert said.count("直接答复（不用登录）") == times - 1
    text, link = mail.get_body(("plain",)).get_content(), links.url_for(Message.get(), config)
    assert text.count(link) == times
    assert "/r/" not in Message.get().text


def test_names_of_files_and_line_ends_are_as_mail_programs_want_them(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    service.deliver(owe(cast, box, tmp_path, devices=50), NOW)
    ((_, mail),) = box.arrived
    raw = mail.as_bytes()
    assert mail.defects == []
    assert not any(part.defects for part in mail.walk())
    assert max(len(line) for line in raw.splitlines()) <= 998  # RFC 5322 2.1.1
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]  # fmt: skip
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == f"设备清单-{Message.get().day:CJ%Y%m%d}-{Message.get().id:06d}.xlsx"


def test_a_long_list_is_cut_in_the_letter_and_whole_in_the_workbook(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    import io

    import openpyxl

    config = owe(cast, box, tmp_path, devices=50)
    service.deliver(config, NOW)
    ((_, mail),) = box.arrived
    assert "另有 10 项未在正文列出" in mail.get_body(("plain",)).get_content()
    (attached,) = mail.iter_attachments()
    assert attached.get_filename().endswith(".xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(attached.get_content())).active
    assert sheet.max_row == 51


def test_the_mail_carries_its_notice_as_a_pdf_which_can_be_had_again_to_the_byte(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    vessel(cast.jia, in_days(-3))
    owe(cast, box, tmp_path, devices=50)
    config = box.settings(tmp_path, mail_pdf=True)
    assert service.deliver(config, NOW) == {"sent": 1}
    ((_, mail),) = box.arrived
    notice, workbook = mail.iter_attachments()
    number = records.outgoing.number_of(Message.get())
    assert (notice.get_content_type(), notice.get_filename()) == ("application/pdf", f"通知单-{number}.pdf")
    assert workbook.get_filename().endswith(".xlsx")
    document = pypdfium2.PdfDocument(notice.get_content())
    text = "".join("".join(page.get_textpage().get_text_bounded() for page in document).split())
    for words in (
        "特种设备超期催检通知",
        "特种设备到期报检通知",
        f"{number}-1",
        f"{number}-2",
        "下表所列50项",
        "盲板",
    ):
        assert words in text, words
    vessel(cast.jia, in_days(-3))
    assert records.notice_of(cast.jia_user, config, Message.get().id)[1] == notice.get_content()
    _, again = records.eml_of(cast.jia_user, config, Message.get().id)
    assert notice.get_content() in attached(again)
    # Whoever holds the link answers in the firm's name: what the station's people download has no code on it.
    _, for_staff = records.eml_of(cast.inspector, config, Message.get().id)
    assert notice.get_content() not in attached(for_staff)


def attached(eml: bytes) -> list[bytes]:
    return [part.get_content() for part in message_from_bytes(eml, policy=SMTP).iter_attachments()]


def test_a_refusal_for_good_is_tried_once_and_comes_to_the_human_list(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    config = owe(cast, box, tmp_path)
    box.will_answer(A, "550 no such mailbox")
    assert service.deliver(config, NOW) == {"refused": 1}
    assert service.deliver(config, minutes(10_000)) == {}
    assert box.tries[A] == 1
    assert "550 no such mailbox" in Message.get(Message.channel == "mail").reason
    assert OwedStep.get().state == "refused"
    assert "refused" in {alarm.code for alarm in service.alarms(minutes(1))}


@pytest.mark.parametrize("answer", ["450 busy", "451 later"])
def test_a_refusal_for_now_is_tried_again_after_one_five_fifteen_sixty_minutes_and_four_hours(
    cast: Cast, box: Postbox, tmp_path: Path, answer: str
) -> None:
    config = owe(cast, box, tmp_path)
    box.will_answer(A, *[answer] * 20, at="RCPT" if answer.startswith("450") else "END")
    tried = []
    for minute in range(0, 24 * 60):
        if Message.get().next_at <= minutes(minute):
            service.deliver(config, minutes(minute))
            tried.append(minute)
    assert tried[:6] == [0, 1, 6, 21, 81, 321]
    assert len(tried) <= 10
    assert OwedStep.get().state == "failed"
    assert "channel" in {alarm.code for alarm in service.alarms(minutes(24 * 60))}


def test_after_five_days_of_refusals_a_person_must_look(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    config = owe(cast, box, tmp_path)
    late = NOW + timedelta(days=9)  # the worker was down: nothing has been tried yet
    box.will_answer(A, "450 busy", "450 busy")
    assert service.deliver(config, late) == {"failed": 1}
    assert service.deliver(config, late + timedelta(days=5, hours=1)) == {"refused": 1}
    assert "连续 5 天" in Message.get(Message.channel == "mail").reason


def test_421_ends_the_run_and_spares_the_others_a_try(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    config = owe(cast, box, tmp_path, A, "b@jia.example")
    box.will_answer(A, "421 closing")
    assert service.deliver(config, NOW) == {"failed": 1}
    assert sorted(m.tries for m in Message.select()) == [0, 1]
    assert service.deliver(config, minutes(2)) == {"sent": 2}


def test_only_the_refused_one_of_three_recipients_is_tried_again(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    three = (A, "b@jia.example", "c@jia.example")
    config = owe(cast, box, tmp_path, *three)
    box.will_answer("b@jia.example", "450 busy")
    assert service.deliver(config, NOW) == {"sent": 2, "failed": 1}
    assert service.deliver(config, minutes(1)) == {"sent": 1}
    assert box.recipients() == sorted(three)


def test_a_connection_closed_in_mid_data_is_no_delivery(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    config = owe(cast, box, tmp_path)
    box.will_answer(A, CLOSE_MID_DATA, at="DATA")
    done = service.deliver(config, NOW)
    assert done in ({"failed": 1}, {"uncertain": 1})  # a small letter may lie in the kernel's buffer already
    assert service.deliver(config, minutes(1)) == {"sent": 1}
    assert box.recipients() == [A]


def test_a_connection_closed_after_the_dot_is_uncertain_and_the_repeat_carries_the_same_id(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    config = owe(cast, box, tmp_path)
    box.will_answer(A, CLOSE_AFTER_DOT, at="END")
    assert service.deliver(config, NOW) == {"uncertain": 1}
    assert OwedStep.get().state == "uncertain"
    assert service.deliver(config, minutes(1)) == {"sent": 1}
    first, second = (mail["Message-ID"] for _, mail in box.arrived)
    assert first == second
    assert Message.get().doubtful


def test_a_dead_server_costs_one_try_and_the_queue_flows_on_when_it_is_back(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    owe(cast, box, tmp_path, A, "b@jia.example")
    dead = box.settings(tmp_path, smtp_port=1)
    assert service.deliver(dead, NOW) == {"failed": 1}
    assert "连不上邮件服务器" in Attempt.get().detail
    assert service.deliver(box.settings(tmp_path), minutes(1)) == {"sent": 2}


def test_a_server_without_the_wanted_encryption_gets_no_letter(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    owe(cast, box, tmp_path)
    assert service.deliver(box.settings(tmp_path, smtp_tls="starttls"), NOW) == {"failed": 1}
    assert box.arrived == []


def test_a_claim_whose_sender_died_is_sent_again_and_marked(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    config = owe(cast, box, tmp_path)
    assert claiming.begin(_claimed(config, NOW, "dead:1"))
    assert service.deliver(config, minutes(5)) == {}
    assert service.deliver(config, minutes(11)) == {"interrupted": 1, "sent": 1}
    assert Message.get().doubtful
    assert [a.outcome for a in Attempt.select().order_by(Attempt.id)] == ["interrupted", "sent"]


def test_a_claim_made_on_a_clock_gone_wrong_is_freed_when_it_is_right_again(
    cast: Cast, box: Postbox, tmp_path: Path
) -> None:
    config = owe(cast, box, tmp_path)
    assert claiming.begin(_claimed(config, NOW + timedelta(hours=20), "dead:1"))
    assert service.deliver(config, NOW) == {"interrupted": 1, "sent": 1}
    assert Message.get().doubtful


def test_a_database_that_fails_for_a_moment_after_the_letter_is_out_costs_no_second_letter(
    cast: Cast, box: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = owe(cast, box, tmp_path)
    real, failing = recording.record_sent, iter([True, True])

    def record(*args: object) -> tuple[str, bool]:
        if next(failing, False):
            raise OperationalError("database is locked")
        return real(*args)

    monkeypatch.setattr(recording, "record_sent", record)
    monkeypatch.setattr(database, "_LOOK_AGAIN_SECONDS", 0.001)
    assert service.deliver(config, NOW) == {"sent": 1}
    assert box.recipients() == [A]
    assert not Message.get().doubtful


def test_a_sender_asked_to_stop_begins_no_letter(
    cast: Cast, box: Postbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = owe(cast, box, tmp_path)
    stopped = threading.Event()
    stopped.set()
    monkeypatch.setattr(delivery, "stopping", stopped)
    assert service.deliver(config, NOW) == {}
    assert Message.get().state == "queued"


def test_a_sender_whose_lease_ran_out_does_not_overwrite_the_fate(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    config = owe(cast, box, tmp_path)
    slow = _claimed(config, NOW, "slow:1")
    assert claiming.begin(slow)
    service.deliver(config, minutes(11))
    recording.record_failure(slow, delivery.ChannelError("太慢"), minutes(12))
    assert Message.get().state == "sent"


def test_line_ends_in_names_cannot_become_headers(cast: Cast, box: Postbox, tmp_path: Path) -> None:
    evil = "甲\r\nBcc: evil@example.com\r\n\r\n正文"
    cast.jia.name = evil
    cast.jia.save()
    vessel(cast.jia, in_days(10), name=evil, own_number="\r\n.\r\nMAIL FROM:<x@x.cn>")
    contact(cast.jia, A, name="张三\r\nBcc: evil@example.com")
    config = box.settings(tmp_path)
    service.tick(config, TODAY, NOW)
    assert service.deliver(config, NOW) == {"sent": 1}
    ((_, mail),) = box.arrived
    assert mail["Bcc"] is None
    assert "\n" not in mail["Subject"] + mail["To"]
    assert box.recipients() == [A]


def test_a_line_that_begins_with_a_dot_survives(box: Postbox, tmp_path: Path) -> None:
    channel = MailChannel(box.settings(tmp_path))
    text = ".\n..two\n.three\n"
    channel.send(Outgoing("<1@x>", "1", A, "", "s", text, "<p>.</p>", NOW))
    channel.close()
    assert box.arrived[0][1].get_body(("plain",)).get_content().replace("\r\n", "\n") == text
