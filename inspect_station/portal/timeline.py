"""A device's life in one line: made, used, inspected, stopped, extended, corrected; newest first."""

from collections.abc import Iterator, Sequence
from typing import Any

from inspect_station.registry.words import EQUIPMENT_FIELDS, STATUSES
from schedules.terms import Clock, Conclusion

Row = dict[str, Any]
_CLOCKS = {clock.value: clock.label for clock in Clock}
_STATUS_ICONS = {"in_use": "check-circle", "stopped": "pause-circle"}


def of(
    device: Row,
    inspections: Sequence[Row],
    statuses: Sequence[Row],
    extensions: Sequence[Row],
    changes: Sequence[Row],
    cases: Sequence[Row] = (),
) -> list[Row]:
    """Items for the timeline macro; `when` is the day it happened, not the day it was typed in."""
    items = [
        *_origin(device),
        *map(_inspection, inspections),
        *(_status(row) for row in statuses if row["reason"] != "建档"),
        *map(_extension, extensions),
        *_corrections(changes),
        *cases,
    ]
    return sorted(items, key=lambda item: item["when"], reverse=True)


def _origin(device: Row) -> Iterator[Row]:
    if device["made_on"]:
        yield {"when": device["made_on"], "title": "制造", "text": device["maker"], "icon": "tools"}
    if device["put_into_use_on"]:
        yield {"when": device["put_into_use_on"], "title": "投入使用", "icon": "check-circle"}


def _inspection(row: Row) -> Row:
    parts = [
        row["conclusion"] or "没有结论",
        f"安全状况等级 {row['grade']} 级" if row["grade"] else "",
        f"下次 {row['next_due']}" if row["next_due"] else "",
        f"报告 {row['report_number']}" if row["report_number"] else "",
    ]
    title = _CLOCKS.get(row["clock"], row["clock"])
    if row["replaced_by"]:
        return {
            "when": row["completed_on"] or row["next_due"] or "",
            "title": f"{title}（已更正）",
            "text": f"更正理由：{row['replaced_reason']}",
            "who": _who(row),
            "icon": "pencil",
        }
    return {
        "when": row["completed_on"] or row["recorded_at"].date().isoformat(),
        "title": title if row["completed_on"] else f"{title}（只知道下次日期）",
        "text": " · ".join(part for part in parts if part),
        "who": _who(row),
        "bucket": "forbidden" if _failed(row["conclusion"]) else None,
        "icon": None if _failed(row["conclusion"]) else "clipboard-check",
        "inspection": row["id"],
    }


def _failed(conclusion: str | None) -> bool:
    return any(word.failed for word in Conclusion if word.value == conclusion)


def _status(row: Row) -> Row:
    document = f"（{row['document']}）" if row["document"] else ""
    return {
        "when": row["from_on"] or row["at"].date().isoformat(),
        "title": STATUSES.get(row["status"], row["status"]),
        "text": f"{row['reason']}{document}",
        "who": row["who"] or "",
        "icon": _STATUS_ICONS.get(row["status"], "slash-circle"),
    }


def _extension(row: Row) -> Row:
    gone = "（已撤销）" if row["withdrawn_at"] else ""
    when = row["granted_on"].isoformat() if row["granted_on"] else row["recorded_at"].date().isoformat()
    return {
        "when": when,
        "title": f"{_CLOCKS.get(row['clock'], row['clock'])}延期至 {row['until']}{gone}",
        "text": " · ".join(part for part in (row["document"], row["reason"]) if part),
        "who": _who(row),
        "icon": "calendar-plus",
    }


def _corrections(changes: Sequence[Row]) -> Iterator[Row]:
    for row in changes:
        if (
            row["field"] in EQUIPMENT_FIELDS
            and row["reason"]
            and row["field"] not in {"status", "stopped_on", "restarted_on"}
        ):
            yield {
                "when": row["at"].date().isoformat(),
                "title": f"更正{EQUIPMENT_FIELDS[row['field']]}",
                "text": f"{_shown(row['old'])} → {_shown(row['new'])}；理由：{row['reason']}",
                "who": row["who"] or row["source"],
                "icon": "pencil",
            }


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        return "、".join(f"{k} {v}" for k, v in value.items())
    return "（空）" if value in (None, "") else str(value)


def _who(row: Row) -> str:
    return " · ".join(dict.fromkeys(part for part in (row.get("institution"), row["who"] or row["source"]) if part))
