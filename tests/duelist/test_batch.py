"""The ticked rows of the due list: many inspections at once."""

import pytest
from flask.testing import FlaskClient

from inspect_station.accounts.models import AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.duelist import service
from inspect_station.duelist.query import Filters
from inspect_station.registry.models import Inspection
from tests.conftest import TODAY, csrf_of
from tests.duelist.conftest import Town


def row_ids(town: Town, *names: str, clock: str = "periodic") -> list[int]:
    with db.connection_context():
        rows = service.due_page(
            Actor.system(), Filters(clock=clock), "due", service.Place(), 100, TODAY, counted=False
        ).rows
    found = {row["name"]: row["id"] for row in rows}
    return [found[name] for name in names]


def post(browser: FlaskClient, ids: list[int], **form: object) -> tuple[int, str]:
    data = {"csrf_token": csrf_of(browser), "ids": ids, "completed_on": "2026-11-20", "institution": "本站", **form}
    answer = browser.post("/due/inspections", data=data)
    return answer.status_code, answer.text


def test_many_inspections_are_recorded_at_once(town: Town) -> None:
    browser = town.browser()
    overdue, pipe = row_ids(town, "缓冲罐", "循环水管")
    page = browser.get("/due/inspections", query_string={"ids": [overdue, pipe]}).text
    assert "登记 2 次检验" in page
    form = {
        f"grade.{overdue}": "2",
        f"next_due.{overdue}": "2032-11",
        f"report_number.{overdue}": "KM-7",
        f"grade.{pipe}": "1",
    }
    assert post(browser, [overdue, pipe], conclusion="符合要求", **form)[0] == 302
    with db.connection_context():
        made = {i.equipment.name: i for i in Inspection.select().where(Inspection.completed_on == "2026-11-20")}
        assert (made["缓冲罐"].grade, made["缓冲罐"].next_due, made["缓冲罐"].report_number) == (2, "2032-11", "KM-7")
        assert (made["循环水管"].grade, made["循环水管"].next_due) == (1, None)
        assert made["缓冲罐"].answered_due == "2026-11-21"
        assert AuditEntry.select().where(AuditEntry.act == "inspection.record").count() == 2
    assert "缓冲罐" not in browser.get("/due?bucket=overdue&clock=periodic").text


def test_one_wrong_row_writes_none_and_everything_typed_comes_back(town: Town) -> None:
    browser = town.browser()
    overdue, pipe = row_ids(town, "缓冲罐", "循环水管")
    with db.connection_context():
        before = Inspection.select().count()
    form = {
        f"grade.{overdue}": "2",
        f"next_due.{overdue}": "2045-01-01",
        f"report_number.{pipe}": "KM-8",
        "inspectors": "陈检",
    }
    status, page = post(browser, [overdue, pipe], conclusion="符合要求", **form)
    assert status == 422
    assert "没有登记：1 项有误" in page
    for typed in ("2045-01-01", "KM-8", "陈检", "2026-11-20"):
        assert f'value="{typed}"' in page
    assert "超出期限的理由" in page
    status, page = post(browser, [overdue], **{f"grade.{overdue}": "7", f"next_due.{overdue}": "明年"})
    assert status == 422
    with db.connection_context():
        assert Inspection.select().count() == before


@pytest.mark.parametrize(
    ("ids", "sentence"), [([], "还没有选中任何一项"), (list(range(1, 202)), "一次最多处理 200 项")]
)
def test_nothing_ticked_or_too_much_is_said_in_a_sentence(town: Town, ids: list[int], sentence: str) -> None:
    answer = town.browser().get("/due/inspections", query_string={"ids": ids})
    assert (answer.status_code, sentence in answer.text) == (422, True)


def test_only_those_who_may_are_offered_the_acts(town: Town) -> None:
    assert "打印通知" in town.browser("inspector").get("/due?view=flat").text
    for who in ("auditor", "jia_user"):
        page = town.browser(who).get("/due?view=flat").text
        assert "打印通知" not in page
        assert "登记检验" not in page
