"""The station's word: what it does to the register, and what it never does by itself."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from inspect_station.accounts.models import AuditEntry
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound, Stale
from inspect_station.registry import service as registry
from inspect_station.registry.models import Contact, Document, Enterprise, Equipment, StatusChange
from inspect_station.reminders import quiets
from inspect_station.reminders.answers import service
from inspect_station.reminders.answers.models import Answer, AnswerItem
from inspect_station.reminders.answers.service import Filters
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.answers.park import PDF, Told
from tests.reminders.park import in_days


def stopped(told: Told, *devices: Equipment, act: str = "stop") -> int:
    proof = registry.documents.receive("停用报告.pdf", PDF, told.settings.files_dir)
    given = {"devices": [d.id for d in devices], "act": act, "on": in_days(-2)}
    return told.answer("stopped", given, evidence=proof)


@pytest.mark.parametrize(("act", "status"), [("stop", "stopped"), ("dismantle", "dismantled")])
def test_a_confirmed_stop_is_performed_with_its_evidence(told: Told, cast: Cast, act: str, status: str) -> None:
    number = stopped(told, told.late, told.soon, act=act)
    assert (
        service.confirm(cast.inspector, number, {"revision": 1, "reason": "看过现场"}, told.settings, NOW) == "done"
    )
    for device in (told.late, told.soon):
        assert Equipment.get_by_id(device.id).status == status
        change = StatusChange.select().where(StatusChange.equipment == device, StatusChange.status == status).get()
        assert change.from_on == in_days(-2)
        assert "看过现场" in change.reason
        assert change.document == "停用报告.pdf"
        proof = Document.get(Document.equipment == device)
        assert registry.documents.path_of(cast.head, proof.id, told.settings.files_dir)[1].read_bytes() == PDF
    told.tick(TODAY + timedelta(days=8))
    assert told.steps(told.late) == ["overdue1"]
    acts = {entry.act for entry in AuditEntry.select(AuditEntry.act)}
    assert {"answer.give", "answer.confirm", f"equipment.{act}", "document.add"} <= acts


def test_one_device_that_cannot_be_stopped_leaves_all_as_they_were(told: Told, cast: Cast) -> None:
    number = stopped(told, told.soon, told.late)
    registry.statuses.perform(
        cast.inspector, told.late.id, "scrap", on=in_days(-1), reason="已报废", now=NOW, today=TODAY
    )
    with pytest.raises(Conflict, match="反应釜二号"):
        service.confirm(cast.inspector, number, {"revision": 1}, told.settings, NOW)
    assert Equipment.get_by_id(told.soon.id).status == "in_use"
    assert Document.select().count() == 0
    assert Answer.get_by_id(number).state == "open"


def test_a_rejected_answer_ends_its_quiet_at_once_and_tells_why(told: Told, cast: Cast) -> None:
    number = stopped(told, told.late)
    assert quiets.standing(TODAY).over(told.late.id, "periodic", "overdue", 1, TODAY)
    service.reject(cast.inspector, number, "现场仍在运行", 1, NOW)
    assert quiets.standing(TODAY).over(told.late.id, "periodic", "overdue", 1, TODAY) is None
    assert service.of_message(told.message.id)[0]["handled_reason"] == "现场仍在运行"
    # Saying it again does not quiet anything any more.
    stopped(told, told.late)
    assert quiets.standing(TODAY).over(told.late.id, "periodic", "overdue", 1, TODAY) is None


def test_not_ours_rests_while_the_register_is_mended_and_is_finished_only_then(told: Told, cast: Cast) -> None:
    number = told.answer("not_ours", {"devices": [told.late.id], "note": "卖给乙了"})
    assert service.confirm(cast.inspector, number, {"revision": 1}, told.settings, NOW) == "correcting"
    assert AnswerItem.get().quiet_until == date(2026, 12, 4)  # ten working days
    with pytest.raises(Conflict, match="反应釜二号"):
        service.finish(cast.inspector, number, "", 2, NOW)
    registry.equipment.change(
        cast.inspector, told.late.id, {"enterprise": cast.yi.id}, reason="更正使用单位", now=NOW, today=TODAY
    )
    service.finish(cast.inspector, number, "已改到乙", 2, NOW)
    assert Answer.get_by_id(number).state == "done"


def test_a_new_contact_is_a_proposal_until_the_station_accepts(told: Told, cast: Cast) -> None:
    given = {"role": "safety_officer", "name": "李新", "mobile": "13812345678", "email": "li@jia.example"}
    number = told.answer("contact", given)
    assert Contact.select().count() == 1
    row = service.one(cast.inspector, number)
    assert row["facts"]["mobile"] == "138****5678"
    assert service.phones(cast.inspector, number)["mobile"] == "13812345678"
    choices, own = service.replaceable(cast.inspector, row)
    assert own == Contact.get().id == choices[0][0]
    service.confirm(cast.inspector, number, {"revision": 1, "replaces": own}, told.settings, NOW)
    old, new = Contact.select().order_by(Contact.id)
    assert (old.name, old.ended_on, old.end_reason) == ("张安全", TODAY, "企业答复：由李新接手")
    assert (new.name, new.mobile, new.receives_reminders, new.ended_on) == ("李新", "13812345678", True, None)


def test_a_contact_of_another_firm_cannot_be_ended_by_this(told: Told, cast: Cast) -> None:
    foreign = Contact.create(
        enterprise=cast.yi, name="乙的人", role="other", email="b@yi.example", started_on=TODAY, created_at=NOW
    )
    number = told.answer("contact", {"role": "other", "name": "李新", "email": "li@jia.example"})
    with pytest.raises(InvalidInput):
        service.confirm(cast.inspector, number, {"revision": 1, "replaces": foreign.id}, told.settings, NOW)
    assert Contact.get_by_id(foreign.id).ended_on is None
    assert Contact.select().count() == 2


def test_an_application_is_only_noted_here(told: Told, cast: Cast) -> None:
    number = told.answer("apply", {"items": [told.key(told.late)], "phone": "1"})
    with pytest.raises(Conflict, match="报检与检验"):
        service.reject(cast.inspector, number, "不行", 1, NOW)
    assert service.confirm(cast.inspector, number, {"revision": 1}, told.settings, NOW) == "done"
    # Seen here, the application goes on being quiet until casework says otherwise.
    assert quiets.standing(TODAY).over(told.late.id, "periodic", "overdue", 1, TODAY)


def test_of_two_people_who_handle_one_answer_the_later_is_told(told: Told, cast: Cast) -> None:
    number = stopped(told, told.late)
    with pytest.raises(Stale):
        service.reject(cast.inspector, number, "现场仍在运行", 7, NOW)
    service.reject(cast.inspector, number, "现场仍在运行", 1, NOW)
    with pytest.raises(Conflict, match="已经有人处理过"):
        service.confirm(cast.other_inspector, number, {"revision": 1}, told.settings, NOW)


def test_only_those_who_edit_the_register_may_handle(told: Told, cast: Cast) -> None:
    number = stopped(told, told.late)
    with pytest.raises(NotAllowed):
        service.confirm(cast.auditor, number, {"revision": 1}, told.settings, NOW)
    for actor in (cast.jia_user, cast.yi_user):
        with pytest.raises(NotFound):
            service.confirm(actor, number, {"revision": 1}, told.settings, NOW)
    with pytest.raises(NotFound):
        service.confirm(cast.inspector, 987654, {"revision": 1}, told.settings, NOW)


def test_the_inbox_narrows_by_state_firm_person_and_words(told: Told, cast: Cast) -> None:
    Enterprise.update(responsible=cast.inspector.account_id).where(Enterprise.id == cast.jia.id).execute()
    told.answer("apply", {"items": [told.key(told.late)], "phone": "1", "name": "王五", "wished_to": in_days(9)})
    told.answer("noted")

    def found(**narrowed: object) -> list[str]:
        return [row["kind"] for row in service.page_of(cast.inspector, Filters(**narrowed), None, 50).rows]  # type: ignore[arg-type]

    assert found() == ["noted", "apply"]
    assert found(tab="open") == found(q="王五") == found(kind="apply") == ["apply"]
    assert found(mine=True) == found(enterprise=cast.jia.id) == found(q="jhg") == ["noted", "apply"]
    assert found(enterprise=cast.yi.id) == found(q="没有这家") == []
    assert service.page_of(cast.other_inspector, Filters(mine=True), None, 50).rows == []
    assert service.counts(cast.inspector, Filters()) == {"all": 2, "open": 1, "correcting": 0, "settled": 1}
    assert service.open_count(cast.inspector).scalar() == 1
    first = service.page_of(cast.inspector, Filters(), None, 1)
    assert [row["kind"] for row in service.page_of(cast.inspector, Filters(), first.following, 1).rows] == ["apply"]
    assert service.page_of(cast.yi_user, Filters(), None, 50).rows == []


def test_evidence_is_for_those_who_may_see_the_answer(told: Told, cast: Cast, tmp_path: Path) -> None:
    number = stopped(told, told.late)
    row, path = service.evidence_of(cast.auditor, number, told.settings.files_dir)
    assert (row["file_name"], path.read_bytes()) == ("停用报告.pdf", PDF)
    with pytest.raises(NotFound):
        service.evidence_of(cast.yi_user, number, told.settings.files_dir)
    with pytest.raises(NotFound, match="不在了"):
        service.evidence_of(cast.auditor, number, tmp_path / "elsewhere")
