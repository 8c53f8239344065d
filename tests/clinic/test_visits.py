"""出诊: planned, recorded on the phone, followed up until every finding has an end."""

from datetime import timedelta
from pathlib import Path

import pytest
from peewee import fn

from inspect_station.accounts.models import AuditEntry
from inspect_station.casework.models import CaseFile
from inspect_station.clinic import service
from inspect_station.clinic.models import ClinicFinding, FindingEntry
from inspect_station.clinic.recording import Given, Record
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from inspect_station.registry import service as registry
from tests.casework.pictures import photo
from tests.clinic.park import DEADLINE, begun, finished, found, head, only_finding, signature
from tests.conftest import NOW, TODAY, Cast


def save(cast: Cast, visit: int, files_dir: Path, record: Record, **more) -> list[int]:
    return service.recording.save(cast.inspector, visit, record, now=NOW, files_dir=files_dir, **more)


def state(cast: Cast, visit: int) -> str:
    return service.visits.get(cast.inspector, visit)["state"]


def test_a_visit_closes_only_when_every_finding_has_an_end(cast: Cast, tmp_path: Path) -> None:
    visit = finished(cast, tmp_path, found(), found(symptom="台账与现场对不上", grade="minor"))
    first, second = (f["id"] for f in service.findings.of_visit(cast.inspector, visit, TODAY))
    assert state(cast, visit) == "finished"
    service.findings.reply(
        cast.jia_user, first, "已送检", now=NOW, files_dir=tmp_path, pictures=[("a.jpg", photo(80, 60))]
    )
    service.findings.confirm(cast.inspector, first, "done", remark="", now=NOW)
    assert state(cast, visit) == "finished"
    service.findings.confirm(cast.inspector, second, "partly", remark="还差三台", now=NOW)
    assert state(cast, visit) == "finished"
    service.findings.confirm(cast.inspector, second, "drop", remark="设备已拆除", now=NOW)
    assert state(cast, visit) == "closed"
    acts = [e.act for e in FindingEntry.select().where(FindingEntry.finding == second).order_by(FindingEntry.id)]
    assert acts == ["found", "partly", "drop"]


def test_a_visit_without_findings_closes_at_once_and_needs_a_word_on_what_was_done(
    cast: Cast, tmp_path: Path
) -> None:
    visit = begun(cast)
    with pytest.raises(InvalidInput) as refused:
        save(cast, visit, tmp_path, Record(head(), signature=signature(), finish=True))
    assert refused.value.fields == {"summary": ["没有诊断的，请写一句看了什么、谈了什么"]}
    save(cast, visit, tmp_path, Record(head(summary="讲了报检流程"), signature=signature(), finish=True))
    assert state(cast, visit) == "closed"


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"grade": ""}, "grade", "第 1 项没有选诊断等级（一般、较重、严重）"),
        (
            {"deadline": TODAY - timedelta(days=1)},
            "deadline",
            "第 1 项整改期限 2026-11-21 已经过去，请改为今天或以后",
        ),
        ({"deadline": None}, "deadline", "第 1 项没有写整改期限"),
        ({"deadline": TODAY + timedelta(days=400)}, "deadline", "第 1 项整改期限超过一年，请检查年份"),
        ({"measure": ""}, "measure", "第 1 项没有写处方（要做什么）"),
        ({"symptom": ""}, "symptom", "第 1 项没有写症状"),
    ],
)
def test_an_unfit_finding_is_named_and_nothing_is_half_written(
    cast: Cast, tmp_path: Path, wrong: dict, field: str, sentence: str
) -> None:
    visit = begun(cast)
    record = Record(head(summary="已填"), [Given(0, found(**wrong)), Given(1, found())])
    with pytest.raises(InvalidInput) as refused:
        save(cast, visit, tmp_path, record)
    assert refused.value.fields == {f"finding-0-{field}": [sentence]}
    assert ClinicFinding.select().count() == 0
    assert service.visits.get(cast.inspector, visit)["summary"] == ""


def test_a_deadline_today_is_fine_and_a_blank_finding_is_none(cast: Cast, tmp_path: Path) -> None:
    visit = begun(cast)
    empty = found(symptom="", measure="", grade="", deadline=None)
    save(cast, visit, tmp_path, Record(head(), [Given(0, found(deadline=TODAY)), Given(1, empty)]))
    assert [f["deadline"] for f in service.findings.of_visit(cast.inspector, visit, TODAY)] == [TODAY]


