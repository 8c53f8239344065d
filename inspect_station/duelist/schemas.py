"""What may be asked of the due list and of the rules."""

from marshmallow import ValidationError, fields, validate

from inspect_station.duelist import buckets, extras, query
from inspect_station.validation import StationSchema
from inspect_station.web import PER_PAGE_MOST
from schedules.terms import GRADES, Clock, DoneBy, Kind

_MONTH = validate.Regexp(r"(19|20|21)\d\d-(0[1-9]|1[0-2])$", error="月份应写成 2026-12 的样子")
_SORTS = [direction + name for name in query.SORTS for direction in ("", "-")]


def _one_of(values: object, label: str, **options: object) -> fields.String:
    allowed = [str(value) for value in values]  # type: ignore[attr-defined]
    return fields.String(validate=validate.OneOf(allowed), metadata={"label": label}, **options)  # type: ignore[arg-type]


def _known_work(value: str) -> None:
    if value not in extras.current().filters:
        raise ValidationError("没有这种办理情况")


class DueFilterSchema(StationSchema):
    """The filters of the list; every one may be left out."""

    bucket = _one_of(buckets.ORDER, "状态")
    enterprise = fields.Integer(validate=validate.Range(1, 2**31 - 1), metadata={"label": "企业编号"})
    kind = _one_of(Kind, "设备种类")
    clock = _one_of(Clock, "检验项目")
    grade = fields.Integer(validate=validate.OneOf(GRADES), metadata={"label": "安全状况等级"})
    month = fields.String(validate=_MONTH, metadata={"label": "到期月份"})
    responsible = fields.Integer(validate=validate.Range(1, 2**31 - 1), metadata={"label": "责任检验员"})
    mark = _one_of(("verified", "unverified"), "待核实")
    done_by = _one_of(DoneBy, "由谁做")
    until = fields.Date(metadata={"label": "到期不晚于"})
    q = fields.String(validate=validate.Length(max=60), metadata={"label": "搜索"})
    work = fields.String(validate=_known_work, metadata={"label": "办理情况"})
    rule = fields.String(validate=validate.Length(max=100), metadata={"label": "所依据的规则"})


class DueQuerySchema(DueFilterSchema):
    """A page of the list as JSON."""

    sort = _one_of(_SORTS, "排序", load_default="due")
    cursor = fields.String(validate=validate.Length(max=500), metadata={"label": "翻页标记"})
    per_page = fields.Integer(
        load_default=50, validate=validate.Range(1, PER_PAGE_MOST), metadata={"label": "每页条数"}
    )


class DuePageSchema(DueQuerySchema):
    """The page 到期清单: also grouped by firm, and backwards."""

    view = _one_of(("firms", "flat"), "看法", load_default="firms")
    before = fields.String(validate=validate.Length(max=500))


class ExportSchema(DueFilterSchema):
    sort = _one_of(_SORTS, "排序", load_default="due")
    format = _one_of(("xlsx", "csv"), "文件格式", load_default="xlsx")


class CalendarSchema(DueFilterSchema):
    pass


class ConfirmationSchema(StationSchema):
    digest = fields.String(required=True, validate=validate.Length(1, 64))
    clause_text = fields.String(load_default="", validate=validate.Length(max=5000), metadata={"label": "条文原文"})
    remark = fields.String(load_default="", validate=validate.Length(max=1000), metadata={"label": "备注"})


class WithdrawalSchema(StationSchema):
    reason = fields.String(required=True, validate=validate.Length(1, 300), metadata={"label": "撤回的原因"})
