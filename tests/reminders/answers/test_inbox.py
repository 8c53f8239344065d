"""The inbox as the station's people meet it, and the JSON of it."""

import html
from pathlib import Path

import pytest
from flask import Flask

from inspect_station.db import db
from inspect_station.registry import service as registry
from inspect_station.reminders.answers.models import Answer
from inspect_station.web import settings
from tests.conftest import Cast, csrf_of, downloaded, log_in, people, token_for
from tests.reminders.answers.park import PDF, Told, tell
from tests.reminders.park import in_days


@pytest.fixture
def scene(sqlite_app: Flask, tmp_path: Path) -> tuple[Flask, Cast, Told]:
    with people(sqlite_app) as cast, sqlite_app.app_context():
        told = tell(cast, tmp_path)
        proof = registry.documents.receive("拆除.pdf", PDF, settings().files_dir)
        told.answer("stopped", {"devices": [told.late.id], "act": "dismantle", "on": in_days(-2)}, evidence=proof)
        told.answer("contact", {"role": "other", "name": "李新", "mobile": "13812345678", "note": "新来的"})
    return sqlite_app, cast, told


def shown(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def test_the_inbox_says_who_said_what_and_the_navigation_how_many_wait(scene) -> None:
    app, cast, _ = scene
    page = shown(log_in(app, cast.inspector), "/answers?tab=open")
    for said in ("福州甲化工有限公司", "设备已停用或拆除", "反应釜二号", "拆除", "改为 其他联系人 李新", "凭链接 张安全",
                 "有附件", '待处理</span>2</span>'):  # fmt: skip
        assert said in page, said
    assert "13812345678" not in page
    assert "待处理</span>" not in shown(log_in(app, cast.jia_user), "/due")


def test_an_answers_page_leads_to_the_word_of_the_station(scene) -> None:
    app, cast, _told = scene
    client = log_in(app, cast.inspector)
    page = shown(client, "/answers/1")
    assert "确认拆除" in page
    with client.get("/answers/1/evidence") as file:
        assert file.get_data() == PDF
    token = csrf_of(client)
    empty = client.post("/answers/1/reject", data={"csrf_token": token, "revision": 1, "reason": ""})
    assert (empty.status_code, "理由" in empty.get_data(as_text=True)) == (422, True)
    done = client.post("/answers/1/confirm", data={"csrf_token": token, "revision": 1, "on": in_days(-1)})
    assert done.status_code == 302
    assert "已确认，设备状态和证明已登记" in shown(client, "/answers/1")
    late = client.post("/answers/1/reject", data={"csrf_token": token, "revision": 1, "reason": "太晚"})
    assert (late.status_code, "已经有人处理过" in late.get_data(as_text=True)) == (409, True)
    assert "13812345678" in shown(client, "/answers/2")


def test_the_auditor_reads_and_is_offered_nothing_to_press(scene) -> None:
    app, cast, _ = scene
    page = shown(log_in(app, cast.auditor), "/answers/2")
    assert "确认换联系人" not in page
    assert "13812345678" not in page


def test_the_export_holds_what_the_filters_hold(scene) -> None:
    app, cast, _ = scene
    sheet = downloaded(log_in(app, cast.inspector), "/answers.xlsx?kind=contact").active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [(row[2], row[4]) for row in rows] == [("换联系人", "新来的")]


def test_the_api_lists_answers_and_an_enterprise_its_own(scene) -> None:
    app, cast, told = scene
    api = app.test_client()
    body = api.get("/api/v1/answers?state=open", headers=token_for(cast.inspector)).get_json()
    assert (body["total"], body["next"]) == (2, None)
    assert body["items"][1]["items"][0]["equipment_id"] == told.late.id
    assert body["items"][0]["facts"]["mobile"] == "138****5678"
    assert api.get("/api/v1/answers", headers=token_for(cast.jia_user)).get_json()["total"] == 2
    assert api.get("/api/v1/answers", headers=token_for(cast.yi_user)).get_json()["total"] == 0
    assert api.get("/api/v1/answers?kind=nonsense", headers=token_for(cast.yi_user)).status_code == 422


def test_an_empty_inbox_says_why(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    assert "还没有企业答复" in shown(log_in(sqlite_app, cast.head), "/answers")
    with db.connection_context():
        assert Answer.select().count() == 0
