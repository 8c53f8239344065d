from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from schedules.dates import Day, add_months

DAYS = st.dates(date(1900, 1, 1), date(2900, 12, 31))


@given(DAYS, st.integers(-600, 600))
def test_months_are_added_as_an_independent_library_adds_them(day, months):
    assert add_months(day, months) == day + relativedelta(months=months)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [("2024-02-29", 36, "2027-02-28"), ("2023-08-31", 6, "2024-02-29"), ("2027-03-31", -1, "2027-02-28")],
)
def test_the_examples_of_the_civil_code_hold(start, months, end):
    assert add_months(date.fromisoformat(start), months) == date.fromisoformat(end)


def test_adding_to_the_original_start_loses_no_days():
    start = date(2026, 1, 31)
    assert add_months(start, 2) == date(2026, 3, 31)
    assert add_months(add_months(start, 1), 1) == date(2026, 3, 28)


@given(DAYS)
def test_a_day_reads_back_as_it_was_written(day):
    assert Day.parse(str(Day(day))) == Day(day)
    assert Day.parse(str(Day(day, "month"))) == Day(day, "month")


@given(DAYS)
def test_a_month_precise_date_is_valid_to_its_last_day(day):
    month = Day(day, "month")
    assert month.first.day == 1
    assert (month.last + timedelta(days=1)).day == 1
    assert month.first <= day <= month.last


@pytest.mark.parametrize(
    "text",
    ["2028", "2028-13", "2028-02-30", "2028-2-3", "28-02-03", "", "2028-03-31T00:00", "٢٠٢٨-٠٣", "0001-01"],
)
def test_anything_else_is_no_date(text):
    with pytest.raises(ValueError, match=r"not a date|out of range|must be in|day "):
        Day.parse(text)
