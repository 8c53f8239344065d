"""What may be asked of the outbox and done to a message."""

from marshmallow import fields, validate

from inspect_station.registry.schemas import Text
from inspect_station.reminders.channels import CHANNELS
from inspect_station.reminders.channels.config import ELECTRONIC
from inspect_station.reminders.words import FATES, HAND_WORDS, STATE_WORDS
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


class AuthoritySchema(StationSchema):
    """The list for the authority: filters and the page."""

    section = fields.String(validate=validate.OneOf(["overdue", "forbidden"]), metadata={"label": "状态"})
    enterprise = fields.Integer(validate=_ID, metadata={"label": "企业编号"})
    q = fields.String(validate=validate.Length(max=60), metadata={"label": "搜索"})
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000), metadata={"label": "第几页"})


class StopSchema(StationSchema):
    reason = fields.String(required=True, validate=validate.Length(2, 200), metadata={"label": "停发的原因"})


class RemindSchema(StationSchema):
    ids = fields.List(
        fields.Integer(validate=_ID), required=True, validate=validate.Length(1, 1000), metadata={"label": "到期项目"}
    )


class CallSchema(StationSchema):
    """What came of a call."""

    outcome = fields.String(
        required=True,
        validate=validate.OneOf([n for n in HAND_WORDS if n != "delivered"]),
        metadata={"label": "结果"},
    )
    contact = fields.Integer(validate=_ID, metadata={"label": "联系人"})
    words = Text(300, metadata={"label": "记录"})
    next_on = fields.Date(metadata={"label": "再打的日期"})


class DeliverySchema(StationSchema):
    """A printed notice handed over."""

    delivered_on = fields.Date(required=True, metadata={"label": "送达日期"})
    receiver = Text(60, required=True, metadata={"label": "签收人"})


_PLACE = validate.Range(1, len(ELECTRONIC))


class ChannelsSchema(StationSchema):
    """The page of channels."""

    escalate_after = fields.Integer(required=True, validate=validate.Range(1, 60), metadata={"label": "等几个工作日"})
    method = fields.String(load_default="POST", validate=validate.OneOf(["POST", "GET"]), metadata={"label": "方法"})
    form = fields.String(load_default="json", validate=validate.OneOf(["json", "form"]), metadata={"label": "格式"})
    url = Text(1000, load_default="", metadata={"label": "网关地址"})
    headers = Text(2000, load_default="", lines=True, metadata={"label": "请求头"})
    body = Text(4000, load_default="", lines=True, metadata={"label": "请求内容"})
    template = Text(500, load_default="", metadata={"label": "短信模板"})
    template_code = Text(60, load_default="", metadata={"label": "模板编号"})
    free_variables = fields.Boolean(load_default=False, metadata={"label": "链接和电话可作变量"})
    success_path = Text(60, load_default="", metadata={"label": "看回答的哪一项"})
    success_value = Text(60, load_default="", metadata={"label": "成功时的值"})
    words_path = Text(60, load_default="", metadata={"label": "说明在哪一项"})
    limited_values = Text(200, load_default="", metadata={"label": "限速时的值"})
    forget = fields.Boolean(load_default=False, metadata={"label": "删除网关地址和请求头"})
    on_mail = fields.Boolean(load_default=False)
    on_sms = fields.Boolean(load_default=False)
    on_wecom = fields.Boolean(load_default=False)
    on_dingtalk = fields.Boolean(load_default=False)
    on_feishu = fields.Boolean(load_default=False)
    place_mail = fields.Integer(required=True, validate=_PLACE, metadata={"label": "邮件的次序"})
    place_sms = fields.Integer(required=True, validate=_PLACE, metadata={"label": "短信的次序"})
    place_wecom = fields.Integer(required=True, validate=_PLACE, metadata={"label": "企业微信的次序"})
    place_dingtalk = fields.Integer(required=True, validate=_PLACE, metadata={"label": "钉钉的次序"})
    place_feishu = fields.Integer(required=True, validate=_PLACE, metadata={"label": "飞书的次序"})
