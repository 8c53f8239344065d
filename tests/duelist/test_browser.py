"""The due list in a real browser: the drawer, the phone, nothing wider than the screen, no console errors."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests import live
from tests.conftest import log_in
from tests.duelist.conftest import Town

pytestmark = pytest.mark.browser
PAGES = (
    "/due", "/due?view=flat", "/due?bucket=overdue", "/due/filters", "/due/calendar?month=2026-12", "/due/print",
    "/rules", "/rules/fixed_vessel.periodic.metal.grade_3", "/rules/sources", "/rules/done-by", "/rules/preview",
    "/equipment/6/due/periodic",
)  # fmt: skip


@pytest.fixture
def visitor(town: Town, browser: Browser) -> Iterator[Page]:
    """The technical head before the running service."""
    with live.serving(town.app) as address:
        cookie = log_in(town.app, town.cast.technical_head).get_cookie("station")
        assert cookie is not None
        context = browser.new_context(base_url=address, reduced_motion="reduce")
        context.add_cookies([{"name": "station", "value": cookie.value, "url": address}])
        yield context.new_page()
        context.close()


def test_no_page_is_wider_than_its_screen_or_complains(visitor: Page) -> None:
    complaints: list[str] = []
    visitor.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    visitor.on("pageerror", lambda e: complaints.append(str(e)))
    for width, height in ((390, 844), (768, 1024), (1200, 800), (1440, 900)):
        visitor.set_viewport_size({"width": width, "height": height})
        for path in PAGES:
            visitor.goto(path)
            assert visitor.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    assert [c for c in complaints if "favicon" not in c] == []


def test_why_opens_in_the_drawer_and_filters_narrow_the_list(visitor: Page) -> None:
    visitor.set_viewport_size({"width": 1440, "height": 900})
    visitor.goto("/due?bucket=apply_now")
    visitor.click("a.why")
    visitor.wait_for_selector("#drawer[open] #drawer-content")
    assert "一步一步" in visitor.inner_text("#drawer")
    visitor.keyboard.press("Escape")
    visitor.click("text=筛选")
    visitor.select_option("#drawer select[name=bucket]", "approaching")
    visitor.select_option("#drawer select[name=kind]", "industrial_pipe")
    visitor.click("#drawer button[type=submit]")
    visitor.wait_for_url("**/due?**kind=industrial_pipe**")
    assert "循环水管" in visitor.inner_text("main")
    assert "反应釜" not in visitor.inner_text("main")
    visitor.click(".chip >> nth=0")
    assert "反应釜" in visitor.inner_text("main")


def test_a_row_becomes_a_card_on_a_phone(visitor: Page) -> None:
    visitor.set_viewport_size({"width": 390, "height": 844})
    visitor.goto("/due?bucket=overdue&clock=periodic")
    card = visitor.locator("#due-table tbody tr:not(.group-row)").first
    box = card.bounding_box()
    assert box
    assert box["width"] <= 390
    assert card.inner_text().strip().startswith("超期")


def test_a_firms_rows_are_ticked_together_and_the_bar_says_how_many(visitor: Page) -> None:
    visitor.set_viewport_size({"width": 1440, "height": 900})
    visitor.goto("/due")
    group = visitor.locator("[data-select-group]").first
    in_group = visitor.locator("#due-table tbody").first.locator("[data-select]").count()
    group.check()
    assert visitor.inner_text(".batch-count") == f"已选 {in_group} 项"
    visitor.locator("[data-select]").first.uncheck()
    assert group.evaluate("box => box.indeterminate")
    visitor.get_by_role("button", name="取消选择").click()
    assert not group.is_checked()
    group.check()
    visitor.get_by_role("button", name="登记检验").click()
    visitor.wait_for_url("**/results/new?**")
    assert "登记结果" in visitor.inner_text("main")
    for width in (390, 1440):
        visitor.set_viewport_size({"width": width, "height": 844})
        assert visitor.evaluate("document.documentElement.scrollWidth") <= width
