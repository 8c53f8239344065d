"""The pages, the API and the command line: who sees what, every number a link to its rows, nothing lost that was typed."""

import io
import re
from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from inspect_station.cli import main
from inspect_station.db import db
from inspect_station.registry.models import Inspection
from inspect_station.workload import service
from inspect_station.workload.definitions import DEFINITIONS
from tests.conftest import TODAY, csrf_of, log_in, people, token_for
from tests.statements import counted
from tests.workload import park as small


@pytest.fixture
def scene(sqlite_app: Flask):
    with people(sqlite_app) as cast:
        small.whole(cast)
    return sqlite_app, cast


def test_the_month_shows_its_figures_with_their_definitions_and_links_each(scene) -> None:
    app, cast = scene
    client = log_in(app, cast.head)
    page = client.get("/workload?of=2026-11").get_data(as_text=True)
    assert "2026 年 11 月，到 2026-11-22 为止" in page
    links = set(re.findall(r'href="(/workload/rows/[^"]+)"', page))
    assert {link.split("?")[0].rsplit("/", 1)[1] for link in links} >= set(DEFINITIONS) - {"promise_reinspect"}
    assert "上期和去年同期只算到同一天（2026-10-22、2025-11-22）" in page
    for definition in DEFINITIONS.values():
        assert definition.sentence in page


