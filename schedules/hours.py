"""When letters may leave: hours of the day, on working days only or on any day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from schedules.wording import show
from schedules.workdays import Calendar

_MIDNIGHT = time(0)
_MORNING, _EVENING = time(8), time(20)
_LEAST = timedelta(hours=1)


class HoursError(ValueError):
    """Hours that make no sense; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Open from `opens` until just before `closes`; a `closes` of midnight is the end of the day."""

    opens: time = _MIDNIGHT
    closes: time = _MIDNIGHT
    workdays_only: bool = False

    @property
    def is_always(self) -> bool:
        return self == Hours()

    def by_day(self) -> Hours:
        """The same, an end that was left open being 08:00 or 20:00; hours set wholly outside the day stay."""
        opens = _MORNING if self.opens == _MIDNIGHT else self.opens
        closes = _EVENING if self.closes == _MIDNIGHT else self.closes
        return Hours(opens, closes, self.workdays_only) if opens < closes else self

    def is_open(self, moment: datetime, calendar: Calendar) -> bool:
        """Whether a letter may leave now (wall-clock time of the zone `moment` carries)."""
        if self.workdays_only and not calendar.is_workday(moment.date()):
            return False
        return self.opens <= moment.time() and (self.closes == _MIDNIGHT or moment.time() < self.closes)

    def next_open(self, moment: datetime, calendar: Calendar) -> datetime:
        """The first moment from `moment` on at which a letter may leave; `moment` itself while open."""
        if self.is_open(moment, calendar):
            return moment
        opening = datetime.combine(moment.date(), self.opens, tzinfo=moment.tzinfo)
        if opening < moment:
            opening += timedelta(days=1)
        while self.workdays_only and not calendar.is_workday(opening.date()):
            opening += timedelta(days=1)
        return opening


def from_table(table: Mapping[str, Any]) -> Hours:
    """Hours written as `opens`, `closes` ("08:00", "24:00") and `workdays_only`. HoursError where they make no sense."""
    opens, closes = _time(table, "opens", "00:00"), _time(table, "closes", "24:00")
    if closes != _MIDNIGHT and _minutes(closes) - _minutes(opens) < _LEAST.total_seconds() // 60:
        raise HoursError(f"发送时段：结束（{closes:%H:%M}）应比开始（{opens:%H:%M}）至少晚一小时。")
    workdays_only = table.get("workdays_only", False)
    if not isinstance(workdays_only, bool):
        raise HoursError(f"发送时段 workdays_only：应为 true 或 false，现为 {show(workdays_only)}。")
    return Hours(opens, closes, workdays_only)


def to_table(hours: Hours) -> dict[str, Any]:
    closes = "24:00" if hours.closes == _MIDNIGHT else f"{hours.closes:%H:%M}"
    return {"opens": f"{hours.opens:%H:%M}", "closes": closes, "workdays_only": hours.workdays_only}


def _time(table: Mapping[str, Any], name: str, default: str) -> time:
    text = table.get(name, default)
    try:
        return _MIDNIGHT if text == "24:00" and name == "closes" else time.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise HoursError(f"发送时段 {name}：应写成 08:00 的样子，现为 {show(text)}。") from error


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute
