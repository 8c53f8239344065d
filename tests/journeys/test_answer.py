"""From the mail to the inspector's inbox, as the people meet it: on a phone, without log-in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from inspect_station import config, create_app, db
from inspect_station.reminders import service
from inspect_station.reminders.models import OwedStep
from tests import live
from tests.chromium import violations
from tests.conftest import NOW, SECRET, TODAY, dispose, make_cast
from tests.journeys.conftest import SIZES
from tests.reminders.park import contact, in_days, vessel
from tests.reminders.smtp import Postbox, postbox

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]

Station = tuple[str, config.Settings, Postbox]


@pytest.fixture
def station_with_mail(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Station]:
    """A station that sends by a real SMTP server of this machine."""
    (tmp_path / "station.db").write_bytes(migrated_sqlite.read_bytes())
    with postbox() as box:
        mail = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_tls": "none", "mail_from": "t@station.example"}
        told = {
            "data_dir": str(tmp_path),
            "secret_key": SECRET,
            "log_level": "ERROR",
            "station_phone": "0591-1234567",
        }
        app = create_app(config.Settings(**told, **mail))  # type: ignore[arg-type]
        with db.db.connection_context():
            cast = make_cast()
            vessel(cast.jia, in_days(-3), name="反应釜")
            vessel(cast.jia, in_days(20), name="缓冲罐")
            contact(cast.jia, "ehs@jia.example", "张安全")
        bound = db.db.obj
        with live.serving(app) as address:
            yield address, config.Settings(**told, **mail, base_url=address), box  # type: ignore[arg-type]
        dispose(bound)


def readable(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"]["width"]
    assert violations(page) == []
    small = page.evaluate(
        """() => [...document.querySelectorAll(".answer-link, .btn, .tap, .choice, .check, summary")]
        .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 44).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert small == []


def test_a_mail_is_answered_with_an_application_which_quiets_the_ladder_and_reaches_the_inbox(
    station_with_mail: Station, browser: Browser
) -> None:
    address, settings, box = station_with_mail
    with db.db.connection_context():
        service.tick(settings, TODAY, NOW)
        assert service.deliver(settings, NOW) == {"sent": 1}
    ((_, mail),) = box.arrived
    text = mail.get_body(("plain",)).get_content()
    link = re.search(rf"{re.escape(address)}/r/\w+", text)
    assert link is not None
    assert link.group() in mail.get_body(("html",)).get_content()

    context = browser.new_context(viewport=SIZES["phone"], has_touch=True, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(link.group())
    expect(page.get_by_role("heading", level=1)).to_have_text("福州甲化工有限公司")
    readable(page)
    page.get_by_role("link", name=re.compile("^申请检验")).tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("申请检验")
    readable(page)
    page.get_by_label("只选下面勾选的").check()
    page.get_by_label(re.compile("反应釜")).check()
    page.get_by_label("希望日期（起）").fill("2026-12-07")
    page.get_by_label("您的电话").fill("13812345678")
    page.get_by_role("button", name="提交：申请检验").tap()
    expect(page.get_by_role("main")).to_contain_text("已收到您的答复：申请检验")
    expect(page.get_by_role("main")).to_contain_text("已报检，等待我站答复")
    readable(page)
    context.close()

    with db.db.connection_context():
        later = NOW.replace(day=29)
        service.tick(settings, later.date(), later)
        service.deliver(settings, later)
        quiet = OwedStep.select().where(OwedStep.state == "suppressed").get()
        assert quiet.reason.startswith("quiet:已报检")
        assert quiet.equipment.name == "反应釜"

    desk = browser.new_context(base_url=address, viewport=SIZES["desktop"], reduced_motion="reduce")  # type: ignore[arg-type]
    page = desk.new_page()
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(live.login_link(address, "insp1"))
    page.get_by_role("button", name="登录").click()
    page.get_by_role("navigation", name="主要页面").get_by_role("link", name=re.compile("提醒")).click()
    page.get_by_role("link", name=re.compile("企业答复")).click()
    row = page.get_by_role("row", name=re.compile("福州甲化工"))
    expect(row).to_contain_text("反应釜")
    row.get_by_role("link", name="申请检验").click()
    assert violations(page) == []
    page.get_by_role("button", name="已阅").click()
    expect(page.get_by_role("main")).to_contain_text("已确认")
    desk.close()
    assert complaints == []


def test_a_phone_keeps_its_width_under_an_address_and_refuses_too_large_a_photo_at_once(
    station_with_mail: Station, browser: Browser, tmp_path: Path
) -> None:
    address, settings, box = station_with_mail
    with db.db.connection_context():
        service.tick(settings, TODAY, NOW)
        service.deliver(settings, NOW)
    ((_, mail),) = box.arrived
    link = re.search(rf"{re.escape(address)}/r/\w+", mail.get_body(("plain",)).get_content())
    assert link is not None
    context = browser.new_context(viewport=SIZES["phone"], has_touch=True, is_mobile=True, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{link.group()}/stopped")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"\xff\xd8\xff" + b"x" * (21 * 2**20))
    page.get_by_label(re.compile("^证明")).set_input_files(photo)
    expect(page.get_by_text("太大，不能超过 20 MB，没有选上")).to_be_visible()
    assert page.get_by_label(re.compile("^证明")).input_value() == ""
    expect(page.get_by_text("把文件拖到这里")).to_be_hidden()
    readable(page)

    page.goto(live.login_link(address, "jia"))
    page.get_by_role("button", name="登录").click()
    page.goto(f"{address}/me/calendars")
    page.get_by_role("button", name="生成地址").tap()
    expect(page.get_by_role("link", name="在这台设备上订阅")).to_be_visible()
    readable(page)
    context.close()
