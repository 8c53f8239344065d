"""A person answers more than once: what an earlier answer still says, and what it never stands in the way of."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from inspect_station import web
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, Stale
from inspect_station.registry import service as registry
from inspect_station.registry.models import Equipment
from inspect_station.reminders.answers import service
from inspect_station.reminders.answers.models import Answer, AnswerItem
from inspect_station.reminders.models import Message
from inspect_station.reminders.quiets import standing
from tests.conftest import NOW, TODAY, Cast, log_in, people
from tests.reminders.answers.park import PDF, Told, tell
from tests.reminders.park import in_days


def states() -> list[tuple[str, str, set[int]]]:
    """Each answer in the order given: its kind, its state, its devices."""
    return [
        (a.kind, a.state, {i.equipment_id for i in AnswerItem.select().where(AnswerItem.answer == a.id)})
        for a in Answer.select().order_by(Answer.id)
    ]


def stop(told: Told, *devices, now=NOW) -> int:
    given = {"devices": [d.id for d in devices], "act": "stop", "on": in_days(-1)}
    return told.answer("stopped", given, now)


def apply_for(told: Told, *devices) -> int:
    return told.answer("apply", {"items": [told.key(d) for d in devices], "phone": "0591-1"})


def test_noted_stands_in_the_way_of_no_application(told: Told) -> None:
    """Its rest covers the repeats of what is overdue, which is just what must be applied for."""
    told.tick(TODAY + timedelta(days=8))
    told.message = Message.select().order_by(Message.id.desc()).get()
    later = NOW + timedelta(days=8)
    told.answer("noted", now=later)
    (line,) = [line for line in told.sheet(later.date()).lines if line.equipment_id == told.late.id]
    assert line.quiet == "企业已知悉"
    assert not line.taken
    assert line in told.sheet(later.date()).waiting


def test_a_claim_stands_in_the_way_of_no_application_and_is_not_in_all(told: Told) -> None:
    stop(told, told.late)
    assert [line.equipment_id for line in told.sheet().waiting] == [told.soon.id]
    assert {line.equipment_id: line.taken for line in told.sheet().to_apply} == {
        told.late.id: False,
        told.soon.id: False,
    }
    apply_for(told, told.late)
    assert states() == [("stopped", "replaced", {told.late.id}), ("apply", "open", {told.late.id})]
    assert told.sheet().lines[0].taken


def test_what_is_applied_for_cannot_be_applied_for_again(told: Told) -> None:
    apply_for(told, told.late, told.soon)
    assert told.sheet().waiting == []
    assert all(line.taken for line in told.sheet().to_apply)
    with pytest.raises(Conflict):
        apply_for(told, told.late)


def test_an_answer_about_one_device_leaves_the_claim_about_the_other_to_be_handled(told: Told, cast: Cast) -> None:
    first = told.answer(
        "stopped",
        {"devices": [told.late.id, told.soon.id], "act": "stop", "on": in_days(-1), "note": "都停了"},
    )
    revision = Answer.get_by_id(first).revision
    end = AnswerItem.get().quiet_until
    told.answer("not_ours", {"devices": [told.late.id], "note": "已卖给别家"}, NOW + timedelta(days=2))
    assert states() == [
        ("stopped", "open", {told.soon.id}),
        ("stopped", "replaced", {told.late.id}),
        ("not_ours", "open", {told.late.id}),
    ]
    assert {item.quiet_until for item in AnswerItem.select()} == {end}  # saying it again does not move the end
    copy = Answer.get(Answer.state == "replaced")
    assert (copy.note, copy.facts, copy.given_at) == ("都停了", Answer.get_by_id(first).facts, NOW)
    with pytest.raises(Stale):  # the inspector had both devices before him
        service.confirm(cast.inspector, first, {"revision": revision}, told.settings, NOW)
    service.confirm(cast.inspector, first, {"revision": revision + 1}, told.settings, NOW)
    now = [Equipment.get_by_id(device.id).status for device in (told.soon, told.late)]
    assert now == ["stopped", "in_use"]


def test_the_evidence_of_a_divided_claim_stays_with_both_parts(told: Told) -> None:
    kept = registry.documents.receive("停用.pdf", PDF, told.settings.files_dir)
    given = {"devices": [told.late.id, told.soon.id], "act": "stop", "on": in_days(-1)}
    told.answer("stopped", given, evidence=kept)
    apply_for(told, told.late)
    claims = Answer.select().where(Answer.kind == "stopped")
    assert {(a.state, a.file_name, a.sha256) for a in claims} == {
        ("open", "停用.pdf", kept.sha256),
        ("replaced", "停用.pdf", kept.sha256),
    }


def test_noted_takes_no_claim_back(told: Told) -> None:
    stop(told, told.late)
    told.answer("noted")
    assert [(kind, state) for kind, state, _ in states()] == [("stopped", "open"), ("noted", "seen")]


def test_an_application_for_one_device_leaves_the_rest_of_the_others(told: Told) -> None:
    told.answer("noted")
    apply_for(told, told.soon)
    assert [(kind, state) for kind, state, _ in states()] == [("noted", "seen"), ("apply", "open")]
    quiet = standing(TODAY).over(told.late.id, "periodic", "overdue", 8, TODAY)
    assert quiet is not None
    assert quiet.words == "企业已知悉"


def test_another_new_contact_replaces_the_first(told: Told) -> None:
    told.answer("contact", {"role": "safety_officer", "name": "王一", "mobile": "13700000001"})
    told.answer("contact", {"role": "safety_officer", "name": "王二", "mobile": "13700000002"})
    assert [state for _, state, _ in states()] == ["replaced", "open"]


@pytest.mark.parametrize("kind", ["apply", "stopped"])
def test_a_telephone_number_without_a_digit_is_refused(told: Told, kind: str) -> None:
    given = {
        "apply": {"scope": "all"},
        "stopped": {"devices": [told.late.id], "act": "stop", "on": in_days(-1)},
    }[kind]
    with pytest.raises(InvalidInput, match="您的电话里没有数字"):
        told.answer(kind, given | {"phone": "打我"})
    assert Answer.select().count() == 0


@pytest.mark.parametrize("day", ["", "下周"])
def test_a_missing_day_is_asked_for_by_its_own_name(told: Told, day: str) -> None:
    with pytest.raises(InvalidInput, match="从哪天起请选择日期"):
        told.answer("stopped", {"devices": [told.late.id], "act": "stop", "on": day})


def test_a_firm_logged_in_divides_its_own_claim_behind_the_wall(app: Flask, tmp_path: Path) -> None:
    with people(app) as cast, app.app_context():
        told = tell(cast, tmp_path)
        path = "/r/" + service.secret_of(told.message, web.settings())
    client = log_in(app, cast.jia_user)

    def answer(page: str, **given: object) -> int:
        form = client.get(f"{path}/{page}").get_data(as_text=True)
        tokens = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', form))
        return client.post(f"{path}/{page}", data={**tokens, **given}).status_code

    both = [told.late.id, told.soon.id]
    assert answer("stopped", devices=both, act="stop", on=in_days(-1)) == 302
    assert answer("apply", items=told.key(told.late), phone="0591-1") == 302
    with db.connection_context():
        assert [(kind, state) for kind, state, _ in states()] == [
            ("stopped", "open"), ("stopped", "replaced"), ("apply", "open"),
        ]  # fmt: skip