def test_finishing_needs_minutes_and_a_signature_or_the_reason_why_not(cast: Cast, tmp_path: Path) -> None:
    visit = begun(cast)
    with pytest.raises(InvalidInput) as refused:
        save(cast, visit, tmp_path, Record(head(minutes=None, signed_by=""), [Given(0, found())], finish=True))
    assert set(refused.value.fields) == {"minutes", "signature"}
    done = Record(head(unsigned_reason="负责人外出", signed_by=""), [Given(0, found())], finish=True)
    save(cast, visit, tmp_path, done)
    assert service.visits.get(cast.jia_user, visit)["unsigned_reason"] == "负责人外出"


@pytest.mark.parametrize(
    "drawn", ["data:image/png;base64,AAAA", "data:image/svg+xml;base64,PHN2Zz4=", "data:image/png;base64,!"]
)
def test_what_is_no_drawing_is_no_signature(cast: Cast, tmp_path: Path, drawn: str) -> None:
    visit = begun(cast)
    with pytest.raises(InvalidInput) as refused:
        save(cast, visit, tmp_path, Record(head(summary="x"), signature=drawn))
    assert refused.value.fields == {"signature": ["签字没有收到，请重新签一次"]}


def test_the_signature_is_kept_by_content_and_shown_to_both_sides(cast: Cast, tmp_path: Path) -> None:
    visit = finished(cast, tmp_path)
    row = service.visits.get(cast.jia_user, visit)
    assert row["signed_by"] == "甲安全"
    assert row["signed_at"] == NOW
    stored = registry.documents.kept(tmp_path, row["signature"]).read_bytes()
    assert stored.startswith(b"\x89PNG")


def test_photos_of_a_refused_record_are_held_and_then_belong_to_the_finding(cast: Cast, tmp_path: Path) -> None:
    visit = begun(cast)
    pictures = [("a.jpg", photo(300, 200)), ("b.txt", b"no picture")]
    held = service.recording.hold(cast.inspector, visit, pictures, now=NOW, files_dir=tmp_path)
    assert len(held) == 1
    save(cast, visit, tmp_path, Record(head(), [Given(0, found(), held=held)]))
    row = CaseFile.get_by_id(held[0])
    assert (row.owner, row.owner_id) == ("clinic_finding", only_finding(visit))


def test_photos_held_for_another_visit_cannot_be_claimed(cast: Cast, tmp_path: Path) -> None:
    mine, other = begun(cast), begun(cast)
    held = service.recording.hold(cast.inspector, other, [("a.jpg", photo(30, 20))], now=NOW, files_dir=tmp_path)
    save(cast, mine, tmp_path, Record(head(), [Given(0, found(), held=held)]))
    assert CaseFile.get_by_id(held[0]).owner == "clinic_held"


def test_a_severe_finding_opens_the_duty_of_law_and_ends_only_after_both_steps(cast: Cast, tmp_path: Path) -> None:
    visit = begun(cast)
    record = Record(head(), [Given(0, found(grade="severe"))], signature=signature(), finish=True)
    (finding,) = save(cast, visit, tmp_path, record)
    with pytest.raises(Conflict, match="两步"):
        service.findings.confirm(cast.inspector, finding, "done", remark="", now=NOW)
    service.findings.tell(cast.inspector, finding, "unit", whom="安全总监李明，当面", now=NOW)
    with pytest.raises(Conflict, match="时间不能更改"):
        service.findings.tell(cast.inspector, finding, "unit", whom="别人", now=NOW + timedelta(days=1))
    service.findings.tell(cast.inspector, finding, "authority", whom="连江局王科，电话", now=NOW)
    service.findings.confirm(cast.inspector, finding, "done", remark="", now=NOW)
    row = service.findings.get(cast.inspector, finding, TODAY)
    assert (row["unit_told_at"], row["authority_told_at"]) == (NOW, NOW)


def test_only_a_severe_finding_has_that_duty(cast: Cast, tmp_path: Path) -> None:
    finding = only_finding(finished(cast, tmp_path))
    with pytest.raises(Conflict, match="只有严重隐患"):
        service.findings.tell(cast.inspector, finding, "unit", whom="李明", now=NOW)


