"""Results: what an inspector records beside the vessel, and what follows for dates, cases, reports and reminders."""

import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from inspect_station.accounts.models import AuditEntry
from inspect_station.casework import photos, service
from inspect_station.casework.models import Application, CaseFile, FindingNotice, Report, Task
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from inspect_station.registry import service as registry
from inspect_station.registry.models import Inspection
from inspect_station.staffing import service as staffing
from inspect_station.staffing.models import QualificationCode
from schedules.terms import Kind
from tests.casework.pictures import photo
from tests.casework.test_deciding import SOON, accepted, state
from tests.conftest import NOW, TODAY, Cast
from tests.duelist import park as parks
from tests.duelist.park import Park

PERIODIC = "periodic"
GOOD = {
    "clock": PERIODIC,
    "completed_on": "2026-11-20",
    "conclusion": "符合要求",
    "grade": 2,
    "next_due": "2032-11-20",
}


@pytest.fixture
def inspector(cast: Cast) -> Any:
    """检一, qualified for everything until the end of 2026."""
    staffing.seed(NOW)
    for code in QualificationCode.select():
        staffing.qualify(
            cast.admin, cast.inspector.account_id, code_id=code.id, certificate="T1", valid_until=date(2026, 12, 31), now=NOW
        )  # fmt: skip
    return cast.inspector


def record(actor: Any, files: Path, *devices: Any, **changes: Any) -> int:
    people = changes.pop("inspector_ids", [actor.account_id])
    more = {k: changes.pop(k) for k in ("reason", "pictures", "filled_on") if k in changes}
    ids = [device.id for device in devices]
    return service.results.record(
        actor, ids, {**GOOD, **changes}, now=NOW, files_dir=files, inspector_ids=people, **more
    )


def due(cast: Cast, device: Any) -> dict[str, Any]:
    return next(c for c in duelist.clocks_of(cast.head, device.id, TODAY) if c["clock"] == PERIODIC)


