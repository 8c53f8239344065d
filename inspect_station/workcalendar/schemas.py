"""What the administrator types into the calendar."""

from marshmallow import fields, validate

from inspect_station.validation import StationSchema

FIRST_YEAR, LAST_YEAR = 2000, 2100
_YEARS = validate.Range(FIRST_YEAR, LAST_YEAR)


class YearSchema(StationSchema):
    year = fields.Integer(load_default=None, validate=_YEARS, metadata={"label": "年份"})
    day = fields.Date(load_default=None, metadata={"label": "日期"})


class MarkSchema(StationSchema):
    day = fields.Date(required=True, metadata={"label": "日期"})
    kind = fields.String(
        required=True, validate=validate.OneOf(["off", "work", "plain"], error="请选择"), metadata={"label": "这一天"}
    )
    name = fields.String(load_default="", validate=validate.Length(max=60), metadata={"label": "原因"})


class AnnounceSchema(StationSchema):
    year = fields.Integer(required=True, validate=_YEARS, metadata={"label": "年份"})
    announced = fields.Boolean(load_default=False, metadata={"label": "已公布"})
    document = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "通知文件"})


class ImportSchema(StationSchema):
    document = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "通知文件"})
