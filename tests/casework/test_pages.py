"""Casework's pages and API as a browser and a program meet them: typed text comes back, nothing is written twice."""

import base64
import html
import io
from datetime import date
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from inspect_station.casework import service
from inspect_station.casework.models import Application, CaseFile, Report
from inspect_station.db import db
from inspect_station.duelist.models import DueRow
from inspect_station.duelist.projection import refresh
from inspect_station.staffing import service as staffing
from inspect_station.staffing.models import QualificationCode
from tests.casework.pictures import photo
from tests.conftest import NOW, TODAY, csrf_of, downloaded, log_in, people, token_for
from tests.duelist import park as parks
from tests.statements import counted

RESULT = {
    "clock": "periodic", "completed_on": "2026-11-20", "conclusion": "符合要求", "grade": "2", "next_due": "2032-11-20",
    "note": "第三段支座有轻微锈蚀", "filled_on": "0",
}  # fmt: skip


@pytest.fixture
def scene(sqlite_app: Any) -> Any:
    with people(sqlite_app) as cast, sqlite_app.app_context():
        park = parks.make(cast)
        staffing.seed(NOW)
        for code in QualificationCode.select():
            staffing.qualify(
                cast.admin, cast.inspector.account_id, code_id=code.id, certificate="T", valid_until=date(2027, 1, 1), now=NOW
            )  # fmt: skip
        refresh(TODAY)
    return sqlite_app, cast, park


def post(app: Any, actor: Any, path: str, **form: Any) -> tuple[int, str, str]:
    client = log_in(app, actor)
    # Encoded here: the client's own encoder leaves a large body's temporary file to the collector.
    boundary, body = encode_multipart({"csrf_token": csrf_of(client), **form})
    answer = client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")
    return answer.status_code, html.unescape(answer.get_data(as_text=True)), answer.headers.get("Location", "")


def row_id(device: Any) -> int:
    with db.connection_context():
        return int(DueRow.get(DueRow.equipment == device.id, DueRow.clock == "periodic").id)


def result(park: Any, cast: Any, **changes: Any) -> dict[str, Any]:
    known = {
        "equipment": str(park.overdue.id),
        "offered": str(park.overdue.id),
        "inspector": str(cast.inspector.account_id),
    }
    return {**RESULT, **known, "filled_on": "999999", **changes}


def test_the_desk_applies_from_ticked_rows_for_two_firms_at_once(scene: Any) -> None:
    app, cast, park = scene
    ids = [str(row_id(park.overdue)), str(row_id(park.yi_vessel))]
    client = log_in(app, cast.inspector)
    assert "缓冲罐" in client.get(f"/cases/new?ids={ids[0]}&ids={ids[1]}").get_data(as_text=True)
    status, _, where = post(app, cast.inspector, "/cases/new", items=ids, offered=ids, note="一起安排")
    assert (status, where) == (302, "/cases")
    with db.connection_context():
        assert {a.enterprise_id for a in Application.select()} == {cast.jia.id, cast.yi.id}


def test_an_application_that_is_refused_comes_back_as_typed(scene: Any) -> None:
    app, cast, park = scene
    number = str(row_id(park.overdue))
    form = {"items": number, "offered": number, "wished_to": "2026-01-01", "note": "大修期间"}
    status, page, _ = post(app, cast.jia_user, "/cases/new", **form)
    assert status == 422
    for words in ("希望的日期已经过去", "大修期间", 'value="2026-01-01"', "checked"):
        assert words in page, words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"completed_on": "2026-12-20"}, "不能晚于今天"),
        ({"next_due": "2040-01-01"}, "晚于规则允许的最长期限"),
        ({"inspector": ""}, "有效资格的检验人员"),
        ({"equipment": ""}, "请选择 1 至"),
    ],
)
def test_a_result_that_is_refused_comes_back_as_typed(scene: Any, changes: Any, words: str) -> None:
    app, cast, park = scene
    status, page, _ = post(app, cast.inspector, "/results/new", **result(park, cast, **changes))
    assert status == 422
    assert words in page
    assert "第三段支座有轻微锈蚀" in page


def test_a_photo_of_40_megabytes_is_refused_in_one_sentence_and_the_text_stays(scene: Any) -> None:
    app, cast, park = scene
    big = FileStorage(io.BytesIO(b"\xff\xd8\xff" + bytes(40 * 1024 * 1024)), "大照片.jpg")
    status, page, _ = post(app, cast.inspector, "/results/new", **result(park, cast, photos=big))
    assert status == 422
    assert "照片“大照片.jpg”有 40 MB，超过 20 MB" in page
    assert "第三段支座有轻微锈蚀" in page
    with db.connection_context():
        assert not Report.select().exists()


def test_a_stale_form_tells_of_the_newer_result_and_a_second_press_records_it(scene: Any) -> None:
    app, cast, park = scene
    status, page, _ = post(app, cast.inspector, "/results/new", **result(park, cast, filled_on="0"))
    assert status == 412
    for words in ("刚有别人登记了结果", "第三段支座有轻微锈蚀", "2020-11-21"):
        assert words in page, words
    newest = page.split('name="filled_on" value="')[1].split('"')[0]
    assert post(app, cast.inspector, "/results/new", **result(park, cast, filled_on=newest))[0] == 302


