"""The pages and the JSON of the due list, as a browser and a program meet them."""

import csv
import io
import json
from pathlib import Path

import openpyxl
import pytest

from inspect_station import cli
from inspect_station.db import db
from inspect_station.duelist import service
from inspect_station.workcalendar.models import CalendarDay
from tests.conftest import TODAY, downloaded, token_for
from tests.duelist.conftest import Town
from tests.statements import counted

CONTRACT = (
    "enterprise", "equipment_id", "name", "catalogue_code", "own_number", "maker_number", "registration_code",
    "certificate_number", "line_number", "clock", "bucket",
)  # fmt: skip
DUE = {
    "answer", "on", "precision", "origin", "apply_by", "latest", "state", "before_extension", "range", "done_by",
    "source", "warnings", "because",
}  # fmt: skip
CANARY = "YI-CANARY-1"


def test_the_first_page_is_what_is_due(town: Town) -> None:
    page = town.browser().get("/", follow_redirects=True).get_data(as_text=True)
    assert "到期清单" in page
    for word in ("禁用", "超期", "应报检", "临近", "正常", "待确定", "缺日期", "停用", "不适用"):
        assert word in page
    assert "福州甲化工有限公司" in page


def test_the_address_holds_the_whole_state(town: Town) -> None:
    page = town.browser().get("/due?bucket=overdue&view=flat&clock=periodic&q=缓冲").get_data(as_text=True)
    assert "缓冲罐" in page
    assert "换热器" not in page
    assert "去掉筛选：检验项目" not in page
    assert "去掉筛选：项目 定期检验" in page
    assert 'name="bucket" value="overdue"' in page


def test_month_precise_dates_are_shown_as_months(town: Town) -> None:
    page = town.browser().get("/due?bucket=approaching&view=flat").get_data(as_text=True)
    assert '<time datetime="2026-12">2026-12</time>' in page


def test_pipes_are_counted_in_lines_and_metres(town: Town) -> None:
    page = town.browser().get("/due?kind=industrial_pipe").get_data(as_text=True)
    assert "共 2 项，1 条管线，125.5 米" in page


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/due?bucket=forbidden&kind=boiler", "没有符合这些条件的项目"),
        ("/due?bucket=forbidden", "没有禁用设备"),
    ],
)
def test_an_empty_list_says_why_and_when_it_was_checked(town: Town, address: str, words: str) -> None:
    with db.connection_context():
        town.park.forbidden.delete_instance()
    page = town.browser().get(address).get_data(as_text=True)
    assert words in page
    assert "最近一次核对：今天 09:30" in page


def test_a_senseless_filter_is_refused_in_a_sentence(town: Town) -> None:
    for address in ("/due?bucket=red", "/due?month=2026-13", "/due?grade=9", "/due?colour=red", "/due?cursor=xx"):
        answer = town.browser().get(address)
        assert answer.status_code == 422, address
    assert "状态只能是" in town.browser().get("/due?bucket=red").get_data(as_text=True)


def test_every_page_stays_within_its_statements(town: Town) -> None:
    browser = town.browser()
    browser.get("/due")
    for address in ("/due", "/due?view=flat", "/due?view=flat&per_page=5", "/due?bucket=overdue&q=罐"):
        with counted() as ran:
            assert browser.get(address).status_code == 200
        assert len(ran) <= 5, (address, ran)


def test_why_tells_the_steps_the_clause_and_what_would_change_it(town: Town) -> None:
    page = town.browser().get(f"/equipment/{town.park.undetermined.id}/due/periodic").get_data(as_text=True)
    for words in (
        "为什么是这一天", "TSG 21-2016 8.1.6.1", "安全状况等级3级", "2028-06-01 至 2031-06-01", "待核实",
        "检验机构确定的下次检验日期", "如果最近一次检验的安全状况等级为 1 级", "2031-06-01 到期", "检验完成",
    ):  # fmt: skip
        assert words in page, words


def test_why_opens_in_the_drawer_without_the_shell(town: Town) -> None:
    address = f"/equipment/{town.park.ok.id}/due/periodic"
    drawer = town.browser().get(address, headers={"HX-Request": "true", "HX-Target": "drawer-body"})
    assert 'id="drawer-content"' in drawer.get_data(as_text=True)
    assert "<html" not in drawer.get_data(as_text=True)


