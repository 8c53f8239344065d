"""What hands do: keyboard, drawer, dialogs, choosing rows and columns, forms; and the same without JavaScript."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


def test_ctrl_k_goes_to_the_search(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("Control+k")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("hsxc")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=hsxc")


def test_the_first_tab_offers_to_skip_the_navigation(visit: Visit) -> None:
    page = visit("/why")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()


def test_rows_are_walked_opened_and_chosen_by_keyboard(visit: Visit) -> None:
    page = visit()
    rows = page.locator("tbody tr:not(.group-row)")
    rows.nth(0).focus()
    page.keyboard.press("ArrowDown")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("Space")
    expect(rows.nth(1).locator("input")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer")).to_contain_text("B-03")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()


def test_the_batch_bar_counts_what_is_chosen(visit: Visit) -> None:
    page = visit()
    bar = page.locator(".batch")
    expect(bar).to_be_hidden()
    page.locator("[data-select-all]").check()
    expect(bar).to_contain_text("已选 9 项")
    page.locator("[data-select]").first.uncheck()
    expect(bar).to_contain_text("已选 8 项")
    bar.get_by_role("button", name="取消选择").click()
    expect(bar).to_be_hidden()


def test_a_dialog_asks_once_starts_at_the_safe_answer_and_closes_by_escape(visit: Visit) -> None:
    page = visit()
    page.locator("[data-dialog]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#stop-device [data-close]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#stop-device")).to_be_hidden()
    expect(page.locator("[data-dialog]")).to_be_focused()


def test_the_mark_shows_its_clause_and_closes_by_escape(visit: Visit) -> None:
    page = visit()
    mark = page.locator("summary.unverified").first
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("此条尚未与文件原文核对").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("此条尚未与文件原文核对").first).to_be_hidden()
    expect(mark).to_be_focused()


def test_columns_switched_off_stay_off(visit: Visit) -> None:
    page = visit()
    expect(page.locator("td[data-col=length]").first).to_be_hidden()
    page.locator("[data-columns] summary").click()
    page.locator("[data-columns]").get_by_label("责任检验员").uncheck()
    expect(page.locator("th[data-col=inspector]")).to_be_hidden()
    page.reload()
    expect(page.locator("th[data-col=inspector]")).to_be_hidden()
    expect(page.locator("th[data-col=stage]")).to_be_visible()


def test_the_chosen_theme_is_remembered_and_forgotten_when_it_is_the_systems(visit: Visit) -> None:
    page = visit()
    html = page.locator("html")
    page.locator("[data-theme-toggle]").click()
    page.reload()
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.locator("[data-theme-toggle]").click()
    expect(html).to_have_attribute("data-bs-theme", "light")
    assert page.evaluate("localStorage.getItem('theme')") is None


def test_unsaved_work_is_not_left_silently(visit: Visit) -> None:
    page = visit()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", stay)
    page.locator("#f-remark").fill("还没有保存的话")
    page.locator(".rail a").nth(1).click()
    page.wait_for_url("**/?page=1")
    assert asked == ["beforeunload"]


def test_a_failed_request_says_so_and_keeps_the_page(visit: Visit) -> None:
    page = visit()
    page.route("**/why**", lambda route: route.fulfill(status=404, body="nothing"))
    page.locator("[data-row-link]").first.click()
    expect(page.locator(".toast-danger")).to_contain_text("已经不在了")
    expect(page.locator("#drawer")).to_be_hidden()


def test_an_answer_without_drawer_content_opens_as_a_page(visit: Visit) -> None:
    page = visit()
    page.route("**/why**", lambda route: route.fulfill(status=200, content_type="text/html", body="<p>请先登录</p>"))
    page.locator("[data-row-link]").first.click()
    page.wait_for_url("**/why?device=V-2103")


def test_chosen_files_are_named(visit: Visit) -> None:
    page = visit()
    page.locator("#f-photos").set_input_files({"name": "接管.jpg", "mimeType": "image/jpeg", "buffer": b"x" * 2500})
    expect(page.locator(".drop-files")).to_have_text("接管.jpg（3 KB）")


def test_without_javascript_the_page_still_works(visit: Visit) -> None:
    page = visit(script=False)
    expect(page.locator(".batch")).to_be_visible()
    expect(page.locator("[data-theme-toggle]")).to_be_hidden()
    page.locator(".me summary").click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()
    page.locator("[data-row-link]").first.click()
    expect(page.locator("h1")).to_have_text("为什么是这一天")
