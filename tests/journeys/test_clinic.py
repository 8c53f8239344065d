"""The clinic at 390 px: a firm asks, somebody comes, the network is cut in the middle, the prescription gets its end."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from inspect_station.casework.models import CaseFile
from inspect_station.clinic.models import ClinicFinding, ClinicVisit
from inspect_station.db import db
from tests.casework.pictures import photo

pytestmark = pytest.mark.browser
FIRM = 5


def main(page: Page):
    return page.get_by_role("main")


def draw(page: Page, selector: str) -> None:
    """A stroke with the finger."""
    canvas = page.locator(selector)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 15, steps=5)
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] - 15, steps=5)
    page.mouse.up()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "现场.jpg"
    path.write_bytes(photo(1200, 800))
    return path


def begin(inspector: Page, enterprise: int = FIRM) -> int:
    """A visit taken up at once; its id."""
    inspector.goto(f"/clinic/visits/new?enterprise={enterprise}")
    inspector.get_by_role("button", name="现在就去，开始记录").click()
    expect(inspector.get_by_role("heading", level=1)).to_have_text("出诊记录")
    inspector.wait_for_load_state()  # the page's scripts listen from then on
    found = re.search(r"/clinic/visits/(\d+)/record", inspector.url)
    assert found is not None
    return int(found.group(1))


def test_asked_answered_visited_without_signal_signed_and_followed_to_its_end(
    visit: Callable[..., Page], picture: Path
) -> None:
    firm = visit(f"qiye{FIRM:02d}", "phone")
    firm.goto("/clinic")
    firm.get_by_role("link", name="我要问诊").click()
    firm.get_by_label("想问哪一类").select_option(label="隐患排查")
    firm.get_by_label(re.compile("^想问的事")).fill("缓冲罐底部法兰有渗漏，请来看看")
    firm.locator("input[type=file]").set_input_files(picture)
    firm.get_by_role("button", name="提交", exact=True).click()
    expect(main(firm)).to_contain_text("等待答复")
    question = firm.url

    inspector = visit("chenjian", "phone")
    inspector.goto(question)
    inspector.get_by_label(re.compile("^答复内容")).fill("今天下午过来看")
    inspector.get_by_role("button", name="发出答复").click()
    expect(main(inspector)).to_contain_text("问诊答复按时办结")
    inspector.get_by_role("link", name="上门看看").click()
    inspector.get_by_role("button", name="现在就去，开始记录").click()

    # Opened where there is signal, then the network is cut.
    inspector.wait_for_selector("html[data-kept]", state="attached")
    number = int(re.search(r"/visits/(\d+)/", inspector.url).group(1))  # type: ignore[union-attr]
    inspector.context.set_offline(True)
    inspector.reload()
    expect(inspector.get_by_role("heading", level=1)).to_have_text("出诊记录")
    inspector.get_by_label("企业人员").fill("李明（安全总监）")
    inspector.get_by_label("症状（看到、听到什么）").fill("容器或管道有泄漏、渗漏痕迹")
    # The library fills in what is still empty.
    expect(inspector.get_by_label("处方（要做什么）")).to_have_value(re.compile("停用隔离"))
    expect(inspector.get_by_label("较重")).to_be_checked()
    inspector.locator("input[name=finding-0-photos]").set_input_files(picture)
    inspector.get_by_role("button", name="圈出问题：照片 1").click()
    draw(inspector, ".marker-canvas")
    inspector.get_by_role("button", name="画好了").click()
    expect(inspector.get_by_role("button", name="照片 1 已圈出（可再圈）")).to_be_visible()
    inspector.get_by_label("用时").fill("40")
    draw(inspector, ".glass")
    inspector.get_by_label("签字人", exact=True).fill("李明")
    inspector.get_by_role("button", name="完成出诊").click()
    expect(inspector.locator("#waiting")).to_contain_text("1 项诊断 · 照片 2 张 · 已签字")
    expect(inspector.locator("#signal")).to_contain_text("没有信号，记录已存在手机里")
    with db.connection_context():
        assert ClinicVisit.get_by_id(number).state == "open"

    inspector.context.set_offline(False)
    expect(inspector.get_by_role("heading", level=1)).to_contain_text("出诊 CZ2026", timeout=20_000)
    with db.connection_context():
        (finding,) = ClinicFinding.select().where(ClinicFinding.visit == number)
        kept = CaseFile.select().where(CaseFile.owner == "clinic_finding", CaseFile.owner_id == finding.id)
        assert len({row.sha256 for row in kept}) == 2  # as taken, and with the marks

    made = firm.request.get(f"/clinic/visits/{number}.pdf")
    page = pypdfium2.PdfDocument(io.BytesIO(made.body()))[0]
    assert "容器或管道有泄漏、渗漏痕迹" in page.get_textpage().get_text_range()
    assert len([thing for thing in page.get_objects() if thing.type == 3]) == 3  # two photos and the signature

    firm.goto(f"/clinic/findings/{finding.id}")
    firm.get_by_label(re.compile("^做了哪些整改")).fill("已更换垫片，试压不漏")
    firm.locator("input[type=file]").set_input_files(picture)
    firm.get_by_role("button", name="提交整改情况").click()
    expect(main(firm)).to_contain_text("已回复，待确认")
    inspector.goto(f"/clinic/findings/{finding.id}")
    inspector.get_by_label("已整改").check()
    inspector.get_by_role("button", name="记录回访").click()
    expect(main(inspector)).to_contain_text("确认已整改")
    inspector.goto(f"/clinic/visits/{number}")
    expect(main(inspector)).to_contain_text("已办结")


def test_a_severe_finding_opens_both_duties_before_anything_else(visit: Callable[..., Page]) -> None:
    inspector = visit("chenjian", "phone")
    begin(inspector, 7)
    inspector.get_by_label("症状（看到、听到什么）").fill("快开门安全联锁失灵")
    expect(inspector.get_by_label("严重")).to_be_checked()
    inspector.get_by_role("button", name="先保存").click()
    expect(main(inspector)).to_contain_text("法律要求立即办的两步")
    for side, whom in (("告知使用单位", "安全总监李明，当面"), ("报告监管部门", "县局王科，电话")):
        form = inspector.locator("form", has=inspector.get_by_role("button", name=f"已{side}"))
        form.locator("input[name=whom]").fill(whom)
        inspector.get_by_role("button", name=f"已{side}").click()
        expect(main(inspector)).to_contain_text(f"2026-11-22 09:30 {whom}")
    inspector.get_by_role("link", name="回到记录").click()
    expect(inspector.get_by_label("症状（看到、听到什么）").first).to_have_value("快开门安全联锁失灵")


def test_what_was_typed_wrong_without_signal_comes_back_and_is_mended(visit: Callable[..., Page]) -> None:
    inspector = visit("chenjian", "phone")
    number = begin(inspector, 9)
    inspector.wait_for_selector("html[data-kept]", state="attached")
    inspector.context.set_offline(True)
    inspector.get_by_label("症状（看到、听到什么）").fill("管托脱落")
    inspector.get_by_label("处方（要做什么）").fill("恢复管托")
    inspector.get_by_role("button", name="先保存").click()
    expect(inspector.locator("#waiting")).to_contain_text("1 项诊断")
    inspector.context.set_offline(False)
    expect(inspector.locator("#waiting")).to_contain_text("第 1 项没有选诊断等级", timeout=20_000)
    expect(inspector.get_by_label("症状（看到、听到什么）").first).to_have_value("管托脱落")
    inspector.get_by_label("一般").check()
    inspector.get_by_label("整改期限").fill("2026-12-10")
    inspector.get_by_role("button", name="先保存").click()
    expect(main(inspector)).to_contain_text("已保存，可以接着记")
    with db.connection_context():
        (made,) = ClinicFinding.select().where(ClinicFinding.visit == number)
        assert (made.symptom, made.grade) == ("管托脱落", "minor")
    # What waited was overtaken by what was sent: nothing is sent again.
    expect(inspector.locator("#waiting")).to_be_hidden()
