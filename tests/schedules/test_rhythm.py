"""Few letters, nothing said after its day, never more in a week than agreed: for whatever falls due whenever."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.rhythm import Rhythm, Turn, Waiting
from schedules.workdays import Calendar, Year

SUNDAY = date(2026, 11, 22)
MONDAY = SUNDAY + timedelta(days=1)
HOLIDAY = frozenset(date(2027, 2, 5) + timedelta(days=n) for n in range(9))
CALENDAR = Calendar({2027: Year(HOLIDAY, frozenset({date(2027, 2, 14)}))})


def turn(rhythm: Rhythm, today: date, *told: date, last_run: date | None = None) -> Turn:
    return rhythm.turn(today, told, last_run or today - timedelta(days=1), CALENDAR)


def after(days: int) -> date:
    return MONDAY + timedelta(days=days)


def test_whoever_was_not_written_to_may_be_and_the_letter_looks_a_week_ahead() -> None:
    found = turn(Rhythm(), MONDAY)
    assert (found.regular, found.chance, found.ahead) == (True, after(1), after(7))


def test_a_letter_before_days_off_looks_to_the_first_working_day_on_which_one_may_go_again() -> None:
    thursday = date(2027, 2, 4)
    assert turn(Rhythm(), thursday).chance == date(2027, 2, 14)  # a Sunday worked
    assert turn(Rhythm(), date(2027, 2, 1)).ahead == date(2027, 2, 14)


@pytest.mark.parametrize(
    ("told", "regular", "at_once", "apart"),
    [
        ((), True, True, True),
        ((7,), True, True, True),
        ((6,), False, True, True),
        ((2,), False, True, False),
        ((0,), False, False, False),
        ((9, 3), False, True, True),
        ((6, 3), False, False, False),  # two in a week are enough
        ((-2,), False, False, False),  # written under a clock that was set back since
    ],
)
def test_what_may_be_written_depends_on_the_letters_of_the_last_days(
    told: tuple[int, ...], regular: bool, at_once: bool, apart: bool
) -> None:
    found = turn(Rhythm(), MONDAY, *(after(-days) for days in told))
    assert (found.regular, found.at_once, found.apart) == (regular, at_once, apart)


@pytest.mark.parametrize(
    ("told", "beyond"),
    [
        ((), False),  # there is room, nothing need go beyond it
        ((6,), False),
        ((6, 3), True),
        ((6, 0), False),  # one a day at most
        ((6, 3, 1), False),  # this week's has gone
        ((7, 6, 3), True),
        ((5, -2), False),  # written under a clock that was set back since
    ],
)
def test_one_letter_more_in_a_week_for_what_was_never_heard_of(told: tuple[int, ...], beyond: bool) -> None:
    found = turn(Rhythm(), MONDAY, *(after(-days) for days in told))
    assert found.beyond is beyond
    if beyond:
        assert found.writes(Waiting(pressing=True, unheard=True))
        assert not found.writes(Waiting(pressing=True, passed=True))


def test_what_cannot_wait_is_what_must_be_applied_for_before_the_next_gathered_letter() -> None:
    found = turn(Rhythm(), MONDAY, after(-2))  # the next one: in five days, a Saturday, so in seven
    assert found.chance == after(7)
    assert found.writes(Waiting(first_due=after(35)))
    assert not found.writes(Waiting(first_due=after(39)))
    assert found.writes(Waiting(pressing=True))
    assert not found.writes(Waiting(passed=True))  # told of before; the letter two days ago is too near


def test_a_weekday_of_its_own_is_kept_and_caught_up_after_days_off() -> None:
    wednesdays = Rhythm(weekday=2)
    assert not turn(wednesdays, MONDAY).regular
    assert turn(wednesdays, MONDAY).chance == after(2)
    assert turn(wednesdays, after(3), last_run=after(1)).regular
    assert not turn(wednesdays, after(3), last_run=after(2)).regular
    assert turn(wednesdays, after(4)).ahead == after(9)  # an urgent one on Friday does not cost a week


RHYTHMS = st.builds(Rhythm, st.integers(1, 28), st.integers(1, 7), st.none() | st.integers(0, 4))
STEPS = st.lists(st.integers(0, 200), max_size=40)


@settings(max_examples=40)
@given(RHYTHMS, STEPS)
def test_every_known_step_is_said_by_its_day_and_no_week_holds_too_many_letters(
    rhythm: Rhythm, steps: list[int]
) -> None:
    told, said = play(rhythm, steps)
    for one in told:
        assert sum(timedelta(0) <= other - one < timedelta(days=7) for other in told) <= rhythm.most_a_week
    assert all(written <= owed for owed, written in said)
    assert len(said) == len(steps)


@settings(max_examples=40)
@given(RHYTHMS, st.sets(st.integers(0, 100)))
def test_whatever_is_found_no_week_holds_more_than_one_letter_above_its_most(rhythm: Rhythm, finds: set[int]) -> None:
    told, waits = [], None
    for n in range(110):
        day = after(n)
        waits = Waiting(pressing=True, unheard=True) if n in finds else waits
        if waits and rhythm.turn(day, told, day - timedelta(days=1), CALENDAR).writes(waits):
            told.append(day)
            waits = None
    for one in told:
        assert sum(timedelta(0) <= other - one < timedelta(days=7) for other in told) <= rhythm.most_a_week + 1


def play(rhythm: Rhythm, steps: list[int]) -> tuple[list[date], list[tuple[date, date]]]:
    """The letters, and for each step its day and when it was said; every step is known from the first day on."""
    coming, told, said = sorted(MONDAY + timedelta(days=n) for n in steps), [], []
    last_run = MONDAY - timedelta(days=9)
    for n in range(260):
        day = MONDAY + timedelta(days=n)
        if not CALENDAR.is_workday(day):
            continue
        found = rhythm.turn(day, told, last_run, CALENDAR)
        last_run = day
        owed = [one for one in coming if one <= day]
        waiting = Waiting(pressing=True) if owed else None
        if found.writes(waiting, coming[0] if coming else None):
            said += [(one, day) for one in coming if one < found.ahead]
            coming = [one for one in coming if one >= found.ahead]
            told.append(day)
    return told, said
