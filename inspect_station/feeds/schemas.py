"""What a subscriber types."""

from marshmallow import fields, validate

from inspect_station.validation import StationSchema


class FeedSchema(StationSchema):
    name = fields.String(load_default="", validate=validate.Length(max=60), metadata={"label": "用在哪里"})
