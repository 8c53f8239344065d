"""The outbox page's heavier acts: the backlog after a pause, several messages at once, steps that never became a letter."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from inspect_station.accounts.models import AuditEntry
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotAllowed
from inspect_station.registry.models import Contact
from inspect_station.reminders import backlog, hands, service, unwritten
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.reminders.staff import service as staff
from tests.conftest import NOW, TODAY, Cast, csrf_of, downloaded, log_in, people
from tests.reminders.park import contact, in_days, inspected, settings, vessel


def furnish(cast: Cast) -> None:
    for firm, name in ((cast.jia, "a@jia.example"), (cast.yi, "b@yi.example")):
        contact(firm, name)
        vessel(firm, in_days(10))
        vessel(firm, in_days(-3))


def states(table: type) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in table.select(table.state):
        found[row.state] = found.get(row.state, 0) + 1
    return found


def test_before_resuming_one_sees_what_would_go_out_and_to_whom(cast: Cast, tmp_path: Path) -> None:
    furnish(cast)
    service.pause(cast.head, "restored", NOW)
    service.tick(settings(tmp_path), TODAY, NOW)
    staff.compose(settings(tmp_path), TODAY, NOW)
    found = backlog.look(cast.inspector, NOW)
    assert (found.letters, found.items, found.ungathered, found.firm_count) == (2, 4, 0, 2)
    assert {(firm.letters, firm.items, firm.oldest) for firm in found.firms} == {(1, 2, TODAY)}
    assert found.staff == 4
    assert found.paused["why"] == "restored"


def test_a_voided_backlog_stays_readable_and_each_ladder_goes_on_with_its_next_step(
    cast: Cast, tmp_path: Path
) -> None:
    config = settings(tmp_path)
    furnish(cast)
    service.tick(config, TODAY, NOW)
    staff.compose(config, TODAY, NOW)
    service.pause(cast.head, "restored", NOW)
    done = backlog.void_and_resume(cast.head, "恢复前都已发过", NOW)
    assert (done.letters, done.items, done.staff) == (2, 4, 4)
    assert service.paused() is None
    assert {step.reason for step in OwedStep.select()} == {"积压作废：恢复前都已发过"}
    assert states(OwedStep) == {"suppressed": 4}
    assert service.deliver(config, NOW) == {}
    assert not staff.deliver(config, NOW)
    assert AuditEntry.get(AuditEntry.act == "reminders.void_backlog").detail["letters"] == 2
    assert service.tick(config, TODAY, NOW).steps == 0
    later = NOW + timedelta(days=5)
    service.tick(config, later.date(), later)
    assert {step.step for step in OwedStep.select().where(OwedStep.state == "queued")} == {"overdue", "d0"}


def test_whom_a_person_has_to_call_is_no_backlog_and_stays_on_the_telephone_list(cast: Cast, tmp_path: Path) -> None:
    furnish(cast)
    Contact.update(ended_on=TODAY).where(Contact.enterprise == cast.yi.id).execute()
    service.pause(cast.head, "restored", NOW)
    service.tick(settings(tmp_path), TODAY, NOW)
    found = backlog.look(cast.head, NOW)
    assert [(firm.enterprise_id, firm.letters) for firm in found.firms] == [(cast.jia.id, 1)]
    assert backlog.void_and_resume(cast.head, "恢复前都已发过", NOW).letters == 1
    assert [row.enterprise_id for row in hands.tasks(cast.head)] == [cast.yi.id]
    assert states(OwedStep) == {"suppressed": 2, "queued": 2}


def test_what_a_dead_sender_had_in_hand_is_part_of_the_backlog(cast: Cast, tmp_path: Path) -> None:
    furnish(cast)
    service.tick(settings(tmp_path), TODAY, NOW)
    hour_ago = NOW - timedelta(hours=1)
    Message.update(state="claimed", lease_until=hour_ago).where(Message.enterprise == cast.jia).execute()
    OwedStep.update(state="claimed").where(OwedStep.enterprise == cast.jia).execute()
    service.pause(cast.head, "restored", NOW)
    assert backlog.look(cast.head, NOW).letters == 2
    assert backlog.void_and_resume(cast.head, "已发过", NOW).letters == 2
    assert set(states(Message)) | set(states(OwedStep)) == {"suppressed"}


def test_voiding_needs_a_reason_a_pause_and_the_right(cast: Cast) -> None:
    with pytest.raises(Conflict):
        backlog.void_and_resume(cast.head, "不要了", NOW)
    service.pause(cast.head, "by_hand", NOW)
    with pytest.raises(InvalidInput):
        backlog.void_and_resume(cast.head, " ", NOW)
    with pytest.raises(NotAllowed):
        backlog.void_and_resume(cast.auditor, "不要了", NOW)
    assert service.paused() is not None


def test_several_are_stopped_with_one_reason_and_those_already_gone_left_alone(cast: Cast, tmp_path: Path) -> None:
    furnish(cast)
    service.tick(settings(tmp_path), TODAY, NOW)
    service.deliver(settings(tmp_path), NOW, most=1)
    ids = [m.id for m in Message.select()]
    assert backlog.stop_all(cast.inspector, [*ids, *ids, 987_654], "厂里停电", NOW) == backlog.Bulk(1, 2)
    assert states(Message) == {"sent": 1, "suppressed": 1}
    assert backlog.resend_all(cast.inspector, ids, NOW) == backlog.Bulk(2, 0)
    assert service.deliver(settings(tmp_path), NOW) == {"sent": 2}


def test_steps_that_never_became_a_letter_are_listed_with_what_became_of_them(cast: Cast, tmp_path: Path) -> None:
    config = settings(tmp_path)
    contact(cast.jia, "a@jia.example")
    vessel(cast.jia, in_days(85))
    service.tick(config, TODAY, NOW)
    service.deliver(config, NOW)
    waiting = vessel(cast.jia, in_days(60))
    service.tick(config, TODAY, NOW)  # rides with the next letter, in seven days
    (row,) = unwritten.page_of(cast.inspector, unwritten.Filters(), None, 50).rows
    assert (row["state_word"], row["step_word"], row["equipment_id"]) == ("等下一封信", "到期前 60 天", waiting.id)
    for recipient, word in (("wecom:4", "群机器人"), ("sms:4", "手机"), ("", "检验站打电话")):
        OwedStep.update(recipient=recipient).where(OwedStep.message.is_null()).execute()
        assert unwritten.page_of(cast.inspector, unwritten.Filters(), None, 50).rows[0]["recipient"] == word
    inspected(waiting, "periodic", "2032-01-01", "2026-11-20")
    assert unwritten.page_of(cast.inspector, unwritten.Filters(enterprise=cast.yi.id), None, 50).rows == []
    assert unwritten.page_of(cast.inspector, unwritten.Filters(state="superseded"), None, 50).rows == []


def test_on_pages_a_pause_leads_to_the_backlog_and_from_there_to_a_decision(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    with people(sqlite_app) as cast:
        furnish(cast)
        service.tick(settings(tmp_path), TODAY, NOW)
        service.pause(cast.head, "clock_jump", NOW)
        ids = [m.id for m in Message.select().order_by(Message.id)]
    client = log_in(sqlite_app, cast.inspector)
    token = csrf_of(client)
    assert "核对积压，恢复发送" in client.get("/reminders").get_data(as_text=True)
    page = client.get("/reminders/backlog").get_data(as_text=True)
    for words in ("时钟突然跳动", "福州甲化工有限公司", "作废积压并恢复发送"):
        assert words in page
    asked = client.get(f"/reminders/bulk?act=stop&ids={ids[0]}").get_data(as_text=True)
    assert "停发 1 封提醒" in asked
    assert client.post("/reminders/bulk", data={"act": "stop", "ids": ids[0], "csrf_token": token}).status_code == 422
    client.post("/reminders/bulk", data={"act": "stop", "ids": ids[0], "reason": "厂里停电", "csrf_token": token})
    assert client.post("/reminders/backlog/void", data={"reason": "", "csrf_token": token}).status_code == 422
    client.post("/reminders/backlog/void", data={"reason": "时钟跳动", "csrf_token": token})
    with db.connection_context():
        assert [m.reason for m in Message.select().order_by(Message.id)] == ["厂里停电", "积压作废：时钟跳动"]
    assert client.get("/reminders/backlog").status_code == 200
    assert client.get("/reminders/steps").status_code == 200
    sheet = downloaded(client, "/reminders/steps.xlsx").active
    assert sheet.max_row == 1
    assert client.get("/reminders/bulk?act=shred&ids=1").status_code == 422
