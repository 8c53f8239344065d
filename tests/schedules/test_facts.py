"""Cases that cannot be read: one Chinese sentence naming the place, the value as it was written, what is allowed."""

import re

import pytest

from schedules.facts import FactError, from_json

VESSEL = {"catalogue_code": "2150"}
REFUSED = [
    (None, "案例：应为 JSON 对象（键和值），现为 空。"),
    ([], "案例：应为 JSON 对象（键和值），现为 []。"),
    ({}, "equipment.catalogue_code：须填写特种设备目录的四位代码，现为 空。"),
    ({"equipment": "2150"}, "equipment：应为 JSON 对象（键和值），现为 “2150”。"),
    ({"equipment": {"catalogue_code": True}}, "现为 true。"),
    ({"equipment": {**VESSEL, "colour": 1}}, "equipment：不认识的字段 “colour”"),
    ({"equipment": {**VESSEL, "traits": []}}, "equipment.traits：应为 JSON 对象（键和值），现为 []。"),
    ({"equipment": {**VESSEL, "exempt_by_design": {}}}, "只能是 true 或 false，现为 {}。"),
    ({"equipment": {**VESSEL, "design_life_years": False}}, "现为 false。"),
    ({"equipment": {**VESSEL, "traits": {"rbi": ["yes", None]}}}, '现为 ["yes", null]。'),
    ({"equipment": {**VESSEL, "traits": {"rbi": "是" * 99}}}, "是是…。"),
    ({"equipment": VESSEL, "inspections": {}}, "inspections：应为 JSON 数组，现为 {}。"),
    ({"equipment": VESSEL, "inspections": [None]}, "inspections[0]：应为 JSON 对象（键和值），现为 空。"),
    ({"equipment": VESSEL, "extensions": [None]}, "extensions[0]：应为 JSON 对象（键和值），现为 空。"),
    ({"equipment": VESSEL, "inspections": [{}]}, "inspections[0].clock：固定式压力容器没有检验项目 空"),
    ({"equipment": VESSEL, "inspections": [{"clock": "annual", "grade": True}]}, "现为 true。"),
    ({"equipment": VESSEL, "inspections": [{"clock": "annual", "result": 1}]}, "不认识的字段 “result”"),
    ({"equipment": VESSEL, "extensions": [{"clock": "annual"}]}, "extensions[0].until：须填写"),
]


@pytest.mark.parametrize(("case", "sentence"), REFUSED, ids=[sentence for _, sentence in REFUSED])
def test_a_case_that_cannot_be_read_is_refused_in_chinese_without_python_words(case, sentence):
    with pytest.raises(FactError) as refused:
        from_json(case)
    assert sentence in str(refused.value)
    assert not re.search(r"None|True|False|\['", str(refused.value))


def test_unknown_keys_beside_the_equipment_are_the_callers_own():
    assert from_json({"equipment": VESSEL, "note": "车间东侧", "row": 7}) == from_json({"equipment": VESSEL})


def test_absent_and_null_are_the_same():
    nulls = {"equipment": {**VESSEL, "status": None, "traits": None}, "inspections": None, "extensions": None}
    assert from_json(nulls) == from_json({"equipment": VESSEL})
