"""Whole files to facts: the three real forms, and what goes wrong in single rows."""

from datetime import date

import pytest

from inspect_station.registry.ledgers.facts import InspectionFacts, Options
from schedules.terms import Clock
from tests.registry.ledgers import books
from tests.registry.ledgers.reader import TODAY, read_file

SMALL = [
    "单位名称",
    "设备名称",
    "设备类别",
    "内部编号",
    "设备代码",
    "检验日期",
    "下次检验日期",
    "检验结论",
    "是否停用",
]


def small(tmp_path, *rows, headings=SMALL):
    return books.xlsx(tmp_path / "a.xlsx", {"台账": [headings, *rows]})


def one(path, **options):
    _, facts = read_file(path, options=Options(today=TODAY, **options))
    assert len(facts) == 1
    return facts[0]


def codes(facts):
    return [(problem.row, problem.column, problem.code, problem.severity) for problem in facts.problems]


def test_the_vessel_form_of_71_columns_is_read_from_row_6(tmp_path):
    path = books.form(
        tmp_path / "v.xlsx",
        "vessel_collection_form",
        [
            {
                "使用单位（全称）": "福州甲化工有限公司",
                "安全管理人员": "林安全",
                "联系电话": 13805912345,
                "容器名称": "液氨储罐",
                "出厂编号（产品编号）": "R2010-12",
                "设备代码": "21503501820100012",
                "设备品种": "第二类压力容器",
                "容积": "0.077/0.05",
                "设计压力（壳体）": "1.4/2.0",
                "容器内径": "Φ400/Φ850/Φ1000",
                "设计温度（壳体）": "常温",
                "材质（筒体）": "20（GB/T8163-2008）",
                "制造日期": "2010-03",
                "投用日期": "2011年5月",
                "介质（夹套）": "／",
                "使用证号": "容15闽A00001（20）",
            }
        ],
    )
    layouts, [facts] = read_file(path)
    assert (layouts[0].header_row, layouts[0].title) == (4, "压力容器信息采集表")
    assert (facts.row, facts.problems) == (6, [])
    assert facts.enterprise == {"name": "福州甲化工有限公司"}
    assert (facts.contact.role, facts.contact.name, facts.contact.mobile) == (
        "safety_officer",
        "林安全",
        "13805912345",
    )
    assert facts.equipment == {
        "name": "液氨储罐",
        "maker_number": "R2010-12",
        "device_code": "21503501820100012",
        "made_on": "2010-03",
        "put_into_use_on": "2011-05",
        "certificate_number": "容15闽A00001(20)",
        "catalogue_code": "2150",
        "form": "device",
    }
    assert facts.technical == {
        "容积": "0.077/0.05",
        "设计压力（壳体）": "1.4/2.0",
        "容器内径": "Φ400/Φ850/Φ1000",
        "设计温度（壳体）": "常温",
        "材质（筒体）": "20（GB/T8163-2008）",
    }
    assert facts.raw["介质（夹套）"] == "／"
    assert facts.raw["使用证号"] == "容15闽A00001（20）"


def test_the_pipe_ledger_keeps_months_as_months_and_lengths_in_millimetres(tmp_path):
    path = books.form(
        tmp_path / "p.xlsx",
        "chem_plant_pipe_ledger",
        [
            {
                "装置": "催化装置",
                "管道名称": "循环水线",
                "管道编号": "PL-1001",
                "最近一次检验日期": "2023-04",
                "下次检验日期": "2026-04",
                "管道级别": "GC2",
                "管道长度(m)": 12.5,
                "公称直径(DN)": 80,
                "投用年月": "2013-04",
                "检验结论": "符合要求",
                "状态": "在用",
                "安全阀": "无",
            }
        ],
    )
    layouts, [facts] = read_file(path, options=Options(enterprise="乙公司", today=TODAY))
    assert layouts[0].kind == "pipes"
    assert facts.problems == []
    assert facts.enterprise == {"name": "乙公司"}
    assert facts.installation == "催化装置"
    assert facts.equipment == {
        "name": "循环水线",
        "line_number": "PL-1001",
        "length_mm": 12_500,
        "put_into_use_on": "2013-04",
        "catalogue_code": "8300",
        "form": "line",
        "status": "in_use",
    }
    assert facts.traits == {"pipe_grade": "GC2"}
    assert facts.technical == {"公称直径(DN)": "80"}
    assert facts.inspections == [InspectionFacts("periodic", "2023-04", "2026-04", "符合要求")]


