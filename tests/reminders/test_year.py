"""A year of the whole sample park, played ahead: nobody drowns, and nothing is said after its day."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path

import pytest

from inspect_station import db as database
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.reminders import forecast, ladder, policies, quiets, routes, source
from inspect_station.reminders.forecast import Outlook
from inspect_station.reminders.ladder import RANK_PASSED, LadderRow, Step
from inspect_station.reminders.owed import Owed, known
from inspect_station.reminders.quiets import Quiets
from schedules.ladder import Ladder
from tests.conftest import SECRET, TODAY, dispose

DAYS = 365
Clock = tuple[int, str]


@dataclass(frozen=True)
class Year:
    """What each firm will receive, and the steps before a date that become owed in the year and that nothing holds back."""

    firms: list[Outlook]
    steps: dict[int, list[tuple[Clock, Step]]]


@pytest.fixture(scope="module")
def year(sample_folder: Path) -> Iterator[Year]:
    """Read only: the sample park is shared."""
    bound = database.bind(f"sqlite:///{sample_folder / 'station.db'}")
    settings = Settings(data_dir=str(sample_folder), secret_key=SECRET)
    with database.connection():
        firms = forecast.outlook(Actor.system(), settings, TODAY, days=DAYS)
        yield Year(firms, {firm: list(steps) for firm, steps in _counting_down()})
    dispose(bound)


def _counting_down() -> Iterator[tuple[int, Iterator[tuple[Clock, Step]]]]:
    rules, resting = policies.in_force(), quiets.standing(TODAY)
    rows = source.rows_on(TODAY, rules.horizon + timedelta(days=DAYS))
    for firm, theirs in groupby(rows, key=lambda row: row.enterprise_id):
        yield firm, _of_firm(firm, theirs, rules.of(firm).ladder, resting)


def _of_firm(firm: int, rows: Iterable[LadderRow], rules: Ladder, resting: Quiets) -> Iterator[tuple[Clock, Step]]:
    recorded, route = known(firm), routes.of_enterprise(firm, "folder", TODAY)[0]
    for row in rows:
        key = (row.equipment_id, row.clock)
        held = resting.held.get(key) or resting.held.get((row.equipment_id, ""))
        for step in ladder.upcoming(row, TODAY, TODAY + timedelta(days=DAYS), rules):
            if step.counts_down_to and not held and recorded.lacks(Owed(row, step, route, rules)):
                yield key, step


def test_no_firm_gets_more_than_two_letters_in_any_seven_days(year: Year) -> None:
    for firm in year.firms:
        days = [letter.day for letter in firm.letters]
        crowded = [day for day in days if sum(timedelta(0) <= one - day < timedelta(days=7) for one in days) > 2]
        assert crowded == [], firm.enterprise


def test_every_step_to_come_is_said_by_its_day_or_a_later_one_is(year: Year) -> None:
    late = []
    for firm in year.firms:
        said = _said(firm)
        for clock, step in year.steps[firm.enterprise_id]:
            days = [day for day, one in said[clock] if one.rank >= step.rank]
            if not days or min(days) > step.owed_on:
                late.append((firm.enterprise, clock, step))
    assert late == []
    assert sum(map(len, year.steps.values())) > 1_000


def test_that_a_date_has_passed_is_said_within_a_few_days(year: Year) -> None:
    waits = [
        (letter.day - step.owed_on).days
        for firm in year.firms
        for letter in firm.letters
        for step in letter.steps.values()
        if step.rank == RANK_PASSED and step.owed_on > TODAY
    ]
    assert waits
    assert max(waits) <= 12  # over the holidays of spring


def test_a_firm_is_written_to_about_once_a_week(year: Year) -> None:
    """In the next 90 days; later on, with nothing ever inspected, everything is overdue."""
    last = TODAY + timedelta(days=forecast.DAYS)
    counts = sorted(sum(letter.day <= last for letter in firm.letters) for firm in year.firms)
    assert counts[len(counts) // 2] <= 15
    assert counts[-1] <= 26


def _said(firm: Outlook) -> dict[Clock, list[tuple[date, Step]]]:
    found: dict[Clock, list[tuple[date, Step]]] = defaultdict(list)
    for letter in firm.letters:
        for clock, step in letter.steps.items():
            found[clock].append((letter.day, step))
    return found
