"""Finding the headings, wherever they stand, and what they mean."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_station.registry.ledgers.fields import FIELDS, TECHNICAL
from inspect_station.registry.ledgers.headings import find_layout
from inspect_station.registry.ledgers.wording import meaning, normalise
from tests.registry.ledgers.books import FORMS

MEANINGS = [
    ("设备注册代码", "registration_code"),
    ("注册证编号", "registration_code"),
    ("使用注册登记编号", "registration_code"),
    ("使用登记证编号", "certificate_number"),
    ("登记证编号", "certificate_number"),
    ("产品编号", "maker_number"),
    ("位号", "own_number"),
    ("设备编号", "own_number"),
    ("企业名称", "enterprise"),
    ("上次检测时间", "completed_on"),
    ("有效期至", "next_due"),
    ("下次全面检验日期", "deep.next_due"),
    ("下次内部检验", "deep.next_due"),
    ("下次外部检验", "light.next_due"),
    ("下次在线检验", "light.next_due"),
    ("最近一次全面检验日期", "deep.completed_on"),
    ("上一次内部检验时间", "deep.completed_on"),
    ("最近一次年度检查日期", "light.completed_on"),
    ("下一次全面检验时间", "deep.next_due"),
    ("最近一次检验结论", "conclusion"),
    ("管道注册代码", "registration_code"),
    ("输送介质", TECHNICAL),
    ("投入使用日期", "put_into_use_on"),
    ("运行场所", "location"),
    ("责任人", "contact_other"),
    ("定检周期", TECHNICAL),
    ("是否停用", "stopped"),
    # the same, as people type it
    ("单 位\n名 称", "enterprise"),
    ("＊设备名称（必填）", "name"),
    ("1.设备名称", "name"),
    ("使用单位（全称）：", "enterprise"),
    ("管道长度（ｍ）", "length_mm"),
    # slips of the pen
    ("检验日其", "completed_on"),
    ("下次检验曰期", "next_due"),
    ("设备名秤", "name"),
    ("使用单立", "enterprise"),
    ("单位内编好", "own_number"),
    ("注册代马", "registration_code"),
    ("特征设备类别", "kind_detail"),
    # one letter apart, and something else: never guessed
    ("安装日期", TECHNICAL),
    ("外部检测日期", "light.completed_on"),
    ("内部检测日期", "deep.completed_on"),
    ("上部检验日期", None),
    ("产品编码", None),
    ("张三", None),
    ("2026-05-01", None),
]


@pytest.mark.parametrize(("heading", "field"), MEANINGS)
def test_a_heading_is_known_by_its_many_names(heading, field):
    assert meaning(heading)[0] == field


def test_no_heading_names_two_fields():
    counts = Counter(normalise(heading) for field in FIELDS.values() for heading in field.headings)
    assert [heading for heading, count in counts.items() if count > 1] == []


def _rows(*rows):
    return [(number, list(cells)) for number, cells in enumerate(rows, 1) if any(cells)]


def _form_rows(name):
    spec = FORMS[name]
    width = len(spec["leaf_headers"])
    rows = [[""] * width for _ in range(spec["header_rows"][-1] + 1)]
    for merge in spec.get("merged_cells", []):
        for column in range(merge["col0"], merge["col1"] + 1):
            rows[merge["row0"]][column] = merge["text"]
    rows[-1] = spec["leaf_headers"]
    return _rows(*rows, [""] * width, ["值"] * width)


@pytest.mark.parametrize(
    ("name", "row", "kind"),
    [("vessel_collection_form", 4, "vessels"), ("small_ledger", 1, "mixed"), ("chem_plant_pipe_ledger", 1, "pipes")],
)
def test_every_heading_of_the_real_forms_is_understood(name, row, kind):
    layout = find_layout(_form_rows(name), "台账")
    assert (layout.header_row, layout.kind, layout.unmapped) == (row, kind, [])
    assert list(layout.mapped) == FORMS[name]["leaf_headers"]


def test_the_small_ledger_maps_to_the_fields_people_expect():
    assert find_layout(_form_rows("small_ledger")).mapped == {
        "单位名称": "enterprise",
        "设备名称": "name",
        "设备类别": "kind",
        "设备型号": "model",
        "内部编号": "own_number",
        "使用证号": "certificate_number",
        "发证日期": TECHNICAL,
        "制造单位": "maker",
        "检验日期": "completed_on",
        "下次检验日期": "next_due",
        "是否停用": "stopped",
        "特征设备类别": "kind_detail",
    }


def test_a_band_says_which_inspection_a_date_belongs_to():
    layout = find_layout(
        _rows(
            ["锅炉台账"] * 6,
            ["设备名称", "单位内编号", "外部检验", "外部检验", "内部检验", "内部检验"],
            ["设备名称", "单位内编号", "检验日期", "下次检验日期", "检验日期", "下次检验日期"],
        )
    )
    assert (layout.header_row, layout.kind) == (3, "boilers")
    assert layout.mapped == {
        "设备名称": "name",
        "单位内编号": "own_number",
        "外部检验/检验日期": "light.completed_on",
        "外部检验/下次检验日期": "light.next_due",
        "内部检验/检验日期": "deep.completed_on",
        "内部检验/下次检验日期": "deep.next_due",
    }


def test_a_band_of_technical_values_names_its_leaves():
    layout = find_layout(
        _rows(
            ["容器名称", "位号", "设计压力", "设计压力", "工作压力"],
            ["容器名称", "位号", "壳程", "管程", "壳程"],
        )
    )
    assert layout.header_row == 2
    assert [column.heading for column in layout.columns] == [
        "容器名称",
        "位号",
        "设计压力/壳程",
        "设计压力/管程",
        "工作压力/壳程",
    ]
    assert {column.field for column in layout.columns[2:]} == {TECHNICAL}


def test_of_two_candidates_the_better_row_wins_and_the_firm_above_the_table_is_read():
    layout = find_layout(
        _rows(
            ["2026年特种设备台账", "", "", "", ""],
            ["使用单位：", "福州甲化工有限公司", "", "设备名称", "位号"],
            ["", "", "", "", ""],
            ["设备名称", "设备类别", "位号", "出厂编号", "下次检验日期"],
            ["储罐", "压力容器", "V-1", "A1", "2027-03"],
        )
    )
    assert layout.header_row == 4
    assert layout.stated == {"enterprise": "福州甲化工有限公司"}


def test_a_heading_that_comes_twice_can_be_mapped_by_hand_to_two_fields():
    rows = _rows(["设备名称", "位号", "检验日期", "检验日期"])
    assert find_layout(rows).unmapped == ["检验日期#2"]
    layout = find_layout(rows, mapping={"检验日期": "deep.completed_on", "检验日期#2": "light.completed_on"})
    assert [column.field for column in layout.columns] == [
        "name",
        "own_number",
        "deep.completed_on",
        "light.completed_on",
    ]


def test_a_persons_word_takes_a_field_from_the_heading_that_had_it():
    layout = find_layout(_rows(["设备名称", "别名", "位号"]), mapping={"别名": "name"})
    assert (layout.column_of("name").heading, layout.unmapped) == ("别名", ["设备名称"])


def test_a_persons_mapping_beats_ours_and_may_set_a_column_aside():
    rows = _rows(["设备名称", "代号", "检验日期", "备注"])
    layout = find_layout(rows, mapping={"代号": "own_number", "备注": None})
    assert layout.mapped["代号"] == "own_number"
    assert layout.unmapped == ["备注"]


def test_an_exact_heading_takes_the_field_from_a_misspelt_one():
    layout = find_layout(_rows(["设备名秤", "设备名称", "位号", "检验日期"]))
    assert layout.column_of("name").heading == "设备名称"
    assert layout.unmapped == ["设备名秤"]


def test_a_sheet_without_headings_has_no_layout():
    assert find_layout(_rows(["填表说明", ""], ["一、请如实填写", ""], ["甲公司", "储罐"])) is None


@given(
    st.lists(
        st.lists(st.text(max_size=8) | st.sampled_from(["设备名称", "位号", "检验日期"]), max_size=6), max_size=12
    )
)
def test_no_sheet_crashes_the_search_for_headings(rows):
    find_layout(_rows(*rows), "任意")
