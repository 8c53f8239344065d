"""What may be asked and typed on the head's pages."""

from marshmallow import fields, validate

from inspect_station.validation import StationSchema
from inspect_station.workload.definitions import BUSINESS, GRADES
from inspect_station.workload.forecast import LENGTHS
from inspect_station.workload.narrowing import AGES, STEPS
from inspect_station.workload.reasons import WHYS
from schedules.terms import Clock, Kind


class PeriodQuery(StationSchema):
    of = fields.String(load_default="", validate=validate.Length(max=10))


class RowsQuery(PeriodQuery):
    upto = fields.Date(load_default=None, allow_none=True)
    kind = fields.String(load_default="", validate=validate.OneOf(["", *Kind]))
    clock = fields.String(load_default="", validate=validate.OneOf(["", *Clock]))
    business = fields.String(load_default="", validate=validate.OneOf(["", *BUSINESS, *GRADES]))
    enterprise = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1, max=2**31 - 1))
    step = fields.String(load_default="", validate=validate.OneOf(["", *STEPS]))
    why = fields.String(load_default="", validate=validate.OneOf(["", *WHYS]))
    age = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(0, len(AGES) - 1))
    dated = fields.Boolean(load_default=False)
    day = fields.Date(load_default=None, allow_none=True)
    part = fields.String(load_default="", validate=validate.OneOf(["", "yes", "no"]))
    each = fields.String(load_default="", validate=validate.OneOf(["", "device", "line"]))
    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=10_000))
    format = fields.String(load_default="", validate=validate.OneOf(["", "xlsx"]))


class ForecastQuery(StationSchema):
    months = fields.Integer(load_default=12, validate=validate.OneOf(LENGTHS))


class ComingQuery(StationSchema):
    month = fields.String(load_default="", validate=validate.Length(max=10))
    kind = fields.String(load_default="", validate=validate.OneOf(["", *Kind]))
    code = fields.String(load_default="", validate=validate.Length(max=200))
    enterprise = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1, max=2**31 - 1))
    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=10_000))
    format = fields.String(load_default="", validate=validate.OneOf(["", "xlsx"]))


class RoomQuery(StationSchema):
    code = fields.String(load_default="", validate=validate.Length(max=200))


class RemarkSchema(StationSchema):
    text = fields.String(load_default="", validate=validate.Length(max=20_000))
    revision = fields.Integer(load_default=0, validate=validate.Range(min=0, max=10**6))


class TargetSchema(StationSchema):
    year = fields.Integer(required=True, validate=validate.Range(min=2000, max=2200))
    target = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1, max=10_000_000))


class WallSchema(StationSchema):
    name = fields.String(load_default="", validate=validate.Length(max=60))
