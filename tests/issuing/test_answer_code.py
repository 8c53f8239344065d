"""The code on a printed notice opens an answer page, and what comes of the paper is told with the letters."""

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from inspect_station.db import db
from inspect_station.errors import Conflict
from inspect_station.issuing import service
from inspect_station.issuing.drafts import notice_of
from inspect_station.issuing.models import IssuedNotice
from inspect_station.notices import pdf
from inspect_station.reminders import backlog, fallback, hands, records
from inspect_station.reminders import service as reminders
from inspect_station.reminders.answers import schemas
from inspect_station.reminders.answers import service as answers
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.validation import load
from tests.conftest import NOW, TODAY, Cast, log_in, people
from tests.issuing.test_issuing import ids, issue, words
from tests.reminders.park import in_days, settings, vessel

NUMBER = "检通〔2026〕0001号"


def printed(cast: Cast, tmp_path: Path) -> IssuedNotice:
    vessel(cast.jia, in_days(20), name="反应釜一号")
    (made,) = issue(cast, tmp_path)
    return made


def test_the_paper_holds_the_link_of_its_own_message(cast: Cast, tmp_path: Path) -> None:
    made = printed(cast, tmp_path)
    secret = answers.secret_of(Message.get(), settings(tmp_path))
    path = service.pdf_of(cast.inspector, settings(tmp_path), made.id)[1]
    assert "扫码回复" in words(path)
    (draft,) = service.drafts(cast.inspector, ids(cast), "notice", TODAY)
    config, url = settings(tmp_path), f"{settings(tmp_path).base_url}/r/{secret}"
    again = notice_of(config, replace(draft, last_told=None), NUMBER, url, TODAY, True)
    assert path.read_bytes() == pdf.render(again)
    sheet = answers.behind(secret, settings(tmp_path), NOW)
    assert [line.item.device for line in sheet.open_lines] == ["反应釜一号"]


def test_an_answer_by_the_paper_lands_in_the_inbox_under_the_notices_number(cast: Cast, tmp_path: Path) -> None:
    printed(cast, tmp_path)
    sheet = answers.behind(answers.secret_of(Message.get(), settings(tmp_path)), settings(tmp_path), NOW)
    given = load(schemas.SCHEMAS["apply"](), {"scope": "all", "phone": "13800000000"})
    answers.give(answers.holder_of(sheet), sheet, "apply", given, settings(tmp_path), NOW)
    (row,) = answers.page_of(cast.inspector, answers.Filters(), None, 10).rows
    assert (row["number"], row["kind"]) == (NUMBER, "apply")
    reminders.tick(settings(tmp_path), TODAY, NOW)
    assert {s.reason[:9] for s in OwedStep.select().where(OwedStep.channel != "notice")} == {"quiet:已报检"}


def test_paper_is_on_no_list_of_calls_and_no_sender_takes_it(cast: Cast, tmp_path: Path) -> None:
    printed(cast, tmp_path)
    assert hands.tasks(cast.inspector) == []
    assert reminders.deliver(settings(tmp_path), NOW) == {}
    assert backlog.look(cast.inspector, NOW).letters == 0
    number = Message.get().id
    assert backlog.stop_all(cast.inspector, [number], "不要了", NOW) == backlog.Bulk(0, 1)
    with pytest.raises(Conflict, match="不能重新发送"):
        records.check_resend(cast.inspector, number)
    assert Message.get().state == "queued"


def test_handed_over_it_counts_as_told_and_nobody_is_pressed_for_it(cast: Cast, tmp_path: Path) -> None:
    made = printed(cast, tmp_path)
    assert reminders.last_told(cast.jia.id) is None
    for receiver in ("门卫", "张安全"):  # put right by recording again
        service.record_delivery(
            cast.inspector, made.id, delivered_on=TODAY, receiver=receiver, delivery_note="", today=TODAY, now=NOW
        )
    assert reminders.last_told(cast.jia.id) == TODAY
    (row,) = records.page_of(cast.inspector, records.Filters(channel="notice"), None, 10).rows
    assert (row["state_word"], row["recipient"]) == ("已送达", NUMBER)
    assert fallback.escalate(settings(tmp_path), TODAY.replace(month=12, day=20), NOW) == 0


def test_a_void_notice_says_so_among_the_letters(cast: Cast, tmp_path: Path) -> None:
    made = printed(cast, tmp_path)
    service.void(cast.inspector, made.id, "写错了", NOW)
    (row,) = records.page_of(cast.inspector, records.Filters(), None, 10).rows
    assert (row["state_word"], row["reason"]) == ("已作废", "通知单已作废：写错了")


def test_its_page_leads_to_the_register_and_offers_neither_mail_nor_another_try(app: Flask, tmp_path: Path) -> None:
    with people(app) as cast, app.app_context():
        printed(cast, tmp_path)
        number = Message.get().id
    client = log_in(app, cast.inspector)
    page = client.get(f"/reminders/{number}").get_data(as_text=True)
    assert "书面通知单已打印" in page
    for unwanted in (".eml", "重新发送", "停发这封提醒"):
        assert unwanted not in page
    assert client.get(f"/reminders/{number}/letter.eml").status_code == 404
    with db.connection_context():
        assert Message.get_by_id(number).state == "queued"