def test_numbers_typed_as_numbers_keep_their_digits(tmp_path):
    facts = one(small(tmp_path, ["甲公司", "储罐", "2150", 42, None, 46143, None, None, None]))
    assert facts.equipment["own_number"] == "42"
    assert facts.inspections[0].completed_on == "2026-05-01"


def test_a_day_that_the_workbook_does_not_show_is_not_taken(tmp_path):
    rows = [
        ["设备名称", "位号", "设备类别", "检验日期", "下次检验日期", "投用日期"],
        ["罐", "V-1", "2150", 45000, 46143, 40000],
    ]
    formats = {(1, 3): "yyyy-mm-dd", (1, 4): 'yyyy"年"m"月"', (1, 5): "mmm-yy"}
    facts = one(books.xlsx(tmp_path / "m.xlsx", {"容器": rows}, formats), enterprise="甲公司")
    assert facts.inspections == [InspectionFacts("periodic", "2023-03-15", "2026-05")]
    assert facts.equipment["put_into_use_on"] == "2009-07"


def test_a_formula_without_a_value_is_told_not_swallowed(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in (
        ["单位名称", "设备名称", "设备类别", "位号", "下次检验日期"],
        ["甲", "罐", "2150", "V-1", "=EDATE(A1,12)"],
    ):
        book.active.append(row)
    book.save(tmp_path / "f.xlsx")
    assert codes(one(tmp_path / "f.xlsx")) == [(2, "E", "cell_error", "error")]


def test_a_merged_firm_name_counts_for_every_row_it_spans(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "g.xlsx")) as book:
        sheet = book.add_worksheet("容器")
        sheet.write_row(0, 0, ["使用单位", "设备名称", "位号"])
        sheet.merge_range(1, 0, 3, 0, "甲公司")
        for row in range(1, 4):
            sheet.write_row(row, 1, ["罐", f"V-{row}"])
    _, facts = read_file(tmp_path / "g.xlsx")
    assert [row.enterprise["name"] for row in facts] == ["甲公司"] * 3


def test_a_bad_row_names_its_place_and_costs_the_others_nothing(tmp_path):
    path = small(
        tmp_path,
        ["甲公司", "储罐", "2150", "V-1", None, "2023-05-01", "2026-02-30", "符合要求", "否"],
        ["甲公司", "储罐", "2150", "V-2", None, "2023-05-01", "2026-05-01", "符合要求", "否"],
    )
    _, (bad, good) = read_file(path)
    assert bad.refused
    assert not good.refused
    [problem] = bad.problems
    assert (problem.sheet, problem.row, problem.column, problem.value, problem.code) == (
        "台账",
        2,
        "G",
        "2026-02-30",
        "date_impossible",
    )


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({0: None}, [(2, "A", "enterprise_missing", "error")]),
        ({3: "-"}, [(2, "D", "no_number", "error")]),
        ({2: "压力容器"}, [(2, "C", "kind_assumed", "warning")]),
        ({2: "锅炉", 4: "21503501820100012"}, [(2, "C", "kind_conflict", "warning")]),
        ({5: "2027-01-01"}, [(2, "G", "due_before_done", "warning"), (2, "F", "done_in_future", "warning")]),
        ({5: "2023"}, [(2, "F", "date_year_alone", "warning")]),
        ({6: "长期"}, [(2, "G", "date_open_ended", "warning")]),
        ({6: "报废"}, [(2, "G", "date_is_word", "warning")]),
        ({7: "不太好"}, [(2, "H", "conclusion_unknown", "error")]),
        ({5: None, 6: None, 7: "不合格"}, [(2, "H", "failed_without_date", "error")]),
        ({3: "长" * 101}, [(2, "D", "too_long", "error")]),
        ({4: 2.15035018201e17}, [(2, "E", "digits_lost", "warning")]),
    ],
)
def test_each_slip_is_told_in_its_place(tmp_path, changed, expected):
    row = ["甲公司", "储罐", "2150", "V-1", None, "2023-05-01", "2026-05-01", "符合要求", "否"]
    for column, value in changed.items():
        row[column] = value
    assert codes(one(small(tmp_path, row))) == expected


def test_a_status_word_nobody_knows_refuses_the_row(tmp_path):
    path = small(
        tmp_path,
        ["甲", "罐", "2150", "V-1", "看情况"],
        headings=["单位名称", "设备名称", "设备类别", "位号", "使用状态"],
    )
    assert codes(one(path)) == [(2, "E", "status_unknown", "error")]


