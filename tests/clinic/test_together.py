"""What belongs together: a visit with an inspection near it, what recurs across the park, questions and their names."""

from datetime import timedelta
from pathlib import Path

import pytest

from inspect_station.casework import service as casework
from inspect_station.casework.models import Task
from inspect_station.clinic import service
from inspect_station.clinic.recording import Given, Record
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry.models import Enterprise
from tests.clinic.park import begun, finished, found, head, signature
from tests.conftest import NOW, TODAY, Cast
from tests.duelist import park

AGREED = TODAY + timedelta(days=8)


def agreed_task(cast: Cast) -> int:
    """An inspection of 甲's on an agreed day."""
    device = park.make(cast).overdue
    number = casework.apply(cast.jia_user, cast.jia.id, [(device.id, "periodic")], source="portal", now=NOW)
    casework.deciding.accept(cast.inspector, number, now=NOW)
    task = Task.get(Task.application == number)
    Task.update(state="agreed", agreed_on=AGREED, agreed_at=NOW).where(Task.id == task.id).execute()
    return int(task.id)


def test_a_visit_near_an_inspection_at_the_same_firm_is_offered_to_go_along(cast: Cast) -> None:
    task = agreed_task(cast)
    near = service.visits.inspections_near(cast.inspector, cast.jia.id, AGREED - timedelta(days=7), TODAY)
    assert [(t["id"], t["agreed_on"]) for t in near] == [(task, AGREED)]
    assert service.visits.inspections_near(cast.inspector, cast.jia.id, AGREED - timedelta(days=8), TODAY) == []
    assert service.visits.inspections_near(cast.inspector, cast.yi.id, AGREED, TODAY) == []
    visit = service.visits.plan(cast.inspector, cast.jia.id, planned_on=TODAY, now=NOW)
    service.visits.move(cast.inspector, visit, AGREED, task=task, now=NOW)
    row = service.visits.get(cast.inspector, visit)
    assert (row["planned_on"], row["task"]) == (AGREED, task)


def test_another_firms_inspection_cannot_be_gone_along_with(cast: Cast) -> None:
    task = agreed_task(cast)
    with pytest.raises(NotFound):
        service.visits.plan(cast.inspector, cast.yi.id, planned_on=AGREED, task=task, now=NOW)


def test_much_due_at_one_firm_is_a_reason_to_go(cast: Cast) -> None:
    park.make(cast)
    duelist.refresh(TODAY)
    firm = next(f for f in service.rounds.ranked(cast.head, TODAY) if f.enterprise == cast.jia.id)
    assert firm.due > 0
    assert any("可一起指导" in reason for reason in firm.reasons) == (firm.due >= service.rounds.CLUSTER)


def test_what_recurs_is_told_to_firms_by_number_only_from_three_firms_on(cast: Cast, tmp_path: Path) -> None:
    service.seed(NOW)
    third = Enterprise.create(name="福州丙气体有限公司", created_at=NOW, updated_at=NOW)
    finished(cast, tmp_path)
    for firm in (cast.yi, third):
        assert service.library.recurring(TODAY) == []
        visit = begun(cast, firm.id)
        record = Record(head(), [Given(0, found())], signature=signature(), finish=True)
        service.recording.save(cast.inspector, visit, record, now=NOW, files_dir=tmp_path)
    (row,) = service.library.recurring(TODAY)
    assert (row["symptom"], row["times"], row["firms"]) == ("安全阀校验有效期已过", 3, 3)
    assert set(row) == {"symptom", "measure", "times", "firms"}
    assert service.library.recurring(TODAY + timedelta(days=400)) == []


def asked(cast: Cast, tmp_path: Path) -> int:
    return service.requests.ask(
        cast.jia_user, cast.jia.id, kind="consult", question="问", source="portal", now=NOW, files_dir=tmp_path
    )


def test_the_first_answer_within_two_working_days_keeps_the_promise(cast: Cast, tmp_path: Path) -> None:
    number = asked(cast, tmp_path)
    late = NOW + timedelta(days=5)
    assert service.requests.get(cast.jia_user, number, late.date())["promise"].state == "broken"
    service.requests.answer(cast.inspector, number, "答", now=NOW + timedelta(days=1), files_dir=tmp_path)
    service.requests.answer(cast.inspector, number, "再答", now=late, files_dir=tmp_path)
    assert service.requests.get(cast.jia_user, number, late.date())["promise"].state == "kept"


def test_what_the_firm_adds_is_no_answer_of_ours(cast: Cast, tmp_path: Path) -> None:
    number = asked(cast, tmp_path)
    service.requests.answer(cast.jia_user, number, "补充", now=NOW, files_dir=tmp_path)
    assert service.requests.get(cast.jia_user, number, TODAY)["state"] == "open"


def test_a_closed_question_is_not_reopened_and_a_withdrawn_one_says_so(cast: Cast, tmp_path: Path) -> None:
    first, second = asked(cast, tmp_path), asked(cast, tmp_path)
    with pytest.raises(InvalidInput, match="办理结果"):
        service.requests.close(cast.inspector, first, closing=" ", now=NOW)
    service.requests.close(cast.inspector, first, closing="已电话答复", now=NOW)
    with pytest.raises(Conflict):
        service.requests.answer(cast.jia_user, first, "再问", now=NOW, files_dir=tmp_path)
    service.requests.close(cast.jia_user, second, closing="", now=NOW)
    assert service.requests.get(cast.jia_user, second, TODAY)["state"] == "withdrawn"


def test_a_question_goes_to_somebody_of_the_station_only(cast: Cast, tmp_path: Path) -> None:
    number = asked(cast, tmp_path)
    with pytest.raises(InvalidInput, match="站内人员"):
        service.requests.hand_over(cast.inspector, number, cast.yi_user.account_id, now=NOW)
    service.requests.hand_over(cast.inspector, number, cast.other_inspector.account_id, now=NOW)
    assert service.requests.get(cast.jia_user, number, TODAY)["keeper_name"] == "检二"


def test_nobody_asks_about_another_firms_device(cast: Cast, tmp_path: Path) -> None:
    device = park.make(cast).yi_vessel
    with pytest.raises(NotFound):
        service.requests.ask(
            cast.jia_user, cast.jia.id, kind="consult", question="问", source="portal", now=NOW, files_dir=tmp_path,
            devices=[device.id],
        )  # fmt: skip
    with pytest.raises(InvalidInput, match="不是这家企业的"):
        service.requests.ask(
            cast.inspector, cast.jia.id, kind="consult", question="问", source="phone", now=NOW, files_dir=tmp_path,
            devices=[device.id],
        )  # fmt: skip
