"""What is typed about people's qualifications and time."""

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from inspect_station.staffing.words import ABSENCE_REASONS
from inspect_station.validation import StationSchema


class _Blank(StationSchema):
    """An empty date box means no date."""

    @pre_load
    def _blank_is_none(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value or None if isinstance(self.fields.get(name), fields.Date) else value
                for name, value in data.items()}  # fmt: skip


class QualificationSchema(_Blank):
    code_id = fields.Integer(required=True, metadata={"label": "资格代码"})
    certificate = fields.String(load_default="", validate=validate.Length(max=60), metadata={"label": "证书编号"})
    valid_until = fields.Date(load_default=None, allow_none=True, metadata={"label": "有效期至"})


class HoursSchema(StationSchema):
    daily_min = fields.Integer(required=True, validate=validate.Range(1, 1440), metadata={"label": "每天可检验分钟"})
    weekdays = fields.List(fields.String(), load_default=list, metadata={"label": "上班的日子"})
    planned = fields.Boolean(load_default=False, metadata={"label": "参加排期"})


class AbsenceSchema(_Blank):
    first_on = fields.Date(required=True, metadata={"label": "从"})
    last_on = fields.Date(required=True, metadata={"label": "到"})
    reason = fields.String(
        required=True, validate=validate.OneOf(list(ABSENCE_REASONS), error="请选择"), metadata={"label": "原因"}
    )
    note = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "备注"})

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["last_on"] < data["first_on"]:
            raise ValidationError("早于开始的那一天", "last_on")


class CodeSchema(StationSchema):
    code = fields.String(required=True, validate=validate.Length(1, 20), metadata={"label": "代码"})
    name = fields.String(required=True, validate=validate.Length(1, 100), metadata={"label": "名称"})
    note = fields.String(load_default="", validate=validate.Length(max=300), metadata={"label": "依据"})
    uses = fields.List(fields.String(), load_default=list, metadata={"label": "可以检验"})
    confirmed = fields.Boolean(load_default=False, metadata={"label": "已与文件核对"})
