"""Which step of the ladder a clock owes on a day, and which will follow.

Never "due in exactly N days": a step is owed from its day on, so a missed night loses nothing. The steps [J: practice]:
90, 60, 30, 15, 7 and 0 days before, then weekly while overdue; clocks that need a shutdown begin at 180 days, so that
the firm can put them into its overhaul. A forbidden clock is told at once and then weekly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from schedules.terms import SHUTDOWN_CLOCKS, Clock

DAYS_BEFORE = (90, 60, 30, 15, 7, 0)
SHUTDOWN_DAYS = 180
HORIZON = timedelta(days=SHUTDOWN_DAYS)
# From here on the enterprise must hear of it sooner than with its next weekly letter.
URGENT_DAYS = 15

OVERDUE, FORBIDDEN, MANUAL = "overdue", "forbidden", "manual"
_RANK_OF_DUE_DAY = 1_000
_RANK_FORBIDDEN = 100_000
# A clock that is first heard of at this rank or later (a short-notice or overdue device just imported) is urgent too.
URGENT_RANK = _RANK_OF_DUE_DAY - URGENT_DAYS
_EPOCH = date(1970, 1, 5)  # a Monday


@dataclass(frozen=True, slots=True)
class LadderRow:
    """One clock of one device, as far as reminders care.

    `on` is the last valid day; of an undetermined date its earliest bound. `late_on` is the last lawful day: past it
    the clock is overdue (an undetermined one only past its latest bound).
    """

    equipment_id: int
    clock: str
    enterprise_id: int
    answer: str
    on: date | None
    late_on: date | None
    precision: str = "day"
    origin: str = ""
    document: str = ""
    clause: str = ""
    why: str = ""
    done_by: str = "institution"

    @property
    def due(self) -> str:
        """What the steps count down to, as the outbox names it."""
        return "" if self.answer == "forbidden" else (self.on or self.late_on or date.max).isoformat()


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    week: int
    rank: int
    owed_on: date
    urgent: bool


def latest(row: LadderRow, today: date) -> Step | None:
    """The last step owed by `today`; earlier ones are overtaken by it."""
    if row.answer == "forbidden":
        return _forbidden(today)
    if row.late_on is not None and row.late_on < today:
        return _overdue(row.late_on, today)
    if row.on is None:
        return None
    owed = [days for days in _days_before(row.clock) if row.on - timedelta(days=days) <= today]
    return _before(row.on, min(owed)) if owed else None


def between(row: LadderRow, first: date, last: date) -> Iterator[Step]:
    """The steps that become owed from `first` to `last`, in order."""
    seen = latest(row, first - timedelta(days=1))
    day = first
    while day <= last:
        step = latest(row, day)
        if step is not None and step != seen:
            yield step
            seen = step
        day += timedelta(days=1)


def _days_before(clock: str) -> tuple[int, ...]:
    return (SHUTDOWN_DAYS, *DAYS_BEFORE) if Clock(clock) in SHUTDOWN_CLOCKS else DAYS_BEFORE


def _before(on: date, days: int) -> Step:
    return Step(str(days), 0, _RANK_OF_DUE_DAY - days, on - timedelta(days=days), days <= URGENT_DAYS)


def _overdue(late_on: date, today: date) -> Step:
    week = (today - late_on - timedelta(days=1)).days // 7
    owed_on = late_on + timedelta(days=1 + 7 * week)
    # The first notice is urgent; the weekly repeats ride with the weekly letter, or a firm with seven overdue devices
    # would be written to every day and read none of it.
    return Step(OVERDUE, week, _RANK_OF_DUE_DAY + 1 + week, owed_on, week == 0)


def _forbidden(today: date) -> Step:
    week = (today - _EPOCH).days // 7
    return Step(FORBIDDEN, week, _RANK_FORBIDDEN + week, _EPOCH + timedelta(days=7 * week), False)