def test_the_engine_speaks_while_somebody_types(scene: Any) -> None:
    app, cast, park = scene
    asked = f"/results/proposal?equipment={park.overdue.id}&clock=periodic&completed_on=2026-11-20"
    client = log_in(app, cast.inspector)
    assert "按规则推算 2032-11-20，最迟 2032-11-20" in client.get(f"{asked}&conclusion=符合要求&grade=1").get_data(
        as_text=True
    )
    assert "2029-11-20 至 2032-11-20" in client.get(f"{asked}&conclusion=符合要求&grade=3").get_data(as_text=True)
    assert "须停止使用" in client.get(f"{asked}&conclusion=不合格").get_data(as_text=True)
    assert client.get(f"{asked}&grade=x&conclusion=odd").status_code == 200


def test_a_result_sent_twice_under_one_key_is_written_once(scene: Any) -> None:
    app, cast, park = scene
    body = {
        "equipment_ids": [park.overdue.id], "clock": "periodic", "completed_on": "2026-11-20", "conclusion": "符合要求", "grade": 2,
        "next_due": "2032-11-20", "inspector_ids": [cast.inspector.account_id],
        "photos": [{"name": "a.jpg", "data": base64.b64encode(photo(200, 100)).decode()}],
    }  # fmt: skip
    headers = {**token_for(cast.inspector), "Idempotency-Key": "phone-1"}
    answers = [app.test_client().post("/api/v1/results", json=body, headers=headers) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    with db.connection_context():
        assert (Report.select().count(), CaseFile.select().count()) == (1, 1)
    odd = {**body, "photos": [{"name": "a.jpg", "data": "***"}]}
    assert app.test_client().post("/api/v1/results", json=odd, headers=token_for(cast.inspector)).status_code == 422


def test_applications_are_made_and_decided_through_the_api(scene: Any) -> None:
    app, cast, park = scene
    client, firm, staff = app.test_client(), token_for(cast.jia_user), token_for(cast.inspector)
    body = {"enterprise_id": cast.jia.id, "items": [{"equipment_id": park.overdue.id, "clock": "periodic"}]}
    made = client.post("/api/v1/applications", json=body, headers=firm)
    assert (made.status_code, made.get_json()["state"], made.get_json()["items"][0]["due_on"]) == (
        201,
        "submitted",
        "2026-11-21",
    )
    assert client.post("/api/v1/applications", json=body, headers=firm).status_code == 409
    where = made.headers["Location"]
    stale = client.post(f"{where}/accept", headers={**staff, "If-Match": '"9"'})
    assert stale.status_code == 412
    taken = client.post(f"{where}/accept", headers={**staff, "If-Match": made.headers["ETag"]})
    assert (taken.status_code, taken.get_json()["keeper"]) == (200, "检一")
    listed = client.get("/api/v1/applications?state=accepted", headers=firm).get_json()
    assert (listed["total"], listed["items"][0]["number"]) == (1, taken.get_json()["number"])
    assert client.get(where, headers=token_for(cast.yi_user)).status_code == 404


def test_the_list_of_cases_costs_a_constant_number_of_statements(scene: Any) -> None:
    app, cast, park = scene
    with db.connection_context():
        for device in (park.overdue, park.apply_now, park.approaching, park.ok):
            service.apply(cast.jia_user, cast.jia.id, [(device.id, "periodic")], source="portal", now=NOW)
    client = log_in(app, cast.inspector)
    client.get("/cases")
    for size in (1, 200):
        with counted() as ran:
            assert client.get(f"/cases?per_page={size}").status_code == 200
        assert len(ran) <= 5, ran


def test_promises_are_set_by_the_administrator_only(scene: Any) -> None:
    app, cast, _ = scene
    days = {"accept": "2", "schedule": "3", "report": "15", "reinspect": "3", "quiet": "5"}
    assert post(app, cast.inspector, "/cases/promises", **days)[0] == 403
    status, page, _ = post(app, cast.admin, "/cases/promises", **{**days, "accept": "x"})
    assert (status, "应为整数" in page, 'value="15"' in page) == (422, True, True)
    assert post(app, cast.admin, "/cases/promises", **days)[0] == 302
    with db.connection_context():
        assert service.promises.days()["report"] == 15


def test_a_workbook_of_cases_holds_what_the_list_shows(scene: Any) -> None:
    app, cast, park = scene
    with db.connection_context():
        service.apply(cast.jia_user, cast.jia.id, [(park.overdue.id, "periodic")], source="portal", now=NOW)
    sheet = downloaded(log_in(app, cast.jia_user), "/cases.xlsx").active
    assert [sheet.cell(2, n).value for n in (2, 3, 4)] == ["已提交，等待受理", "福州甲化工有限公司", 1]
