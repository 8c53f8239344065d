"""Every macro in a real Chromium: accessible, within the screen, no complaint under the service's own CSP."""

from collections.abc import Callable

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from tests.chromium import violations

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]

LOOKS = [(1440, "light"), (1440, "dark"), (900, "light"), (390, "light"), (390, "dark")]
OTHERS = ["/plain", "/confirm", "/why", "/error/404", "/error/500"]


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(("width", "theme"), LOOKS)
def test_every_macro_is_accessible_and_fits(visit: Visit, width: int, theme: str) -> None:
    page = visit("/", width, theme)
    assert page.locator("html").get_attribute("data-bs-theme") == theme
    assert violations(page) == []
    assert overflow(page) <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", OTHERS)
def test_the_other_shells_are_accessible_and_fit_a_phone(visit: Visit, path: str, theme: str) -> None:
    page = visit(path, 390, theme)
    assert violations(page) == []
    assert overflow(page) <= 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_is_accessible_too(visit: Visit, theme: str) -> None:
    page = visit("/", 1440, theme)
    page.locator(".cell-select input").nth(1).check()
    page.locator("summary.unverified").first.click()
    assert violations(page) == []
    page.locator("[data-row-link]").first.click()
    expect(page.locator("#drawer[open] h2")).to_have_text("为什么是这一天")
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("[data-dialog]").click()
    expect(page.locator("#stop-device")).to_be_visible()
    assert violations(page) == []


def test_targets_on_a_phone_suit_a_thumb(visit: Visit) -> None:
    page = visit("/", 390)
    small = page.evaluate(
        """() => [...document.querySelectorAll("main .btn, .tabbar a, .topbar .btn, .chip, .tick, .check, .choice, .bucket")]
             .filter((e) => e.offsetParent)
             .filter((e) => { const r = e.getBoundingClientRect(); return r.height < 43.5 || r.width < 43.5; })
             .map((e) => e.className + " " + e.textContent.trim())"""
    )
    assert small == []


def test_chinese_is_drawn_with_glyphs(visit: Visit) -> None:
    page = visit("/plain")
    # Missing glyphs are one box for every character; these three differ in a real font.
    widths = page.evaluate(
        """() => { const c = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
             c.font = "32px 'Noto Sans CJK SC', sans-serif";
             return ["鬲", "检", "℃"].map((t) => { c.clearRect(0, 0, 64, 64); c.fillText(t, 8, 40);
               return c.getImageData(0, 0, 64, 64).data.reduce((a, b) => a + b, 0); }); }"""
    )
    assert len(set(widths)) == 3


def test_the_first_page_stays_under_a_hundred_kilobytes_compressed(visit: Visit, address: str) -> None:
    import zlib

    page = visit("/plain")
    sizes: dict[str, int] = {}
    page.on("response", lambda r: sizes.update({r.url: len(zlib.compress(r.body(), 6))}))
    page.goto(address + "/")
    page.wait_for_load_state("networkidle")
    assert any("htmx" in url for url in sizes)
    assert not any("echarts" in url or "swagger" in url for url in sizes)
    assert sum(sizes.values()) < 100_000


def test_paper_has_the_station_the_date_and_page_numbers_and_no_navigation(visit: Visit) -> None:
    shown = visit("/")
    tabs = '<nav class="tabs"><a href="/">发送记录</a></nav>'
    shown.locator("main").evaluate("(main, tabs) => main.insertAdjacentHTML('afterbegin', tabs)", tabs)
    text = [
        page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(shown.pdf(prefer_css_page_size=True))
    ]
    assert len(text) > 1
    assert "福建省特检院可门检验站" in text[0]
    assert "打印日期 2026-11-22" in text[0]
    assert f"第 2 页 / 共 {len(text)} 页" in text[1]
    assert not any("工业诊所" in page or "发提醒" in page or "发送记录" in page for page in text)


def test_the_api_documentation_starts_under_the_policy(visit: Visit) -> None:
    page = visit("/docs")
    expect(page.locator("#swagger-ui .info .title")).to_contain_text("检验站接口")
