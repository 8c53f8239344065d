"""The ladder of `schedules` over rows of the due list: which step a clock owes, and how the outbox names it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from schedules import ladder as law
from schedules.answers import Due, Forbidden, Undetermined
from schedules.terms import Clock, DoneBy, Origin, WhyForbidden

MANUAL = "manual"  # a step that a person asked for; it has no place in the order
RANK_OF_DUE_DAY = 1_000
RANK_PASSED = RANK_OF_DUE_DAY + 1  # the first notice that the date has passed
_RANK_FORBIDDEN = 100_000
_EPOCH = date(1970, 1, 5)  # a Monday


@dataclass(frozen=True, slots=True)
class LadderRow:
    """One clock of one device, as far as reminders care.

    `on` is the date the steps count down to: the last valid day, or the earliest (else the latest) bound of an
    undetermined date. `late_on` is the last lawful day; past it the clock is overdue.
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
        """What the steps count down to, as the outbox names it; a forbidden clock has no date."""
        return self.on.isoformat() if self.on and self.answer != "forbidden" else ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the outbox keeps it. `rank` orders the steps of one date; `week` is the repeat's day."""

    name: str
    week: int
    rank: int
    owed_on: date
    urgent: bool

    @property
    def counts_down_to(self) -> date | None:
        """The date of a step before it; None past the date and for a forbidden clock."""
        days = RANK_OF_DUE_DAY - self.rank
        return self.owed_on + timedelta(days=days) if 0 <= days < RANK_OF_DUE_DAY else None


def urgent_rank(ladder: law.Ladder) -> int:
    """A clock first heard of at this rank or later (a device just imported, a silence just ended) cannot wait."""
    return RANK_OF_DUE_DAY - ladder.urgent_within_days


def is_repeat(step: Step) -> bool:
    """A later repeat of what has been said: it rides with the gathered letter."""
    return step.rank > RANK_PASSED


def repeats_every(step: Step, ladder: law.Ladder) -> int:
    """The ranks that lie between this step and the one before it, where it is a repeat."""
    return ladder.forbidden_every_days if step.rank >= _RANK_FORBIDDEN else ladder.overdue_every_days


def latest(row: LadderRow, today: date, ladder: law.Ladder) -> Step | None:
    """The last step owed by `today`; the earlier ones are overtaken by it."""
    owed = law.owed(_answer(row), today, ladder, forbidden_since=_period(today, ladder))
    return _step(owed[-1]) if owed else None


def last_before(row: LadderRow, day: date, ladder: law.Ladder) -> Step | None:
    """The last step owed by a day to come that counts down to the date: what may be said before its day."""
    owed = law.owed(_answer(row), day, ladder, forbidden_since=_period(day, ladder))
    counting = [step for step in map(_step, owed) if step.counts_down_to is not None]
    return counting[-1] if counting else None


class Reached:
    """The step reached by one day, for many rows: those with the same answer and dates are asked about once."""

    def __init__(self, day: date, which: Callable[[LadderRow, date, law.Ladder], Step | None] = latest) -> None:
        self._day = day
        self._which = which
        self._found: dict[tuple[object, ...], Step | None] = {}

    def __call__(self, row: LadderRow, rules: law.Ladder) -> Step | None:
        # An object's number stands for the rules: they outlive the one walk over the rows this is made for.
        asked = (id(rules), row.clock, row.answer, row.on, row.late_on, row.why)
        if asked not in self._found:
            self._found[asked] = self._which(row, self._day, rules)
        return self._found[asked]


def upcoming(row: LadderRow, today: date, until: date, ladder: law.Ladder) -> Sequence[Step]:
    """The steps that become owed after `today` and by `until`, if nothing changes."""
    return [
        _step(step)
        for step in law.upcoming(_answer(row), today, until, ladder, forbidden_since=_period(today, ladder))
    ]


def forbidden_rank(today: date, ladder: law.Ladder) -> int:
    """The rank of what a forbidden clock owes today."""
    return _RANK_FORBIDDEN + (_period(today, ladder) - _EPOCH).days


def _period(today: date, ladder: law.Ladder) -> date:
    """The first day of the present period of a forbidden clock's repeats; counted from one day for all, so that it
    does not matter who first saw it."""
    return today - timedelta(days=(today - _EPOCH).days % ladder.forbidden_every_days)


def _step(step: law.Step) -> Step:
    name, _, _ = step.id.partition("-w")
    if name == "forbidden":
        day = (step.owed_on - _EPOCH).days
        return Step(name, day, _RANK_FORBIDDEN + day, step.owed_on, False)
    if name == "overdue":
        # None is urgent by itself: the date was told of before. The first notice shares a letter with a few days' others,
        # the repeats ride with the gathered one, or a firm with seven overdue devices would read none of them.
        day = (step.owed_on - step.target).days
        return Step(name, day, RANK_OF_DUE_DAY + day, step.owed_on, False)
    return Step(name, 0, RANK_OF_DUE_DAY - int(name[1:]), step.owed_on, step.urgent)


def _answer(row: LadderRow) -> Due | Undetermined | Forbidden:
    """The row as the ladder of `schedules` reads it; it looks at the kind of answer and its dates only."""
    clock, by = Clock(row.clock), DoneBy(row.done_by)
    if row.answer == "forbidden":
        return Forbidden(clock, by, (), None, (), None, WhyForbidden(row.why or "failed"))
    if row.answer == "undetermined" or row.on is None:
        return Undetermined(clock, by, (), None, (), None, (), row.on, row.late_on, None, None)
    return Due(clock, by, (), None, (), None, row.on, "day", Origin.REPORT, row.on, None, None, None)
