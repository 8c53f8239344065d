"""What the forms of the clinic share."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, request, url_for

from inspect_station.errors import Conflict, InvalidInput, Stale, StationError

LABELS = {
    "kind": "类别", "question": "想问的事", "asked_by": "提出人", "phone": "电话", "source": "怎么提出的", "devices": "设备",
    "photos": "照片", "enterprise": "企业", "text": "内容", "closing": "办理结果", "keeper": "首问负责人", "planned_on": "出诊日期",
    "inspector": "检验员", "reason": "原因", "place": "地点", "minutes": "用时", "summary": "小结", "signature": "签字",
    "signed_by": "签字人", "unsigned_reason": "没有签字的原因", "topic": "想咨询什么", "slot": "时段", "day": "日期", "start": "开始",
    "end": "结束", "each": "每次分钟", "reply": "整改情况", "outcome": "回访结果", "remark": "说明", "deadline": "期限",
    "unit": "告知使用单位", "authority": "报告监管部门", "symptom": "症状", "measure": "处方", "grade": "等级", "days": "整改天数",
    "object": "是哪一类东西", "name": "名称", "code": "种类代码", "_": "出诊",
}  # fmt: skip


def save(act: Callable[[], str], said: str, again: Callable[[StationError], str]) -> Any:
    """Do `act`, say so and go where it leads; on a refusal show the form again with what was typed."""
    try:
        target = act()
    except (InvalidInput, Conflict, Stale) as error:
        return again(error), error.http_status
    flash(said, "success")
    return redirect(target)


def typed(*names: str) -> dict[str, str]:
    """These fields of the submitted form that hold something."""
    found = {name: request.form.get(name, "").strip() for name in names}
    return {name: value for name, value in found.items() if value}


def whole_numbers(texts: Sequence[str], most: int = 500) -> list[int]:
    """The ids among what was sent; anything that is no number is no id."""
    return [int(t) for t in texts[:most] if t.isascii() and t.isdigit() and len(t) < 10]


def first_number(text: str | None) -> int | None:
    return next(iter(whole_numbers([text or ""])), None)


def pictures(field: str) -> list[tuple[str, bytes]]:
    """The files chosen in a field: name and content. An empty box sends a file without a name."""
    return [(file.filename or "", file.read()) for file in request.files.getlist(field) if file.filename]


def paragraph(field: str, most: int) -> str:
    """Text of a field without the one character that PostgreSQL cannot keep."""
    return request.form.get(field, "").replace("\0", "")[:most]


def address(endpoint: str, /, **changed: Any) -> str:
    """This list's address with some of its filters changed."""
    state = {k: v for k, v in request.args.items() if v and k != "cursor"} | changed
    kept = {k: v for k, v in state.items() if v not in (None, "")}
    return url_for(endpoint) + (f"?{urlencode(kept)}" if kept else "")


def asked() -> dict[str, str]:
    """The query as it stands, empty fields left out."""
    return {name: value for name, value in request.args.items() if value}
