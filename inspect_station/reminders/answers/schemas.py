"""What each answer asks, and what may be asked of the inbox."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from inspect_station.clinic import service as clinic
from inspect_station.registry.schemas import Text
from inspect_station.registry.words import CONTACT_ROLES
from inspect_station.reminders.answers.words import ACTS, KINDS, STATES, TABS
from inspect_station.validation import StationSchema
from inspect_station.web import PER_PAGE_MOST

_ID = validate.Range(1, 2**31 - 1)
_MOST = 2_000


def _text(most: int, label: str, least: int = 0, **more: Any) -> Text:
    return Text(most, least=least, metadata={"label": label}, **more)


class _Phone(Text):
    """Whatever else stands in it, there is something to dial."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **given: Any) -> str:
        text = super()._deserialize(value, attr, data, **given)
        if text and not any(c.isdigit() for c in text):
            raise ValidationError("里没有数字，请写能打通的号码")
        return text


def _phone(least: int = 0, **more: Any) -> Text:
    return _Phone(30, least=least, metadata={"label": "您的电话"}, **more)


def _devices() -> fields.List[Any]:
    return fields.List(
        fields.Integer(validate=_ID),
        required=True,
        validate=validate.Length(1, _MOST, error="请至少选择一台设备"),
        metadata={"label": "设备："},
    )


class _Person(StationSchema):
    """Who speaks: whom the station calls back."""

    name = _text(60, "您的姓名", load_default="")
    phone = _phone(load_default="")
    note = _text(300, "说明", load_default="")


class NotedSchema(_Person):
    pass


class ApplySchema(_Person):
    scope = fields.String(load_default="some", validate=validate.OneOf(["all", "some"]), metadata={"label": "范围"})
    items = fields.List(
        fields.String(validate=validate.Length(max=40)), load_default=list, metadata={"label": "设备："}
    )
    wished_from = fields.Date(allow_none=True, load_default=None, metadata={"label": "希望日期（起）"})
    wished_to = fields.Date(allow_none=True, load_default=None, metadata={"label": "希望日期（止）"})
    shutdown = fields.Boolean(load_default=False, metadata={"label": "停产检修"})
    phone = _phone(1, required=True)


class StoppedSchema(_Person):
    devices = _devices()
    act = fields.String(required=True, validate=validate.OneOf(list(ACTS)), metadata={"label": "停用或拆除"})
    on = fields.Date(
        required=True,
        metadata={"label": "从哪天起"},
        error_messages={"invalid": "请选择日期，写成 2026-11-22 的样子"},
    )


class NotOursSchema(_Person):
    devices = _devices()
    note = _text(300, "说明", 2, required=True)


class ContactSchema(StationSchema):
    role = fields.String(required=True, validate=validate.OneOf(list(CONTACT_ROLES)), metadata={"label": "职务"})
    name = _text(60, "姓名", 1, required=True)
    mobile = _text(30, "手机", load_default="")
    email = _text(200, "邮箱", load_default="")
    note = _text(300, "说明", load_default="")


class QuestionSchema(StationSchema):
    """A question to the clinic; somebody must be reachable, for whoever holds the link has no log-in to read in."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf(list(clinic.words.KINDS), error="请选择想问哪一类"),
        metadata={"label": "哪一类"},
    )
    question = _text(1000, "想问什么", 2, required=True)
    devices = fields.List(fields.Integer(validate=_ID), load_default=list, metadata={"label": "设备："})
    name = _text(60, "您的姓名", load_default="")
    phone = _phone(1, required=True)


SCHEMAS: dict[str, type[StationSchema]] = {
    "noted": NotedSchema,
    "apply": ApplySchema,
    "stopped": StoppedSchema,
    "not_ours": NotOursSchema,
    "contact": ContactSchema,
}


class InboxSchema(StationSchema):
    """The filters of the inbox; every one may be left out."""

    tab = fields.String(validate=validate.OneOf(list(TABS)), metadata={"label": "分栏"})
    state = fields.String(validate=validate.OneOf(list(STATES)), metadata={"label": "状态"})
    kind = fields.String(validate=validate.OneOf(list(KINDS)), metadata={"label": "答复"})
    enterprise = fields.Integer(validate=_ID, metadata={"label": "企业编号"})
    mine = fields.Boolean(metadata={"label": "我负责的"})
    q = _text(60, "搜索")
    cursor = _text(500, "翻页标记")
    per_page = fields.Integer(
        load_default=50, validate=validate.Range(1, PER_PAGE_MOST), metadata={"label": "每页条数"}
    )


class HandleSchema(StationSchema):
    """The station's word on an answer. What a kind does not need is left out."""

    revision = fields.Integer(required=True, validate=_ID, metadata={"label": "版本"})
    reason = _text(300, "理由", load_default="")
    on = fields.Date(metadata={"label": "日期"})
    replaces = fields.Integer(allow_none=True, load_default=None, validate=_ID, metadata={"label": "原联系人"})


class RefuseSchema(StationSchema):
    revision = fields.Integer(required=True, validate=_ID, metadata={"label": "版本"})
    reason = _text(300, "理由", 2, required=True)
