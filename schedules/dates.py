"""Dates that may be precise to the day or only to the month, and adding months to them."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Literal

Date = date  # `Day` has a field of that name
Precision = Literal["day", "month"]

_SHAPE = re.compile(r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2}))?")
EARLIEST_YEAR = 1900
LATEST_YEAR = 9000  # leaves room for the longest interval before the calendar of `datetime` ends


def month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def add_months(start: date, months: int) -> date:
    """The anniversary `months` later (earlier, if negative); a month without such a day gives its last day.

    Always add to the ORIGINAL start: adding step by step loses days. 民法典 art. 202: the corresponding day
    is the last day of the period; where the month has none, the last day of that month.
    """
    years, month0 = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month0 + 1
    if start.day <= 28:
        return date(year, month, start.day)
    return date(year, month, min(start.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Day:
    """A date as it was written: a day, or a whole month (then `date` is its first day)."""

    date: Date
    precision: Precision = "day"

    def __post_init__(self) -> None:
        if self.precision == "month" and self.date.day != 1:
            object.__setattr__(self, "date", self.date.replace(day=1))

    @classmethod
    def parse(cls, text: str) -> Day:
        """Read "2028-03-31" or "2028-03". ValueError for anything else: a year alone is no date."""
        match = _SHAPE.fullmatch(text)
        if match is None:
            raise ValueError(f"not a date: {text!r}")
        year, month, day = match.groups()
        if not EARLIEST_YEAR <= int(year) <= LATEST_YEAR:
            raise ValueError(f"year out of range: {text!r}")
        if day is None:
            return cls(date(int(year), int(month), 1), "month")
        return cls(date(int(year), int(month), int(day)))

    @property
    def is_month(self) -> bool:
        return self.precision == "month"

    @property
    def first(self) -> Date:
        """Where an interval starting here begins."""
        return self.date

    @property
    def last(self) -> Date:
        """The last valid day of a validity that is printed so."""
        return month_end(self.date.year, self.date.month) if self.precision == "month" else self.date

    def __str__(self) -> str:
        return self.date.strftime("%Y-%m") if self.precision == "month" else self.date.isoformat()
