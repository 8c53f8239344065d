"""Where a row behind a figure leads, and the words around it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import url_for

from inspect_station.accounts.scope import Actor
from inspect_station.registry import service as registry
from inspect_station.workcalendar import service as workcalendar
from inspect_station.workload.definitions import BUSINESS, GRADES
from schedules.terms import Clock

_PAGES = {
    "report": ("检验报告", "casework.report", "report_id"),
    "application": ("报检", "casework.case", "application_id"),
    "finding": ("检验意见通知书", "casework.finding", "notice_id"),
    "message": ("提醒", "reminders.message", "message_id"),
    "visit": ("出诊", "clinic.visit", "visit_id"),
    "clinic": ("诊所发现", "clinic.finding", "finding_id"),
    "planned": ("计划内的检验", "planning.visit", "visit_id"),
    "firm": ("企业", "portal.enterprise", "enterprise_id"),
}


def clock_label(clock: str | None) -> str:
    return Clock(clock).label if clock else ""


def of_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """`what`, `url` and words of a row: the device's page, or that of the case, report, finding, message or firm."""
    sort, _, number = row["ref"].partition(":")
    found = {
        "clock_label": clock_label(row["clock"]),
        "business_label": {**BUSINESS, **GRADES}.get(row["business"], ""),
    }
    if sort in _PAGES:
        what, endpoint, argument = _PAGES[sort]
        return found | {"what": what, "number": number, "url": _address(endpoint, {argument: int(number)})}
    name = f"{row['name']} {row['line_number'] or row['own_number']}".strip()
    return found | {"what": name, "number": "", "url": url_for("portal.device", equipment_id=row["equipment_id"])}


def of_entry(ref: str, number: str) -> tuple[str, str]:
    """What an entry of a person's is, in words, and its page."""
    sort, _, key = ref.partition(":")
    what, endpoint, argument = _PAGES[sort]
    return f"{what} {number}".strip(), _address(endpoint, {argument: int(key)})


def _address(endpoint: str, values: dict[str, Any]) -> str:
    return url_for(endpoint, **values)


def firm_name(actor: Actor, enterprise_id: int) -> str:
    return str(registry.enterprises.get(actor, enterprise_id)["name"])


def day_words(day: date) -> str:
    return workcalendar.describe(day)
