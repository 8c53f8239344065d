"""What the page 到期清单 shows around its rows: tabs, chips, columns, sort links, the month grid."""

from calendar import Calendar
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app, url_for

from inspect_station.accounts.scope import Actor
from inspect_station.duelist import buckets, query, service
from inspect_station.duelist.query import Filters
from inspect_station.duelist.reasons import Explanation
from schedules.terms import GRADES, Bucket, Clock, DecidedBy, DoneBy, Kind, Origin, Verified, WarningCode

_COLUMNS: tuple[dict[str, Any], ...] = (
    {"key": "state", "label": "状态", "sort": "bucket"},
    {"key": "enterprise", "label": "企业", "sort": "enterprise"},
    {"key": "device", "label": "设备", "sort": "name"},
    {"key": "clock", "label": "检验项目"},
    {"key": "due", "label": "到期日期", "sort": "due"},
    {"key": "apply", "label": "最迟报检", "optional": True},
    {"key": "done_by", "label": "由谁做", "optional": True, "hidden": True},
    {"key": "grade", "label": "等级", "optional": True, "hidden": True},
    {"key": "inspector", "label": "责任检验员", "optional": True},
    {"key": "source", "label": "依据", "optional": True, "hidden": True},
)
_FILTER_LABELS = {
    "enterprise": "企业",
    "kind": "种类",
    "clock": "项目",
    "grade": "安全状况等级",
    "month": "到期月份",
    "responsible": "责任检验员",
    "mark": "核实",
    "done_by": "由谁做",
    "until": "到期不晚于",
    "q": "搜索",
    "rule": "依据规则",
}
MARKS = {"unverified": "待核实", "verified": "已核实"}


@dataclass(frozen=True)
class Address:
    """The whole state of the list, as its address holds it."""

    filters: Filters
    view: str
    sort: str
    per_page: int

    def url(self, endpoint: str = "duelist.due_list", **changes: Any) -> str:
        state = self.filters.held()
        state |= {
            "view": self.view if self.view != "firms" else None,
            "sort": self.sort if self.sort != "due" else None,
        }
        state |= {"per_page": self.per_page if self.per_page != 50 else None} | changes
        return url_for(endpoint, **{name: value for name, value in state.items() if value is not None})


def shown(actor: Actor, address: Address, counts: dict[str, int], names: dict[str, str]) -> dict[str, Any]:
    """Everything but the rows. `names` gives the words for a firm and a person that the rows already told."""
    active = address.filters.bucket or "all"
    return {
        "address": address,
        "filters": address.filters,
        "active": active,
        "counts": {name: capped(count) for name, count in counts.items()},
        "total_text": f"共 {capped(counts[active])} 项",
        "tabs": {"all": address.url(bucket=None)} | {str(b): address.url(bucket=b.value) for b in buckets.ORDER},
        "tab_order": ["all", *map(str, buckets.ORDER)],
        "chips": _chips(address, names),
        "clear_url": url_for("duelist.due_list", bucket=address.filters.bucket, view=_flat(address.view)),
        "columns": _columns(address),
        "DONE_BY": {d.value: d.label for d in DoneBy},
        "empty_words": _EMPTY,
        "batch_actions": _BATCH,
        "device_page": _has(_DEVICE_PAGE),
        "import_url": _import_url(actor),
    }


_EMPTY = {
    Bucket.FORBIDDEN: "没有必须停止使用的在用设备。",
    Bucket.OVERDUE: "所有推算得出的日期都还没有过。",
    Bucket.APPLY_NOW: "一个月内没有到期而须报检的项目。",
    Bucket.APPROACHING: "90 天内没有临近到期的项目。",
    Bucket.OK: "没有日期在 90 天以后的项目。",
    Bucket.UNDETERMINED: "每一项的日期都能推算出来。",
    Bucket.DATE_MISSING: "推算所需的日期都已登记。",
    Bucket.STOPPED: "没有办理停用的设备。",
    Bucket.NONE: "没有不适用的项目。",
}
# Reminders add theirs through the page's own address: the rows ticked go along as `ids`.
_BATCH = [
    {"label": "导出", "icon": "download", "name": "format", "value": "xlsx"},
    {"label": "打印", "icon": "printer", "url": "/due/print", "name": "format", "value": "xlsx"},
]
PRINTED = [
    {"key": name, "label": label}
    for name, label in (
        ("state", "状态"), ("enterprise", "企业"), ("device", "设备"), ("clock", "检验项目"),
        ("due", "到期日期"), ("apply", "最迟报检"), ("inspector", "责任检验员"),
    )
]  # fmt: skip


# Pages of areas above this one: linked where they exist.
_DEVICE_PAGE, _IMPORT_PAGE = "portal.device", "registry.imports"


def _has(endpoint: str) -> bool:
    return endpoint in current_app.view_functions


def _import_url(actor: Actor) -> str | None:
    return url_for(_IMPORT_PAGE) if actor.may("import") and _has(_IMPORT_PAGE) else None


def explained(explanation: Explanation) -> dict[str, Any]:
    """为什么是这一天, in words."""
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
        basis.append(("规则允许的最晚日期", row["latest"]))
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
        "device_url": url_for(_DEVICE_PAGE, equipment_id=row["equipment_id"]) if _has(_DEVICE_PAGE) else None,
    }


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


def _flat(view: str) -> str | None:
    return view if view != "firms" else None


def capped(count: int) -> str:
    return f"{query.TOTAL_CAP}+" if count > query.TOTAL_CAP else str(count)


