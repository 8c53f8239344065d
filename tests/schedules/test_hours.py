"""When letters may leave."""

from datetime import date, datetime, time

import pytest

from schedules.hours import Hours, HoursError, from_table, to_table
from schedules.workdays import Calendar, Year

DAYTIME = Hours(time(8), time(20), workdays_only=True)
# 2026-10-01 to 07 are off, 2026-10-10 is a Saturday made up for.
CALENDAR = Calendar({2026: Year(frozenset(date(2026, 10, d) for d in range(1, 8)), frozenset({date(2026, 10, 10)}))})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-23T07:59", "2026-11-23T08:00"),
        ("2026-11-23T08:00", "2026-11-23T08:00"),
        ("2026-11-23T19:59", "2026-11-23T19:59"),
        ("2026-11-23T20:00", "2026-11-24T08:00"),
        ("2026-11-20T20:00", "2026-11-23T08:00"),  # Friday evening
        ("2026-11-22T09:30", "2026-11-23T08:00"),  # Sunday
        ("2026-09-30T21:00", "2026-10-08T08:00"),  # the national holiday
        ("2026-10-10T09:00", "2026-10-10T09:00"),  # a Saturday made up for
    ],
)
def test_a_letter_waits_for_the_next_open_hour_of_a_working_day(moment: str, opening: str) -> None:
    assert DAYTIME.next_open(at(moment), CALENDAR) == at(opening)


def test_without_hours_of_its_own_the_station_writes_at_any_time() -> None:
    assert from_table({}) == Hours()
    assert Hours().next_open(at("2026-11-22T03:00"), CALENDAR) == at("2026-11-22T03:00")


def test_hours_survive_being_written_down() -> None:
    for hours in (DAYTIME, Hours(), Hours(time(7, 30))):
        assert from_table(to_table(hours)) == hours


@pytest.mark.parametrize(
    "table", [{"opens": "8"}, {"opens": "20:00", "closes": "08:00"}, {"closes": "25:00"}, {"workdays_only": "yes"}]
)
def test_hours_that_make_no_sense_are_refused(table: dict[str, object]) -> None:
    with pytest.raises(HoursError, match="发送时段"):
        from_table(table)


def test_by_day_closes_only_the_ends_left_open() -> None:
    assert Hours().by_day() == Hours(time(8), time(20))
    assert Hours(time(6), time(0)).by_day() == Hours(time(6), time(20))
    assert Hours(time(7), time(22), True).by_day() == Hours(time(7), time(22), True)
    assert Hours(time(21)).by_day() == Hours(time(21))
