"""Working days: shipped years, a person's changes, undo; provisional wherever nobody announced the year."""

import io
from datetime import date

import peewee
import pytest
import xlsxwriter

from inspect_station.accounts.models import AuditEntry
from inspect_station.config import Settings
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound
from inspect_station.settings import checks
from inspect_station.workcalendar import service
from inspect_station.workcalendar.models import CalendarChange, CalendarDay, CalendarYear
from tests.conftest import NOW, TODAY, Cast
from tests.statements import counted


def test_the_shipped_years_know_make_up_days_and_holidays(station: peewee.Database) -> None:
    added = service.seed(NOW)
    days = service.calendar(TODAY)
    assert (added[0], added[-1]) == (2004, 2026)
    assert days.is_workday(date(2026, 10, 10))
    assert not days.is_workday(date(2026, 10, 1))
    assert not days.is_workday(date(2026, 11, 22))
    assert not days.is_provisional(date(2026, 12, 31))
    # 国庆 2026: 1–7 October off, Saturday the 10th at work
    assert days.count(date(2026, 9, 30), date(2026, 10, 10)) == 3


def test_a_second_seeding_adds_nothing_and_keeps_what_a_person_changed(cast: Cast) -> None:
    service.seed(NOW)
    service.mark(cast.admin, date(2026, 10, 10), "plain", "", NOW)
    assert service.seed(NOW) == []
    assert not service.calendar(TODAY).is_workday(date(2026, 10, 10))


def test_a_day_entered_before_the_shipped_year_arrives_stays(cast: Cast) -> None:
    service.mark(cast.admin, date(2026, 10, 1), "off", "台风停工", NOW)
    service.seed(NOW)
    assert CalendarDay.get_by_id(date(2026, 10, 1)).name == "台风停工"


def test_a_year_without_a_notice_is_monday_to_friday_and_provisional(station: peewee.Database) -> None:
    service.seed(NOW)
    days = service.calendar(TODAY)
    assert days.is_workday(date(2027, 1, 1))
    assert days.is_provisional(date(2027, 1, 1))
    assert days.provisional_years(date(2026, 12, 1), date(2027, 2, 1)) == (2027,)


def test_a_day_marked_in_a_year_without_notice_counts_and_the_year_stays_provisional(cast: Cast) -> None:
    service.mark(cast.admin, date(2027, 1, 1), "off", "元旦", NOW)
    days = service.calendar(TODAY)
    assert not days.is_workday(date(2027, 1, 1))
    assert days.is_provisional(date(2027, 1, 1))
    assert service.describe(date(2027, 1, 1)) == "2027-01-01 星期五（元旦放假，暂定）"


@pytest.mark.parametrize(
    ("day", "line"),
    [
        (date(2026, 10, 10), "2026-10-10 星期六（调休上班）"),
        (date(2026, 10, 1), "2026-10-01 星期四（国庆节放假）"),
        (date(2026, 11, 22), "2026-11-22 星期日"),
    ],
)
def test_the_top_line_names_the_day(station: peewee.Database, day: date, line: str) -> None:
    service.seed(NOW)
    assert service.describe(day) == line


def test_only_who_may_change_settings_changes_the_calendar(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        service.mark(cast.inspector, date(2026, 12, 1), "off", "台风", NOW)
    with pytest.raises(NotFound):
        service.mark(cast.jia_user, date(2026, 12, 1), "off", "台风", NOW)
    with pytest.raises(NotFound):
        service.year_view(cast.jia_user, 2026)
    assert not CalendarDay.select().exists()


def test_a_mark_without_a_reason_or_without_sense_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="请填写原因"):
        service.mark(cast.admin, date(2026, 12, 1), "off", "  ", NOW)
    with pytest.raises(InvalidInput, match="本来就上班"):
        service.mark(cast.admin, date(2026, 12, 1), "work", "赶工", NOW)


def test_a_change_is_audited_and_can_be_undone_once(cast: Cast) -> None:
    service.seed(NOW)
    assert service.mark(cast.admin, date(2026, 12, 1), "off", "台风停工", NOW)
    assert not service.mark(cast.admin, date(2026, 12, 1), "off", "台风停工", NOW)
    change = CalendarChange.get()
    service.undo(cast.admin, change.id, NOW)
    assert service.calendar(TODAY).is_workday(date(2026, 12, 1))
    with pytest.raises(Conflict):
        service.undo(cast.admin, change.id, NOW)
    acts = [a for (a,) in AuditEntry.select(AuditEntry.act).order_by(AuditEntry.id).tuples()]
    assert acts[-2:] == ["calendar.mark", "calendar.undo"]


