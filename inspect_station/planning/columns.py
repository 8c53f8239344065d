"""Visits of the plan as a list for a workbook."""

from collections.abc import Iterable, Iterator
from typing import Any

from inspect_station.export import Column
from inspect_station.planning.reading import Visit
from inspect_station.planning.words import WEEKDAYS, clock_time

VISITS = (
    Column("日期", "on", 12),
    Column("星期", "weekday", 6),
    Column("开始", "start", 8),
    Column("结束", "end", 8),
    Column("企业", "enterprise", 30),
    Column("检验什么", "what", 36),
    Column("项数", "count", 8),
    Column("已完成", "done", 8),
    Column("检验员", "people", 20),
    Column("企业答复", "answer", 14),
    Column("企业希望的日期", "counter_on", 14),
    Column("企业的说明", "note", 30),
    Column("已固定", "pinned", 8),
)
_ANSWERS = {"agreed": "已约定", "countered": "另有意见", "": "未答复"}


def rows(visits: Iterable[Visit]) -> Iterator[dict[str, Any]]:
    """One row a visit, in the order given."""
    for visit in visits:
        yield {
            "on": visit.on,
            "weekday": f"周{WEEKDAYS[visit.on.weekday()]}",
            "start": clock_time(visit.start),
            "end": clock_time(visit.end),
            "enterprise": visit.enterprise,
            "what": visit.summary,
            "count": visit.count,
            "done": visit.done,
            "people": "、".join(name for _, name in visit.people),
            "answer": _ANSWERS.get(visit.answer, visit.answer),
            "counter_on": visit.counter_on,
            "note": visit.answer_note,
            "pinned": "是" if visit.pinned else "",
        }
