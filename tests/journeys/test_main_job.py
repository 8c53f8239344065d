"""The main job, as the README tells it: a ledger in, a date explained, an inspection recorded, a reminder seen."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.registry.ledgers import books

pytestmark = pytest.mark.browser

FIRM = "连江海试化工有限公司"
VESSEL = {
    "使用单位（全称）": FIRM,
    "容器名称": "海试缓冲罐",
    "设备品种": "第二类压力容器",
    "单位内编号": "HS-77",
    "制造日期": "2015-03",
    "投用日期": "2016.5",
    "设计压力（壳体）": "1.4/2.0",
}


def test_a_ledger_becomes_a_due_date_with_its_reasons(visit: Callable[..., Page], tmp_path: Path) -> None:
    page = visit("zhanzhang")
    page.goto("/imports")
    page.set_input_files("input[type=file]", books.form(tmp_path / "台账.xlsx", "vessel_collection_form", [VESSEL]))
    page.get_by_role("button", name="上传并读取").click()

    # Read in a process of its own; the page follows by itself.
    expect(page.get_by_role("heading", level=1)).to_have_text("核对表头", timeout=60_000)
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("main")).to_contain_text("将新增 1 台（条）", timeout=60_000)
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_role("main")).to_contain_text("导入完成", timeout=60_000)

    page.keyboard.press("Control+k")
    page.keyboard.type("HS-77")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("海试缓冲罐")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("海试缓冲罐")

    page.get_by_role("link", name="年度检查").first.click()
    expect(page.get_by_role("main").or_(page.locator("#drawer-content")).last).to_contain_text("TSG 21-2016 7.2")


def test_an_inspection_recorded_on_the_phone_moves_the_date(visit: Callable[..., Page]) -> None:
    page = visit("chenjian", "phone")
    page.goto("/due?bucket=overdue&clock=annual&view=flat")
    page.locator("main table a[href^='/equipment/']").first.click()
    device = page.url
    page.get_by_role("link", name="登记检验").first.click()
    page.get_by_label("年度检查").check()
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("检验日期").first.fill("2026-11-20")
    page.get_by_label("检验结论").select_option("符合要求")
    page.get_by_role("button", name="登记结果").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("检验报告")
    page.goto(device)
    expect(page.get_by_role("main")).to_contain_text("2027-11-20")
