"""What may be typed in the clinic, on pages and through the API."""

from marshmallow import fields, validate

from inspect_station.casework.schemas import number, text
from inspect_station.clinic import words
from inspect_station.validation import StationSchema
from inspect_station.web import PER_PAGE_MOST


def _one_of(known: object, label: str, **options: object) -> fields.String:
    return fields.String(validate=validate.OneOf(list(known)), metadata={"label": label}, **options)  # type: ignore[call-overload, arg-type]


class RequestSchema(StationSchema):
    kind = text(16, "类别", load_default="")
    question = text(3000, "想问的事", load_default="")
    asked_by = text(60, "提出人", load_default="")
    phone = text(30, "电话", load_default="")
    source = text(10, "来源", load_default="portal")


class PlanSchema(StationSchema):
    kind = text(16, "内容", load_default="hazard")
    planned_on = fields.Date(load_default=None, allow_none=True, metadata={"label": "出诊日期"})
    inspector = number("检验员", load_default=None, allow_none=True)
    reason = text(300, "来由", load_default="")
    place = text(100, "地点", load_default="")
    request = number("问诊", load_default=None, allow_none=True)
    task = number("检验任务", load_default=None, allow_none=True)


class OfferSchema(StationSchema):
    inspector = number("坐诊人员", required=True)
    day = fields.Date(required=True, metadata={"label": "日期"})
    start = fields.Time(
        required=True, format="%H:%M", metadata={"label": "开始"}, error_messages={"invalid": "应写成 09:00 的样子"}
    )
    end = fields.Time(
        required=True, format="%H:%M", metadata={"label": "结束"}, error_messages={"invalid": "应写成 11:30 的样子"}
    )
    each = fields.Integer(load_default=30, validate=validate.Range(10, 240), metadata={"label": "每次分钟"})
    place = text(10, "地点", required=True)


class RecordHeadSchema(StationSchema):
    kind = text(16, "内容", load_default="")
    place = text(100, "地点", load_default="")
    station_people = text(200, "我站人员", load_default="")
    unit_people = text(200, "企业人员", load_default="")
    summary = text(3000, "小结", load_default="")
    minutes = fields.Integer(load_default=None, allow_none=True, metadata={"label": "用时"})
    signed_by = text(64, "签字人", load_default="")
    unsigned_reason = text(200, "没有签字的原因", load_default="")


class RecordFindingSchema(StationSchema):
    symptom = text(1000, "症状", load_default="")
    diagnosis = text(1000, "诊断", load_default="")
    basis = text(300, "依据", load_default="")
    grade = text(10, "等级", load_default="")
    measure = text(1000, "处方", load_default="")
    who = text(64, "由谁", load_default="")
    deadline = fields.Date(load_default=None, allow_none=True, metadata={"label": "期限"})
    equipment = number("设备", load_default=None, allow_none=True)


class LibrarySchema(StationSchema):
    symptom = text(200, "症状", load_default="")
    diagnosis = text(1000, "诊断", load_default="")
    basis = text(300, "依据", load_default="")
    verified = text(12, "依据的把握", load_default="unknown")
    grade = text(10, "等级", load_default="")
    measure = text(1000, "处方", load_default="")
    days = fields.Integer(load_default=None, allow_none=True, metadata={"label": "整改天数"})


class VisitQuery(StationSchema):
    """The list of visits, as its address asks for it."""

    state = _one_of(["", "live", *words.VISIT_STATES], "状态", load_default="")
    enterprise = number("企业")
    inspector = number("检验员")
    since = fields.Date(load_default=None, metadata={"label": "起"})
    until = fields.Date(load_default=None, metadata={"label": "止"})
    q = text(60, "搜索", load_default="")
    sort = _one_of(["id", "-id"], "排序", load_default="-id")
    cursor = fields.String(load_default="", validate=validate.Length(max=500))
    per_page = fields.Integer(load_default=50, validate=validate.Range(1, PER_PAGE_MOST))


class FindingQuery(StationSchema):
    state = _one_of(["", "live", *words.FINDING_STATES], "状态", load_default="")
    grade = _one_of(["", *words.GRADES], "等级", load_default="")
    overdue = fields.Boolean(load_default=False, metadata={"label": "过期"})
    enterprise = number("企业")
    q = text(60, "搜索", load_default="")
    cursor = fields.String(load_default="", validate=validate.Length(max=500))


class RequestQuery(StationSchema):
    state = _one_of(["", "live", *words.REQUEST_STATES], "状态", load_default="")
    kind = _one_of(["", *words.KINDS], "类别", load_default="")
    enterprise = number("企业")
    q = text(60, "搜索", load_default="")
    cursor = fields.String(load_default="", validate=validate.Length(max=500))


# --- the API ----------------------------------------------------------------------------------------------------------


class PhotoIn(StationSchema):
    name = text(200, "文件名", load_default="photo.jpg")
    data = fields.String(required=True, metadata={"label": "照片", "description": "base64"})


class FindingIn(RecordFindingSchema):
    id = number("编号", load_default=None, allow_none=True)
    remove = fields.Boolean(load_default=False)
    photos = fields.List(fields.Nested(PhotoIn), load_default=list, validate=validate.Length(max=12))


class NewVisitSchema(PlanSchema):
    enterprise_id = number("企业", required=True)


class RecordSchema(RecordHeadSchema):
    devices = fields.List(fields.Integer(), load_default=list, validate=validate.Length(max=500))
    findings = fields.List(fields.Nested(FindingIn), load_default=list, validate=validate.Length(max=30))
    signature = fields.String(load_default="", metadata={"description": "data:image/png;base64,…"})
    finish = fields.Boolean(load_default=False)
    revision = number("版本", load_default=None, allow_none=True)


class FindingOut(StationSchema):
    id = fields.Integer()
    equipment_id = fields.Integer(allow_none=True)
    symptom = fields.String()
    diagnosis = fields.String()
    basis = fields.String()
    grade = fields.String()
    measure = fields.String()
    who = fields.String()
    deadline = fields.Date()
    state = fields.String()
    repeats_id = fields.Integer(allow_none=True)
    unit_told_at = fields.DateTime(allow_none=True)
    authority_told_at = fields.DateTime(allow_none=True)
    ended_at = fields.DateTime(allow_none=True)


class VisitOut(StationSchema):
    id = fields.Integer()
    number = fields.String()
    enterprise_id = fields.Integer()
    enterprise = fields.String()
    state = fields.String()
    kind = fields.String()
    origin = fields.String()
    planned_on = fields.Date(allow_none=True)
    visited_on = fields.Date(allow_none=True)
    inspector_id = fields.Integer(allow_none=True)
    inspector = fields.String(allow_none=True)
    summary = fields.String()
    minutes = fields.Integer(allow_none=True)
    findings_total = fields.Integer()
    findings_open = fields.Integer()
    signed_by = fields.String()
    revision = fields.Integer()


class VisitWhole(VisitOut):
    devices = fields.List(fields.Integer())
    findings = fields.List(fields.Nested(FindingOut))


class VisitList(StationSchema):
    items = fields.List(fields.Nested(VisitOut))
    total = fields.Integer()
    total_capped = fields.Boolean()
    next = fields.String(allow_none=True)
