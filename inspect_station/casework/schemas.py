"""What may be typed about a case, on pages and through the API."""

from marshmallow import fields, validate

from inspect_station.casework import words
from inspect_station.validation import StationSchema
from inspect_station.web import PER_PAGE_MOST
from schedules.terms import Clock

_MOST = 2**31 - 1


def text(most: int, label: str, **options: object) -> fields.String:
    """A line or paragraph without the one character that PostgreSQL cannot keep."""
    rules = [validate.Length(max=most), validate.ContainsNoneOf("\0", error="含有不能保存的字符")]
    return fields.String(validate=rules, metadata={"label": label}, **options)  # type: ignore[arg-type]


def number(label: str, **options: object) -> fields.Integer:
    return fields.Integer(validate=validate.Range(1, _MOST), metadata={"label": label}, strict=False, **options)  # type: ignore[arg-type]


class ItemSchema(StationSchema):
    equipment_id = number("设备", required=True)
    clock = fields.String(
        required=True, validate=validate.OneOf([c.value for c in Clock]), metadata={"label": "检验项目"}
    )


class WishSchema(StationSchema):
    """What goes with an application: when it would suit, whom to call."""

    wished_from = fields.Date(load_default=None, allow_none=True, metadata={"label": "希望日期（自）"})
    wished_to = fields.Date(load_default=None, allow_none=True, metadata={"label": "希望日期（至）"})
    shutdown = fields.Boolean(load_default=False, metadata={"label": "停车（大修）期间"})
    note = text(1000, "说明", load_default="")
    contact = text(60, "联系人", load_default="")
    phone = text(30, "电话", load_default="")


class NewApplicationSchema(WishSchema):
    enterprise_id = number("企业", required=True)
    items = fields.List(
        fields.Nested(ItemSchema), required=True, validate=validate.Length(1, 2000), metadata={"label": "检验项目"}
    )


class ReasonSchema(StationSchema):
    reason = text(300, "原因", required=True)


class DateSchema(StationSchema):
    on_day = fields.Date(required=True, metadata={"label": "检验日期"})
    reason = text(200, "原因", load_default="")
    confirmed_with = text(50, "电话确认人", load_default="")
    revision = number("版本", load_default=None, allow_none=True)


class AnswerSchema(StationSchema):
    agree = fields.Boolean(required=True, metadata={"label": "答复"})
    reason = text(200, "原因", load_default="")


class CaseQuery(StationSchema):
    """The list of cases, as its address asks for it."""

    state = fields.String(
        load_default="", validate=validate.OneOf(["", "open", *words.STATES]), metadata={"label": "状态"}
    )
    enterprise = number("企业")
    keeper = number("首问负责人")
    late = fields.Boolean(load_default=False, metadata={"label": "严重逾期"})
    q = text(60, "搜索", load_default="")
    sort = fields.String(load_default="-id", metadata={"label": "排序"})
    cursor = fields.String(load_default="", validate=validate.Length(max=500))
    per_page = fields.Integer(load_default=50, validate=validate.Range(1, PER_PAGE_MOST))


class PromiseOut(StationSchema):
    step = fields.String()
    due_on = fields.Date()
    done_on = fields.Date(allow_none=True)
    state = fields.String()


class ApplicationItemOut(ItemSchema):
    due_on = fields.Date(allow_none=True)
    very_late = fields.Boolean()
    open = fields.Boolean()
    outcome = fields.String()
    inspection_id = fields.Integer(allow_none=True)


class ApplicationOut(WishSchema):
    id = fields.Integer()
    number = fields.String()
    enterprise_id = fields.Integer()
    enterprise = fields.String()
    state = fields.String()
    source = fields.String()
    submitted_at = fields.DateTime()
    submitted_by = fields.String()
    keeper_id = fields.Integer(allow_none=True)
    keeper = fields.String(allow_none=True)
    decided_at = fields.DateTime(allow_none=True)
    refusal = fields.String()
    agreed_on = fields.Date(allow_none=True)
    closed_at = fields.DateTime(allow_none=True)
    item_count = fields.Integer()
    very_late_count = fields.Integer()
    promises = fields.List(fields.Nested(PromiseOut))
    revision = fields.Integer()


class ApplicationWhole(ApplicationOut):
    items = fields.List(fields.Nested(ApplicationItemOut))


class ApplicationList(StationSchema):
    items = fields.List(fields.Nested(ApplicationOut))
    total = fields.Integer()
    total_capped = fields.Boolean()
    next = fields.String(allow_none=True)


class ResultSchema(StationSchema):
    """One result as typed; the registry judges dates, conclusion and grade against the device."""

    clock = text(20, "检验项目", required=True)
    completed_on = text(10, "检验日期", load_default="")
    conclusion = text(20, "检验结论", load_default="")
    grade = fields.Integer(load_default=None, allow_none=True, metadata={"label": "安全状况等级"})
    next_due = text(10, "下次检验日期", load_default="")
    report_number = text(100, "报告编号", load_default="")
    institution = text(200, "检验机构", load_default="")
    inspectors = text(200, "检验人员", load_default="")
    note = text(2000, "备注", load_default="")
    reason = text(300, "超出期限的理由", load_default="")


class FindingSchema(StationSchema):
    clock = text(20, "检验项目", required=True)
    problem = text(3000, "发现的问题", load_default="")
    basis = text(300, "依据", load_default="")
    deadline = fields.Date(load_default=None, allow_none=True, metadata={"label": "整改期限"})
    severe = fields.Boolean(load_default=False, metadata={"label": "严重隐患"})


class WhyUndoneSchema(StationSchema):
    code = text(30, "原因", load_default="")
    on_day = fields.Date(load_default=None, allow_none=True, metadata={"label": "日期"})
    evidence = text(200, "依据", load_default="")
    note = text(1000, "说明", load_default="")


class PostponeSchema(StationSchema):
    clock = text(20, "检验项目", load_default="")
    until = fields.Date(load_default=None, allow_none=True, metadata={"label": "延期至"})
    reason = text(1000, "原因", load_default="")
    measures = text(2000, "监控和应急措施", load_default="")
    approved_by = text(60, "批准人", load_default="")


class FilingSchema(StationSchema):
    document = text(200, "备案文号", load_default="")
    filed_on = fields.Date(required=True, metadata={"label": "备案日期"})


class PhotoSchema(StationSchema):
    name = text(200, "文件名", load_default="")
    data = fields.String(
        required=True, validate=validate.Length(max=28_000_000), metadata={"label": "照片（base64）"}
    )


class NewResultSchema(ResultSchema):
    """One result for one or many devices, with its photos: what an inspector's phone sends, once."""

    equipment_ids = fields.List(number("设备"), required=True, validate=validate.Length(1, 500))
    inspector_ids = fields.List(number("检验人员"), load_default=list, validate=validate.Length(max=20))
    filled_on = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(0, _MOST), metadata={"label": "填写时的最新记录"}
    )
    photos = fields.List(fields.Nested(PhotoSchema), load_default=list, validate=validate.Length(max=12))


class ResultOut(StationSchema):
    report_id = fields.Integer()
    inspection_ids = fields.List(fields.Integer())
    url = fields.String()
