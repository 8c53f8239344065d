"""Closing a month, remarks and targets; the forecast; the report read back from its files; its mailing; the wall."""

import io
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pypdfium2
import pytest

from inspect_station.accounts.models import Account, AuditEntry
from inspect_station.clinic.models import ClinicVisit
from inspect_station.clock import SHANGHAI
from inspect_station.config import Settings
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from inspect_station.planning.models import Plan, PlanItem, PlanVisit
from inspect_station.registry.models import Inspection
from inspect_station.staffing import service as staffing
from inspect_station.staffing.models import QualificationCode
from inspect_station.workcalendar import service as workcalendar
from inspect_station.workload import forecast, sending, service
from inspect_station.workload.models import MonthClose, ReportMail
from tests.conftest import NOW, TODAY, Cast
from tests.duelist.park import touch, vessel
from tests.reminders.smtp import postbox
from tests.workload import park as small

OCTOBER, NOVEMBER = service.read("2026-10"), service.read("2026-11")


# --- closing -----------------------------------------------------------------------------------------------------------------


def _apart(cast: Cast) -> dict[str, list[dict[str, object]]]:
    return service.closing.told_apart(cast.head, OCTOBER, TODAY)


def test_a_closed_month_keeps_its_figures_and_shows_later_corrections_beside_them(cast: Cast) -> None:
    small.whole(cast)
    service.closing.close(cast.head, OCTOBER, NOW)
    told = service.closing.told(cast.head, OCTOBER, TODAY)
    assert service.closing.corrections(cast.head, OCTOBER, TODAY) == []
    apart, team = _apart(cast), service.people.people(cast.head, OCTOBER)
    late = vessel(cast.jia, "漏登的罐", "V-late")
    Inspection.create(
        equipment=late, clock="periodic", completed_on="2026-10-12", answered_due="2026-10-30", conclusion="符合要求",
        next_due="2032-10-12", recorded_at=NOW,
    )  # fmt: skip
    touch(late)
    assert service.closing.told(cast.head, OCTOBER, TODAY) == told
    assert service.shares.parts(cast.head, OCTOBER, TODAY, "kind") != apart["kind"]
    assert service.reasons.steps(cast.head, OCTOBER, TODAY) != apart["step"]
    assert _apart(cast) == apart
    ClinicVisit.update(state="cancelled").execute()
    assert service.closing.told_people(cast.head, OCTOBER) == team != service.people.people(cast.head, OCTOBER)
    changed = {
        c.told.key: (c.told.value, c.now.value) for c in service.closing.corrections(cast.head, OCTOBER, TODAY)
    }
    assert changed["inspected"] == (1, 2)
    assert changed["due"] == (1, 2)
    held = MonthClose.get()
    # As months were closed before: the rest is then told as it is.
    held.figures = {
        "figures": held.figures["figures"],
        "parts": {by: held.figures["parts"][by] for by in service.shares.BY},
    }
    held.save()
    assert _apart(cast) != apart
    assert service.closing.told_people(cast.head, OCTOBER) != team
    over = service.month.lines(cast.head, NOVEMBER, date(2026, 12, 1))
    assert over["inspected"].before.value == 1  # the month before is told as it was closed
    running = service.month.lines(cast.head, NOVEMBER, TODAY)
    assert running["inspected"].before.value == 2  # a part of it as it is known now
    assert AuditEntry.select().where(AuditEntry.act == "workload.close").count() == 1


def test_a_month_is_closed_once_by_the_head_when_it_is_over(cast: Cast) -> None:
    small.make(cast)
    with pytest.raises(Conflict, match="还没有过完"):
        service.closing.close(cast.head, NOVEMBER, NOW)
    with pytest.raises(InvalidInput):
        service.closing.close(cast.head, service.read("2026-Q3"), NOW)
    with pytest.raises(Conflict, match="还没有数据"):
        service.closing.close(cast.head, service.read("2019-01"), NOW)
    for actor in (cast.auditor, cast.inspector):
        with pytest.raises(NotAllowed):
            service.closing.close(actor, OCTOBER, NOW)
    service.closing.close(cast.head, OCTOBER, NOW)
    with pytest.raises(Conflict, match="已经结账"):
        service.closing.close(cast.head, OCTOBER, NOW)
    assert MonthClose.select().count() == 1


