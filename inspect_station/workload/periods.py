"""Week, month, quarter, year: which days they are, the one before, the same one a year ago."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from inspect_station.clock import SHANGHAI
from inspect_station.errors import InvalidInput

KINDS = {"week": "周", "month": "月", "quarter": "季", "year": "年"}


@dataclass(frozen=True, slots=True)
class Period:
    """`first` and `last` both count. `upto`: told as it was at the end of that day, though more of it has passed since."""

    kind: str
    first: date
    last: date
    upto: date | None = None

    @property
    def key(self) -> str:
        """As addresses name it: 2026-11, 2026-Q4, 2026-W48, 2026."""
        if self.kind == "week":
            year, week, _ = self.first.isocalendar()
            return f"{year:04}-W{week:02}"
        if self.kind == "quarter":
            return f"{self.first.year:04}-Q{(self.first.month + 2) // 3}"
        return self.first.isoformat()[: 7 if self.kind == "month" else 4]

    @property
    def label(self) -> str:
        if self.kind == "week":
            year, week, _ = self.first.isocalendar()
            return f"{year} 年第 {week} 周（{self.first:%m-%d} 至 {self.last:%m-%d}）"
        if self.kind == "quarter":
            return f"{self.first.year} 年第 {(self.first.month + 2) // 3} 季度"
        return f"{self.first.year} 年 {self.first.month} 月" if self.kind == "month" else f"{self.first.year} 年"

    def before(self) -> "Period":
        return around(self.kind, self.first - timedelta(days=1))

    def after(self) -> "Period":
        return around(self.kind, self.last + timedelta(days=1))

    def year_ago(self) -> "Period":
        """The same one a year before; of a week the one of the same number."""
        if self.kind == "week":
            return around("week", self.first - timedelta(weeks=52))
        return around(self.kind, date(self.first.year - 1, self.first.month, 1))

    def as_of(self, today: date) -> date:
        """The day whose state is told: the last one, or today while the period runs."""
        return min(self.end, today)

    @property
    def end(self) -> date:
        """The last day that is looked at."""
        return self.last if self.upto is None else self.upto

    def until(self, day: date | None) -> "Period":
        """The period as it stood that evening; whole where the day is None or not before its last."""
        if day is None or day >= self.last:
            return replace(self, upto=None)
        if day < self.first:
            sentence = f"{self.label}从 {self.first} 开始，不能只看到 {day}"
            raise InvalidInput(f"{sentence}。", {"upto": [sentence]})
        return replace(self, upto=day)

    def beside(self, today: date) -> tuple["Period", "Period"]:
        """The one before and the one a year ago, to compare with: while this one runs, both as they stood on its like day."""
        both = self.before(), self.year_ago()
        if not self.first <= today < self.last:
            return both
        before, ago = (each.until(_like_day(self, today, each)) for each in both)
        return before, ago


def around(kind: str, day: date) -> Period:
    """The period of this kind that the day lies in."""
    if kind == "week":
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=6))
    if kind == "month":
        return Period(kind, day.replace(day=1), _month_end(day.year, day.month))
    if kind == "quarter":
        start = (day.month - 1) // 3 * 3 + 1
        return Period(kind, date(day.year, start, 1), _month_end(day.year, start + 2))
    return Period("year", date(day.year, 1, 1), date(day.year, 12, 31))


def _like_day(period: Period, day: date, other: Period) -> date:
    """The day that is as far into `other` as `day` is into `period`: the same day of the same month, or of the week."""
    if period.kind == "week":
        return other.first + (day - period.first)
    month = other.first.month + day.month - period.first.month
    return date(other.first.year, month, min(day.day, monthrange(other.first.year, month)[1]))


def read(text: str) -> Period:
    """A period as an address names it. Raises `InvalidInput`."""
    try:
        if "-W" in text:
            year, week = text.split("-W")
            return around("week", date.fromisocalendar(int(year), int(week), 1))
        if "-Q" in text:
            year, quarter = text.split("-Q")
            if int(quarter) not in (1, 2, 3, 4):
                raise ValueError(quarter)
            return around("quarter", date(int(year), int(quarter) * 3 - 2, 1))
        if len(text) == 4:
            return around("year", date(int(text), 1, 1))
        if len(text) == 7:
            return around("month", date.fromisoformat(f"{text}-01"))
    except (ValueError, OverflowError):
        pass
    sentence = f"不认识时段“{text[:20]}”，应写成 2026-11、2026-Q4、2026-W48 或 2026"
    raise InvalidInput(f"{sentence}。", {"of": [sentence]})


def _month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def midnight(day: date) -> datetime:
    """The moment a day begins in Shanghai."""
    return datetime.combine(day, time(), SHANGHAI)


def months(first: date, count: int) -> list[Period]:
    """So many months from that of `first` on."""
    found = [around("month", first)]
    while len(found) < count:
        found.append(found[-1].after())
    return found
