"""What people and programs hand in about the register, and what they get back."""

import unicodedata
from typing import Any

from marshmallow import ValidationError, fields, validate

from inspect_station.registry.words import (
    CONTACT_ROLES,
    ENTERPRISE_FIELDS,
    ENTERPRISE_STATUSES,
    EQUIPMENT_FIELDS,
    FORMS,
    INSPECTION_FIELDS,
    KINDS,
    STATUSES,
)
from inspect_station.validation import StationSchema
from schedules.terms import GRADES, Clock, Conclusion

_MOST = 2**31 - 1


class Text(fields.String):
    """Text of one line (or several), trimmed; control characters are refused: no database or sheet wants them."""

    def __init__(self, most: int, *, least: int = 0, lines: bool = False, **given: Any) -> None:
        super().__init__(validate=validate.Length(least or None, most), **given)
        self.lines = lines

    def _deserialize(self, value: Any, attr: str | None, data: Any, **given: Any) -> str:
        text = super()._deserialize(value, attr, data, **given).strip()
        if self.required and not text:
            raise ValidationError("请填写")
        allowed = "\n\r\t" if self.lines else ""
        if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in allowed for c in text):
            raise ValidationError("含有无法保存的控制字符")
        return text


def _number(label: str, **given: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(1, _MOST), metadata={"label": label}, **given)


def _optional(label: str, **given: Any) -> fields.Integer:
    return _number(label, allow_none=True, **given)


def _day(label: str) -> Text:
    """A day or a month as text; what it must be is said by the service."""
    return Text(10, allow_none=True, metadata={"label": label, "description": "2028-03-31 或 2028-03"})


def _word(words: Any, label: str, **given: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(list(words)), metadata={"label": label}, **given)


# --- enterprises ---------------------------------------------------------------------------------------------------

_E = ENTERPRISE_FIELDS


class EnterpriseSchema(StationSchema):
    """An enterprise as handed in; with `partial` only what is to change."""

    name = Text(200, required=True, metadata={"label": _E["name"]})
    short_name = Text(60, metadata={"label": _E["short_name"]})
    initials = Text(100, metadata={"label": _E["initials"]})
    credit_code = Text(18, allow_none=True, metadata={"label": _E["credit_code"]})
    address = Text(300, metadata={"label": _E["address"]})
    plot = Text(60, metadata={"label": _E["plot"]})
    supervising_office = Text(200, metadata={"label": _E["supervising_office"]})
    status = _word(ENTERPRISE_STATUSES, _E["status"])
    responsible_id = _optional(_E["responsible"], attribute="responsible")
    note = Text(4000, lines=True, metadata={"label": _E["note"]})


class ChangedEnterpriseSchema(EnterpriseSchema):
    """The same with every field optional; its own class, so that the description names it apart."""


class EnterpriseOut(EnterpriseSchema):
    id = fields.Integer()
    responsible_name = fields.String(allow_none=True)
    equipment_count = fields.Integer(metadata={"description": "只在列表里"})
    revision = fields.Integer()
    created_at = fields.DateTime()
    updated_at = fields.DateTime()


class ContactSchema(StationSchema):
    role = _word(CONTACT_ROLES, "职务", required=True)
    name = Text(60, required=True, metadata={"label": "姓名"})
    mobile = Text(30, metadata={"label": "手机"})
    phone = Text(30, metadata={"label": "座机"})
    email = fields.Email(allow_none=True, metadata={"label": "邮箱"})
    robot_kind = Text(12, metadata={"label": "群机器人"})
    robot_address = Text(500, metadata={"label": "群机器人地址"})
    robot_secret = Text(200, metadata={"label": "签名密钥"})
    preferred = Text(12, metadata={"label": "首选渠道"})
    receives_reminders = fields.Boolean(metadata={"label": "接收提醒"})


class ReasonSchema(StationSchema):
    reason = Text(300, required=True, metadata={"label": "理由"})


# --- equipment -----------------------------------------------------------------------------------------------------

_Q = EQUIPMENT_FIELDS


class EquipmentSchema(StationSchema):
    """A device as handed in; with `partial` only what is to change."""

    enterprise_id = _number(_Q["enterprise"], required=True, attribute="enterprise")
    parent_id = _optional(_Q["parent"], attribute="parent")
    form = _word(FORMS, _Q["form"])
    catalogue_code = Text(4, least=4, required=True, metadata={"label": _Q["catalogue_code"]})
    name = Text(200, required=True, metadata={"label": _Q["name"]})
    initials = Text(100, metadata={"label": _Q["initials"]})
    own_number = Text(100, metadata={"label": _Q["own_number"]})
    maker = Text(200, metadata={"label": _Q["maker"]})
    maker_number = Text(100, metadata={"label": _Q["maker_number"]})
    device_code = Text(40, metadata={"label": _Q["device_code"]})
    registration_code = Text(40, metadata={"label": _Q["registration_code"]})
    certificate_number = Text(60, metadata={"label": _Q["certificate_number"]})
    line_number = Text(100, metadata={"label": _Q["line_number"]})
    model = Text(200, metadata={"label": _Q["model"]})
    location = Text(300, metadata={"label": _Q["location"]})
    quantity = _number(_Q["quantity"])
    length_mm = fields.Integer(
        strict=True, allow_none=True, validate=validate.Range(0, _MOST), metadata={"label": _Q["length_mm"]}
    )
    technical = fields.Dict(
        keys=Text(100, least=1), values=Text(500), allow_none=True, metadata={"label": _Q["technical"]}
    )
    traits = fields.Dict(keys=Text(60, least=1), allow_none=True, metadata={"label": _Q["traits"]})
    unregistered = fields.Boolean(metadata={"label": _Q["unregistered"]})
    made_on = _day(_Q["made_on"])
    put_into_use_on = _day(_Q["put_into_use_on"])
    design_life_years = _optional(_Q["design_life_years"])
    exempt_by_design = fields.Boolean(metadata={"label": _Q["exempt_by_design"]})
    note = Text(4000, lines=True, metadata={"label": _Q["note"]})


