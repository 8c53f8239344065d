"""Words, numbers and measures in cells; each row of the tables is one case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_station.registry.ledgers import values

CASES = [
    # reader                          cell                         value                flaw
    (values.read_number, 42, "42", None),
    (values.read_number, 4200000123, "4200000123", None),
    (values.read_number, "0042", "0042", None),
    (values.read_number, "Ｖ－１０１", "V-101", None),
    (values.read_number, 0.077, "0.077", None),
    (values.read_number, 2.1503501e17, None, "digits_lost"),
    (values.read_number, "2.1503E+17", None, "digits_lost"),
    (values.read_number, "2026-01-02", "2026-01-02", "number_is_date"),
    (values.read_number, "／", None, None),
    (values.read_device_code, "21503501820100012", "21503501820100012", None),
    (values.read_device_code, "2150 3501 8201 0001 2", "21503501820100012", None),
    (values.read_device_code, "V-1", "V-1", "device_code_form"),
    (values.read_registration_code, "21503501222010010001", "21503501222010010001", None),
    (values.read_registration_code, "123", "123", "registration_code_form"),
    (values.read_certificate, "容15闽A00001（20）", "容15闽A00001(20)", None),
    (values.read_credit_code, "91350122MA2XN2LQ8Y", None, "credit_code"),
    (values.read_credit_code, "12345678-9", None, None),
    (values.read_phone, 13805912345, "13805912345", None),
    (values.read_phone, "138-0591-2345", "13805912345", None),
    (values.read_phone, "0591-26201234", "0591-26201234", None),
    (values.read_phone, "1380591234", "1380591234", "phone_form"),
    (values.read_status, "在用", "in_use", None),
    (values.read_status, "已停用", "stopped", None),
    (values.read_status, "迁出", "cancelled", None),
    (values.read_status, "拆除", "dismantled", None),
    (values.read_status, "未投入使用", "not_yet_in_use", None),
    (values.read_status, "在用未注册", "in_use", "unregistered"),
    (values.read_status, "好的", None, "status_unknown"),
    (values.read_stopped, "否", "in_use", None),
    (values.read_stopped, "是", "stopped", None),
    (values.read_stopped, "停用", "stopped", None),
    (values.read_conclusion, "符合要求", "符合要求", None),
    (values.read_conclusion, "检验合格", "合格", None),
    (values.read_conclusion, " 不 合 格 ", "不合格", None),
    (values.read_conclusion, "整改后运行", "整改后运行", None),
    (values.read_conclusion, "", None, None),
    (values.read_conclusion, "良好", None, "conclusion_unknown"),
    (values.read_conclusion, "不宜使用", None, "conclusion_unknown"),
    (values.read_grade, 3, 3, None),
    (values.read_grade, "3级", 3, None),
    (values.read_grade, "三级", 3, None),
    (values.read_grade, "Ⅲ", 3, None),
    (values.read_grade, "III级", 3, None),
    (values.read_grade, "6", None, "grade_unknown"),
    (values.read_grade, "-", None, None),
    (values.read_yes_no, "√", True, None),
    (values.read_yes_no, "×", False, None),
    (values.read_yes_no, "也许", None, "yes_no_unknown"),
    (values.read_length, "12.5", 12_500, None),
    (values.read_length, 12.5, 12_500, None),
    (values.read_length, "1.2km", 1_200_000, None),
    (values.read_length, "12,5", 12_500, None),
    (values.read_length, "1,200", 1_200_000, None),
    (values.read_length, "约30米", 30_000, None),
    (values.read_length, "-3", None, "length_unreadable"),
    (values.read_length, "9999999999", None, "length_range"),
    (values.read_count, "20只", 20, None),
    (values.read_count, "0", None, "count_unreadable"),
    (values.read_years, "20年", 20, None),
    (values.read_years, "很久", None, "years_unreadable"),
    (values.read_pipe_grade, "GC2", "GC2", None),
    (values.read_pipe_grade, "gc2级", "GC2", None),
    (values.read_pipe_grade, "GB1-Ⅲ级", "GB1-III", None),
    (values.read_pipe_grade, "GC9", None, "pipe_grade_unknown"),
    (values.read_text, "／", None, None),
    (values.read_text, "常温", "常温", None),
    (values.read_text, "1.4/2.0", "1.4/2.0", None),
    (values.trait_reader("gas"), "惰性气体、腐蚀性气体", ["corrosive", "inert"], None),
    (values.trait_reader("material"), "非金属", "nonmetal", None),
    (values.trait_reader("rbi"), "是", True, None),
    (values.trait_reader("cylinder"), "纸瓶", None, "trait_unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("reader", "cell", "value", "code"), CASES)
def test_a_cell_is_read_and_what_is_wrong_with_it_named(reader, cell, value, code):
    read, flaw = reader(cell)
    assert read == value
    assert (flaw.code if flaw else None) == code


def test_a_conclusion_that_may_be_a_failure_is_never_taken_for_a_missing_one():
    _, flaw = values.read_conclusion("不宜继续使用")
    assert flaw.severity == "error"


@given(st.text(max_size=30) | st.integers() | st.floats())
def test_no_reader_crashes_on_anything(cell):
    for reader in {case[0] for case in CASES}:
        reader(cell)
