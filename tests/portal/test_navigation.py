"""The left navigation stays short; the phone's bar has the five entries each role opens most; badges count what waits."""

import re
from pathlib import Path

import pytest
from flask import Flask

from inspect_station.casework import service as casework
from inspect_station.db import db
from inspect_station.reminders import service as reminders
from tests.conftest import NOW, TODAY, log_in, people
from tests.reminders.park import in_days, settings, vessel

PHONE = {
    "inspector": ["到期清单", "现场", "报检与检验", "工业诊所", "提醒"],
    "head": ["到期清单", "报检与检验", "计划", "提醒", "工作量"],
    "technical_head": ["到期清单", "设备台账", "报检与检验", "提醒", "规则"],
    "admin": ["到期清单", "设备台账", "企业", "提醒", "设置"],
    "auditor": ["到期清单", "设备台账", "企业", "提醒", "审计"],
    "jia_user": ["首页", "到期清单", "设备台账", "报检与检验", "提醒"],
}


def links(page: str, name: str) -> list[tuple[str, bool, str]]:
    """The entries of one navigation: word, whether it is the open one, what waits behind it."""
    strip = page.split(f'aria-label="{name}"')[1].split("</nav>")[0]
    found = re.findall(r"<a ([^>]*)>(.*?)</a>", strip, re.DOTALL)
    return [
        (re.findall(r"</svg>\s*(?:<span>)?([^<]+)", inner)[0], "aria-current" in attrs, _count(inner))
        for attrs, inner in found
    ]


def _count(inner: str) -> str:
    numbers = re.findall(r">(\d+)<", inner)
    return numbers[0] if numbers else ""


@pytest.mark.parametrize("role", PHONE)
def test_the_phone_has_five_entries_fit_for_the_role(app: Flask, role: str) -> None:
    with people(app) as cast:
        actor = getattr(cast, role)
    page = log_in(app, actor).get("/equipment").get_data(as_text=True)
    assert [word for word, _, _ in links(page, "常用页面")] == PHONE[role]
    assert [word for word, here, _ in links(page, "常用页面") if here] == [w for w in PHONE[role] if w == "设备台账"]
    wide = [word for word, _, _ in links(page, "主要页面")]
    assert len(wide) <= 12
    assert "现场" not in wide


def test_pages_that_are_tabs_of_an_area_open_its_entry(app: Flask) -> None:
    with people(app) as cast:
        admin = cast.admin
    client = log_in(app, admin)
    for path, entry in {
        "/answers": "提醒", "/reminders/notices": "提醒", "/reminders/by-hand": "提醒", "/staffing/": "设置",
        "/settings/calendar/": "设置", "/findings": "报检与检验", "/reports": "报检与检验",
    }.items():  # fmt: skip
        page = client.get(path).get_data(as_text=True)
        assert [word for word, here, _ in links(page, "主要页面") if here] == [entry], path


def test_ones_own_account_belongs_to_no_entry(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    client = log_in(sqlite_app, cast.head)
    for address, opened in (("/me", []), ("/me/factor", []), ("/audit", ["审计"])):
        page = client.get(address).get_data(as_text=True)
        assert [word for word, current, _ in links(page, "主要页面") if current] == opened, address


def test_badges_count_applications_answers_and_calls_and_only_for_the_station(app: Flask, tmp_path: Path) -> None:
    with people(app) as cast, app.app_context(), db.connection_context():
        device = vessel(cast.jia, in_days(10))  # nobody of 甲 can be written to: a call to make
        vessel(cast.jia, in_days(40))
        reminders.tick(settings(tmp_path), TODAY, NOW)
        casework.apply(cast.jia_user, cast.jia.id, [(device.id, "periodic")], source="portal", now=NOW)
    page = log_in(app, cast.inspector).get("/equipment").get_data(as_text=True)
    waiting = {word: count for word, _, count in links(page, "主要页面") if count}
    assert waiting == {"报检与检验": "1", "提醒": "1"}
    own = log_in(app, cast.jia_user).get("/equipment").get_data(as_text=True)
    assert [count for _, _, count in links(own, "主要页面") if count] == []
