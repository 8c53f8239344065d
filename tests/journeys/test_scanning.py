"""A label before the phone's camera: the camera is Chromium's own false one and shows the label that the station prints."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
import segno
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from inspect_station.db import db
from inspect_station.registry.models import Enterprise, Equipment
from tests import live
from tests.chromium import violations, with_camera
from tests.journeys.conftest import SIZES
from tests.journeys.test_clinic import begin

pytestmark = pytest.mark.browser
FIRM = 5
MM = 10  # pixels of a printed sheet


def show(film: Path, seen: Image.Image) -> None:
    """Let the camera see this before a grey wall."""
    wall = Image.new("L", (640, 480), 128)
    wall.paste(seen.convert("L"), ((640 - seen.width) // 2, (480 - seen.height) // 2))
    grey = bytes([128]) * (320 * 240)
    film.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\n" + (b"FRAME\n" + wall.tobytes() + grey * 2) * 2)


def printed(page: Page, device: int) -> Image.Image:
    """The smallest label of the sheet, as it sticks on a valve."""
    sheet = pypdfium2.PdfDocument(page.request.get(f"/labels.pdf?size=small&ids={device}").body())
    drawn = sheet[0].render(scale=MM * 25.4 / 72).to_pil()
    sheet.close()
    left, top = 9 * MM, int(18.5 * MM)
    return drawn.crop((left, top, left + 48 * MM, top + 26 * MM))


def code_of(text: str) -> Image.Image:
    drawn = io.BytesIO()
    segno.make_qr(text).save(drawn, kind="png", scale=7, border=4)
    return Image.open(drawn)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "camera.y4m"
    show(path, Image.new("L", (1, 1)))
    return path


@pytest.fixture
def phone(park: str, browser: Browser, tmp_path: Path, film: Path) -> Iterator[Page]:
    """An inspector's phone, whose camera shows the film."""
    complaints: list[str] = []
    with with_camera(browser, tmp_path, film) as other:
        context = other.new_context(base_url=park, viewport=SIZES["phone"], has_touch=True)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(live.login_link(park, "chenjian"))
        page.get_by_role("button", name="登录").click()
        yield page
        context.close()
    assert complaints == []


def devices(enterprise: int) -> list[Equipment]:
    with db.connection_context():
        return list(Equipment.select().where(Equipment.enterprise == enterprise).order_by(Equipment.id).limit(2))


def test_a_label_before_the_camera_ticks_its_device_also_without_signal_and_no_other_code_does(
    phone: Page, film: Path
) -> None:
    own, foreign = devices(FIRM)[0], devices(FIRM + 1)[0]
    with db.connection_context():
        stranger = Enterprise.get_by_id(FIRM + 1).name
    told = phone.locator("[data-scan-told]")
    scan = phone.get_by_role("button", name="扫标签选设备")

    begin(phone, FIRM)
    phone.wait_for_selector("html[data-kept]", state="attached")
    show(film, code_of("https://example.com/d/1"))
    scan.click()
    expect(told).to_have_text("这不是本站的设备标签。")
    expect(
        phone.get_by_role("button", name="关闭")
    ).to_be_focused()  # in the box, the keyboard would cover the picture
    assert violations(phone) == []
    small = phone.locator("#scanner :is(button, input):visible").evaluate_all(
        "all => all.filter((x) => x.getBoundingClientRect().height < 44).map((x) => x.outerHTML)"
    )
    assert small == []
    phone.keyboard.press("Escape")
    expect(phone.get_by_role("dialog")).to_be_hidden()
    assert phone.evaluate("document.querySelector('#scanner video').srcObject") is None
    expect(scan).to_be_focused()

    show(film, printed(phone, foreign.id))
    scan.click()
    expect(told).to_contain_text(f"这台是{stranger}的")
    phone.keyboard.press("Escape")
    assert phone.locator("input[name=devices]:checked").count() == 0

    # No signal: the page, its scripts and the decoder are kept; a number may be typed where nothing can be scanned.
    show(film, printed(phone, own.id))
    phone.context.set_offline(True)
    phone.reload()
    scan.click()
    expect(told).to_contain_text(f"已选：{own.name}")
    phone.get_by_label("扫不出来的，输入标签上的编号").fill("没有这个号")
    phone.get_by_role("button", name="查找").click()
    expect(told).to_have_text("这里没有编号含“没有这个号”的设备。")
    phone.get_by_role("button", name="关闭").click()
    expect(phone.locator(f"input[name=devices][value='{own.id}']")).to_be_checked()
    expect(phone.locator("[data-chosen]")).to_have_text("1")

    # A question about it takes the device and its firm; on the search page the label opens the device.
    phone.context.set_offline(False)
    phone.evaluate("document.getElementById('record-form').dispatchEvent(new Event('reset', { bubbles: true }))")
    phone.goto("/clinic/requests/new")
    phone.get_by_role("button", name="扫标签加设备").click()
    expect(told).to_contain_text(f"已加上：{own.name}")
    phone.keyboard.press("Escape")
    expect(phone.locator("select[name=enterprise]")).to_have_value(str(FIRM))
    expect(phone.get_by_label(f"关于这台：{own.name}")).to_be_checked()
    phone.evaluate("document.querySelector('form[data-guard]').dispatchEvent(new Event('reset', { bubbles: true }))")

    # Among the day's tasks a label opens its own record, however many devices are folded away there.
    phone.goto("/field?all=1")
    scan = phone.get_by_role("button", name="扫码", exact=True)
    scan.click()
    expect(told).to_contain_text("这台不在上面的现场单子里。")
    expect(told.get_by_role("link")).to_have_attribute("href", f"/d/{own.id}")
    phone.keyboard.press("Escape")
    task = phone.locator(".visit input[name=equipment]").last
    show(film, printed(phone, int(task.get_attribute("value") or 0)))
    expect(task).to_be_hidden()
    scan.click()
    expect(task).to_be_checked()
    expect(task).to_be_in_viewport()
    expect(phone.get_by_role("dialog")).to_be_hidden()

    show(film, printed(phone, own.id))
    phone.get_by_role("link", name="扫标签找设备").click()
    expect(phone).to_have_url(f"/equipment/{own.id}")


def test_where_there_is_no_camera_a_sentence_says_so_and_the_number_is_typed(visit: Callable[..., Page]) -> None:
    page = visit("chenjian", "phone")
    page.goto("/clinic/requests/new")
    page.get_by_role("button", name="扫标签加设备").click()
    told = page.locator("[data-scan-told]")
    expect(told).to_contain_text("可以在下面输入编号。")
    own = devices(FIRM)[0]
    box = page.get_by_label("扫不出来的，输入标签上的编号")
    for typed, sentence in (
        ("", "请先输入"),
        ("没有这个号", "没有找到编号含“没有这个号”的设备。"),
        (own.certificate_number, "已加上："),
    ):
        box.fill(typed)
        page.get_by_role("button", name="查找").click()
        expect(told).to_contain_text(sentence)
    page.keyboard.press("Escape")
    expect(page.get_by_label(f"关于这台：{own.name}")).to_be_checked()
    # A device of another firm than the one now chosen is not mixed in.
    page.locator("select[name=enterprise]").select_option(str(FIRM + 1))
    page.get_by_role("button", name="扫标签加设备").click()
    box.fill(own.certificate_number)
    page.get_by_role("button", name="查找").click()
    expect(told).to_contain_text("没有找到编号含")