def test_an_older_change_is_not_undone_over_a_newer_one(cast: Cast) -> None:
    service.mark(cast.admin, date(2026, 12, 1), "off", "台风停工", NOW)
    service.mark(cast.admin, date(2026, 12, 1), "off", "停电", NOW)
    first, second = CalendarChange.select().order_by(CalendarChange.id)
    with pytest.raises(Conflict):
        service.undo(cast.admin, first.id, NOW)
    service.undo(cast.admin, second.id, NOW)
    service.undo(cast.admin, first.id, NOW)
    assert not CalendarDay.select().exists()


NOTICE = "日期,休班,名称\n2027-01-01,休,元旦\n2027年1月2日,休,元旦\n2027/1/9,班,元旦\n\n"


def test_an_imported_notice_announces_its_year_and_a_second_import_changes_nothing(cast: Cast) -> None:
    assert (
        service.import_file(cast.admin, NOTICE.encode("gb18030"), "2027.csv", "国办发明电〔2026〕1号", NOW).days == 3
    )
    days = service.calendar(TODAY)
    assert not days.is_provisional(date(2027, 6, 1))
    assert days.is_workday(date(2027, 1, 9))
    assert service.import_file(cast.admin, NOTICE.encode(), "2027.csv", "国办发明电〔2026〕1号", NOW).days == 0
    assert CalendarChange.select().count() == 1
    service.undo(cast.admin, CalendarChange.get().id, NOW)
    assert not CalendarDay.select().exists()
    assert not CalendarYear.select().exists()


def test_a_workbook_is_read_like_a_csv_file(cast: Cast) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["日期", "休/班", "名称"])
        page.write_datetime(1, 0, date(2027, 2, 6), book.add_format({"num_format": "yyyy-mm-dd"}))
        page.write_row(1, 1, ["班", "春节"])
        page.write_row(2, 0, ["2027-02-07", "休", "春节"])
    assert service.import_file(cast.admin, buffer.getvalue(), "2027.xlsx", "", NOW).days == 2
    assert service.calendar(TODAY).is_workday(date(2027, 2, 6))
    assert service.calendar(TODAY).is_provisional(date(2027, 2, 6))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "没有日期"),
        ("日期,休班\n2027-02-30,休".encode(), "第 2 行：没有 2027-2-30 这一天"),
        ("2027-01-01,休,元旦\n2027-01-02,调休".encode(), "第 2 行：第二列应为“休”或“班”，现在是“调休”"),
        ("2027-01-01,休,元旦\n明天,休".encode(), "第 2 行：日期“明天”应写成"),
        ("2027-01-01,休\n2027-01-01,班".encode(), "第 2 行：2027-01-01 前面已有另一种安排"),
        ("3027-01-01,休".encode(), "不在 2000 至 2100 年之间"),
        (b"PK\x03\x04broken", "打不开"),
        (b"\xff\xfe\x00\x01", "不是文字表格"),
        (b"x" * (3 << 20), "超过 2 MB"),
    ],
)
def test_a_bad_file_changes_nothing_and_says_where(cast: Cast, content: bytes, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        service.import_file(cast.admin, content, "坏.csv", "通知", NOW)
    assert not CalendarDay.select().exists()
    assert not CalendarYear.select().exists()


def test_a_year_is_announced_only_with_its_document(cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        service.announce(cast.admin, 2027, True, " ", NOW)
    service.announce(cast.admin, 2027, True, "国办发明电〔2026〕1号", NOW)
    assert not service.calendar(TODAY).is_provisional(date(2027, 3, 1))
    service.announce(cast.admin, 2027, False, "", NOW)
    assert service.calendar(TODAY).is_provisional(date(2027, 3, 1))


def test_the_doctor_asks_for_next_years_notice_from_december_on(station: peewee.Database) -> None:
    assert checks.working_days(Settings(), NOW).level == "warn"  # nothing shipped yet: this year is missing, too
    service.seed(NOW)
    assert checks.working_days(Settings(), NOW).level == "ok"
    december = checks.working_days(Settings(), NOW.replace(month=12, day=1))
    assert (december.level, december.text[:6]) == ("warn", "2027 年")
    assert "导入" in december.mend


def test_the_calendar_takes_two_statements(station: peewee.Database) -> None:
    service.seed(NOW)
    with counted() as seen:
        service.calendar(TODAY)
    assert len(seen) == 2