def test_the_calendar_shows_each_due_day(town: Town) -> None:
    page = town.browser().get("/due/calendar?month=2026-12").get_data(as_text=True)
    assert "2026 年 12 月" in page
    assert "换热器 E-201 定期检验" in page
    assert "其中 1 项只知道月份" in page


def test_export_and_print_hold_what_the_filters_hold(town: Town) -> None:
    browser = town.browser()
    book = downloaded(browser, "/due/export?bucket=overdue&clock=periodic")
    rows = list(book.active.values)
    assert rows[0][:3] == ("状态", "企业", "设备名称")
    assert [row[2] for row in rows[1:]] == ["缓冲罐"]
    text = browser.get("/due/export?format=csv&bucket=approaching").get_data(as_text=True).lstrip("\ufeff")
    found = list(csv.DictReader(io.StringIO(text)))
    assert [row["到期日期"] for row in found] == ["2026-12", "2027-02-20"]
    assert "反应釜" in browser.get("/due/print?bucket=approaching").get_data(as_text=True)


def test_the_ticked_rows_can_be_reminded_of(town: Town) -> None:
    assert 'formaction="/reminders/new"' in town.browser().get("/due").get_data(as_text=True)
    assert "/reminders/new" not in town.browser("jia_user").get("/due").get_data(as_text=True)
    row = _row_of(town, town.park.overdue.id)
    draft = town.browser().get(f"/reminders/new?ids={row}&bucket=overdue&action=").get_data(as_text=True)
    assert "福州甲化工有限公司" in draft


def test_only_the_ticked_rows_are_exported(town: Town) -> None:
    browser = town.browser()
    with db.connection_context():
        row = service.clocks_of(town.cast.inspector, town.park.ok.id, TODAY)[1]
    book = downloaded(browser, f"/due/export?ids={row['id']}")
    assert [r[2] for r in list(book.active.values)[1:]] == ["分汽缸"]


def test_the_json_list_has_the_fields_of_the_contract(town: Town) -> None:
    headers = token_for(town.cast.inspector)
    client = town.app.test_client()
    answer = client.get("/api/v1/due?bucket=ok&clock=periodic&enterprise=1", headers=headers).get_json()
    (item,) = answer["items"]
    assert (answer["total"], answer["total_capped"], answer["next"]) == (1, False, None)
    assert set(CONTRACT) | DUE <= set(item)
    assert (item["enterprise"], item["on"], item["precision"]) == ("福州甲化工有限公司", "2028-03-31", "month")
    assert item["source"] == {"document": "TSG 21-2016", "clause": "8.1.6.1", "verified": "secondary"}
    keys = {i["clock"]: set(i) for i in client.get("/api/v1/due?bucket=none", headers=headers).get_json()["items"]}
    assert "state" not in keys["annual"]


def test_the_json_list_pages_by_cursor(town: Town) -> None:
    headers = token_for(town.cast.inspector)
    client = town.app.test_client()
    seen, cursor = [], ""
    while True:
        answer = client.get(f"/api/v1/due?per_page=5{cursor}", headers=headers).get_json()
        seen += [(i["equipment_id"], i["clock"]) for i in answer["items"]]
        if not answer["next"]:
            break
        cursor = f"&cursor={answer['next']}"
    assert len(seen) == len(set(seen)) == answer["total"] == 22


def test_the_json_list_takes_few_statements(town: Town) -> None:
    headers, client = token_for(town.cast.inspector), town.app.test_client()
    client.get("/api/v1/due", headers=headers)
    for size in (1, 200):
        with counted() as ran:
            client.get(f"/api/v1/due?per_page={size}", headers=headers)
        assert len(ran) == 2  # who asks; the page with its total and the look whether it is still true


@pytest.mark.parametrize("query", ["per_page=0", "per_page=201", "colour=red", "cursor=x", "bucket=red", "sort=x"])
def test_the_json_list_refuses_what_it_does_not_know(town: Town, query: str) -> None:
    answer = town.app.test_client().get(f"/api/v1/due?{query}", headers=token_for(town.cast.inspector))
    assert answer.status_code == 422
    assert set(answer.get_json()) == {"code", "status", "message", "errors"}


def test_a_device_answers_with_its_reasons(town: Town) -> None:
    headers = token_for(town.cast.jia_user)
    address = f"/api/v1/equipment/{town.park.ok.id}/due"
    items = town.app.test_client().get(address, headers=headers).get_json()["items"]
    assert [item["clock"] for item in items] == ["annual", "periodic"]
    assert items[1]["because"]
    assert items[1]["confirmed"] is None


