"""The month calendar of due dates."""

from calendar import Calendar
from datetime import date
from typing import Any

from flask import url_for

from inspect_station.accounts.scope import Actor
from inspect_station.duelist import service
from inspect_station.duelist.listing import Address, chips_by
from inspect_station.duelist.query import Filters
from inspect_station.workcalendar import service as workcalendar
from schedules.terms import Clock

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
    days = Calendar().monthdatescalendar(year, month)
    marks = workcalendar.marks(days[0][0], days[-1][-1])
    weeks = [
        [_cell(day, month, by_day.get(day.isoformat(), []), address, today, marks.get(day)) for day in week]
        for week in days
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
        "chips": chips_by(
            narrowed,
            service.names_of(actor, narrowed),
            lambda rest: url_for("duelist.calendar", **rest | {"month": f"{year:04}-{month:02}"}),
        ),
        "list_url": address.url(month=f"{year:04}-{month:02}", view=None),
        "month_url": lambda text: url_for("duelist.calendar", **narrowed.held() | {"month": text}),
    }


def _year_month(text: str | None, today: date) -> tuple[int, int]:
    return (int(text[:4]), int(text[5:7])) if text else (today.year, today.month)


def _month_url(filters: Filters, year_month: tuple[int, int]) -> str:
    return url_for("duelist.calendar", **filters.held() | {"month": f"{year_month[0]:04}-{year_month[1]:02}"})


def _cell(
    day: date,
    month: int,
    rows: list[dict[str, Any]],
    address: Address,
    today: date,
    mark: tuple[str, bool] | None,
) -> dict[str, Any]:
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
        "rest": not mark[1] if mark else day.weekday() >= 5,
        "note": mark[0] if mark and inside else "",
        "items": items if inside else [],
        "more": max(0, len(rows) - _SHOWN_IN_A_DAY) if inside else 0,
        "more_url": address.url(month=day.isoformat()[:7]),
    }
