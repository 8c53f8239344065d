"""An inspection from end to end on a phone 390 pixels wide: what the station's work looks like to those who do it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.db import db
from inspect_station.duelist.models import DueRow
from inspect_station.registry.models import Equipment, Inspection
from tests.casework.pictures import photo
from tests.conftest import TODAY

pytestmark = [pytest.mark.browser, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def main(page: Page) -> object:
    return page.get_by_role("main")


def vessel(firm: int, **held: object) -> tuple[int, str]:
    """A metal vessel of the firm that nothing is open for: its id and number."""
    with db.connection_context():
        rows = Equipment.select().where(
            Equipment.enterprise == firm, Equipment.catalogue_code.startswith("21"), Equipment.form == "device"
        )
        for row in rows.where(*[getattr(Equipment, name) == value for name, value in held.items()]).order_by(
            Equipment.id
        ):
            key = (row.id, "periodic")
            if not casework.cases.ordered(Actor.system(), [key]) and key not in casework.quieted(TODAY):
                return row.id, row.own_number
    raise AssertionError("the sample park has no such vessel")


def due_row(equipment: int) -> int:
    with db.connection_context():
        return int(DueRow.get(DueRow.equipment == equipment, DueRow.clock == "periodic").id)


def test_from_the_application_to_the_next_date_with_the_result_entered_without_signal(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    equipment, number = vessel(1, status="in_use")
    picture = tmp_path / "现场.jpg"
    picture.write_bytes(photo(1200, 900))

    firm = visit("qiye01", "phone")
    firm.goto("/due")
    firm.goto(f"/cases/new?ids={due_row(equipment)}")
    firm.get_by_label("希望日期（自）").fill("2026-11-23")
    firm.get_by_role("button", name="提交报检").click()
    expect(main(firm)).to_contain_text("已提交，等待受理")
    case = firm.url

    inspector = visit("chenjian", "phone")
    inspector.goto(case)
    inspector.get_by_role("button", name="受理").first.click()
    expect(main(inspector)).to_contain_text("受理按时办结")
    inspector.get_by_text("指定检验员", exact=True).click()
    inspector.get_by_label("责任检验员").select_option(label="陈检")
    inspector.get_by_role("button", name="指定", exact=True).click()
    if inspector.get_by_label("检验日期").is_hidden():
        inspector.get_by_text("提出日期", exact=True).click()
    inspector.get_by_label("检验日期").fill("2026-11-22")
    inspector.get_by_role("button", name="提出这个日期").click()
    expect(main(inspector)).to_contain_text("等企业答复")

    firm.reload()
    firm.get_by_role("button", name="同意这一天").click()
    expect(main(firm)).to_contain_text("已约定检验日期")
    firm.get_by_role("link", name="准备清单").click()
    firm.get_by_label(re.compile("使用登记证")).first.check()
    firm.get_by_role("button", name="保存准备情况").click()
    expect(main(firm)).to_contain_text("已备好 1 /")

    # The day's page is opened where there is signal, then the network is cut.
    inspector.goto("/field")
    inspector.wait_for_selector("html[data-kept]", state="attached")
    inspector.context.set_offline(True)
    inspector.reload()
    expect(inspector.get_by_role("heading", level=1)).to_have_text("今日现场")
    form = inspector.locator(
        "form[data-offline]", has=inspector.locator(f"input[name=equipment][value='{equipment}']")
    )
    inspector.locator("details", has=form).last.locator("summary").click()
    form.locator(f"input[name=equipment][value='{equipment}']").check()
    form.get_by_label("检验结论").select_option("符合要求")
    form.get_by_label("安全状况等级").select_option("2")
    form.get_by_label("下次检验日期").fill("2032-11-22")
    form.locator("input[type=file]").set_input_files(picture)
    form.get_by_role("button", name="登记结果").click()
    expect(inspector.locator("#waiting")).to_contain_text("下次 2032-11-22")
    inspector.goto(f"/equipment/{equipment}")  # the device's file is readable, too
    expect(inspector.get_by_role("heading", level=1)).to_contain_text(number)
    inspector.goto("/field")
    expect(inspector.locator("#signal")).to_contain_text("1 条记录等待发送，现在没有信号")

    inspector.context.set_offline(False)
    expect(inspector.locator("#waiting")).to_be_hidden(timeout=20_000)
    expect(inspector.locator("#signal")).to_contain_text("已发送")
    with db.connection_context():
        (made,) = Inspection.select().where(Inspection.equipment == equipment, Inspection.next_due == "2032-11-22")
        assert (made.conclusion, made.grade) == ("符合要求", 2)
        assert casework.quieted(TODAY)[equipment, "periodic"].reason == "report_pending"
    firm.goto(case)
    expect(main(firm)).to_contain_text("完成")
    firm.goto(f"/equipment/{equipment}")
    expect(main(firm)).to_contain_text("2032-11-22")


def test_a_record_kept_without_signal_meets_another_one_and_is_not_lost(visit: Callable[..., Page]) -> None:
    page = visit("linyan", "phone")
    page.goto("/field?all=1")
    form = page.locator("form[data-offline]").first
    equipment = form.locator("input[name=equipment]").first.get_attribute("value")
    clock = form.locator("input[name=clock]").get_attribute("value")
    page.wait_for_selector("html[data-kept]", state="attached")
    page.context.set_offline(True)
    page.locator(".visit details").first.locator("summary").click()
    form.locator(f"input[name=equipment][value='{equipment}']").check()
    form.get_by_label("检验结论").select_option("基本符合要求")
    form.get_by_label("备注").fill("支座有轻微锈蚀")
    people = form.locator("input[name=inspector]")
    for box in people.all():
        box.uncheck()
    form.get_by_role("button", name="登记结果").click()
    expect(form.locator("[data-problem]")).to_contain_text("请选择检验人员")
    people.first.check()
    form.get_by_role("button", name="登记结果").click()
    expect(page.locator("#waiting")).to_contain_text("支座有轻微锈蚀")

    with db.connection_context():
        Inspection.create(
            equipment=equipment, clock=clock, completed_on="2026-11-21", conclusion="符合要求", recorded_at="2026-11-22 01:00:00"
        )  # fmt: skip
    page.context.set_offline(False)
    expect(page.locator("#waiting")).to_contain_text("刚有别人登记了结果", timeout=20_000)
    expect(page.locator("#waiting")).to_contain_text("支座有轻微锈蚀")
    page.get_by_role("button", name="核对过了，仍要登记").click()
    expect(page.locator("#waiting")).to_be_hidden(timeout=20_000)
    with db.connection_context():
        assert (
            Inspection.select().where(Inspection.equipment == equipment, Inspection.note == "支座有轻微锈蚀").count()
            == 1
        )


def test_a_failure_is_served_rectified_and_inspected_again(visit: Callable[..., Page], tmp_path: Path) -> None:
    equipment, _ = vessel(3, status="in_use")
    inspector = visit("chenjian", "phone")
    inspector.goto(f"/results/new?equipment={equipment}&clock=periodic")
    inspector.get_by_label("检验日期", exact=True).fill("2026-11-20")
    inspector.get_by_label("检验结论").select_option("不符合要求")
    inspector.get_by_role("button", name="登记结果").click()
    inspector.get_by_role("link", name="开检验意见通知书").click()
    inspector.get_by_label("发现的问题").fill("筒体减薄超标")
    inspector.get_by_role("button", name="保存草稿").click()
    inspector.get_by_role("button", name="下达").click()
    expect(main(inspector)).to_contain_text("已下达，待整改")
    notice = inspector.url

    firm = visit("qiye03", "phone")
    firm.goto(notice)
    firm.get_by_label("做了哪些整改").fill("已补焊，检测合格")
    firm.get_by_role("button", name="提交整改情况").click()
    expect(main(firm)).to_contain_text("已回复，待复检")

    inspector.goto(notice)
    inspector.get_by_role("button", name="复检通过").click()
    inspector.get_by_role("link", name="登记复检结果").click()
    inspector.get_by_label("检验结论").select_option("复检合格")
    inspector.get_by_label("安全状况等级").select_option("3")
    inspector.get_by_label("下次检验日期").fill("2029-11-22")
    inspector.get_by_role("button", name="登记结果").click()
    expect(inspector.get_by_role("heading", level=1)).to_contain_text("检验报告")
    inspector.goto(notice)
    inspector.get_by_role("button", name="确认办结").click()
    expect(main(inspector)).to_contain_text("已确认，办结")
    firm.goto(f"/equipment/{equipment}")
    expect(main(firm)).to_contain_text("2029-11-22")


def test_a_stopped_device_whose_date_passes_is_not_restarted(visit: Callable[..., Page]) -> None:
    equipment, _ = vessel(5, status="in_use")
    with db.connection_context():
        Inspection.update(replaced_by=None).where(Inspection.equipment == equipment).execute()
        Inspection.update(next_due="2026-10-31").where(
            Inspection.equipment == equipment, Inspection.clock == "periodic"
        ).execute()
    page = visit("chenjian", "phone")
    page.goto(f"/equipment/{equipment}/acts/stop")
    page.get_by_label("停用日期").fill("2026-10-01")
    page.get_by_label("理由").fill("装置停产")
    page.get_by_role("button", name="确认停用").click()
    expect(main(page)).to_contain_text("停用")
    page.goto(f"/equipment/{equipment}/acts/restart")
    page.get_by_label("启用日期").fill("2026-11-22")
    page.get_by_label("理由").fill("恢复生产")
    page.get_by_role("button", name="确认启用").click()
    expect(main(page)).to_contain_text("启用前须先检验")
    expect(page.get_by_label("理由")).to_have_value("恢复生产")
