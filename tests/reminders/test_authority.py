"""超期名单: paged, narrowed, printed whole, exported; never sent."""

from io import BytesIO

import pytest
from flask import Flask
from openpyxl import load_workbook

from inspect_station.db import db
from inspect_station.reminders import authority
from inspect_station.reminders.authority import Filters
from tests.conftest import TODAY, Cast, log_in, people
from tests.reminders.park import in_days, inspected, vessel


def test_the_list_is_cut_into_pages_and_beyond_the_last_is_the_last(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authority, "PER_PAGE", 2)
    for days in (-3, -2, -1):
        vessel(cast.jia, in_days(days))
    first = authority.page_of(cast.inspector, Filters(), 1, TODAY)
    assert (len(first.rows), first.total, first.firms, first.last) == (2, 3, 1, 2)
    beyond = authority.page_of(cast.inspector, Filters(), 9, TODAY)
    assert (len(beyond.rows), beyond.number) == (1, 2)


def test_it_is_narrowed_by_state_enterprise_and_words(cast: Cast) -> None:
    vessel(cast.jia, in_days(-3), name="反应釜一号")
    vessel(cast.yi, in_days(-3), name="储罐")
    inspected(vessel(cast.yi, in_days(30), name="换热器"), "periodic", in_days(300), in_days(-1), "不符合要求")

    def named(**filters: object) -> list[str]:
        return sorted(row["device"] for row in authority.rows(cast.inspector, Filters(**filters), TODAY))

    assert named() == ["储罐", "反应釜一号", "换热器"]
    assert named(section="forbidden") == ["换热器"]
    assert named(section="overdue") == ["储罐", "反应釜一号"]
    assert named(enterprise=cast.yi.id) == ["储罐", "换热器"]
    assert named(q="福州甲 反应釜") == ["反应釜一号"]


def test_screen_paper_and_workbook_say_the_same(app: Flask) -> None:
    with people(app) as cast, app.app_context(), db.connection_context():
        vessel(cast.jia, in_days(-3), name="反应釜一号")
    client = log_in(app, cast.inspector)
    for path in ("/reminders/authority", "/reminders/authority/print"):
        page = client.get(path).get_data(as_text=True)
        assert "反应釜一号" in page
        assert "超期 3 天" in page
    with client.get("/reminders/authority.xlsx") as file:
        book = load_workbook(BytesIO(file.get_data()))
    assert [cell.value for cell in book.active[2]][1] == "反应釜一号"
    assert client.get("/reminders/authority?page=abc").status_code == 422
    assert "没有符合这些条件的设备" in client.get("/reminders/authority?q=没有").get_data(as_text=True)