class NewEquipmentSchema(EquipmentSchema):
    status = _word(STATUSES, _Q["status"])
    stopped_on = _day(_Q["stopped_on"])
    restarted_on = _day(_Q["restarted_on"])
    moved_on = _day(_Q["moved_on"])


class ChangedEquipmentSchema(EquipmentSchema):
    reason = Text(300, metadata={"label": "更正理由"})


class EquipmentOut(NewEquipmentSchema):
    id = fields.Integer()
    enterprise_name = fields.String()
    grade = fields.Integer(allow_none=True, metadata={"description": "最近一次定级；只在列表里"})
    source = fields.String()
    revision = fields.Integer()
    created_at = fields.DateTime()
    updated_at = fields.DateTime()


class ActSchema(StationSchema):
    """Something a device undergoes; see `statuses.ACTS`."""

    on = Text(10, required=True, metadata={"label": "日期"})
    reason = Text(300, required=True, metadata={"label": "理由"})
    document = Text(200, load_default="", metadata={"label": "文件（文号）"})
    location = Text(300, load_default="", metadata={"label": "新的使用地点"})


# --- inspections and extensions ------------------------------------------------------------------------------------

_I = INSPECTION_FIELDS


class InspectionSchema(StationSchema):
    clock = _word(Clock, _I["clock"], required=True)
    completed_on = _day(_I["completed_on"])
    conclusion = _word(Conclusion, _I["conclusion"], allow_none=True)
    grade = fields.Integer(
        strict=True, allow_none=True, validate=validate.OneOf(GRADES), metadata={"label": _I["grade"]}
    )
    next_due = _day(_I["next_due"])
    report_number = Text(100, metadata={"label": _I["report_number"]})
    inspectors = Text(200, metadata={"label": _I["inspectors"]})
    institution = Text(200, metadata={"label": _I["institution"]})
    note = Text(4000, lines=True, metadata={"label": _I["note"]})
    reason = Text(300, load_default="", metadata={"label": "理由"})


class NewInspectionSchema(InspectionSchema):
    equipment_id = _number("设备", required=True)


class InspectionOut(NewInspectionSchema):
    id = fields.Integer()
    answered_due = fields.String(allow_none=True)
    replaced_by = fields.Integer(allow_none=True)
    replaced_reason = fields.String()
    source = fields.String()
    recorded_at = fields.DateTime()


class ExtensionSchema(StationSchema):
    clock = _word(Clock, "检验项目", required=True)
    until = Text(10, required=True, metadata={"label": "延期至"})
    granted_on = fields.Date(allow_none=True, metadata={"label": "批准日期"})
    document = Text(200, required=True, metadata={"label": "批准文件"})
    reason = Text(300, load_default="", metadata={"label": "延期理由"})


class NewExtensionSchema(ExtensionSchema):
    equipment_id = _number("设备", required=True)


class WithdrawalSchema(StationSchema):
    withdrawn = fields.Boolean(required=True, validate=validate.Equal(True), metadata={"label": "撤销"})
    reason = Text(300, required=True, metadata={"label": "理由"})


class ExtensionOut(NewExtensionSchema):
    id = fields.Integer()
    withdrawn_at = fields.DateTime(allow_none=True)
    source = fields.String()
    recorded_at = fields.DateTime()


# --- lists ---------------------------------------------------------------------------------------------------------


class ListQuery(StationSchema):
    """What every list takes in its address."""

    cursor = fields.String(load_default="")
    per_page = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    sort = fields.String(load_default="id")


class EnterpriseQuery(ListQuery):
    q = fields.String(load_default="")
    status = _word(ENTERPRISE_STATUSES, _E["status"], load_default="")
    responsible_id = fields.Integer(validate=validate.Range(1, _MOST), attribute="responsible")


class EquipmentQuery(ListQuery):
    q = fields.String(load_default="")
    enterprise_id = fields.Integer(validate=validate.Range(1, _MOST), attribute="enterprise")
    parent_id = fields.Integer(validate=validate.Range(1, _MOST), attribute="parent")
    responsible_id = fields.Integer(validate=validate.Range(1, _MOST), attribute="responsible")
    kind = _word(KINDS, "种类", load_default="")
    form = _word(FORMS, _Q["form"], load_default="")
    status = _word(STATUSES, _Q["status"], load_default="")
    grade = fields.Integer(validate=validate.OneOf(GRADES))
    unregistered = fields.Boolean(load_default=False)


class InspectionQuery(ListQuery):
    equipment_id = fields.Integer(validate=validate.Range(1, _MOST), attribute="equipment")
    enterprise_id = fields.Integer(validate=validate.Range(1, _MOST), attribute="enterprise")
    clock = _word(Clock, _I["clock"], load_default="")
    replaced = fields.Boolean(load_default=False)


class ExtensionQuery(ListQuery):
    equipment_id = fields.Integer(validate=validate.Range(1, _MOST), attribute="equipment")


def list_of(row: type[StationSchema]) -> type[StationSchema]:
    """The shape of a list's answer, for the OpenAPI description."""
    return StationSchema.from_dict(  # type: ignore[return-value]
        {
            "items": fields.List(fields.Nested(row)),
            "total": fields.Integer(),
            "total_capped": fields.Boolean(),
            "next": fields.String(allow_none=True),
        },
        name=row.__name__.removesuffix("Out") + "List",
    )
