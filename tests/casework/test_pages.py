"""Casework's pages and API as a browser and a program meet them: typed text comes back, nothing is written twice."""

import base64
import html
import io
import re
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
from inspect_station.registry import service as registry
from inspect_station.registry.models import Equipment, Inspection
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


def test_ticked_rows_are_recorded_group_by_group(scene: Any) -> None:
    app, cast, park = scene
    ids = [row_id(park.overdue), row_id(park.ok), row_id(park.yi_vessel)]
    client = log_in(app, cast.inspector)
    page = client.get("/results/new", query_string={"ids": ids}).get_data(as_text=True)
    assert "2 台（条）一起登记" in page
    assert "登记后接着登记其余 1 项" in page
    both = [str(park.overdue.id), str(park.ok.id)]
    form = result(park, cast, equipment=both, offered=both, rest=str(ids[2]))
    form |= {f"report_number.{park.ok.id}": "KM-2", f"next_due.{park.ok.id}": "2031-11"}
    status, _, where = post(app, cast.inspector, "/results/new", **form, report_number="KM-1")
    assert (status, where) == (302, f"/results/new?ids={ids[2]}")
    with db.connection_context():
        made = {i.equipment_id: i for i in Inspection.select().where(Inspection.completed_on == "2026-11-20")}
        assert {n: (i.report_number, i.next_due) for n, i in made.items()} == {
            park.overdue.id: ("KM-1", "2032-11-20"),
            park.ok.id: ("KM-2", "2031-11"),
        }
        assert sorted(r.number for r in Report.select()) == ["KM-1", "KM-2"]


def test_one_wrong_device_of_many_writes_none_and_everything_typed_comes_back(scene: Any) -> None:
    app, cast, park = scene
    both = [str(park.overdue.id), str(park.ok.id)]
    form = result(park, cast, equipment=both, offered=both, **{f"next_due.{park.ok.id}": "2045-01-01"})
    form[f"report_number.{park.overdue.id}"] = "KM-8"
    status, page, _ = post(app, cast.inspector, "/results/new", **form)
    assert status == 422
    for words in (
        "2045-01-01",
        "KM-8",
        "第三段支座有轻微锈蚀",
        f"{park.ok.name} {park.ok.own_number}”：晚于规则允许的最长期限",
    ):
        assert words in page, words
    with db.connection_context():
        assert not Report.select().exists()


@pytest.mark.parametrize(
    ("ids", "sentence"), [([""], "还没有选中任何一项"), (list(range(1, 202)), "一次最多处理 200 项")]
)
def test_nothing_ticked_or_too_much_is_said_in_a_sentence(scene: Any, ids: list[Any], sentence: str) -> None:
    app, cast, _ = scene
    answer = log_in(app, cast.inspector).get("/results/new", query_string={"ids": ids})
    assert (answer.status_code, sentence in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"completed_on": "2001-01-01"}, "制造日期"),
        ({"completed_on": "2026-13-40"}, "检验日期"),
        ({"next_due": "2026-11-01"}, "应晚于检验日期"),
        ({"clock": "annual", "conclusion": "符合要求"}, "不评定安全状况等级"),
        ({"grade": "9"}, "安全状况等级"),
    ],
)
def test_odd_values_are_each_told_of_in_one_sentence(scene: Any, changes: Any, words: str) -> None:
    app, cast, park = scene
    with db.connection_context():
        Equipment.update(made_on="2015-01").where(Equipment.id == park.overdue.id).execute()
    status, page, _ = post(app, cast.inspector, "/results/new", **result(park, cast, **changes))
    assert status == 422
    assert words in page
    assert "第三段支座有轻微锈蚀" in page


def test_a_number_that_the_ledger_has_is_told_of_with_its_place_and_stands_with_a_reason(scene: Any) -> None:
    app, cast, park = scene
    old = {"clock": "annual", "completed_on": "2026-03-01", "conclusion": "符合要求", "report_number": "KM-5"}
    with db.connection_context():
        registry.inspections.record(cast.inspector, park.ok.id, old, now=NOW, today=TODAY)
    form = result(park, cast, report_number="KM-5")
    status, page, _ = post(app, cast.inspector, "/results/new", **form)
    assert status == 422
    assert f"“KM-5”已经记在“{park.ok.name} {park.ok.own_number}”2026-03-01 的年度检查" in page
    assert 'name="reason"' in page
    assert post(app, cast.inspector, "/results/new", **form, reason="旧台账一份报告记几台")[0] == 302
    form["filled_on"], form["completed_on"] = "999999", "2026-11-21"
    assert "已经用过" in post(app, cast.inspector, "/results/new", **form, reason="再来")[1]


def test_a_reinspection_of_the_day_of_the_failure_is_explained_and_offers_what_to_do(scene: Any) -> None:
    app, cast, park = scene
    assert (
        post(
            app, cast.inspector, "/results/new", **result(park, cast, conclusion="不符合要求", next_due="", grade="")
        )[0]
        == 302
    )
    again = result(park, cast, conclusion="复检合格")
    status, page, _ = post(app, cast.inspector, "/results/new", **again)
    assert status == 422
    for words in ("同一天以不合格的为准", "请填实际的复检日期", "更正原记录", "/correct"):
        assert words in page, words
    assert (
        post(
            app, cast.inspector, "/results/new", **{**again, "completed_on": "2026-11-21", "next_due": "2032-11-21"}
        )[0]
        == 302
    )


def test_reports_and_postponements_are_paged_searched_and_exported(scene: Any) -> None:
    app, cast, park = scene
    wish = {"until": date(2029, 1, 1), "reason": "装置连续运行", "measures": "每周测厚", "approved_by": "陈总"}
    with db.connection_context():
        for n in range(3):
            Report.create(
                enterprise=cast.jia.id, number=f"KM-{n}", completed_on=TODAY, report_by=date(2026, 11, 20 + n), created_at=NOW
            )  # fmt: skip
        for device in (park.overdue, park.ok, park.approaching):
            service.postponing.ask(cast.jia_user, device.id, {"clock": "periodic", **wish}, now=NOW)
    client = log_in(app, cast.inspector)
    for path, first, last in (
        ("/reports", "KM-0", "KM-2"),
        ("/postponements", park.approaching.own_number, park.overdue.own_number),
    ):
        page = client.get(f"{path}?per_page=2").text
        assert "共 3 份" in page
        assert (first in page, last in page) == (True, False)
        following = html.unescape(re.search(r'href="([^"]*cursor=[^"]*)"', page).group(1))
        page = client.get(following).text
        assert (first in page, last in page) == (False, True)
        assert client.get(f"{path}?cursor=odd").status_code == 422
        assert "没有符合这些条件的" in client.get(f"{path}?q=没有的").text
    assert "没有符合这些条件的报告" in client.get("/reports?late=1&q=KM-1&stage=issued").text
    late = client.get("/reports?late=1").text
    assert ("KM-0" in late, "KM-2" in late) == (True, False)
    sheet = downloaded(client, "/reports.xlsx?q=KM-1").active
    assert [sheet.cell(2, n).value for n in (1, 2, 3)] == ["KM-1", "已编制", "福州甲化工有限公司"]
    sheet = downloaded(log_in(app, cast.jia_user), "/postponements.xlsx?state=open").active
    assert [sheet.cell(row, 6).value.year for row in (2, 3, 4)] == [2029, 2029, 2029]
