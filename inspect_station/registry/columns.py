"""The columns of the register's exports, under the headings that the import reads."""

from collections.abc import Callable, Mapping
from typing import Any

from inspect_station.export import Column
from inspect_station.registry import words


def _length(row: Mapping[str, Any]) -> float | None:
    return None if row["length_mm"] is None else row["length_mm"] / 1000


def _word(field: str, known: Mapping[str, str]) -> Callable[[Mapping[str, Any]], str]:
    return lambda row: known.get(row[field], row[field])


EQUIPMENT = (
    Column("使用单位", "enterprise_name", 30),
    Column("目录代码", "catalogue_code", 9),
    Column("设备品种", lambda row: words.catalogue_name(row["catalogue_code"]), 16),
    Column("设备名称", "name", 24),
    Column("单位内编号", "own_number", 16),
    Column("管道编号", "line_number", 16),
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
    Column("在用未注册", lambda row: "是" if row["unregistered"] else None, 10),
    Column("制造日期", "made_on", 12),
    Column("投用日期", "put_into_use_on", 12),
    Column("定期检验日期", "deep.completed_on", 13),
    Column("定期检验结论", "deep.conclusion", 13),
    Column("安全状况等级", "grade", 8),
    Column("下次定期检验日期", "deep.next_due", 15),
    Column("年度检查日期", "light.completed_on", 13),
    Column("年度检查结论", "light.conclusion", 13),
    Column("下次年度检查日期", "light.next_due", 15),
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