def test_the_same_finding_at_the_same_firm_is_recognised_whatever_the_device(cast: Cast, tmp_path: Path) -> None:
    service.seed(NOW)
    first = only_finding(finished(cast, tmp_path))
    second = only_finding(finished(cast, tmp_path))
    row = service.findings.get(cast.inspector, second, TODAY)
    assert row["repeats"] == first
    assert [e["id"] for e in row["earlier"]] == [first]
    (told,) = service.history.repeated(cast.jia_user, cast.jia.id)
    assert (told["symptom"], told["times"], told["live"], told["finding"]) == (row["symptom"], 2, True, second)
    assert service.history.repeated(cast.yi_user, cast.jia.id) == []
    # What turned out to be no concern is nothing to repeat.
    service.findings.confirm(cast.inspector, second, "drop", remark="设备已拆除", now=NOW)
    assert service.history.repeated(cast.inspector, cast.jia.id) == []
    third = only_finding(finished(cast, tmp_path))
    assert service.findings.get(cast.inspector, third, TODAY)["repeats"] == first


def test_of_two_savers_one_wins_and_the_other_is_told(cast: Cast, tmp_path: Path) -> None:
    visit = begun(cast)
    before = service.visits.get(cast.inspector, visit)["revision"]
    save(cast, visit, tmp_path, Record(head(summary="第一"), [Given(0, found())]), revision=before)
    with pytest.raises(Stale):
        save(cast, visit, tmp_path, Record(head(summary="第二"), [Given(0, found())]), revision=before)
    assert service.visits.get(cast.inspector, visit)["summary"] == "第一"
    assert ClinicFinding.select().count() == 1


def test_a_finished_record_stands(cast: Cast, tmp_path: Path) -> None:
    visit = finished(cast, tmp_path)
    with pytest.raises(Conflict):
        save(cast, visit, tmp_path, Record(head(summary="后来")))
    with pytest.raises(Conflict):
        service.visits.cancel(cast.inspector, visit, reason="x", now=NOW)


def test_an_enterprise_sees_a_record_when_it_is_finished_and_never_anothers(cast: Cast, tmp_path: Path) -> None:
    visit = begun(cast)
    save(cast, visit, tmp_path, Record(head(), [Given(0, found())]))
    finding = only_finding(visit)
    for actor in (cast.jia_user, cast.yi_user):
        with pytest.raises(NotFound):
            service.visits.get(actor, visit)
        with pytest.raises(NotFound):
            service.findings.get(actor, finding, TODAY)
        with pytest.raises(NotFound):
            service.findings.reply(actor, finding, "x", now=NOW, files_dir=tmp_path)
    save(
        cast,
        visit,
        tmp_path,
        Record(head(), [Given(0, found(), finding)], signature=signature(), finish=True),
    )
    assert service.findings.get(cast.jia_user, finding, TODAY)["measure"] == "送检"
    with pytest.raises(NotFound):
        service.findings.get(cast.yi_user, finding, TODAY)


def test_an_auditor_and_a_firm_write_nothing(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        service.visits.plan(cast.auditor, cast.jia.id, now=NOW)
    with pytest.raises(NotFound):
        service.visits.plan(cast.jia_user, cast.jia.id, now=NOW)


def test_a_visit_is_not_planned_into_the_past_nor_for_a_firm_that_is_none(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="已经过去"):
        service.visits.plan(cast.inspector, cast.jia.id, planned_on=TODAY - timedelta(days=1), now=NOW)
    with pytest.raises(NotFound):
        service.visits.plan(cast.inspector, 987_654, now=NOW)


def test_every_act_leaves_its_entry_in_the_trail(cast: Cast, tmp_path: Path) -> None:
    finding = only_finding(finished(cast, tmp_path))
    service.findings.confirm(cast.inspector, finding, "done", remark="", now=NOW)
    acts = AuditEntry.select(AuditEntry.act, fn.COUNT(AuditEntry.id)).group_by(AuditEntry.act).tuples()
    assert {"clinic.plan", "clinic.start", "clinic.finish", "clinic.done"} <= {act for act, _ in acts}


def test_prescriptions_owed_are_near_or_late_and_not_those_the_firm_answered(cast: Cast, tmp_path: Path) -> None:
    visit = finished(
        cast,
        tmp_path,
        found(),
        found(symptom="甲", deadline=TODAY),
        found(symptom="乙", deadline=TODAY + timedelta(days=60)),
        found(symptom="丙", deadline=TODAY),
    )
    answered = service.findings.of_visit(cast.inspector, visit, TODAY)[3]["id"]
    service.findings.reply(cast.jia_user, answered, "改好了", now=NOW, files_dir=tmp_path)
    owed = service.owed(TODAY + timedelta(days=1))
    assert [(p.symptom, p.days) for p in owed[cast.jia.id]] == [("甲", -1), ("安全阀校验有效期已过", 13)]
    assert owed[cast.jia.id][1].deadline == DEADLINE
    assert service.owed(TODAY, [cast.yi.id]) == {}
