"""The years a package knows, put into an empty table: a station need not type what everybody knows."""

from collections.abc import Iterator
from datetime import date, datetime
from importlib.metadata import version
from typing import Any

from chinese_calendar import constants

from inspect_station.db import bulk_insert, db
from inspect_station.workcalendar.models import CalendarDay, CalendarYear

_PACKAGE = "chinesecalendar"
_NAMES = {h.value: h.chinese for h in constants.Holiday}


def seed(now: datetime) -> list[int]:
    """Add the announced years the package knows and nobody has entered; returns them.

    A year or a day that has a row already is left as it is, whoever made it. Safe to call at every start and by several at once.
    """
    package = f"{_PACKAGE} {version(_PACKAGE)}"
    with db.atomic():
        added = [year for year in _known_years() if _claim(year, package, now)]
        days: Any = CalendarDay.select(CalendarDay.day).tuples()
        marked = {day for (day,) in days}
        rows = [
            _row(d, kind, name, package) for d, kind, name in _known_days() if d.year in added and d not in marked
        ]
        bulk_insert(CalendarDay, rows)
    return added


def _known_days() -> Iterator[tuple[date, str, str]]:
    yield from ((day, "off", name) for day, name in constants.holidays.items())
    yield from ((day, "work", name) for day, name in constants.workdays.items())


def _known_years() -> list[int]:
    return sorted({day.year for day in constants.holidays})


def _claim(year: int, package: str, now: datetime) -> bool:
    """Whether this call made the year's row; of two callers one waits here for the other and then finds it made."""
    document = f"国务院办公厅关于 {year} 年节假日安排的通知（数据取自 {package}）"
    made = (
        CalendarYear.insert(year=year, announced=True, document=document, changed_at=now)
        .on_conflict_ignore()
        .as_rowcount()
        .execute()
    )
    return bool(made)


def _row(day: date, kind: str, name: str, package: str) -> dict[str, object]:
    return {"day": day, "kind": kind, "name": _NAMES.get(name, name), "source": package}
