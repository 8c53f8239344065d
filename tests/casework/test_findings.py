"""检验意见通知书, reasons, extensions: from a failure to its end, each step kept."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from inspect_station.casework import service
from inspect_station.casework.models import FindingStep, Reason, Task
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.notices import finding as paper
from inspect_station.notices.model import Office
from inspect_station.registry.models import Extension
from tests.casework.pictures import photo
from tests.casework.test_deciding import accepted, state
from tests.casework.test_results import inspector, record  # noqa: F401  a fixture
from tests.conftest import NOW, TODAY, Cast, log_in, people
from tests.duelist import park as parks
from tests.duelist.park import Park

PERIODIC = "periodic"
WRONG = {
    "clock": PERIODIC,
    "problem": "筒体腐蚀减薄超标",
    "basis": "",
    "deadline": date(2026, 12, 20),
    "severe": False,
}


def issued(cast: Cast, device: Any, **changes: Any) -> int:
    number = service.findings.draft(cast.inspector, device.id, {**WRONG, **changes}, now=NOW)
    service.findings.issue(cast.inspector, number, now=NOW)
    return number


def found(cast: Cast, number: int) -> dict[str, Any]:
    return service.findings.get(cast.jia_user, number, TODAY)


def test_failed_notice_rectification_reinspection_and_the_case_is_done(
    cast: Cast,
    due_park: Park,
    inspector: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    case, task = accepted(cast, due_park.overdue)
    record(inspector, tmp_path, due_park.overdue, conclusion="不符合要求", grade=5, next_due=None)
    number = issued(cast, due_park.overdue)
    assert found(cast, number)["number"] == f"YJ2026-{number:05d}"
    service.findings.reply(
        cast.jia_user, number, "已补焊并检测合格", now=NOW, files_dir=tmp_path, pictures=[("a.jpg", photo(300, 200))]
    )
    assert found(cast, number)["reinspect_by"] == date(2026, 11, 25)
    service.findings.reinspect(inspector, number, passed=False, remark="焊缝未打磨", now=NOW)
    assert found(cast, number)["state"] == "issued"
    service.findings.reply(cast.jia_user, number, "已打磨", now=NOW, files_dir=tmp_path)
    (visit,) = service.cases.for_day(inspector, TODAY)  # waits on the phone's list of the day, to be looked at again
    assert [(item["equipment"], item["open"]) for item in visit["items"]] == [(due_park.overdue.id, False)]
    service.findings.reinspect(inspector, number, passed=True, remark="", now=NOW)
    assert service.cases.for_day(inspector, TODAY) == []
    later = {"completed_on": "2026-11-21"}  # of two on one day the failed one counts
    record(inspector, tmp_path, due_park.overdue, conclusion="复检合格", grade=3, next_due="2029-11-20", **later)
    service.findings.close(inspector, number, now=NOW)
    assert (state(case), Task.get_by_id(task).state) == ("done", "done")
    acts = [step.act for step in FindingStep.select().order_by(FindingStep.id)]
    assert acts == ["draft", "issue", "reply", "return", "reply", "pass", "close"]
    (row,) = [c for c in duelist.clocks_of(cast.head, due_park.overdue.id, TODAY) if c["clock"] == PERIODIC]
    assert row["shown_on"] == "2029-11-20"
    lines = [item["title"] for item in service.history.of_device(cast.jia_user, due_park.overdue.id)]
    assert any("确认办结" in line for line in lines)


def test_a_draft_is_nobody_s_but_the_station_s(cast: Cast, due_park: Park) -> None:
    number = service.findings.draft(cast.inspector, due_park.overdue.id, WRONG, now=NOW)
    with pytest.raises(NotFound):
        service.findings.get(cast.jia_user, number, TODAY)
    service.findings.change(cast.inspector, number, {**WRONG, "problem": "焊缝裂纹"}, now=NOW)
    service.findings.issue(cast.inspector, number, now=NOW)
    assert found(cast, number)["problem"] == "焊缝裂纹"
    with pytest.raises(Conflict, match="不能这样办"):
        service.findings.change(cast.inspector, number, WRONG, now=NOW)
    with pytest.raises(NotFound):
        service.findings.get(cast.yi_user, number, TODAY)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"problem": " "}, "发现的问题"),
        ({"deadline": None}, "整改期限"),
        ({"deadline": date(2026, 11, 1)}, "不早于今天"),
        ({"deadline": date(2036, 11, 1)}, "检查年份"),
        ({"clock": "internal"}, "没有这个检验项目"),
    ],
)
def test_a_notice_without_its_parts_is_refused(cast: Cast, due_park: Park, changes: Any, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        service.findings.draft(cast.inspector, due_park.overdue.id, {**WRONG, **changes}, now=NOW)


def test_an_unanswered_notice_is_overdue_after_its_deadline(cast: Cast, due_park: Park) -> None:
    number = issued(cast, due_park.overdue)
    later = date(2026, 12, 21)
    assert service.findings.overdue_count(cast.head, later) == 1
    overdue = service.findings.page(cast.jia_user, service.findings.Filters(overdue=True), later)
    assert [row["id"] for row in overdue.rows] == [number]
    assert service.findings.page(cast.yi_user, service.findings.Filters(), later).rows == []


def test_a_severe_hazard_is_told_to_unit_and_authority_before_it_can_be_closed(
    cast: Cast, due_park: Park, tmp_path: Path
) -> None:
    number = issued(cast, due_park.overdue, severe=True)
    service.findings.tell(cast.inspector, number, "unit", whom="安全总监李明，当面", now=NOW)
    with pytest.raises(Conflict, match="时间不能更改"):
        service.findings.tell(cast.inspector, number, "unit", whom="别人", now=NOW + timedelta(hours=1))
    service.findings.reply(cast.jia_user, number, "已停用", now=NOW, files_dir=tmp_path)
    service.findings.reinspect(cast.inspector, number, passed=True, remark="", now=NOW)
    with pytest.raises(Conflict, match="报告监管部门"):
        service.findings.close(cast.inspector, number, now=NOW)
    service.findings.tell(cast.inspector, number, "authority", whom="连江县市场监管局王科长，电话", now=NOW)
    service.findings.close(cast.inspector, number, now=NOW)
    row = service.findings.get(cast.head, number, TODAY)
    assert (row["unit_told_at"], row["authority_told_at"], row["state"]) == (NOW, NOW, "closed")


def test_the_paper_says_number_problem_deadline_and_the_law_of_severe_hazards() -> None:
    made = paper.render(
        paper.Finding(
            number="YJ2026-00001", unit="福州甲化工有限公司", on=TODAY, deadline=date(2026, 12, 20), problem="腐蚀 #减薄", basis="",
            severe=True, rows=[("设备名称", "缓冲罐")], issued_by="检一", office=Office("可门检验站", "0591-1"),
            told=service.duty.lines({"unit_told_at": NOW, "unit_told": "安全总监", "authority_told_at": None}),
        )
    )  # fmt: skip
    document = pypdfium2.PdfDocument(made)
    text = document[0].get_textpage().get_text_range().replace(" ", "")
    for words in (
        "YJ2026-00001",
        "2026年12月20日",
        "腐蚀#减薄",
        "第九十三条",
        "缓冲罐",
        "已告知使用单位：2026-11-22",
    ):
        assert words in text, words
    assert "已报告监管部门" not in text  # what has not been done is not said to have been
    document.close()


# --- reasons ------------------------------------------------------------------------------------------------------


def test_a_reason_for_many_rows_quiets_at_most_as_long_as_it_may(cast: Cast, due_park: Park) -> None:
    keys = [(due_park.overdue.id, PERIODIC), (due_park.apply_now.id, PERIODIC)]
    service.reasons.record(cast.inspector, keys, "idle", now=NOW, quiet_days=900)
    quiet = service.quieted(TODAY)
    assert {quiet[key].until for key in keys} == {TODAY + timedelta(days=30)}
    service.reasons.record(cast.inspector, keys[:1], "urged", now=NOW)
    assert set(service.quieted(TODAY)) == {keys[1]}
    assert [r["label"] for r in service.reasons.of_device(cast.head, keys[0][0])] == [
        "多次催促未办",
        "现场闲置，待办停用",
    ]


def test_a_reason_that_needs_evidence_is_refused_without(cast: Cast, due_park: Park) -> None:
    with pytest.raises(InvalidInput, match="须填写依据"):
        service.reasons.record(cast.inspector, [(due_park.overdue.id, PERIODIC)], "ordered_out", now=NOW)
    with pytest.raises(InvalidInput, match="请选择原因"):
        service.reasons.record(cast.inspector, [(due_park.overdue.id, PERIODIC)], "because", now=NOW)
    with pytest.raises(NotFound):
        service.reasons.record(cast.jia_user, [(due_park.overdue.id, PERIODIC)], "idle", now=NOW)


def test_an_ended_reason_is_kept_and_quiets_no_more(cast: Cast, due_park: Park) -> None:
    service.reasons.record(cast.inspector, [(due_park.overdue.id, PERIODIC)], "idle", now=NOW)
    service.reasons.end(cast.inspector, Reason.get().id, now=NOW)
    assert service.quieted(TODAY) == {}
    assert Reason.get().ended_by == "检一"


# --- extensions ---------------------------------------------------------------------------------------------------

ASKED = {
    "clock": PERIODIC,
    "until": date(2027, 6, 30),
    "reason": "连续生产",
    "measures": "加强巡检",
    "approved_by": "陈总",
}


def test_an_extension_is_asked_agreed_and_takes_effect_when_filed(cast: Cast, due_park: Park) -> None:
    number = service.postponing.ask(cast.jia_user, due_park.apply_now.id, ASKED, now=NOW)
    assert service.quieted(TODAY)[due_park.apply_now.id, PERIODIC].reason == "extension_asked"
    with pytest.raises(Conflict, match="已经有一份延期申请"):
        service.postponing.ask(cast.jia_user, due_park.apply_now.id, ASKED, now=NOW)
    with pytest.raises(Conflict, match="等检验机构意见"):
        service.postponing.file(cast.inspector, number, document="备1", filed_on=TODAY, now=NOW)
    service.postponing.decide(cast.inspector, number, agree=True, opinion="同意", now=NOW)
    service.postponing.file(cast.inspector, number, document="备案〔2026〕1号", filed_on=TODAY, now=NOW)
    (row,) = [c for c in duelist.clocks_of(cast.head, due_park.apply_now.id, TODAY) if c["clock"] == PERIODIC]
    assert (row["shown_on"], row["before_extension"]) == ("2027-06-30", "2026-12-22")
    assert Extension.get().document == "备案〔2026〕1号"
    assert service.quieted(TODAY) == {}


def test_a_refused_or_withdrawn_extension_changes_no_date(cast: Cast, due_park: Park) -> None:
    number = service.postponing.ask(cast.jia_user, due_park.apply_now.id, ASKED, now=NOW)
    with pytest.raises(InvalidInput, match="不同意延期的理由"):
        service.postponing.decide(cast.inspector, number, agree=False, opinion="", now=NOW)
    service.postponing.decide(cast.inspector, number, agree=False, opinion="缺陷未处理", now=NOW)
    again = service.postponing.ask(cast.jia_user, due_park.apply_now.id, ASKED, now=NOW)
    service.postponing.withdraw(cast.jia_user, again, now=NOW)
    assert (Extension.select().count(), service.quieted(TODAY)) == (0, {})
    with pytest.raises(NotFound):
        service.postponing.get(cast.yi_user, number)


def test_a_request_says_what_is_missing(cast: Cast, due_park: Park) -> None:
    given = {"clock": PERIODIC, "until": date(2026, 12, 1), "reason": "", "measures": "", "approved_by": ""}
    with pytest.raises(InvalidInput) as caught:
        service.postponing.ask(cast.jia_user, due_park.apply_now.id, given, now=NOW)
    assert set(caught.value.fields) == {"until", "reason", "measures", "approved_by"}
    assert "2026-12-22" in caught.value.message


# --- the due list -------------------------------------------------------------------------------------------------


def test_the_due_list_says_how_each_row_stands_and_filters_by_it(sqlite_app: Any) -> None:
    with people(sqlite_app) as cast, sqlite_app.app_context():
        park = parks.make(cast)
        accepted(cast, park.overdue)
        service.reasons.record(cast.inspector, [(park.apply_now.id, PERIODIC)], "urged", now=NOW)
        number = issued(cast, park.approaching, deadline=TODAY)
    client = log_in(sqlite_app, cast.inspector)
    texts = {
        work: client.get(f"/due?view=flat&clock=periodic&work={work}").get_data(as_text=True)
        for work in ("applied", "reason.urged", "finding", "none", "agreed")
    }
    assert "已受理，等待约定日期" in texts["applied"]
    assert "多次催促未办" in texts["reason.urged"]
    assert f"/findings/{number}" in texts["finding"]
    assert [name in texts["none"] for name in ("缓冲罐", "换热器", "反应釜", "分汽缸")] == [False, False, False, True]
    assert "没有符合这些条件的项目" in texts["agreed"]
    assert client.get("/due?work=odd").status_code == 422