@pytest.mark.parametrize("word", ["乘客电梯", "起重机械", "叉车", "场内专用机动车辆"])
def test_lifts_cranes_and_trucks_are_counted_not_refused(tmp_path, word):
    facts = one(small(tmp_path, ["甲公司", "某设备", word, "T-1", None, "不是日期", None, None, None]))
    assert (facts.not_pressure, facts.refused) == (True, False)


def test_an_area_code_in_the_device_code_is_not_taken_for_a_lift(tmp_path):
    headings = ["单位名称", "设备名称", "位号", "设备代码"]
    facts = one(small(tmp_path, ["甲公司", "空气罐", "V-1", "35012220100012345"], headings=headings))
    assert not facts.not_pressure


BOILER = [
    "单位名称",
    "设备名称",
    "设备类别",
    "单位内编号",
    "检验日期",
    "下次检验日期",
    "下次外部检验日期",
    "下次水压试验日期",
]


def test_a_boilers_unnamed_date_is_internal_unless_told(tmp_path):
    path = small(tmp_path, ["甲", "锅炉", "锅炉", "B-1", "2025-05", "2027-05", "2026-05", "2028-05"], headings=BOILER)
    assert one(path).inspections == [
        InspectionFacts("external", None, "2026-05"),
        InspectionFacts("pressure_test", None, "2028-05"),
        InspectionFacts("internal", "2025-05", "2027-05"),
    ]


def test_a_persons_word_puts_a_boilers_unnamed_date_under_another_clock(tmp_path):
    path = small(tmp_path, ["甲", "锅炉", "锅炉", "B-1", "2025-05", "2026-05"], headings=BOILER[:6])
    assert one(path, boiler_clock=Clock.EXTERNAL).inspections == [InspectionFacts("external", "2025-05", "2026-05")]


@pytest.mark.parametrize(
    ("words", "code", "clock"),
    [
        ("第三类压力容器", "2130", "periodic"),
        ("汽车罐车", "2220", "full"),
        ("焊接气瓶", "2320", "periodic"),
        ("医用氧舱", "2410", "periodic"),
        ("工艺管道", "8310", "periodic"),
        ("燃气管道", "8210", "full"),
        ("安全阀", "7310", "calibration"),
        ("爆破片", "F220", "replacement"),
        ("压力表", "F000", "verification"),
    ],
)
def test_an_unnamed_date_belongs_to_the_deep_clock_of_its_kind(tmp_path, words, code, clock):
    facts = one(small(tmp_path, ["甲公司", "设备", words, "N-1", None, "2025-05-01", "2026-05-01", None, None]))
    assert facts.equipment["catalogue_code"] == code
    assert [inspection.clock for inspection in facts.inspections] == [clock]


def test_a_row_without_a_kind_keeps_its_dates_until_the_device_is_known(tmp_path):
    headings = ["单位名称", "设备名称", "位号", "检验日期"]
    facts = one(small(tmp_path, ["甲公司", "某物", "V-1", "2025-05"], headings=headings))
    assert "catalogue_code" not in facts.equipment
    assert facts.unplaced[0] == {"completed_on": "2025-05"}


def test_repeated_headings_sections_numbering_and_totals_are_passed_over(tmp_path):
    path = small(
        tmp_path,
        list(range(1, 10)),
        ["一、罐区的全部压力容器设备", *[None] * 8],
        ["甲公司", "储罐", "2150", "V-1", None, "2023-05-01", "2026-05-01", "符合要求", "否"],
        SMALL,
        ["合计", None, None, 1, None, None, None, None, None],
        ["甲公司", "储罐", "2150", "V-2", None, "2023-05-01", "2026-05-01", "符合要求", "否"],
    )
    _, facts = read_file(path)
    assert [(row.row, row.equipment["own_number"]) for row in facts] == [(4, "V-1"), (7, "V-2")]


def test_a_status_that_contradicts_itself_keeps_the_alarms_running(tmp_path):
    headings = ["单位名称", "设备名称", "设备类别", "位号", "使用状态", "是否停用"]
    facts = one(small(tmp_path, ["甲", "罐", "2150", "V-1", "在用", "是"], headings=headings))
    assert facts.equipment["status"] == "in_use"
    assert codes(facts) == [(2, "F", "status_conflict", "warning")]


def test_done_in_the_future_depends_on_the_day_it_is_asked(tmp_path):
    path = small(tmp_path, ["甲公司", "储罐", "2150", "V-1", None, "2026-11-23", None, None, None])
    assert codes(one(path)) == [(2, "F", "done_in_future", "warning")]
    _, [later] = read_file(path, options=Options(today=date(2026, 11, 23)))
    assert later.problems == []