def test_remarks_written_by_two_at_once_do_not_overwrite_each_other(cast: Cast) -> None:
    service.closing.write_remark(cast.head, OCTOBER, "大修集中", 0, NOW)
    with pytest.raises(Stale):
        service.closing.write_remark(cast.head, OCTOBER, "别的话", 0, NOW)
    service.closing.write_remark(cast.head, OCTOBER, "大修集中，人手够", 1, NOW)
    with pytest.raises(Stale):
        service.closing.write_remark(cast.head, OCTOBER, "旧页面", 1, NOW)
    assert service.closing.remark(OCTOBER) == {"text": "大修集中，人手够", "by": cast.head.name, "revision": 2}
    with pytest.raises(InvalidInput, match="4000"):
        service.closing.write_remark(cast.head, OCTOBER, "长" * 4001, 2, NOW)
    with pytest.raises(NotAllowed):
        service.closing.write_remark(cast.auditor, OCTOBER, "审计", 2, NOW)


def test_the_years_target_is_what_was_set_and_else_what_falls_due(cast: Cast) -> None:
    small.whole(cast)
    target = service.month.target(cast.head, 2026, TODAY)
    assert (target.planned, target.due, target.done, target.share) == (None, 6, 4, 66.7)
    service.month.set_target(cast.head, 2026, 8, NOW)
    assert service.month.target(cast.head, 2026, TODAY).share == 50.0
    service.month.set_target(cast.head, 2026, None, NOW)
    assert service.month.target(cast.head, 2026, TODAY).of == 6
    with pytest.raises(InvalidInput):
        service.month.set_target(cast.head, 2026, 0, NOW)
    with pytest.raises(NotAllowed):
        service.month.set_target(cast.inspector, 2026, 8, NOW)


# --- what the charts draw --------------------------------------------------------------------------------------------------


def test_the_funnel_counts_those_of_the_due_that_came_so_far(cast: Cast) -> None:
    small.whole(cast)
    steps = [(row["label"], row["count"]) for row in service.reasons.steps(cast.head, NOVEMBER, TODAY)]
    # 5 due; D applied and 3 are done; nothing planned; of the done A and B have an issued report, but no number in the register
    assert steps == [("应检", 5), ("已报检或更进一步", 4), ("已排期或更进一步", 3), ("已检", 3), ("已出报告", 0)]


def test_no_step_of_the_funnel_holds_more_than_the_one_before(cast: Cast) -> None:
    park = small.whole(cast)
    # C is planned without anybody having applied; D has applied and waits for its day.
    plan = Plan.create(
        name="年计划", state="approved", as_of=TODAY, first_on=TODAY, last_on=TODAY, seconds=1, instance={}, made_by="长",
        created_at=NOW,
    )  # fmt: skip
    visit = PlanVisit.create(plan=plan, enterprise=cast.jia, on_day=TODAY, start=0, minutes=60)
    for equipment, due in ((park.c, date(2026, 11, 8)), (park.f, date(2027, 3, 31))):
        PlanItem.create(
            plan=plan, visit=visit, key=str(equipment.id), equipment=equipment, clock="periodic", kind="fixed_vessel",
            enterprise=cast.jia, minutes=60, people=2, due_on=due,
        )  # fmt: skip
    steps = {row["key"]: row["count"] for row in service.reasons.steps(cast.head, NOVEMBER, TODAY)}
    assert steps == {"due": 5, "applied": 5, "planned": 4, "done": 3, "reported": 0}
    for step, count in steps.items():
        narrowed = service.Narrowed(step=step)
        assert len(list(service.counting.stream(cast.head, "due", NOVEMBER, TODAY, narrowed))) == count, step


def test_the_heat_map_has_each_date_once_and_the_park_its_plots(cast: Cast) -> None:
    small.whole(cast)
    cast.jia.plot = "A04"
    cast.jia.save()
    heat = service.month.heat(cast.head, date(2026, 11, 1), 6, TODAY)
    assert heat == [
        {"day": "2026-11-08", "count": 1}, {"day": "2026-11-30", "count": 1}, {"day": "2027-03-31", "count": 1},
    ]  # fmt: skip
    for cell in heat:  # each day opens as many rows as it counts, whatever else is due in its month
        on = date.fromisoformat(str(cell["day"]))
        narrowed = service.Narrowed(dated=True, day=on)
        month = service.around("month", on)
        assert len(service.counting.rows(cast.head, "due", month, TODAY, narrowed)) == cell["count"]
    plots = {p["plot"]: p["firms"] for p in service.month.plots(cast.head, TODAY)}
    assert [(f["state"], f["late"], f["total"]) for f in plots["A"]] == [("overdue", 1, 7)]
    assert [(f["state"], f["late"]) for f in plots["未填地块"]] == [("overdue", 1)]


