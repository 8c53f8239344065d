"""The entries of the left navigation and the phone's bottom bar, in the order people know them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, g, request, session, url_for
from peewee import PeeweeException, Select

from inspect_station.accounts.guard import SAMPLE_KEY
from inspect_station.accounts.scope import ROLE_NAMES, Actor
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.web import now, settings, today
from inspect_station.workcalendar import service as workcalendar

__version__ = "0.1.0"


@dataclass(frozen=True)
class Entry:
    label: str
    endpoint: str
    icon: str
    permission: str = ""
    for_enterprise: bool = True
    for_staff: bool = True
    only_on_phone: bool = False
    # Areas whose pages are tabs of this entry, and the lists whose waiting counts it adds up (for the station's people).
    also: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()


# Only entries whose page exists and which the person may open are shown.
ENTRIES = (
    Entry("首页", "portal.home", "house", for_staff=False),
    Entry("到期清单", "duelist.due_list", "list-check"),
    Entry("设备台账", "registry.equipment_list", "box-seam"),
    Entry("企业", "registry.enterprise_list", "buildings", for_enterprise=False),
    Entry("现场", "casework.field", "clipboard-plus", permission="edit", for_enterprise=False, only_on_phone=True),
    Entry("报检与检验", "casework.cases", "clipboard-check", waits=("casework.cases",)),
    Entry("计划", "planning.board", "calendar3"),
    Entry("工业诊所", "clinic.inbox", "heart-pulse"),
    Entry("提醒", "reminders.messages", "bell", also=("answers", "issuing"), waits=("answers.inbox", "reminders.hand_list")),
    Entry("工作量", "workload.month", "bar-chart", for_enterprise=False),
    Entry("规则", "duelist.rules", "book"),
    Entry("设置", "settings.overview", "gear", permission="settings", for_enterprise=False, also=("staffing", "workcalendar", "persons")),
    Entry("审计", "accounts.audit_trail", "shield-check", permission="audit", for_enterprise=False),
)  # fmt: skip

# The bottom bar of a phone: what each role opens most, the first five that exist.
_PHONE: Mapping[str, Sequence[str]] = {
    "inspector": ("到期清单", "现场", "报检与检验", "工业诊所", "提醒", "设备台账"),
    "head": ("到期清单", "报检与检验", "计划", "提醒", "工作量", "企业"),
    "technical_head": ("到期清单", "设备台账", "报检与检验", "提醒", "规则"),
    "admin": ("到期清单", "设备台账", "企业", "提醒", "设置"),
    "auditor": ("到期清单", "设备台账", "企业", "提醒", "审计"),
    "enterprise": ("首页", "到期清单", "设备台账", "报检与检验", "提醒"),
}
_PHONE_MOST = 5


# Of an endpoint: the query that counts what waits there for this person.
Badges = Mapping[str, Callable[[Actor], Any]]


def install(app: Flask, badges: Badges) -> None:
    today_line = _TodayLine()
    app.context_processor(lambda: _context(app, badges, today_line))


def _context(app: Flask, badges: Badges, today_line: "_TodayLine") -> dict[str, Any]:
    actor: Actor | None = g.get("actor")
    shown = [e for e in ENTRIES if actor and e.endpoint in app.view_functions and _may_open(actor, e)]
    waiting = _waiting(actor, shown, badges)
    here = _here(shown)
    links = {e.label: _link(e, waiting, e is here) for e in shown}
    return {
        "nav": [links[e.label] for e in shown if not e.only_on_phone],
        "nav_phone": _phone(actor, links),
        "waiting": waiting,
        "search_url": url_for("portal.search") if "portal.search" in app.view_functions else "",
        "today_line": today_line() if actor else "",
        "printed_on": today().isoformat(),
        "today": today(),
        "actor": actor,
        "me": {"name": actor.name, "role": ROLE_NAMES[actor.role]} if actor else None,
        "me_links": [
            {"label": "我的账号", "url": url_for("accounts.me"), "icon": "person-circle"},
            {"label": "日历订阅", "url": url_for("feeds.mine"), "icon": "calendar-plus"},
        ],
        "logout_url": url_for("accounts.log_out"),
        "in_drawer": request.headers.get("HX-Target") == "drawer-body",
        "station_name": settings().station_name,
        "station_phone": settings().station_phone,
        "label_address": label_address,
        "sample_data": bool(session.get(SAMPLE_KEY)),
    }


def label_address() -> str:
    """Where the addresses on the devices' labels begin: the device's number follows."""
    return settings().base_url.rstrip("/") + url_for("casework.scan", code="0").removesuffix("0")


class _TodayLine:
    """The day with its weekday and holiday, looked up once a minute rather than for every page."""

    def __init__(self) -> None:
        self._asked: tuple[datetime, Settings] | None = None
        self._words = ""

    def __call__(self) -> str:
        minute = now().replace(second=0, microsecond=0)
        if self._asked != (minute, settings()):
            try:
                self._words, self._asked = workcalendar.describe(minute.date()), (minute, settings())
            except PeeweeException:  # the page that says the database is away must still appear
                return minute.date().isoformat()
        return self._words


def _may_open(actor: Actor, entry: Entry) -> bool:
    allowed = entry.for_staff if actor.is_staff else entry.for_enterprise
    return allowed and (not entry.permission or actor.may(entry.permission))


# The statement of a set of figures, the same for everybody who sees them: the station's people see all rows.
_ASKED: dict[tuple[Any, ...], tuple[str, Sequence[Any]]] = {}


def _waiting(actor: Actor | None, shown: Sequence[Entry], badges: Badges) -> dict[str, int]:
    """How much waits for the station in each list behind the entries, in one statement."""
    counted = [name for entry in shown for name in entry.waits if name in badges]
    if not counted or actor is None or not actor.is_staff:
        return {}
    try:
        asked = _ASKED.get((db.obj, *counted))
        if asked is None:
            query = Select(columns=[badges[endpoint](actor) for endpoint in counted]).bind(db.obj)
            asked = _ASKED[db.obj, *counted] = query.sql()
        return dict(zip(counted, db.execute_sql(*asked).fetchone(), strict=True))
    except PeeweeException:  # the page that says the database is away must still appear
        return {}


def _link(entry: Entry, waiting: Mapping[str, int], active: bool) -> dict[str, Any]:
    count = sum(waiting.get(name, 0) for name in entry.waits)
    return {
        "label": entry.label, "url": url_for(entry.endpoint), "icon": entry.icon, "active": active, "waiting": count,
    }  # fmt: skip


def _phone(actor: Actor | None, links: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = _PHONE.get(actor.role, ()) if actor else ()
    return [links[label] for label in wanted if label in links][:_PHONE_MOST]


def _here(shown: Sequence[Entry]) -> Entry | None:
    """The entry beneath whose address the page lies; else the one whose area it belongs to."""
    return next((e for e in shown if _is_beneath(url_for(e.endpoint))), None) or next(filter(_owns, shown), None)


def _is_beneath(url: str) -> bool:
    return request.path == url or request.path.startswith(f"{url.rstrip('/')}/")


def _owns(entry: Entry) -> bool:
    """An area with several entries belongs to none of them; neither does one's own account belong to the trail."""
    if (request.endpoint or "").startswith("accounts."):
        return False
    area, own = (request.endpoint or "").split(".")[0], entry.endpoint.split(".")[0]
    alone = sum(e.endpoint.startswith(f"{own}.") for e in ENTRIES if not e.only_on_phone) == 1
    return area in entry.also or (area == own and alone and not entry.only_on_phone)
