"""办理情况 on the due list: the open finding, case, report or reason of a row, and the words to filter by."""

from collections.abc import Mapping
from typing import Any

from inspect_station.casework import words
from inspect_station.db import moment
from inspect_station.duelist.extras import Extras

# ruff: noqa: S608  names and words of our own only; the reader's values are bound parameters

_ROW = "x.equipment_id = d.equipment_id AND x.clock = d.clock"
_ITEM = f"FROM application_item x WHERE {_ROW} AND x.open"
_CASE = (
    "(SELECT 'case|' || x.application_id || '|' || a.state || '|' || CAST(a.submitted_at AS text) || '|' || "
    "COALESCE(CAST(t.agreed_on AS text), '') FROM application_item x JOIN application a ON a.id = x.application_id "
    f"LEFT JOIN task t ON t.id = x.task_id WHERE {_ROW} AND x.open LIMIT 1)"
)
_FINDING_ROW = f"FROM finding_notice x WHERE {_ROW} AND x.state IN ('issued', 'replied', 'passed')"
_FINDING = (
    f"(SELECT 'finding|' || x.id || '|' || x.state || '|' || CAST(x.deadline AS text) {_FINDING_ROW} "
    "ORDER BY x.deadline LIMIT 1)"
)
_REPORT_ROW = f"FROM report_item x JOIN report r ON r.id = x.report_id WHERE {_ROW} AND r.stage <> 'issued'"
_REPORT = f"(SELECT 'report|' || r.id || '|' || CAST(r.completed_on AS text) {_REPORT_ROW} LIMIT 1)"
_REASON_ROW = f"FROM reason x WHERE {_ROW} AND x.ended_at IS NULL"
_REASON = f"(SELECT 'reason|' || x.code || '|' || CAST(x.on_day AS text) {_REASON_ROW} ORDER BY x.id DESC LIMIT 1)"


def read(text: str) -> Mapping[str, Any]:
    """What the list shows of a remark: words, and the address behind them."""
    what, *rest = text.split("|")
    found: Mapping[str, Any] = _READERS[what](*rest)
    return found


def _case(number: str, state: str, submitted_at: str, agreed_on: str) -> Mapping[str, Any]:
    at = moment(submitted_at)
    assert at is not None
    name = words.number_of(int(number), at)
    said = f"约定 {agreed_on} 检验" if agreed_on else words.STATES[state][0]
    return {"words": said, "note": name, "url": f"/cases/{number}"}


def _finding(number: str, state: str, deadline: str) -> Mapping[str, Any]:
    said = {"issued": f"待整改，期限 {deadline}", "replied": "已回复，待复检", "passed": "复检通过，待确认"}[state]
    return {"words": said, "note": "检验意见通知书", "url": f"/findings/{number}", "deadline": deadline}


def _report(number: str, completed_on: str) -> Mapping[str, Any]:
    return {"words": f"{completed_on} 已检验，报告待出", "note": "", "url": f"/reports/{number}"}


def _reason(code: str, on_day: str) -> Mapping[str, Any]:
    return {"words": words.REASONS[code].label, "note": on_day, "url": ""}


_READERS: Mapping[str, Any] = {"case": _case, "finding": _finding, "report": _report, "reason": _reason}


def _filters() -> dict[str, tuple[str, str]]:
    """Applied and waiting for us is never counted as not applied."""
    agreed = "EXISTS (SELECT 1 FROM task t WHERE t.id = x.task_id AND t.agreed_on IS NOT NULL)"
    found = {
        "applied": ("已报检，等我站", f"EXISTS (SELECT 1 {_ITEM} AND NOT {agreed})"),
        "agreed": ("已约定日期", f"EXISTS (SELECT 1 {_ITEM} AND {agreed})"),
        "report": ("已检验，报告待出", f"EXISTS (SELECT 1 {_REPORT_ROW})"),
        "finding": ("待整改", f"EXISTS (SELECT 1 {_FINDING_ROW})"),
        "finding_overdue": (
            "整改超期",
            f"EXISTS (SELECT 1 FROM finding_notice x WHERE {_ROW} AND x.state = 'issued' AND x.deadline < :today)",
        ),
        "reason": ("有未检原因", f"EXISTS (SELECT 1 {_REASON_ROW})"),
        "none": (
            "未报检，没有原因",
            f"NOT EXISTS (SELECT 1 {_ITEM}) AND NOT EXISTS (SELECT 1 {_REPORT_ROW}) "
            f"AND NOT EXISTS (SELECT 1 {_FINDING_ROW}) AND NOT EXISTS (SELECT 1 {_REASON_ROW})",
        ),
    }
    for code, kind in words.REASONS.items():
        found[f"reason.{code}"] = (kind.label, f"EXISTS (SELECT 1 {_REASON_ROW} AND x.code = '{code}')")
    return found


EXTRAS = Extras(
    remark=f"COALESCE({_FINDING}, {_CASE}, {_REPORT}, {_REASON})",
    read=read,
    filters=_filters(),
    actions=(
        ("casework.new_application", "登记报检", "send-check", "apply"),
        ("casework.new_result", "登记检验", "clipboard-plus", "edit"),
        ("casework.new_reason", "写原因", "pencil", "edit"),
    ),
)
