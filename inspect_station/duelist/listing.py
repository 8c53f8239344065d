"""What the page 到期清单 shows around its rows: tabs, chips, columns, sort links."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from flask import current_app, url_for

from inspect_station.accounts.scope import Actor
from inspect_station.duelist import buckets, extras, query, service
from inspect_station.duelist.query import Filters
from schedules.terms import GRADES, Bucket, Clock, DoneBy, Kind

_COLUMNS: tuple[dict[str, Any], ...] = (
    {"key": "state", "label": "状态", "sort": "bucket"},
    {"key": "enterprise", "label": "企业", "sort": "enterprise"},
    {"key": "device", "label": "设备", "sort": "name"},
    {"key": "clock", "label": "检验项目"},
    {"key": "due", "label": "到期日期", "sort": "due"},
    {"key": "apply", "label": "最迟报检", "optional": True},
    {"key": "work", "label": "办理情况", "optional": True},
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
    "work": "办理情况",
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
        asked = {name: value for name, value in state.items() if value is not None and value != ()}
        # A page asks for two dozen of these: the path is found once, and no address is built for the sake of its query.
        path = self._paths.get(endpoint) or self._paths.setdefault(endpoint, url_for(endpoint))
        return f"{path}?{urlencode(asked, doseq=True)}" if asked else path

    @cached_property
    def _paths(self) -> dict[str, str]:
        return {}


def shown(actor: Actor, address: Address, counts: dict[str, int], names: dict[str, str]) -> dict[str, Any]:
    """Everything but the rows. `names` gives the words for a firm and a person that the rows already told."""
    active = address.filters.bucket or "all"
    return {
        "address": address,
        "filters": address.filters,
        "active": active,
        "counts": {name: capped(count) for name, count in counts.items()},
        "total_text": _total_words(counts, active),
        "tabs": {"all": address.url(bucket=None)} | {str(b): address.url(bucket=b.value) for b in buckets.ORDER},
        "tab_order": ["all", *map(str, buckets.ORDER)],
        "chips": _chips(address, names),
        "clear_url": url_for("duelist.due_list", bucket=address.filters.bucket, view=_flat(address.view)),
        "columns": _columns(address),
        "DONE_BY": {d.value: d.label for d in DoneBy},
        "empty_words": _EMPTY,
        "batch_actions": _batch_actions(actor),
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
PRINTED = [
    {"key": name, "label": label}
    for name, label in (
        ("state", "状态"), ("enterprise", "企业"), ("device", "设备"), ("clock", "检验项目"),
        ("due", "到期日期"), ("apply", "最迟报检"), ("inspector", "责任检验员"),
    )
]  # fmt: skip


# Pages of areas above this one: linked where they exist.
_DEVICE_PAGE, _IMPORT_PAGE, _REMIND_PAGE = "portal.device", "registry.import_list", "reminders.draft"
_NOTICE_PAGE = "issuing.draft"


def _has(endpoint: str) -> bool:
    return endpoint in current_app.view_functions


def device_page(equipment_id: int) -> str | None:
    return url_for(_DEVICE_PAGE, equipment_id=equipment_id) if _has(_DEVICE_PAGE) else None


def _batch_actions(actor: Actor) -> list[dict[str, Any]]:
    """What may be done with the ticked rows; they go along as `ids`."""
    actions: list[dict[str, Any]] = [
        {"label": "导出", "icon": "download", "name": "format", "value": "xlsx"},
        {"label": "打印", "icon": "printer", "url": url_for("duelist.print_list"), "name": "format", "value": "xlsx"},
    ]
    for endpoint, label, icon, permission in reversed(extras.current().actions):
        if actor.may(permission) if permission != "apply" else actor.may("edit") or not actor.is_staff:
            actions.insert(0, {"label": label, "icon": icon, "url": url_for(endpoint), "primary": not actor.is_staff})
    if actor.may("remind") and _has(_REMIND_PAGE):
        if _has(_NOTICE_PAGE):
            actions.insert(0, {"label": "打印通知", "icon": "file-earmark-pdf", "url": url_for(_NOTICE_PAGE)})
        actions.insert(0, {"label": "发提醒", "icon": "send", "url": url_for(_REMIND_PAGE), "primary": True})
    return actions


def _import_url(actor: Actor) -> str | None:
    return url_for(_IMPORT_PAGE) if actor.may("import") and _has(_IMPORT_PAGE) else None


def _total_words(counts: dict[str, int], active: str) -> str:
    """Pipes are counted in lines and metres, too."""
    words = f"共 {capped(counts[active])} 项"
    if "lines" in counts:
        words += f"，{counts['lines']} 条管线，{int(counts['length_mm']) / 1000:,.1f} 米"
    return words


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
    def without(rest: dict[str, Any]) -> str:
        return replace(address, filters=Filters(**rest)).url()

    return chips_by(address.filters, names, without)


def chips_by(filters: Filters, names: dict[str, str], url: Callable[[dict[str, Any]], str]) -> list[dict[str, str]]:
    """What each filter holds, with the address that remains when it is taken away."""
    held = filters.held()
    return [
        {
            "label": _FILTER_LABELS[name],
            "value": _word(name, value, names),
            "clear_url": url({n: v for n, v in held.items() if n != name}),
        }
        for name, value in held.items()
        if name in _FILTER_LABELS
    ]


def _word(name: str, value: Any, names: dict[str, str]) -> str:
    words: dict[str, Any] = {"kind": Kind, "clock": Clock, "done_by": DoneBy}
    if name in words:
        return str(words[name](value).label)
    if name == "mark":
        return MARKS[value]
    if name == "work":
        return extras.current().filters[value][0]
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
    offered["work"] = [(word, label) for word, (label, _) in extras.current().filters.items()]
    return {"offered": offered | choices | {"mark": list(MARKS.items()), "grade": [(g, f"{g} 级") for g in GRADES]}}
