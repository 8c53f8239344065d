from datetime import date, timedelta

import pytest

from schedules import ladder
from schedules.due import due_dates
from schedules.facts import from_json
from schedules.rulebook import load

BOOK = load()
LADDER = ladder.load()


def answer(clock, on, **case):
    answers = due_dates(from_json(case), on, BOOK)
    return next(one for one in answers if one.clock == clock)


def vessel(next_due, on=date(2026, 1, 1), clock="periodic", **more):
    row = {
        "clock": clock,
        "completed_on": "2024-01-10",
        "conclusion": "合格",
        "grade": 2,
        "next_due": next_due,
    }
    row |= more
    return answer(clock, on, equipment={"catalogue_code": "2150", "traits": {"material": "metal"}}, inspections=[row])


def ids(steps):
    return [step.id for step in steps]


def test_a_shutdown_clock_is_told_half_a_year_before_and_others_are_not():
    assert ids(ladder.owed(vessel("2026-12-31"), date(2026, 7, 4), LADDER)) == ["d180"]
    assert ids(ladder.owed(vessel("2026-12-31", clock="annual"), date(2026, 7, 4), LADDER)) == []


def test_a_step_is_owed_from_its_day_on_and_not_before():
    due = vessel("2026-12-31", clock="annual")
    assert ids(ladder.owed(due, date(2026, 10, 1), LADDER)) == []
    assert ids(ladder.owed(due, date(2026, 10, 2), LADDER)) == ["d90"]
    assert ids(ladder.owed(due, date(2026, 10, 31), LADDER)) == ["d90"]


def test_after_a_long_downtime_only_the_latest_step_is_not_superseded():
    steps = ladder.owed(vessel("2026-12-31"), date(2027, 1, 15), LADDER)
    assert ids(steps) == [
        "d180",
        "d90",
        "d60",
        "d30",
        "d15",
        "d7",
        "d0",
        "overdue-w1",
        "overdue-w2",
        "overdue-w3",
    ]
    assert [step.superseded for step in steps] == [True] * 9 + [False]
    assert steps[-1].owed_on == date(2027, 1, 15)
    assert steps == tuple(sorted(steps, key=lambda step: step.owed_on))


def test_the_due_day_is_a_step_of_its_own_and_the_day_after_is_overdue():
    due = vessel("2026-12-31")
    assert ids(ladder.owed(due, date(2026, 12, 31), LADDER))[-1] == "d0"
    assert ids(ladder.owed(due, date(2027, 1, 1), LADDER))[-1] == "overdue-w1"
    assert ids(ladder.owed(due, date(2027, 1, 7), LADDER))[-1] == "overdue-w1"


def test_steps_of_fifteen_days_or_less_are_urgent():
    steps = ladder.owed(vessel("2026-12-31"), date(2027, 1, 1), LADDER)
    assert {step.id for step in steps if not step.urgent} == {"d180", "d90", "d60", "d30"}


def test_a_month_precise_date_counts_back_from_its_last_day():
    steps = ladder.owed(vessel("2026-12", clock="annual"), date(2026, 10, 2), LADDER)
    assert ids(steps) == ["d90"]


def test_an_undetermined_date_runs_on_its_earliest_and_says_so():
    open_date = vessel(None, grade=3)
    steps = ladder.owed(open_date, date(2027, 1, 11), LADDER)
    assert steps[-1].id == "overdue-w1"
    assert steps[-1].target == date(2027, 1, 10)
    assert all(step.undetermined for step in steps)


def test_a_forbidden_clock_is_owed_at_once_and_weekly():
    forbidden = vessel("2028-01-01", conclusion="不合格")
    since = date(2026, 3, 1)
    assert ids(ladder.owed(forbidden, since, LADDER, forbidden_since=since)) == ["forbidden-w1"]
    later = ladder.owed(forbidden, since + timedelta(days=14), LADDER, forbidden_since=since)
    assert ids(later) == ["forbidden-w1", "forbidden-w2", "forbidden-w3"]
    assert all(step.urgent for step in later)


def test_a_clock_without_a_date_owes_nothing():
    unknown = answer("annual", date(2026, 1, 1), equipment={"catalogue_code": "2150"})
    assert ladder.owed(unknown, date(2026, 1, 1), LADDER) == ()


@pytest.mark.parametrize("days", range(0, 220, 11))
def test_what_is_upcoming_and_what_is_owed_make_the_whole(days):
    due, end = vessel("2026-12-31"), date(2027, 2, 1)
    today = date(2026, 6, 20) + timedelta(days=days)
    whole = ids(ladder.owed(due, end, LADDER))
    assert ids(ladder.owed(due, today, LADDER)) + ids(ladder.upcoming(due, today, end, LADDER)) == whole


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"steps": [-1]}, "steps：应为 0 到 730"),
        ({"steps": [30], "more": {"lunch": [1]}}, "没有检验项目 “lunch”"),
        ({"steps": [30], "overdue_every_days": 0}, "overdue_every_days：应为 1 到 365"),
    ],
)
def test_a_senseless_ladder_is_refused(table, words):
    with pytest.raises(ladder.LadderError, match=words):
        ladder.from_toml(table)
