"""What a ledger may hold: every field's id, its heading in our own export, and the headings other people use.

Import and export share this table, so that a ledger of ours can be imported again unchanged.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from schedules.terms import Kind, traits_of

Parser = Literal[
    "text",
    "number",
    "device_code",
    "registration_code",
    "certificate",
    "credit_code",
    "phone",
    "date",
    "end_date",
    "status",
    "stopped",
    "conclusion",
    "grade",
    "yes_no",
    "length",
    "count",
    "years",
    "pipe_grade",
    "kind",
    "trait",
    "form",
]


@dataclass(frozen=True, slots=True)
class Field:
    """``essential``: an unreadable value refuses the row; silence could hide an uninspected device."""

    id: str
    label: str
    parser: Parser
    synonyms: tuple[str, ...] = ()
    essential: bool = False
    to_the_day: bool = False

    @property
    def headings(self) -> tuple[str, ...]:
        return (self.label, *self.synonyms)


_HEADINGS = tomllib.loads((Path(__file__).parent / "headings.toml").read_text(encoding="utf-8"))


def _field(id_: str, label: str, parser: Parser, *, essential: bool = False, to_the_day: bool = False) -> Field:
    return Field(id_, label, parser, tuple(_HEADINGS["synonyms"].get(id_, ())), essential, to_the_day)


ENTERPRISE_FIELDS = (
    _field("enterprise", "使用单位", "text"),
    _field("credit_code", "统一社会信用代码", "credit_code"),
    _field("enterprise_address", "使用单位地址", "text"),
    _field("contact_safety_officer", "安全管理员", "text"),
    _field("contact_safety_director", "安全总监", "text"),
    _field("contact_principal", "主要负责人", "text"),
    _field("contact_equipment_manager", "设备管理员", "text"),
    _field("contact_other", "联系人", "text"),
    _field("contact_phone", "联系电话", "phone"),
)

EQUIPMENT_FIELDS = (
    _field("kind", "设备类别", "kind"),
    _field("kind_detail", "设备品种", "kind"),
    _field("catalogue_code", "目录代码", "kind"),
    _field("form", "设备形式", "form"),
    _field("name", "设备名称", "text"),
    _field("device_code", "设备代码", "device_code"),
    _field("registration_code", "注册代码", "registration_code"),
    _field("certificate_number", "使用登记证编号", "certificate"),
    _field("own_number", "单位内编号", "number"),
    _field("maker_number", "出厂编号", "number"),
    _field("maker", "制造单位", "text"),
    _field("model", "设备型号", "text"),
    _field("installation", "装置", "text"),
    _field("line_number", "管道编号", "number"),
    _field("parent", "所属设备", "number"),
    _field("length_mm", "管道长度", "length"),
    _field("quantity", "数量", "count"),
    _field("location", "使用地点", "text"),
    _field("status", "使用状态", "status"),
    _field("stopped", "是否停用", "stopped"),
    _field("unregistered", "在用未注册", "yes_no"),
    _field("stopped_on", "停用日期", "date"),
    _field("restarted_on", "重新启用日期", "date"),
    _field("moved_on", "移装日期", "date"),
    _field("made_on", "制造日期", "date"),
    _field("put_into_use_on", "投用日期", "date"),
    _field("design_life_years", "设计使用年限", "years"),
    _field("exempt_by_design", "设计规定不实施定期检验", "yes_no"),
    _field("note", "备注", "text"),
)

# «deep» and «light» are the two clocks every body of rules keeps (regulations §0.4); which statutory clock they are
# follows from the kind. A heading that names no clock gives the «plain» group.
INSPECTION_FIELDS = (
    _field("completed_on", "检验日期", "date", essential=True),
    _field("next_due", "下次检验日期", "end_date", essential=True),
    _field("conclusion", "检验结论", "conclusion", essential=True),
    _field("grade", "安全状况等级", "grade"),
    _field("report_number", "报告编号", "text"),
    _field("institution", "检验机构名称", "text"),
    _field("deep.completed_on", "定期检验日期", "date", essential=True),
    _field("deep.next_due", "下次定期检验日期", "end_date", essential=True),
    _field("deep.conclusion", "定期检验结论", "conclusion", essential=True),
    _field("deep.report_number", "定期检验报告编号", "text"),
    _field("light.completed_on", "年度检查日期", "date", essential=True),
    _field("light.next_due", "下次年度检查日期", "end_date", essential=True),
    _field("light.conclusion", "年度检查结论", "conclusion", essential=True),
    _field("light.report_number", "年度检查报告编号", "text"),
    _field("pressure_test.completed_on", "水压试验日期", "date", essential=True),
    _field("pressure_test.next_due", "下次水压试验日期", "end_date", essential=True),
    _field("pressure_test.conclusion", "水压试验结论", "conclusion", essential=True),
    _field("pressure_test.report_number", "水压试验报告编号", "text"),
    _field("extension.until", "延期至", "end_date"),
    _field("extension.granted_on", "延期批准日期", "date", to_the_day=True),
    _field("extension.document", "延期文件", "text"),
)

# The label of the accessory's host must not collide with the heading that names the host itself.
_TRAIT_LABELS = {"on": "所装设备种类", "material": "材料（金属或非金属）", "pipe_material": "公用管道材质"}


def _trait_fields() -> tuple[Field, ...]:
    labels = {trait.name: trait.label for kind in Kind for trait in traits_of(kind).values()}
    return tuple(
        _field(f"trait.{name}", _TRAIT_LABELS.get(name, label), _trait_parser(name)) for name, label in labels.items()
    )


def _trait_parser(name: str) -> Parser:
    return "pipe_grade" if name == "pipe_grade" else "trait"


TRAIT_FIELDS = _trait_fields()

FIELDS: MappingProxyType[str, Field] = MappingProxyType(
    {field.id: field for field in (*ENTERPRISE_FIELDS, *EQUIPMENT_FIELDS, *INSPECTION_FIELDS, *TRAIT_FIELDS)}
)

TECHNICAL = "technical"
"""What a heading maps to whose text is kept as it stands."""

TECHNICAL_STEMS: tuple[str, ...] = tuple(_HEADINGS["technical"]["stems"])
SERIAL_HEADINGS: frozenset[str] = frozenset(_HEADINGS["serial"]["headings"])
