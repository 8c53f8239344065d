"""Two people at the same moment, on both engines: one wins, the other is told, nothing is written twice."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from inspect_station.casework import service
from inspect_station.casework.models import ApplicationItem, Report, Task
from inspect_station.db import db
from inspect_station.errors import Conflict, Stale, StationError
from tests.casework.test_deciding import SOON, accepted
from tests.casework.test_results import inspector, record  # noqa: F401  a fixture
from tests.conftest import NOW, Cast
from tests.duelist.park import Park

PERIODIC = "periodic"


def at_once(*acts: Callable[[], Any]) -> list[StationError | None]:
    """What each act met, all of them started together on connections of their own."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> StationError | None:
        with db.connection_context():
            start.wait()
            try:
                act()
            except StationError as error:
                return error
        return None

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_one_device_is_ordered_once_by_four_people(cast: Cast, due_park: Park) -> None:
    items = [(due_park.overdue.id, PERIODIC)]

    def order() -> None:
        service.apply(cast.jia_user, cast.jia.id, items, source="portal", now=NOW)

    met = at_once(*[order] * 4)
    assert all(isinstance(error, Conflict) for error in met if error)
    assert sum(error is None for error in met) == 1
    assert ApplicationItem.select().count() == 1


def test_one_result_of_two_wins_and_the_other_is_told(
    cast: Cast,
    due_park: Park,
    inspector: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    opened = service.results.known([(due_park.overdue.id, PERIODIC)])
    met = at_once(*[lambda: record(inspector, tmp_path, due_park.overdue, filled_on=opened)] * 2)
    assert sorted(str(type(error).__name__) for error in met) == ["NoneType", "Stale"]
    assert any(isinstance(error, Stale) and "您填写的内容还在" in error.message for error in met)
    assert Report.select().count() == 1


def test_two_answers_to_one_day_make_one_agreement(cast: Cast, due_park: Park) -> None:
    _, task = accepted(cast, due_park.apply_now)
    service.dating.propose(cast.inspector, task, SOON, now=NOW)
    met = at_once(
        lambda: service.dating.answer(cast.jia_user, task, agree=True, now=NOW),
        lambda: service.dating.answer(cast.jia_user, task, agree=False, reason="停电", now=NOW),
    )
    assert sum(error is None for error in met) == 1
    assert Task.get_by_id(task).agreed_on in (SOON, None)
