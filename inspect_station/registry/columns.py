"""The columns of the register's exports, under the headings that the import reads."""

from collections.abc import Callable, Mapping
from typing import Any

from inspect_station.export import Column
from inspect_station.registry import words
from inspect_station.registry.ledgers.fields import TRAIT_FIELDS
from schedules.terms import Kind, traits_of
from schedules.traits import Trait


def _length(row: Mapping[str, Any]) -> float | None:
    return None if row["length_mm"] is None else row["length_mm"] / 1000


def _word(field: str, known: Mapping[str, str]) -> Callable[[Mapping[str, Any]], str]:
    return lambda row: known.get(row[field], row[field])


def _yes(field: str) -> Callable[[Mapping[str, Any]], str | None]:
    return lambda row: "是" if row[field] else None


def _trait(name: str) -> Callable[[Mapping[str, Any]], str | None]:
    known = [trait for kind in Kind for trait in traits_of(kind).values() if trait.name == name]
    return lambda row: _trait_word((row["traits"] or {}).get(name), known)


def _trait_word(value: Any, known: list[Trait]) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return "、".join(known[0].word(part) for part in value)
    return next((trait.values[value] for trait in known if value in trait.values), known[0].word(value))


EQUIPMENT = (
    Column("使用单位", "enterprise_name", 30),
    Column("目录代码", "catalogue_code", 9),
    Column("设备品种", lambda row: words.catalogue_name(row["catalogue_code"]), 16),
    Column("设备形式", _word("form", words.FORMS), 10),
    Column("设备名称", "name", 24),
    Column("单位内编号", "own_number", 16),
    Column("装置", "installation", 20),
    Column("管道编号", "line_number", 16),
    Column("所属设备", "host", 14),
    Column("设备代码", "device_code", 20),
    Column("注册代码", "registration_code", 22),
    Column("使用登记证编号", "certificate_number", 22),
    Column("出厂编号", "maker_number", 16),
    Column("制造单位", "maker", 26),
    Column("设备型号", "model", 16),
    Column("数量", "quantity", 7),
    Column("管道长度(m)", _length, 10),
    Column("使用地点", "location", 24),
    Column("使用状态", _word("status", words.STATUSES), 10),
    Column("在用未注册", _yes("unregistered"), 10),
    Column("停用日期", "stopped_on", 12),
    Column("重新启用日期", "restarted_on", 12),
    Column("移装日期", "moved_on", 12),
    Column("制造日期", "made_on", 12),
    Column("投用日期", "put_into_use_on", 12),
    Column("设计使用年限", "design_life_years", 10),
    Column("设计规定不实施定期检验", _yes("exempt_by_design"), 12),
    Column("定期检验日期", "deep.completed_on", 13),
    Column("定期检验结论", "deep.conclusion", 13),
    Column("安全状况等级", "grade", 8),
    Column("定期检验报告编号", "deep.report_number", 18),
    Column("下次定期检验日期", "deep.next_due", 15),
    Column("年度检查日期", "light.completed_on", 13),
    Column("年度检查结论", "light.conclusion", 13),
    Column("年度检查报告编号", "light.report_number", 18),
    Column("下次年度检查日期", "light.next_due", 15),
    Column("水压试验日期", "pressure_test.completed_on", 13),
    Column("水压试验结论", "pressure_test.conclusion", 13),
    Column("水压试验报告编号", "pressure_test.report_number", 18),
    Column("下次水压试验日期", "pressure_test.next_due", 15),
    *(Column(field.label, _trait(field.id.removeprefix("trait.")), 12) for field in TRAIT_FIELDS),
    Column("备注", "note", 24),
)
ENTERPRISES = (
    Column("使用单位", "name", 30),
    Column("简称", "short_name", 14),
    Column("统一社会信用代码", "credit_code", 21),
    Column("使用单位地址", "address", 34),
    Column("园区地块", "plot", 12),
    Column("监管机构", "supervising_office", 22),
    Column("状态", _word("status", words.ENTERPRISE_STATUSES), 8),
    Column("负责检验员", "responsible_name", 10),
    Column("设备数", "devices", 8),
)
