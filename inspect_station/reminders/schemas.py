"""What may be asked of the outbox and done to a message."""

from marshmallow import fields, validate

from inspect_station.reminders.channels import CHANNELS
from inspect_station.reminders.words import FATES, STATE_WORDS
from inspect_station.validation import StationSchema
from inspect_station.web import PER_PAGE_MOST

_ID = validate.Range(1, 2**31 - 1)


class FilterSchema(StationSchema):
    """The filters of the list; every one may be left out."""

    fate = fields.String(validate=validate.OneOf(list(FATES)), metadata={"label": "去向"})
    state = fields.String(validate=validate.OneOf(list(STATE_WORDS)), metadata={"label": "状态"})
    enterprise = fields.Integer(validate=_ID, metadata={"label": "企业编号"})
    channel = fields.String(validate=validate.OneOf(list(CHANNELS)), metadata={"label": "渠道"})
    first = fields.Date(metadata={"label": "自"})
    last = fields.Date(metadata={"label": "至"})
    q = fields.String(validate=validate.Length(max=60), metadata={"label": "搜索"})


class ListSchema(FilterSchema):
    cursor = fields.String(validate=validate.Length(max=500), metadata={"label": "翻页标记"})
    per_page = fields.Integer(
        load_default=50, validate=validate.Range(1, PER_PAGE_MOST), metadata={"label": "每页条数"}
    )


class OutlookSchema(StationSchema):
    enterprise = fields.Integer(validate=_ID, metadata={"label": "企业编号"})


class StopSchema(StationSchema):
    reason = fields.String(required=True, validate=validate.Length(2, 200), metadata={"label": "停发的原因"})


class RemindSchema(StationSchema):
    ids = fields.List(
        fields.Integer(validate=_ID), required=True, validate=validate.Length(1, 1000), metadata={"label": "到期项目"}
    )
