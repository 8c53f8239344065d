"""为什么是这一天, in words."""

from typing import Any

from flask import url_for

from inspect_station.duelist.listing import device_page
from inspect_station.duelist.reasons import Explanation
from schedules.terms import DecidedBy, DoneBy, Origin, Verified, WarningCode


def explained(explanation: Explanation) -> dict[str, Any]:
    """What the page shows of an explanation."""
    row = explanation.row
    source, range_ = row.get("source"), row.get("range")
    origins = {o.value: o.label for o in Origin}
    basis = [("文件", f"{source['document']} {source['clause']}" if source else "不依据规则推算")]
    if source:
        basis.append(("条文状况", _standing_words(row, source["verified"])))
    if row.get("origin"):
        basis.append(("日期来源", origins[row["origin"]]))
    if range_:
        basis.append(("规则的期限", _range_words(range_)))
    if row.get("latest"):
        basis.append(("规则允许的最晚日期", row["latest"] + _mark(row)))
    if row.get("before_extension"):
        basis.append(("延期之前的日期", row["before_extension"]))
    return {
        "row": row | {"done_by_label": DoneBy(row["done_by"]).label, "because": _because(row)},
        "basis": basis,
        "warnings": [WarningCode(code).label for code in row.get("warnings", ())],
        "unverified": row["unverified"],
        "rule_url": url_for("duelist.rule", key=row["rule"]) if row["rule"] else None,
        "missing": row["missing_labels"],
        "changes": explanation.changes,
        "history": [_past(item) for item in explanation.history],
        "device_url": device_page(row["equipment_id"]),
    }


def _mark(row: dict[str, Any]) -> str:
    """A bound bears the mark, also beside a printed date, until its rule is confirmed."""
    unread = row["source"]["verified"] != Verified.TEXT and not row["confirmed_by"]
    return "（待核实）" if unread else ""


def _standing_words(row: dict[str, Any], verified: str) -> str:
    if row["confirmed_by"]:
        return f"{row['confirmed_by']} 于 {row['confirmed_on']} 对照原文确认"
    return Verified(verified).label


def _because(row: dict[str, Any]) -> list[str]:
    """The steps; what has been confirmed since is no longer called 待核实."""
    said = f"（{row['confirmed_by']}{row['confirmed_on']}已核实）" if row["confirmed_by"] else "（待核实）"
    return [sentence.replace("（待核实）", said) for sentence in row["because"]]


def _range_words(range_: dict[str, Any]) -> str:
    least, most = range_["min_months"], range_["max_months"]
    figures = f"{least} 至 {most} 个月" if least != most and least and most else f"{most or least or '未查实'} 个月"
    who = DecidedBy(range_["decided_by"])
    return figures + ("" if who is DecidedBy.RULE else f"，{who.label}")


def _past(item: dict[str, Any]) -> dict[str, Any]:
    if item["what"] == "extension":
        return {
            "when": item["when"] or "日期不详",
            "title": f"批准延期到 {item['until']}",
            "text": "；".join(t for t in (item["document"], item["reason"]) if t),
            "icon": "calendar-plus",
        }
    parts = (
        item["conclusion"] and f"结论 {item['conclusion']}",
        item["grade"] and f"安全状况等级 {item['grade']} 级",
        item["next_due"] and f"下次检验日期 {item['next_due']}",
        item["report_number"] and f"报告 {item['report_number']}",
    )
    return {
        "when": item["when"] or "日期不详",
        "title": "检验完成",
        "text": "；".join(part for part in parts if part),
        "who": "　".join(t for t in (item["institution"], item["inspectors"]) if t),
        "icon": "clipboard-check",
    }
