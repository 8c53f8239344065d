"""The entries of the left navigation and the phone's bottom bar, in the order people know them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, g, request, session, url_for
from peewee import PeeweeException, Select

from inspect_station.accounts.guard import SAMPLE_KEY
from inspect_station.accounts.scope import ROLE_NAMES, Actor
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
    on_phone: bool = False
    for_enterprise: bool = True
    for_staff: bool = True


# Only entries whose page exists and which the person may open are shown.
ENTRIES = (
    Entry("首页", "portal.home", "house", on_phone=True, for_staff=False),
    Entry("到期清单", "duelist.due_list", "list-check", on_phone=True),
    Entry("设备台账", "registry.equipment_list", "box-seam", on_phone=True),
    Entry("企业", "registry.enterprise_list", "buildings", on_phone=True, for_enterprise=False),
    Entry("报检与检验", "casework.cases", "clipboard-check", on_phone=True),
    Entry("计划", "planning.board", "calendar3"),
    Entry("工业诊所", "clinic.inbox", "heart-pulse"),
    Entry("提醒", "reminders.messages", "bell", on_phone=True),
    Entry("答复", "answers.inbox", "inbox", for_enterprise=False),
    Entry("工作量", "workload.month", "bar-chart", for_enterprise=False),
    Entry("规则", "duelist.rules", "book"),
    Entry("设置", "settings.overview", "gear", permission="settings", for_enterprise=False),
    Entry("审计", "accounts.audit_trail", "shield-check", permission="audit", for_enterprise=False),
)


# Of an endpoint: the query that counts what waits there for this person.
Badges = Mapping[str, Callable[[Actor], Any]]


def install(app: Flask, badges: Badges) -> None:
    today_line = _TodayLine()
    app.context_processor(lambda: _context(app, badges, today_line))


def _context(app: Flask, badges: Badges, today_line: "_TodayLine") -> dict[str, Any]:
    actor: Actor | None = g.get("actor")
    shown = [e for e in ENTRIES if actor and e.endpoint in app.view_functions and _may_open(actor, e)]
    waiting = _waiting(actor, shown, badges)
    links = [_link(e, waiting.get(e.endpoint, 0)) for e in shown]
    return {
        "nav": links,
        "nav_phone": [link for link, e in zip(links, shown, strict=True) if e.on_phone][:5],
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
        "asset_version": __version__,
        "in_drawer": request.headers.get("HX-Target") == "drawer-body",
        "station_name": settings().station_name,
        "station_phone": settings().station_phone,
        "sample_data": bool(session.get(SAMPLE_KEY)),
    }


class _TodayLine:
    """The day with its weekday and holiday, looked up once a minute rather than for every page."""

    def __init__(self) -> None:
        self._minute: datetime | None = None
        self._words = ""

    def __call__(self) -> str:
        minute = now().replace(second=0, microsecond=0)
        if minute != self._minute:
            try:
                self._words, self._minute = workcalendar.describe(minute.date()), minute
            except PeeweeException:  # the page that says the database is away must still appear
                return minute.date().isoformat()
        return self._words


def _may_open(actor: Actor, entry: Entry) -> bool:
    allowed = entry.for_staff if actor.is_staff else entry.for_enterprise
    return allowed and (not entry.permission or actor.may(entry.permission))


def _waiting(actor: Actor | None, shown: Sequence[Entry], badges: Badges) -> dict[str, int]:
    """How much waits behind each entry, in one statement."""
    counted = [entry.endpoint for entry in shown if entry.endpoint in badges]
    if not counted or actor is None:
        return {}
    try:
        query = Select(columns=[badges[endpoint](actor) for endpoint in counted]).bind(db.obj)
        return dict(zip(counted, *query.tuples(), strict=True))
    except PeeweeException:  # the page that says the database is away must still appear
        return {}


def _link(entry: Entry, waiting: int) -> dict[str, Any]:
    url = url_for(entry.endpoint)
    return {"label": entry.label, "url": url, "icon": entry.icon, "active": _is_here(entry, url), "waiting": waiting}


def _is_here(entry: Entry, url: str) -> bool:
    """Beneath the entry's own address; else in its area, unless the area has several entries."""
    if request.path == url or request.path.startswith(f"{url.rstrip('/')}/"):
        return True
    area = entry.endpoint.split(".")[0]
    alone = sum(e.endpoint.startswith(f"{area}.") for e in ENTRIES) == 1
    return alone and (request.endpoint or "").split(".")[0] == area
