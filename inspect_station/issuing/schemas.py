"""What may be asked of the register of notices and typed about one."""

from typing import Any

from marshmallow import fields, pre_load, validate

from inspect_station.issuing.words import KINDS, STANDINGS
from inspect_station.validation import StationSchema
from inspect_station.web import PER_PAGE_MOST

_ID = validate.Range(1, 2**31 - 1)


class FilterSchema(StationSchema):
    """The filters of the list; every one may be left out."""

    kind = fields.String(validate=validate.OneOf(list(KINDS)), metadata={"label": "种类"})
    standing = fields.String(validate=validate.OneOf(list(STANDINGS)), metadata={"label": "送达"})
    enterprise = fields.Integer(validate=_ID, metadata={"label": "企业编号"})
    first = fields.Date(metadata={"label": "自"})
    last = fields.Date(metadata={"label": "至"})
    q = fields.String(validate=validate.Length(max=60), metadata={"label": "搜索"})


class ListSchema(FilterSchema):
    cursor = fields.String(validate=validate.Length(max=500), metadata={"label": "翻页标记"})
    per_page = fields.Integer(
        load_default=50, validate=validate.Range(1, PER_PAGE_MOST), metadata={"label": "每页条数"}
    )


class IssueSchema(StationSchema):
    ids = fields.List(
        fields.Integer(validate=_ID), required=True, validate=validate.Length(1, 1000), metadata={"label": "到期项目"}
    )
    form = fields.String(
        load_default="notice", validate=validate.OneOf(["notice", "preparation"]), metadata={"label": "打印什么"}
    )
    with_preparation = fields.Boolean(load_default=False, metadata={"label": "附准备清单"})


class DeliverySchema(StationSchema):
    delivered_on = fields.Date(required=True, metadata={"label": "送达日期"})
    receiver = fields.String(required=True, validate=validate.Length(1, 60), metadata={"label": "签收人"})
    delivery_note = fields.String(load_default="", validate=validate.Length(max=200), metadata={"label": "备注"})

    @pre_load
    def _strip(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value.strip() for name, value in data.items()}


class VoidSchema(StationSchema):
    reason = fields.String(required=True, validate=validate.Length(2, 200), metadata={"label": "作废的原因"})