def test_a_result_moves_the_date_closes_the_case_and_leaves_the_report_pending(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    number, task = accepted(cast, due_park.overdue)
    report = record(inspector, tmp_path, due_park.overdue)
    assert due(cast, due_park.overdue)["shown_on"] == "2032-11-20"
    assert (state(number), Task.get_by_id(task).state) == ("done", "done")
    quiet = service.quieted(TODAY)[due_park.overdue.id, PERIODIC]
    assert (quiet.reason, quiet.until) == ("report_pending", date(2026, 12, 4))
    row = service.reports.get(cast.jia_user, report, TODAY)
    assert (row["stage"], row["items"][0]["next_due"], row["inspectors"][0]["name"]) == (
        "written",
        "2032-11-20",
        "检一",
    )
    assert AuditEntry.select().where(AuditEntry.act == "result.record").count() == 1


def test_a_case_stays_open_until_its_last_device_is_inspected(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    number, _ = accepted(cast, due_park.overdue, due_park.apply_now)
    record(inspector, tmp_path, due_park.overdue)
    assert state(number) == "inspecting"
    record(inspector, tmp_path, due_park.apply_now)
    assert state(number) == "done"
    assert Application.get_by_id(number).closed_at == NOW


def test_many_pipe_lines_get_one_result_and_one_report(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    lines = [
        parks.device(cast.jia, "8310", "蒸汽管", "", form="line", line_number=f"PL-{n}", traits={"pipe_grade": "GC2"})
        for n in range(3)
    ]
    report = record(inspector, tmp_path, *lines, report_number="GD-2026-1")
    assert len(service.reports.get(cast.head, report, TODAY)["items"]) == 3
    assert {due(cast, line)["shown_on"] for line in lines} == {"2032-11-20"}
    with pytest.raises(InvalidInput, match="请分开登记"):
        record(inspector, tmp_path, lines[0], due_park.overdue)


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"completed_on": "2026-11-23"}, "completed_on", "不能晚于今天"),
        ({"completed_on": "2010-01-01"}, "completed_on", "不能早于制造日期"),
        ({"clock": "annual", "grade": 2, "next_due": "2027-11-20"}, "grade", "不评定安全状况等级"),
        ({"next_due": "2026-11-01"}, "next_due", "应晚于检验日期"),
        ({"next_due": "2040-01-01"}, "next_due", "晚于规则允许的最长期限"),
        ({"completed_on": "前天"}, "completed_on", "2026-11-22"),
        ({"inspector_ids": []}, "inspectors", "有效资格的检验人员（检一）"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path, changes: Any, field: str, sentence: str
) -> None:
    before = Inspection.select().count()
    with pytest.raises(InvalidInput, match=sentence) as caught:
        record(inspector, tmp_path, due_park.overdue, **changes)
    assert field in caught.value.fields
    assert (Inspection.select().count(), Report.select().count()) == (before, 0)


def test_a_date_beyond_the_bound_stands_with_a_reason(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    proposed = service.proposals.proposal(inspector, due_park.overdue.id, GOOD, TODAY)
    assert proposed is not None
    assert (proposed.on, proposed.latest) == ("2032-11-20", date(2032, 11, 20))
    record(inspector, tmp_path, due_park.overdue, next_due="2034-11-20", reason="报告如此，RBI 评估")
    assert due(cast, due_park.overdue)["shown_on"] == "2034-11-20"


def test_an_inspector_without_a_valid_qualification_cannot_be_chosen(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="有效资格"):
        record(inspector, tmp_path, due_park.overdue, inspector_ids=[cast.other_inspector.account_id])
    assert service.inspectors.who_may(Kind.FIXED_VESSEL, PERIODIC, date(2027, 1, 1)) == []  # expired by then


def test_another_body_s_result_names_its_people_as_text(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    record(inspector, tmp_path, due_park.overdue, institution="福州某检测公司", inspectors="外检甲", inspector_ids=[])
    assert Inspection.select().order_by(Inspection.id.desc()).get().inspectors == "外检甲"


def test_the_same_report_number_is_refused(cast: Cast, due_park: Park, inspector: Any, tmp_path: Path) -> None:
    record(inspector, tmp_path, due_park.overdue, report_number="RQ-1")
    with pytest.raises(InvalidInput, match="“RQ-1”已经用过"):
        record(inspector, tmp_path, due_park.apply_now, report_number="RQ-1")
    assert Report.select().count() == 1


def failed(cast: Cast, files: Path, inspector: Any, device: Any, deadline: date) -> int:
    """A failed inspection under RQ-1 with its notice."""
    said = {"conclusion": "不符合要求", "grade": 5, "next_due": None, "completed_on": "2026-11-10"}
    report = record(inspector, files, device, report_number="RQ-1", **said)
    problem = {"clock": PERIODIC, "problem": "腐蚀", "basis": "", "deadline": deadline, "severe": False}
    FindingNotice.create(
        enterprise=device.enterprise, equipment=device, issued_at=NOW, created_at=NOW, state="issued", number="YJ-1", **problem
    )  # fmt: skip
    return report


def test_a_reinspection_before_the_deadline_keeps_the_number_of_the_report_that_failed(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    first = failed(cast, tmp_path, inspector, due_park.overdue, date(2026, 11, 20))
    assert service.numbers.kept([due_park.overdue.id], PERIODIC, TODAY - timedelta(days=2)) == "RQ-1"
    again = {"report_number": "RQ-1", "conclusion": "复检合格"}
    with pytest.raises(InvalidInput, match="已经用过"):  # of another device it is no re-inspection
        record(inspector, tmp_path, due_park.apply_now, **again)
    second = record(inspector, tmp_path, due_park.overdue, **again)
    rows = [service.reports.get(cast.head, number, TODAY) for number in (first, second)]
    assert [(row["number"], row["again"]) for row in rows] == [("RQ-1", 0), ("RQ-1", 1)]
    assert [[r["id"] for r in row["family"]] for row in rows] == [[second], [first]]
    with pytest.raises(InvalidInput, match="已经用过"):  # it has passed: nothing is left to look at again
        record(inspector, tmp_path, due_park.overdue, **again, completed_on="2026-11-21")
    assert service.numbers.kept([due_park.overdue.id], PERIODIC, TODAY) == ""


def test_a_reinspection_after_the_deadline_needs_a_number_of_its_own_or_a_reason(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    failed(cast, tmp_path, inspector, due_park.overdue, date(2026, 11, 19))
    assert service.numbers.kept([due_park.overdue.id], PERIODIC, TODAY) == ""
    with pytest.raises(InvalidInput, match="整改期限 2026-11-19 已过，复检报告应另编号") as caught:
        record(inspector, tmp_path, due_park.overdue, report_number="RQ-1", conclusion="复检合格")
    assert set(caught.value.fields) == {"report_number", "reason"}
    record(
        inspector, tmp_path, due_park.overdue, report_number="RQ-1", conclusion="复检合格", reason="期限经同意顺延"
    )
    assert Report.select().where(Report.number == "RQ-1").count() == 2


def test_a_reinspection_is_given_the_old_number_when_its_report_is_issued(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    failed(cast, tmp_path, inspector, due_park.overdue, date(2026, 11, 30))
    report = record(inspector, tmp_path, due_park.overdue, conclusion="复检合格")
    service.reports.advance(cast.head, report, now=NOW, number="RQ-1")
    assert service.reports.get(cast.head, report, TODAY)["again"] == 1


def test_of_two_inspectors_saving_the_same_record_one_wins_and_the_other_is_told(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    opened = service.results.known([(due_park.overdue.id, PERIODIC)])
    record(inspector, tmp_path, due_park.overdue, filled_on=opened)
    with pytest.raises(Stale, match="您填写的内容还在"):
        record(inspector, tmp_path, due_park.overdue, filled_on=opened, completed_on="2026-11-19")
    assert Report.select().count() == 1


def test_a_corrected_result_keeps_the_old_value_and_the_report_tells_the_new_one(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    report = record(inspector, tmp_path, due_park.overdue)
    old = service.reports.get(cast.head, report, TODAY)["items"][0]["current"]
    said = {"grade": 3, "next_due": "2029-11-20"}
    new = registry.inspections.correct(inspector, old, said, reason="录错", now=NOW, today=TODAY)
    item = service.reports.get(cast.head, report, TODAY)["items"][0]
    assert (item["current"], item["grade"], item["corrected"]) == (new, 3, True)
    assert Inspection.get_by_id(old).grade == 2


def test_a_report_is_signed_step_by_step_by_different_people(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    report = record(inspector, tmp_path, due_park.overdue)
    with pytest.raises(Conflict, match="不能自己校核"):
        service.reports.advance(inspector, report, now=NOW)
    service.reports.advance(cast.other_inspector, report, now=NOW)
    service.reports.advance(inspector, report, now=NOW)
    with pytest.raises(NotAllowed, match="站长或技术负责人"):
        service.reports.advance(cast.other_inspector, report, now=NOW)
    with pytest.raises(InvalidInput, match="填写报告编号"):
        service.reports.advance(cast.technical_head, report, now=NOW)
    assert service.reports.advance(cast.technical_head, report, now=NOW, number="RQ-9") == "issued"
    assert service.reports.get(cast.head, report, TODAY)["items"][0]["report_number"] == "RQ-9"
    assert service.quieted(TODAY) == {}
    with pytest.raises(NotFound):
        service.reports.get(cast.yi_user, report, TODAY)


def test_two_people_cannot_sign_the_same_step(cast: Cast, due_park: Park, inspector: Any, tmp_path: Path) -> None:
    report = record(inspector, tmp_path, due_park.overdue)
    service.reports.advance(cast.other_inspector, report, now=NOW, revision=1)
    with pytest.raises(Stale):
        service.reports.advance(cast.technical_head, report, now=NOW, revision=1)


def test_a_failed_result_hangs_the_task_and_forbids_use(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    number, task = accepted(cast, due_park.overdue)
    record(inspector, tmp_path, due_park.overdue, conclusion="不符合要求", grade=5, next_due=None)
    assert (state(number), Task.get_by_id(task).state) == ("inspecting", "rectifying")
    assert due(cast, due_park.overdue)["bucket"] == "forbidden"


def test_a_photo_is_turned_upright_sized_down_and_loses_its_place(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path
) -> None:
    report = record(inspector, tmp_path, due_park.overdue, pictures=[("a.jpg", photo())])
    row = CaseFile.get(CaseFile.owner_id == report)
    path = photos.path_of(cast.jia_user, row.id, tmp_path)
    with Image.open(path) as kept:
        assert (kept.format, kept.size) == ("JPEG", (1365, 2048))
        assert not kept.getexif()
    with pytest.raises(NotFound):
        photos.path_of(cast.yi_user, row.id, tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xd8\xff" + bytes(40 * 1024 * 1024), "有 40 MB，超过 20 MB"),
        (b"%PDF-1.7 no photo", "不是可以打开的照片"),
        (photo()[:300], "不是可以打开的照片"),
        (b"", "不是可以打开的照片"),
    ],
)
def test_what_is_no_photo_or_too_big_is_refused_and_nothing_is_written(
    cast: Cast, due_park: Park, inspector: Any, tmp_path: Path, content: bytes, sentence: str
) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        record(inspector, tmp_path, due_park.overdue, pictures=[("x.jpg", content)])
    assert Report.select().count() == 0


def test_a_picture_of_a_hundred_million_points_is_refused_unopened(tmp_path: Path) -> None:
    made = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(made, "PNG")
    with pytest.raises(InvalidInput, match="不是可以打开的照片"):
        photos.check(made.getvalue(), "bomb.png")


# --- preparation --------------------------------------------------------------------------------------------------


def test_the_preparation_list_is_ticked_by_the_enterprise_and_open_points_are_seen(
    cast: Cast, due_park: Park, tmp_path: Path
) -> None:
    _, task = accepted(cast, due_park.overdue)
    prepared = service.preparing.of_task(cast.jia_user, task)
    ids = [point.id for point in prepared.open_points]
    assert prepared.ready == 0
    assert "isolation_blinds" in ids
    said = {
        point: (point != "isolation_blinds", "盲板未到货" if point == "isolation_blinds" else "") for point in ids
    }
    pictures = {"papers_build": [("p.jpg", photo(400, 300))]}
    prepared = service.preparing.tick(cast.jia_user, task, said, now=NOW, files_dir=tmp_path, pictures=pictures)
    assert [(point.id, point.note) for point in prepared.open_points] == [("isolation_blinds", "盲板未到货")]
    assert any(point.photos for _, points in prepared.groups for point in points)
    assert Task.get_by_id(task).prepared_at is None
    service.preparing.tick(cast.jia_user, task, {"isolation_blinds": (True, "")}, now=NOW, files_dir=tmp_path)
    assert Task.get_by_id(task).prepared_at == NOW
    with pytest.raises(NotFound):
        service.preparing.of_task(cast.yi_user, task)


def test_a_site_that_is_not_ready_needs_another_day_and_says_why(cast: Cast, due_park: Park) -> None:
    number, task = accepted(cast, due_park.overdue)
    service.dating.propose(cast.inspector, task, SOON, now=NOW, confirmed_with="王工")
    with pytest.raises(InvalidInput, match="缺什么条件"):
        service.preparing.not_ready(cast.inspector, task, note="", now=NOW)
    service.preparing.not_ready(cast.inspector, task, note="未加盲板，氧含量 17%", now=NOW)
    row = Task.get_by_id(task)
    assert (row.state, row.agreed_on, state(number)) == ("waiting", None, "accepted")
    quiet = service.quieted(TODAY)[due_park.overdue.id, PERIODIC]
    assert (quiet.reason, quiet.until) == ("site_not_ready", TODAY + timedelta(days=15))