def test_the_rows_of_a_figure_lead_to_what_they_are_and_go_into_a_workbook(scene) -> None:
    app, cast = scene
    client = log_in(app, cast.auditor)
    for key in DEFINITIONS:
        page = client.get(f"/workload/rows/{key}?of=2026-11").get_data(as_text=True)
        for link in re.findall(r'<a href="([^"]+)" data-row-link', page):
            # The park's reminders were never composed, so that their pages have nothing to show.
            assert link.startswith("/reminders/") or client.get(link).status_code == 200, (key, link)
    with client.get("/workload/rows/overdue?of=2026-11&format=xlsx") as answer:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.get_data())).active
    assert [row[1] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["乙罐", "容器C"]
    narrowed = client.get("/workload/rows/due?of=2026-11&kind=industrial_pipe").get_data(as_text=True)
    assert "循环水管" in narrowed
    assert "容器A" not in narrowed
    assert client.get("/workload/rows/nothing").status_code == 404
    assert client.get("/workload?of=2026-99").status_code == 422
    assert client.get("/workload/rows/inspected?of=2026-11&step=done").status_code == 422
    assert client.get("/workload/rows/inspected?of=2026-11&upto=2026-10-31").status_code == 422
    planned = client.get("/workload/rows/due?of=2026-11&step=planned").get_data(as_text=True)
    assert "已排期或更进一步" in planned
    assert "容器D" not in planned


def test_while_a_month_runs_the_one_before_opens_as_it_stood_on_the_like_day(scene) -> None:
    app, cast = scene
    client = log_in(app, cast.head)
    page = client.get("/workload?of=2026-11").get_data(as_text=True)
    assert "上期和去年同期只算到同一天（2026-10-22、2025-11-22）" in page
    link = "/workload/rows/inspected?of=2026-10&amp;upto=2026-10-22"
    assert link in page
    rows = client.get(link.replace("&amp;", "&")).get_data(as_text=True)
    assert "到 2026-10-22 为止" in rows
    assert "循环水管" in rows  # inspected on 20 October
    earlier = client.get("/workload/rows/inspected?of=2026-10&upto=2026-10-19").get_data(as_text=True)
    assert "没有这样的记录" in earlier
    report = client.get("/workload/report?of=2026-11").get_data(as_text=True)
    assert link in report
    assert "上期和去年同期只算到同一天（2026-10-22、2025-11-22）" in report


def test_a_persons_numbers_lead_to_the_reports_they_count(scene) -> None:
    app, cast = scene
    client = log_in(app, cast.head)
    links = re.findall(
        r'href="(/workload/people/[^"]+)"', client.get("/workload/people?of=2026-11").get_data(as_text=True)
    )
    links = [link for link in links if "/capacity" not in link]
    assert len(links) == 4  # done and written; issued; the clinic's visit
    for link in links:
        page = client.get(link.replace("&amp;", "&"))
        assert page.status_code == 200
        (first, *_) = re.findall(r'<a href="([^"]+)" data-row-link', page.get_data(as_text=True))
        assert client.get(first).status_code == 200, first
    assert client.get("/workload/people/1/nothing").status_code == 404


def test_before_the_first_import_the_page_says_no_data(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    page = log_in(sqlite_app, cast.head).get("/workload").get_data(as_text=True)
    assert "这段时间还没有数据" in page


def test_an_inspector_sees_his_own_month_and_the_auditor_all_without_acts(scene) -> None:
    app, cast = scene
    mine = log_in(app, cast.inspector).get("/workload/people?of=2026-11").get_data(as_text=True)
    assert "我负责的企业" in mine
    assert cast.other_inspector.name not in mine.split("<main", 1)[1]
    auditor = log_in(app, cast.auditor)
    seen = auditor.get("/workload/report?of=2026-10").get_data(as_text=True)
    assert "保存评语" not in seen
    assert "结账 2026 年 10 月" not in seen
    csrf = {"csrf_token": csrf_of(auditor)}
    for address in ("/workload/report/2026-10/close", "/workload/report/2026-10/remark", "/workload/walls"):
        assert auditor.post(address, data=csrf).status_code == 403, address
    assert auditor.post("/workload/target", data=csrf | {"year": "2026", "target": "5"}).status_code == 403
    assert log_in(app, cast.jia_user).get("/workload").status_code == 404


def test_the_head_closes_remarks_and_sets_the_target_and_loses_no_words(scene) -> None:
    app, cast = scene
    client = log_in(app, cast.head)
    csrf = {"csrf_token": csrf_of(client)}
    said = csrf | {"text": "十月大修", "revision": "0"}
    assert client.post("/workload/report/2026-10/remark", data=said).status_code == 302
    stale = client.post("/workload/report/2026-10/remark", data=said | {"text": "我的另一段话"})
    assert stale.status_code == 412
    assert "我的另一段话" in stale.get_data(as_text=True)
    assert "结账后本月数字不再改动" in client.get("/workload/report/2026-10/close").get_data(as_text=True)
    assert client.post("/workload/report/2026-10/close", data=csrf).status_code == 302
    assert client.post("/workload/report/2026-10/close", data=csrf).status_code == 409
    assert "已结账" in client.get("/workload?of=2026-10").get_data(as_text=True)
    assert client.post("/workload/target", data=csrf | {"year": "2026", "target": "610"}).status_code == 302
    assert "4 ÷ 610（年度目标）" in client.get("/workload").get_data(as_text=True)
    with db.connection_context():
        Inspection.delete().where(Inspection.completed_on == "2026-10-20").execute()
    assert "结账时是 1，现在是 0" in client.get("/workload/rows/inspected?of=2026-10").get_data(as_text=True)
    assert "结账时是" not in client.get("/workload/rows/reports_issued?of=2026-10").get_data(as_text=True)


def test_paper_workbook_and_api_carry_the_pages_numbers(scene) -> None:
    app, cast = scene
    client = log_in(app, cast.head)
    with client.get("/workload/report.pdf?of=2026-11") as answer:
        assert answer.get_data().startswith(b"%PDF")
        assert "2026-11" in answer.headers["Content-Disposition"]
    with client.get("/workload/report.xlsx?of=2026-11") as answer:
        book = openpyxl.load_workbook(io.BytesIO(answer.get_data()))
    workbook = {row[0]: row[1] for row in book["比率"].iter_rows(min_row=2, values_only=True)}
    told = app.test_client().get("/api/v1/workload/2026-11", headers=token_for(cast.head)).get_json()
    assert told["figures"]["rate_inspected"]["value"] == workbook["定检率"] == 60.0
    assert (told["figures"]["due"]["value"], told["closed"], told["last"]) == (5, False, "2026-11-30")
    assert [row["due"] for row in told["by_kind"]] == [4, 1]
    wrong = app.test_client().get("/api/v1/workload/november", headers=token_for(cast.head))
    assert (wrong.status_code, wrong.get_json()["errors"].keys()) == (422, {"of"})
    assert app.test_client().get("/api/v1/workload/2026-11", headers=token_for(cast.jia_user)).status_code == 404


def test_the_wall_needs_its_secret_and_has_no_way_out(scene) -> None:
    app, cast = scene
    head = log_in(app, cast.head)
    page = head.post("/workload/walls", data={"csrf_token": csrf_of(head), "name": "二楼"}).get_data(as_text=True)
    secret = re.findall(r"/wall/([\w-]+)", page)[0]
    stranger = app.test_client()
    shown = stranger.get(f"/wall/{secret}")
    assert shown.status_code == 200
    assert "超期" in shown.get_data(as_text=True)
    assert "<a " not in shown.get_data(as_text=True)
    assert stranger.get("/workload/wall").status_code == 302
    with db.connection_context():
        (link,) = service.wall.links(cast.head)
    assert head.post(f"/workload/walls/{link['id']}/revoke", data={"csrf_token": csrf_of(head)}).status_code == 302
    assert stranger.get(f"/wall/{secret}").status_code == 404


def test_the_month_costs_a_fixed_number_of_statements_however_much_there_is(scene) -> None:
    app, cast = scene
    client = log_in(app, cast.head)
    client.get("/workload")
    with counted() as few:
        client.get("/workload")
    with db.connection_context():
        for number in range(30):
            device = small.vessel(cast.jia, f"又一台{number}", f"Z-{number}")
            small.done(device, "2020-11-20", None, "2026-11-20")
        service.counting.figures(cast.head, service.read("2026-11"), TODAY)
    with counted() as many:
        client.get("/workload")
    assert len(many) == len(few)
    assert len(few) <= 60


def test_the_command_line_writes_the_report(scene, tmp_path: Path, monkeypatch) -> None:
    app, _cast = scene
    monkeypatch.setenv("STATION_DATABASE_URL", app.config["STATION"].database_url)
    monkeypatch.setenv("STATION_DATA_DIR", str(tmp_path))
    assert main(["export", "workload", str(tmp_path / "m.xlsx"), "--of", "2026-11"]) == 0
    assert openpyxl.load_workbook(tmp_path / "m.xlsx")["检验任务"]["B2"].value == 5
    assert main(["export", "workload", str(tmp_path / "m.doc")]) != 0
