"""The sample park shows printed notices in every standing."""

from collections import Counter
from pathlib import Path

import peewee

from inspect_station.issuing import service
from inspect_station.issuing.service import Filters
from inspect_station.reminders import policies
from inspect_station.sample import load, paper
from tests.conftest import NOW, TODAY
from tests.reminders.park import settings


def test_the_sample_park_has_notices_in_every_standing_and_one_agreement(
    station: peewee.Database, tmp_path: Path
) -> None:
    load.load(20261122, 1, TODAY, NOW)
    made = paper.load(settings(tmp_path), TODAY, NOW)
    rows = service.page_of(paper._inspector(), Filters(), None, 50).rows
    assert Counter(row["standing"] for row in rows) == {"delivered": 2, "void": 1, "open": made - 3}
    assert len(policies.in_force().own) == 1
