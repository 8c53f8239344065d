"""What is typed when a request about personal data is handled."""

from marshmallow import fields, validate

from inspect_station.validation import StationSchema

_REASON = {"label": "依据"}


class HandOutSchema(StationSchema):
    reason = fields.String(required=True, validate=validate.Length(2, 200), metadata=_REASON)
    form = fields.String(load_default="xlsx", validate=validate.OneOf(("xlsx", "json")), metadata={"label": "格式"})


class ForgetSchema(StationSchema):
    why = fields.String(required=True, validate=validate.Length(2, 200), metadata=_REASON)
    name = fields.String(required=True, validate=validate.Length(1, 64), metadata={"label": "姓名"})