# --- the forecast --------------------------------------------------------------------------------------------------------------


def _staff(cast: Cast, *codes: str) -> None:
    workcalendar.seed(NOW)
    staffing.seed(NOW)
    for code in codes:
        number = QualificationCode.get(QualificationCode.code == code).id
        staffing.qualify(cast.head, cast.inspector.account_id, code_id=number, now=NOW)


def test_the_forecast_tells_sure_from_open_from_projected_and_the_backlog_apart(cast: Cast) -> None:
    _staff(cast, "RQ")
    small.make(cast)
    found = forecast.forecast(cast.head, TODAY, 12)
    by_month = {m.key: m for m in found.months}
    assert (found.backlog, found.backlog_minutes) == (2, 2 * 2 * 120)  # C and Y, two people for two hours each
    assert by_month["2026-11"].counts == {"sure": 1, "open": 0, "next": 0}  # D
    assert by_month["2027-03"].counts["sure"] == 1  # F
    assert by_month["2027-03"].minutes["sure"] == 240
    assert [m.key for m in found.months] == [p.key for p in service.periods.months(TODAY, 12)]
    december = by_month["2026-12"]
    assert december.room == 380 * len(service.people.workdays(december.period))
    assert december.holders["RQ"] == december.room


def test_months_that_do_not_fit_are_named_with_what_would_help(cast: Cast) -> None:
    _staff(cast, "RQ")
    for number in range(60):
        device = vessel(cast.jia, f"塔{number}", f"T-{number}")
        small.done(device, "2021-06-10", None, "2027-06-10")
    found = forecast.forecast(cast.head, TODAY, 12)
    (named,) = found.advice
    assert (named["month"], named["over"] > 0) == ("2027-06", True)
    assert "持 RQ 的人员还差" in named["help"][0]
    assert "再有 1 人" in named["help"][0]
    assert "福州甲化工有限公司（60 项）提前到 2027 年 5 月" in named["help"][1]
    assert forecast.forecast(cast.head, TODAY, 36).months[-1].key == "2029-10"


def test_clocks_come_again_at_their_usual_interval_as_the_unsure_layer(cast: Cast) -> None:
    _staff(cast, "GL")
    boiler = small.device(cast.jia, "1100", "锅炉", "B-1", put_into_use_on="2015-01-01")
    small.inspected(boiler, "external", "2026-10-01", next_due="2027-10-01")
    small.inspected(boiler, "internal", "2026-10-01", next_due="2028-10-01")
    found = {m.key: m for m in forecast.forecast(cast.head, TODAY, 36).months}
    assert found["2027-10"].counts == {"sure": 1, "open": 0, "next": 0}
    assert found["2028-10"].counts == {"sure": 1, "open": 0, "next": 1}
    assert found["2028-10"].least < found["2028-10"].load
    assert found["2029-10"].counts == {"sure": 0, "open": 0, "next": 1}


# --- the report ------------------------------------------------------------------------------------------------------------------


def _cells(data: bytes) -> dict[str, list[tuple]]:
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_paper_and_workbook_say_what_the_page_says(cast: Cast) -> None:
    small.whole(cast)
    service.closing.write_remark(cast.head, NOVEMBER, "=1+1 乙企业联系不上，下月上门。", 0, NOW)
    made = service.report.make(cast.head, NOVEMBER, TODAY, "可门检验站")
    figures = service.counting.figures(cast.head, NOVEMBER, TODAY)
    sheets = _cells(service.report.as_workbook(made, NOW))
    told = {row[0]: row[1] for title in ("检验任务", "比率", "限时办结", "报告和意见书") for row in sheets[title][1:]}
    for key in ("due", "due_done", "overdue", "rate_inspected", "rate_overdue", "rate_report", "reports_issued"):
        assert told[figures[key].definition.label] == figures[key].value, key
    assert ("评语", "=1+1 乙企业联系不上，下月上门。") in sheets["说明"]
    pdf = pypdfium2.PdfDocument(service.report.as_pdf(made))
    text = "".join(page.get_textpage().get_text_bounded() for page in pdf).replace("\r\n", "\n")
    assert "2026 年 11 月检验工作报表" in text
    assert "下月上门" in text
    for table in made.tables:
        assert table.title in text
        for row in table.rows:
            for cell in row:
                assert service.report.said(cell)[:12].strip() in text.replace("\n", ""), (table.title, cell)
    pdf.close()
    again = service.report.make(cast.head, NOVEMBER, TODAY, "可门检验站")
    assert service.report.as_pdf(again) == service.report.as_pdf(made)


