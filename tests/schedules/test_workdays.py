from datetime import date

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedules.workdays import Calendar, Year


def announced(year):
    days = [date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())]
    return Year(
        off=frozenset(day for day in days if day.weekday() < 5 and not chinese_calendar.is_workday(day)),
        make_up=frozenset(day for day in days if day.weekday() > 4 and chinese_calendar.is_workday(day)),
    )


CALENDAR = Calendar({year: announced(year) for year in (2025, 2026)})
DAYS = st.dates(date(2025, 1, 1), date(2026, 12, 31))


@given(DAYS)
def test_an_announced_year_agrees_with_the_published_calendar(day):
    assert CALENDAR.is_workday(day) == chinese_calendar.is_workday(day)


@pytest.mark.parametrize(("day", "works"), [("2026-02-14", True), ("2026-10-01", False), ("2026-10-10", True)])
def test_make_up_days_work_and_holidays_do_not(day, works):
    assert CALENDAR.is_workday(date.fromisoformat(day)) is works


def test_five_working_days_over_the_national_holiday():
    assert CALENDAR.add(date(2026, 9, 30), 5) == date(2026, 10, 13)
    assert CALENDAR.count(date(2026, 9, 30), date(2026, 10, 13)) == 5


@given(DAYS, st.integers(0, 200))
def test_adding_and_counting_agree(start, days):
    calendar = Calendar()
    assert calendar.count(start, calendar.add(start, days)) == days
    assert calendar.add(start, -days) <= start


@given(DAYS, DAYS)
def test_counting_backwards_is_counting_forwards_with_the_sign_turned(one, other):
    assert CALENDAR.count(one, other) == -CALENDAR.count(other, one)


def test_a_year_that_is_not_announced_is_provisional():
    assert CALENDAR.is_provisional(date(2027, 1, 4))
    assert CALENDAR.is_workday(date(2027, 1, 4))
    assert CALENDAR.provisional_years(date(2026, 12, 30), date(2028, 1, 1)) == (2027, 2028)