STAFF_ROUTES = ("/due", "/due?view=flat", "/due/filters", "/due/calendar", "/due/print", "/due/export?format=csv")
RULE_ROUTES = ("/rules", "/rules/sources", "/rules/done-by", "/rules/fixed_vessel.annual.yearly")


@pytest.mark.parametrize("who", ["inspector", "other_inspector", "head", "technical_head", "admin", "auditor"])
def test_the_station_may_read_every_page(town: Town, who: str) -> None:
    browser = town.browser(who)
    for address in (*STAFF_ROUTES, *RULE_ROUTES, "/api/v1/due", "/api/v1/rules"):
        assert browser.get(address).status_code == 200, address


def test_an_enterprise_never_sees_a_byte_of_another(town: Town) -> None:
    browser = town.browser("jia_user")
    device = town.park.yi_vessel.id
    row = _row_of(town, device)
    for address in (*STAFF_ROUTES, *RULE_ROUTES, "/api/v1/due?per_page=200", "/api/v1/rules"):
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert CANARY not in answer.get_data(as_text=True), address
        assert "连江乙" not in answer.get_data(as_text=True), address
    for address in (f"/due?q={CANARY}&view=flat", f"/due/export?format=csv&ids={row}", "/due?enterprise=2&view=flat"):
        text = browser.get(address).get_data(as_text=True)
        assert "乙企业的釜" not in text, address
        assert "连江乙" not in text, address


def test_foreign_and_missing_are_the_same_404(town: Town) -> None:
    browser = town.browser("jia_user")
    for pattern in ("/equipment/{}/due/periodic", "/api/v1/equipment/{}/due"):
        foreign = browser.get(pattern.format(town.park.yi_vessel.id))
        missing = browser.get(pattern.format(999_999))
        assert foreign.status_code == missing.status_code == 404
        assert len(foreign.data) - len(missing.data) in range(-12, 13)


def test_nobody_reads_without_logging_in(town: Town) -> None:
    client = town.app.test_client()
    for address in (*STAFF_ROUTES, *RULE_ROUTES):
        assert client.get(address).status_code == 302
    assert client.get("/api/v1/due").status_code == 401


@pytest.mark.parametrize("who", ["inspector", "head", "admin", "auditor", "jia_user"])
def test_only_the_technical_head_may_touch_the_rules(town: Town, who: str) -> None:
    from tests.conftest import csrf_of

    browser = town.browser(who)
    token = csrf_of(browser)
    refused = 404 if who == "jia_user" else 403
    assert browser.get("/rules/preview").status_code == refused
    for address in (
        "/rules/fixed_vessel.annual.yearly/confirm", "/rules/confirmations/1/withdraw", "/rules/done-by",
        "/rules/preview",
    ):  # fmt: skip
        assert browser.post(address, data={"csrf_token": token}).status_code == refused, address


def _row_of(town: Town, device: int) -> int:
    with db.connection_context():
        return int(service.clocks_of(town.cast.admin, device, TODAY)[1]["id"])


def test_the_due_command_prints_the_contract(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("STATION_DATABASE_URL", town.app.config["STATION"].database)
    monkeypatch.setenv("STATION_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STATION_LOG_LEVEL", "ERROR")
    assert cli.main(["due", "--until", "2026-12-31", "--bucket", "apply_now", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["on"], answer["total"]) == ("2026-11-22", 1)
    assert set(CONTRACT) | DUE <= set(answer["items"][0])
    assert cli.main(["due", "--bucket", "red"]) == 2
    assert "状态" in capsys.readouterr().err
    assert cli.main(["due"]) == 0
    assert "共 22 项" in capsys.readouterr().out
    assert cli.main(["export", "due", str(tmp_path / "due.xlsx"), "--bucket", "overdue"]) == 0
    assert len(list(openpyxl.load_workbook(tmp_path / "due.xlsx").active.values)) == 10


def test_the_calendar_names_holidays_and_days_worked_instead(town: Town) -> None:
    with db.connection_context():
        CalendarDay.create(day="2026-12-05", kind="work", name="调休")
        CalendarDay.create(day="2026-12-31", kind="off", name="元旦")
    page = town.browser().get("/due/calendar?month=2026-12").get_data(as_text=True)
    assert '<time datetime="2026-12-05">5</time><small>调休上班</small>' in page
    assert '<time datetime="2026-12-31">31</time><small>元旦</small>' in page