def _columns(address: Address) -> list[dict[str, Any]]:
    grouped = address.view == "firms" and address.sort == "due"
    chosen = [dict(c) for c in _COLUMNS if not (grouped and c["key"] == "enterprise")]
    for column in chosen:
        if "sort" in column:
            name = column.pop("sort")
            held = address.sort.removeprefix("-") == name
            down = address.sort.startswith("-")
            column["sort"] = ("descending" if down else "ascending") if held else None
            other = name if not held or down else f"-{name}"
            column["sort_url"] = address.url(sort=other, view="flat" if other != "due" else _flat(address.view))
    return chosen


def _chips(address: Address, names: dict[str, str]) -> list[dict[str, str]]:
    held = {name: value for name, value in address.filters.held().items() if name in _FILTER_LABELS}
    return [
        {
            "label": _FILTER_LABELS[name],
            "value": _word(name, value, names),
            "clear_url": address.url("duelist.due_list", **{name: None}),
        }
        for name, value in held.items()
    ]


def _word(name: str, value: Any, names: dict[str, str]) -> str:
    words: dict[str, Any] = {"kind": Kind, "clock": Clock, "done_by": DoneBy}
    if name in words:
        return str(words[name](value).label)
    if name == "mark":
        return MARKS[value]
    return names.get(name, str(value))


def words_of(actor: Actor, filters: Filters) -> list[tuple[str, str]]:
    """The filters in words, for a printed page and an exported sheet."""
    names = service.names_of(actor, filters)
    first = [("状态", Bucket(filters.bucket).label)] if filters.bucket else []
    rest = [(_FILTER_LABELS[n], _word(n, v, names)) for n, v in filters.held().items() if n in _FILTER_LABELS]
    return first + rest


def names_from(rows: list[dict[str, Any]]) -> dict[str, str]:
    """The firm's and the person's name, taken from a row shown: no further statement."""
    if not rows:
        return {}
    return {"enterprise": rows[0]["enterprise"], "responsible": rows[0]["responsible"] or "未指定"}


def options(choices: dict[str, list[tuple[int, str]]]) -> dict[str, Any]:
    """What each select of the filter form offers."""
    words = {"kind": Kind, "clock": Clock, "done_by": DoneBy, "bucket": buckets.ORDER}
    offered: dict[str, Any] = {name: [(t.value, t.label) for t in terms] for name, terms in words.items()}
    return {"offered": offered | choices | {"mark": list(MARKS.items()), "grade": [(g, f"{g} 级") for g in GRADES]}}


# --- the month ------------------------------------------------------------------------------------------------------

_SHOWN_IN_A_DAY = 4


def calendar(actor: Actor, filters: Filters, today: date) -> dict[str, Any]:
    """The month grid: what falls due on each day; dates known to the month only stand on its last day."""
    year, month = _year_month(filters.month, today)
    narrowed = filters.without("month")
    rows = service.calendar_month(actor, year, month, narrowed, today)
    by_day: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_day.setdefault(row["sort_on"], []).append(row)
    address = Address(narrowed, "flat", "due", 50)
    weeks = [
        [_cell(day, month, by_day.get(day.isoformat(), []), address, today) for day in week]
        for week in Calendar().monthdatescalendar(year, month)
    ]
    first = date(year, month, 1)
    return {
        "weeks": weeks,
        "title": f"{year} 年 {month} 月",
        "count": len(rows),
        "month_only": sum(row["precision"] == "month" for row in rows),
        "months": service.calendar_counts(actor, today.replace(day=1), 12, narrowed, today),
        "here": f"{year:04}-{month:02}",
        "prev_url": _month_url(narrowed, service.month_after(first, -1)),
        "next_url": _month_url(narrowed, service.month_after(first, 1)),
        "today_url": _month_url(narrowed, (today.year, today.month)),
        "chips": _chips_of_calendar(actor, narrowed, f"{year:04}-{month:02}"),
        "list_url": address.url(month=f"{year:04}-{month:02}", view=None),
        "month_url": lambda text: url_for("duelist.calendar", **narrowed.held() | {"month": text}),
    }


def _chips_of_calendar(actor: Actor, filters: Filters, month: str) -> list[dict[str, str]]:
    names = service.names_of(actor, filters)
    held = {n: v for n, v in filters.held().items() if n in _FILTER_LABELS}
    return [
        {
            "label": _FILTER_LABELS[name],
            "value": _word(name, value, names),
            "clear_url": url_for(
                "duelist.calendar", **{n: v for n, v in held.items() if n != name} | {"month": month}
            ),
        }
        for name, value in held.items()
    ]


def _year_month(text: str | None, today: date) -> tuple[int, int]:
    return (int(text[:4]), int(text[5:7])) if text else (today.year, today.month)


def _month_url(filters: Filters, year_month: tuple[int, int]) -> str:
    return url_for("duelist.calendar", **filters.held() | {"month": f"{year_month[0]:04}-{year_month[1]:02}"})


def _cell(day: date, month: int, rows: list[dict[str, Any]], address: Address, today: date) -> dict[str, Any]:
    inside = day.month == month
    items = [
        {
            "label": f"{row['name']} {row['own_number']} {Clock(row['clock']).label}".replace("  ", " "),
            "bucket": row["bucket"],
            "url": url_for("duelist.why", equipment_id=row["equipment_id"], clock=row["clock"]),
        }
        for row in rows[:_SHOWN_IN_A_DAY]
    ]
    return {
        "date": day.isoformat(),
        "day": day.day,
        "in_month": inside,
        "today": day == today,
        "rest": day.weekday() >= 5,
        "note": "",
        "items": items if inside else [],
        "more": max(0, len(rows) - _SHOWN_IN_A_DAY) if inside else 0,
        "more_url": address.url(month=day.isoformat()[:7]),
    }