# --- its mailing -------------------------------------------------------------------------------------------------------------------


def _morning(month: int, day: int) -> datetime:
    return datetime(2026 if month > 6 else 2027, month, day, 8, 20, tzinfo=SHANGHAI)


def test_the_report_is_owed_once_from_the_first_working_day_on_whatever_was_missed(cast: Cast) -> None:
    workcalendar.seed(NOW)
    small.whole(cast)
    Account.update(email="head@station.example").where(Account.id == cast.head.account_id).execute()
    assert sending.first_workday(date(2026, 10, 3)) == date(2026, 10, 8)  # after the holiday
    settings = Settings()
    assert sending.owed(settings, _morning(10, 7)) == 0
    assert sending.owed(settings, _morning(12, 1)) == 1
    assert sending.owed(settings, _morning(12, 2)) == 0
    assert sending.owed(settings, _morning(1, 20)) == 1  # nobody ran the timetable for three weeks
    assert [m.month for m in ReportMail.select().order_by(ReportMail.id)] == ["2026-11", "2026-12"]


def test_the_head_gets_the_report_with_both_files_by_mail_and_only_once(cast: Cast, tmp_path: Path) -> None:
    workcalendar.seed(NOW)
    small.whole(cast)
    Account.update(email="head@station.example").where(Account.id == cast.head.account_id).execute()
    when = _morning(12, 1)
    with postbox() as box:
        settings = box.settings(tmp_path)
        sending.owed(settings, when)
        box.will_answer("head@station.example", "451 later")
        assert sending.deliver(settings, when) == {"failed": 1}
        assert sending.deliver(settings, when) == {}  # its time has not come
        assert sending.deliver(settings, when + timedelta(minutes=2)) == {"sent": 1}
        assert sending.deliver(settings, when + timedelta(hours=9)) == {}
        ((recipient, mail),) = box.arrived
    assert recipient == "head@station.example"
    assert "2026 年 11 月检验工作报表" in mail["Subject"]
    assert "定检率：60%" in mail.get_body(("plain",)).get_content()
    files = {part.get_filename(): part.get_content() for part in mail.iter_attachments()}
    assert set(files) == {"2026-11-检验工作报表.pdf", "2026-11-检验工作报表.xlsx"}
    assert _cells(files["2026-11-检验工作报表.xlsx"])["检验任务"][1][1] == 5
    pdf = pypdfium2.PdfDocument(files["2026-11-检验工作报表.pdf"])
    assert "2026 年 11 月检验工作报表" in pdf[0].get_textpage().get_text_bounded()
    pdf.close()


def test_a_sender_that_died_leaves_the_letter_to_the_next_one(cast: Cast, tmp_path: Path) -> None:
    workcalendar.seed(NOW)
    small.whole(cast)
    Account.update(email="head@station.example").where(Account.id == cast.head.account_id).execute()
    when = _morning(12, 1)
    with postbox() as box:
        settings = box.settings(tmp_path)
        sending.owed(settings, when)
        ReportMail.update(state="claimed", lease_until=when + sending.LEASE).execute()
        assert sending.deliver(settings, when) == {}
        assert sending.deliver(settings, when + 2 * sending.LEASE) == {"sent": 1}
        assert len(box.arrived) == 1


def test_without_an_address_the_page_says_why_nothing_came(cast: Cast) -> None:
    workcalendar.seed(NOW)
    small.whole(cast)
    sending.owed(Settings(), _morning(12, 1))
    (mail,) = sending.mails(cast.head)
    assert (mail["state"], mail["reason"], mail["who"]) == ("refused", "没有填写邮箱", cast.head.name)


def test_the_wall_shows_the_station_until_its_address_is_revoked(cast: Cast) -> None:
    small.whole(cast)
    secret = service.wall.create(cast.head, "二楼", NOW)
    shown = service.wall.shown(service.wall.by_secret(secret, NOW), NOW)
    assert shown["lines"]["overdue"].figure.value == 2
    (link,) = service.wall.links(cast.head)
    assert (link["name"], link["seen_at"]) == ("二楼", NOW)
    assert "token_hash" not in link
    with pytest.raises(NotAllowed):
        service.wall.revoke(cast.auditor, link["id"], NOW)
    service.wall.revoke(cast.head, link["id"], NOW)
    for wrong in (secret, "nothing"):
        with pytest.raises(NotFound):
            service.wall.by_secret(wrong, NOW)
