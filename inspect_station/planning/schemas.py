"""What is typed on the pages of the plan and sent to its API."""

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from inspect_station.planning.words import NEEDS, SORTS
from inspect_station.validation import StationSchema


class _Form(StationSchema):
    """What a form leaves empty counts as not given."""

    @pre_load
    def _blank_is_absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value not in ("", None)}


class WindowSchema(_Form):
    enterprise_id = fields.Integer(load_default=None, metadata={"label": "企业"})
    sort = fields.String(
        required=True, validate=validate.OneOf(list(SORTS), error="请选择"), metadata={"label": "这段时间"}
    )
    first_on = fields.Date(required=True, metadata={"label": "从"})
    last_on = fields.Date(required=True, metadata={"label": "到"})
    units = fields.String(load_default="", validate=validate.Length(max=300), metadata={"label": "装置"})
    note = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "备注"})
    revision = fields.Integer(load_default=None)


class SiteSchema(_Form):
    continuous = fields.Boolean(load_default=False, metadata={"label": "连续生产"})


class ProposeSchema(_Form):
    name = fields.String(load_default="", validate=validate.Length(max=100), metadata={"label": "名称"})
    last_on = fields.Date(required=True, metadata={"label": "排到"})
    seconds = fields.Integer(load_default=60, metadata={"label": "计算时间"})
    absent_person = fields.Integer(load_default=None, metadata={"label": "谁不在"})
    absent_from = fields.Date(load_default=None, metadata={"label": "从"})
    absent_to = fields.Date(load_default=None, metadata={"label": "到"})
    shift_enterprise = fields.Integer(load_default=None, metadata={"label": "哪家企业"})
    shift_days = fields.Integer(load_default=None, validate=validate.Range(-365, 365), metadata={"label": "移动天数"})
    rounds = fields.Boolean(load_default=False, metadata={"label": "走访"})
    more_pct = fields.Integer(load_default=None, validate=validate.Range(1, 100), metadata={"label": "设备增加"})

    @validates_schema
    def _whole_suppositions(self, data: dict[str, Any], **_: Any) -> None:
        if data["absent_person"]:
            for name in ("absent_from", "absent_to"):
                if data[name] is None:
                    raise ValidationError("请填写", name)
            if data["absent_to"] < data["absent_from"]:
                raise ValidationError("早于开始的那一天", "absent_to")
        if data["shift_enterprise"] and not data["shift_days"]:
            raise ValidationError("请填写移动几天，提前写负数", "shift_days")


class PublishSchema(StationSchema):
    until = fields.Date(required=True, metadata={"label": "发布到"})


class MoveSchema(_Form):
    on = fields.Date(required=True, metadata={"label": "日期"})
    start = fields.String(
        load_default="", validate=validate.Regexp(r"^$|^([01]?\d|2[0-3]):[0-5]\d$", error="应写成 9:30 的样子"),
        metadata={"label": "开始时间"},
    )  # fmt: skip
    people = fields.List(fields.Integer(), load_default=list, metadata={"label": "人员"})
    item_ids = fields.List(fields.Integer(), load_default=list, metadata={"label": "项目"})
    revision = fields.Integer(load_default=None)


class CounterSchema(StationSchema):
    on = fields.Date(required=True, metadata={"label": "希望的日期"})
    note = fields.String(load_default="", validate=validate.Length(max=300), metadata={"label": "说明"})


class FiguresSchema(StationSchema):
    people = fields.Integer(required=True, validate=validate.Range(1, 6), metadata={"label": "人数"})
    minutes = fields.Integer(required=True, validate=validate.Range(1, 1440), metadata={"label": "现场分钟"})
    minutes_per_km = fields.Integer(
        load_default=0, validate=validate.Range(0, 1440), metadata={"label": "每公里另加分钟"}
    )
    prep_workdays = fields.Integer(required=True, validate=validate.Range(0, 60), metadata={"label": "准备工作日"})
    state = fields.String(
        required=True, validate=validate.OneOf(list(NEEDS), error="请选择"), metadata={"label": "状态"}
    )


class WeightsSchema(StationSchema):
    overhead_min = fields.Integer(required=True, validate=validate.Range(0, 240), metadata={"label": "路上与入厂"})
    visit_cost_min = fields.Integer(required=True, validate=validate.Range(0, 2000), metadata={"label": "多去一次"})
    tolerance_pct = fields.Integer(required=True, validate=validate.Range(0, 100), metadata={"label": "均衡余量"})
    catch_up_days = fields.Integer(required=True, validate=validate.Range(1, 365), metadata={"label": "补检期限"})
    months = fields.Integer(required=True, validate=validate.Range(1, 24), metadata={"label": "计划期"})
    publish_weeks = fields.Integer(required=True, validate=validate.Range(1, 52), metadata={"label": "发布周数"})
    clinic_min = fields.Integer(load_default=90, validate=validate.Range(15, 360), metadata={"label": "出诊分钟"})


class _VisitsWanted(StationSchema):
    since = fields.Date(load_default=None, data_key="from", metadata={"label": "到访日期起"})
    until = fields.Date(load_default=None, data_key="to", metadata={"label": "到访日期止"})
    enterprise_id = fields.Integer(
        load_default=None, validate=validate.Range(1, 2**31 - 1), metadata={"label": "企业编号"}
    )


class VisitsOnPaperSchema(_VisitsWanted):
    """Which published visits go into a workbook."""

    inspector = fields.Integer(
        load_default=None, validate=validate.Range(1, 2**31 - 1), metadata={"label": "检验员的编号"}
    )


class VisitListSchema(_VisitsWanted):
    """Query of `/api/v1/visits`."""

    cursor = fields.String(load_default=None, validate=validate.Length(max=500))
    per_page = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class PlanListSchema(StationSchema):
    cursor = fields.String(load_default=None, validate=validate.Length(max=500))
    per_page = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class VisitMoveSchema(StationSchema):
    """Body of `PATCH /api/v1/visits/{id}`."""

    date = fields.Date(required=True)
    start = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, 1440))
    inspectors = fields.List(fields.Integer(validate=validate.Range(1, 2**31 - 1)), load_default=list)
