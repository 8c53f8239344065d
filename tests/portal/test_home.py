"""An enterprise's first page: what it has to do now, and what was said and answered."""

import html
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient

from inspect_station.casework import service as casework
from inspect_station.db import db
from inspect_station.reminders.answers import service as answers
from inspect_station.reminders.models import Message
from inspect_station.web import settings
from tests.conftest import NOW, TODAY, Cast, log_in, people
from tests.reminders.answers.park import Told, tell
from tests.reminders.park import contact, in_days, inspected, vessel
from tests.statements import counted

Scene = tuple[Flask, Cast, Told]


@pytest.fixture
def scene(app: Flask, tmp_path: Path) -> Scene:
    with people(app) as cast, app.app_context():
        told = tell(cast, tmp_path)
    return app, cast, told


def shown(client: FlaskClient, path: str = "/home") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def test_home_is_the_first_page_of_an_enterprise_and_of_nobody_else(scene: Scene) -> None:
    app, cast, _ = scene
    assert log_in(app, cast.jia_user).get("/").headers["Location"] == "/home"
    assert log_in(app, cast.inspector).get("/").headers["Location"] == "/due"
    assert log_in(app, cast.inspector).get("/home").status_code == 404
    assert app.test_client().get("/home").status_code == 302


def test_it_says_what_to_do_first_and_why(scene: Scene) -> None:
    app, cast, told = scene
    page = shown(log_in(app, cast.jia_user))
    for said in ("福州甲化工有限公司", "2 项要申请检验", "其中 1 项已超期", "回复提醒", "反应釜一号", "催检通知", "我的台账",
                 "订阅到手机日历", "这些词是什么意思"):  # fmt: skip
        assert said in page, said
    assert page.index("要申请检验") < page.index("回复提醒")
    with app.app_context(), db.connection_context():
        assert f"/r/{answers.secret_of(told.message, settings())}" in page


def test_what_is_under_way_is_no_act_any_more(scene: Scene) -> None:
    app, cast, told = scene
    with db.connection_context():
        told.answer("apply", {"scope": "all", "phone": "1"})
    page = shown(log_in(app, cast.jia_user))
    assert "要申请检验" not in page
    assert "回复提醒" not in page
    assert "没有要马上办的事" in page
    assert "我的报检：1 件在办" in page
    assert "申请检验：反应釜二号" in page
    assert "已送达检验站，等待处理" in page


def test_whom_we_have_talked_to_is_not_asked_for_an_answer(scene: Scene) -> None:
    app, cast, told = scene
    with db.connection_context():
        Message.update(channel="phone").where(Message.id == told.message.id).execute()
    page = shown(log_in(app, cast.jia_user))
    assert "回复提醒" not in page
    assert "已电话告知" in page


def test_an_application_that_waits_for_us_longer_than_its_quiet_is_no_act_of_the_enterprise(scene: Scene) -> None:
    app, cast, told = scene
    with db.connection_context():
        items = [(device.id, "periodic") for device in (told.soon, told.late)]
        casework.apply(cast.jia_user, cast.jia.id, items, source="portal", now=NOW - timedelta(days=30))
        assert not casework.quieted(TODAY)
    page = shown(log_in(app, cast.jia_user))
    assert "要申请检验" not in page
    assert "我的报检：1 件在办" in page


def test_the_health_sheet_asks_for_nothing_that_is_in_hand_and_sorts_out_whose_it_is(scene: Scene) -> None:
    app, cast, told = scene
    client = log_in(app, cast.jia_user)

    def sheet() -> str:
        document = pypdfium2.PdfDocument(client.get(f"/enterprises/{cast.jia.id}/health.pdf").get_data())
        text = document[0].get_textpage().get_text_range().replace(" ", "").replace("\r\n", "")
        document.close()
        return str(text)

    assert "停止使用1项已超期的设备，尽快报检" in sheet()
    assert "为1项一个月内到期的检验提出申请" in sheet()
    with db.connection_context():
        items = [(device.id, "periodic") for device in (told.soon, told.late)]
        casework.apply(cast.jia_user, cast.jia.id, items, source="portal", now=NOW)
    assert "尽快报检" not in sheet()
    assert "提出申请" not in sheet()
    assert "1项已超期、正在办理检验的，检验合格前不得使用" in sheet()
    assert "超期，办理中" in sheet()


def test_forbidden_use_stays_the_first_act_whatever_was_applied_for(scene: Scene) -> None:
    app, cast, told = scene
    with db.connection_context():
        inspected(told.late, "periodic", in_days(300), in_days(-1), "不符合要求")
    page = shown(log_in(app, cast.jia_user))
    assert page.index("1 项须停止使用") < page.index("1 项要申请检验")


def test_an_enterprise_without_anything_is_told_so(scene: Scene) -> None:
    app, cast, _ = scene
    page = shown(log_in(app, cast.yi_user))
    for said in ("没有要马上办的事", "还没有给贵单位发过提醒", "没有已知的到期日", "还没有打印给贵单位的通知单"):
        assert said in page, said
    assert "反应釜" not in page


def test_the_page_costs_a_bounded_number_of_statements(scene: Scene) -> None:
    app, cast, _ = scene
    with db.connection_context():
        for _ in range(30):
            vessel(cast.jia, in_days(-9))
    client = log_in(app, cast.jia_user)
    shown(client)
    with counted() as ran:
        shown(client)
    assert len(ran) <= 40, len(ran)


def test_a_firm_that_no_reminder_finds_reads_so_itself(scene: Scene) -> None:
    app, cast, _ = scene
    assert "提醒发不到贵单位" not in shown(log_in(app, cast.jia_user))
    page = shown(log_in(app, cast.yi_user))
    assert "提醒发不到贵单位" in page
    assert "到期前我们会提醒您" not in page
    with db.connection_context():
        contact(cast.yi, "b@yi.example")
    assert "到期前我们会提醒您" in shown(log_in(app, cast.yi_user))
