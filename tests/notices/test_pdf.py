"""Notices read back from their PDF, as the receiver's reader would."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pypdfium2
import pytest

from inspect_station.notices import pdf, wording
from inspect_station.notices.model import Line, Notice, NoticeKind, Office, line_of
from schedules.terms import Clock, DoneBy, Kind, Origin

OFFICE = Office("福建省特种设备检验研究院可门检验站", "0591-26990000", "可门园区服务中心", "检一", "13900000001")
URL = "https://station.example/r/AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
VESSEL = Line(
    "换热器",
    Kind.FIXED_VESSEL,
    Clock.PERIODIC,
    "容15闽A00001(20)",
    "E-2201",
    "二期装置区",
    "2026-12-31",
    Origin.REPORT,
)
NOTICE = Notice(NoticeKind.DUE, "可检通〔2026〕0001号", "福州甲化工有限公司", date(2026, 11, 22), OFFICE, (VESSEL,))


def pages(notice: Notice) -> list[str]:
    document = pypdfium2.PdfDocument(pdf.render(notice))
    return [page.get_textpage().get_text_bounded() for page in document]


def text(notice: Notice) -> str:
    """All words of the notice without the spaces and line ends that setting puts between them."""
    return squeezed("".join(pages(notice)))


def squeezed(words: str) -> str:
    return re.sub(r"[\s\u200b\ufffe]+", "", words)


def test_a_due_notice_holds_everything_the_enterprise_needs() -> None:
    shown = text(NOTICE)
    for words in (
        "特种设备到期报检通知",
        "可检通〔2026〕0001号",
        "福州甲化工有限公司",
        "第四十条",
        "第八十三条",
        "第八十四条",
        "容15闽A00001(20)",
        "E-2201",
        "二期装置区",
        "定期检验",
        "2026-12-31",
        "2026-11-30",
        "盲板",
        "0591-26990000",
        "可门园区服务中心",
        "检一13900000001",
        "2026年11月22日",
        "（盖章）",
        "签收人",
        "第1页，共2页",
        "第2页，共2页",
    ):
        assert words in shown, words


@pytest.mark.parametrize("kind", NoticeKind)
def test_no_notice_calls_a_passed_date_a_major_hazard(kind: NoticeKind) -> None:
    late = replace(VESSEL, due="2026-01-31")
    assert "重大" not in text(replace(NOTICE, kind=kind, lines=(late,)))


def test_an_overdue_notice_counts_the_days_from_the_last_valid_day() -> None:
    month = replace(VESSEL, due="2026-10", own_number="M-1")
    shown = text(replace(NOTICE, kind=NoticeKind.OVERDUE, lines=(month,)))
    assert "特种设备超期催检通知" in shown
    assert "22天" in shown  # valid to 31 October
    assert "最晚报检" not in shown


def test_a_month_is_shown_as_a_month_and_explained() -> None:
    shown = text(replace(NOTICE, lines=(replace(VESSEL, due="2026-12"),)))
    assert "2026-12-31" not in shown
    assert "有效至当月最后一天" in shown
    assert "2026-11-30" in shown  # the day to apply by counts back from the month's last day


@pytest.mark.parametrize(
    ("origin", "unverified", "marked"),
    [(Origin.RULE, True, True), (Origin.RULE, False, False), (Origin.REPORT, True, False)],
)
def test_only_a_date_by_an_unread_rule_is_marked(origin: Origin, unverified: bool, marked: bool) -> None:
    line = replace(VESSEL, origin=origin, unverified=unverified)
    assert ("待核实" in text(replace(NOTICE, lines=(line,)))) is marked


def test_an_undetermined_date_is_said_with_its_bounds_and_what_is_missing() -> None:
    line = replace(
        VESSEL, due=None, origin=None, earliest=date(2026, 11, 1), latest=date(2029, 11, 1), missing=("安全状况等级",)
    )
    shown = text(replace(NOTICE, lines=(line,)))
    for words in ("待确定", "最早2026-11-01", "最晚2029-11-01", "缺：安全状况等级"):
        assert words in shown


def test_what_the_enterprise_does_itself_is_not_asked_to_be_applied_for() -> None:
    line = replace(VESSEL, clock=Clock.ANNUAL, done_by=DoneBy.USER)
    assert wording.last_words(NOTICE, line) == "自办"
    assert "不向我站报检" in text(replace(NOTICE, lines=(line,)))


def test_a_forbidden_device_says_why() -> None:
    shown = text(
        replace(NOTICE, kind=NoticeKind.OVERDUE, lines=(replace(VESSEL, due=None, forbidden="最近一次检验不合格"),))
    )
    assert "不得使用最近一次检验不合格" in shown


def test_rare_hanzi_and_signs_are_set_and_can_be_read_back() -> None:
    shown = text(replace(NOTICE, unit="连江喆淼鬲䶮㛃𠮷有限公司", lines=(replace(VESSEL, place="①区 ≤ 5 ℃"),)))
    assert "连江喆淼鬲䶮㛃𠮷有限公司" in shown
    assert "①区≤5℃" in shown


@pytest.mark.parametrize(
    "name",
    [
        '#import "/etc/passwd"',
        "#panic()",
        '#read("/etc/passwd")',
        "$x$ *粗* _斜_ `码` = 标题",
        "@label <label> \\ [内容] {代码}",
        "\"引号\" '单引' // 注释 /* 注 */",
        "<script>alert(1)</script>",
        "{{ 7*7 }} {% raw %}",
    ],
)
def test_what_looks_like_markup_is_shown_as_it_stands(name: str) -> None:
    shown = text(replace(NOTICE, unit=name, lines=(replace(VESSEL, name=name, own_number=name),)))
    assert shown.count(squeezed(name)) >= 3


@pytest.mark.parametrize("name", ["", " ", "换\n行", "制\t表", "\u202e反向", "a" * 300, "零" * 300, "\x07铃"])
def test_no_name_breaks_the_setting(name: str) -> None:
    assert "共" in text(replace(NOTICE, unit=name, addressee=name, lines=(replace(VESSEL, name=name, place=name),)))


def test_two_hundred_rows_repeat_the_heading_and_lose_nothing() -> None:
    lines = tuple(replace(VESSEL, own_number=f"N-{n:04}") for n in range(200))
    found = pages(replace(NOTICE, lines=lines, with_preparation=False))
    assert len(found) > 4
    assert all("使用登记证编号" in page for page in found if "N-0" in page)
    numbers = re.findall(r"N-\d{4}", "".join(found))
    assert numbers == [f"N-{n:04}" for n in range(200)]


def test_the_qr_code_is_set_only_where_there_is_an_address() -> None:
    assert "扫码回复" in text(replace(NOTICE, answer_url=URL))
    assert "扫" not in text(NOTICE)


def test_a_kept_sheet_that_gets_its_code_later_speaks_of_it() -> None:
    kept = pdf.with_answer(pdf.sheet(NOTICE), URL)
    at_once = pdf.sheet(replace(NOTICE, answer_url=URL))
    assert pdf.render_sheets([kept], NOTICE.on) == pdf.render_sheets([at_once], NOTICE.on)
    assert pdf.with_answer(pdf.sheet(NOTICE), "") == pdf.sheet(NOTICE)


def test_even_a_short_address_gives_a_full_qr_code() -> None:
    # A version 1 code has 21 modules and a border of 2 on both sides, at scale 4; a Micro code would be smaller.
    assert 'width="100"' in pdf._qr("x")


def test_sample_data_are_marked_on_every_page() -> None:
    assert all("示例数据，不具效力" in page for page in pages(replace(NOTICE, sample=True)))
    assert "示例" not in text(NOTICE)


def test_a_preparation_notice_lists_each_inspection_once() -> None:
    boiler = replace(VESSEL, kind=Kind.BOILER, clock=Clock.INTERNAL)
    shown = text(replace(NOTICE, kind=NoticeKind.PREPARATION, lines=(VESSEL, VESSEL, boiler)))
    assert shown.count("压力容器定期检验") == 1
    assert "锅炉内部检验" in shown
    assert "一次性告知书" in shown


def test_the_same_notice_gives_the_same_bytes_from_any_thread() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(lambda _: pdf.render(NOTICE), range(8)))
    assert len(made) == 1


def test_a_notice_without_a_device_is_refused() -> None:
    with pytest.raises(ValueError, match="without a device"):
        replace(NOTICE, lines=())


def test_the_page_is_inked_inside_its_margins() -> None:
    long = replace(VESSEL, own_number="X" * 80, certificate_number="容" * 60)
    page = pypdfium2.PdfDocument(io.BytesIO(pdf.render(replace(NOTICE, lines=(long,)))))[0]
    image = page.render(scale=1).to_pil().convert("L")
    right = image.crop((image.width - 40, 0, image.width, image.height))
    assert right.getextrema()[0] > 200


def test_a_row_of_the_due_list_becomes_a_line() -> None:
    row = {
        "name": "氮气管", "kind": "industrial_pipe", "clock": "periodic", "certificate_number": "", "registration_code": "R1",
        "own_number": "", "line_number": "PL-1", "location": "管廊", "shown_on": None, "origin": None, "unverified": True,
        "earliest": "2026-11-01", "late_on": date(2029, 11, 1), "missing_labels": ["安全状况等级"], "why_label": "",
        "bucket": "undetermined", "done_by": "institution",
    }  # fmt: skip
    line = line_of(row)
    assert (line.certificate_number, line.own_number) == ("R1", "PL-1")
    assert (line.earliest, line.latest) == (date(2026, 11, 1), date(2029, 11, 1))
    assert line.to_verify


def test_the_usual_characters_come_from_the_cut_that_needs_no_drawing_and_the_rare_ones_from_the_whole_font() -> None:
    usual, rare = pdf.render(NOTICE), pdf.render(replace(NOTICE, unit="鬲䶮㛃𠮷有限公司"))
    assert b"StationSans" in usual
    assert b"NotoSansCJK" not in usual
    assert b"NotoSansCJK" in rare


def test_several_threads_set_the_same_pages_as_one() -> None:
    alone = [pdf.render(replace(NOTICE, number=f"N-{n}")) for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda n: pdf.render(replace(NOTICE, number=f"N-{n}")), range(6))) == alone


OWN_CHECK = replace(VESSEL, name="空气储罐", clock=Clock.ANNUAL, due="2026-10-31", done_by=DoneBy.USER)
LATE = replace(VESSEL, due="2026-10-31")


@pytest.mark.parametrize(
    ("lines", "there", "not_there"),
    [
        ((LATE,), ("第四十条", "停止使用表中设备，并马上报检"), ("补做",)),
        (
            (OWN_CHECK,),
            ("自行检查已超过日期", "按安全技术规范补做检查"),
            ("第四十条", "停止使用表中", "不得继续使用"),
        ),
        ((LATE, OWN_CHECK), ("第四十条", "停止使用表中须检验、校验的设备", "自行检查马上补做"), ()),
    ],
    ids=["a statutory inspection", "the firm's own yearly check", "both"],
)
def test_only_a_statutory_inspection_that_is_late_forbids_the_use(
    lines: tuple[Line, ...], there: tuple[str, ...], not_there: tuple[str, ...]
) -> None:
    shown = text(replace(NOTICE, kind=NoticeKind.OVERDUE, lines=lines, with_preparation=False))
    assert [words for words in there if words not in shown] == []
    assert [words for words in not_there if words in shown] == []
