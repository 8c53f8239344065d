"""The page behind a link: what it shows, whom it believes, what a link scanner can do there."""

import html
import io
import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inspect_station import clock
from inspect_station.accounts.models import AuditEntry
from inspect_station.clinic.models import ClinicRequest
from inspect_station.db import db
from inspect_station.reminders import quiets, records
from inspect_station.reminders.answers import service, views
from inspect_station.reminders.answers.asking import MOST_A_DAY
from inspect_station.reminders.answers.limit import Brake
from inspect_station.reminders.answers.models import Answer
from inspect_station.reminders.models import Message
from inspect_station.web import settings
from tests.conftest import NOW, Cast, log_in, people
from tests.reminders.answers.park import PDF, Told, tell
from tests.reminders.park import contact, in_days, vessel

Scene = tuple[Flask, Cast, Told, str]


@pytest.fixture
def scene(sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """甲's message in a running station, and the path of its link."""
    app = sqlite_app
    monkeypatch.setattr(views, "_brake", Brake())
    with people(app) as cast, app.app_context():
        told = tell(cast, tmp_path)
        path = "/r/" + service.secret_of(told.message, settings())
    return app, cast, told, path


def fields(page: str) -> dict[str, str]:
    """The hidden fields of a form."""
    found = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', page)
    return dict(found)


def answer(client: FlaskClient, path: str, page: str, **given: object):
    """A person opens the form, fills it and taps."""
    tokens = fields(client.get(f"{path}/{page}").get_data(as_text=True))
    return client.post(f"{path}/{page}", data={**tokens, **given}, content_type="multipart/form-data")


def count() -> int:
    with db.connection_context():
        return Answer.select().count()


def test_the_page_names_the_firm_the_devices_the_law_and_the_five_answers(scene: Scene) -> None:
    app, _, _, path = scene
    reply = app.test_client().get(path)
    page = html.unescape(reply.get_data(as_text=True))
    for said in ("福州甲化工有限公司", "反应釜一号", "反应釜二号", "超期 3 天", "第四十条", "已知悉", "申请检验",
                 "设备已停用或拆除", "不是我单位设备", "换联系人", "这些词是什么意思"):  # fmt: skip
        assert said in page, said
    assert reply.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert reply.headers["Referrer-Policy"] == "no-referrer"
    assert reply.headers["Cache-Control"] == "no-store"


def test_the_mail_carries_the_link_and_what_is_kept_does_not(scene: Scene) -> None:
    app, cast, told, path = scene
    with app.app_context(), db.connection_context():
        message = Message.get_by_id(told.message.id)
        _, eml = records.eml_of(cast.jia_user, settings(), message.id)
        _, for_staff = records.eml_of(cast.inspector, settings(), message.id)
    secret = path.removeprefix("/r/")
    assert secret not in message.text + message.html
    assert [secret in part for part in parts(eml)] == [True, True]
    assert [secret in part for part in parts(for_staff)] == [False, False]
    sent = next((Path(told.settings.data_dir) / "outbox").rglob("*.eml")).read_bytes()
    assert all(f"https://station.example/r/{secret}" in part for part in parts(sent))


def parts(eml: bytes) -> list[str]:
    """The text and the HTML of a mail."""
    mail = message_from_bytes(eml, policy=policy.default)
    return [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]


def test_getting_pages_as_a_scanner_does_changes_nothing(scene: Scene) -> None:
    app, _, _, path = scene
    with db.connection_context():
        before = AuditEntry.select().count()
    for address in (path, *(f"{path}/{kind}" for kind in service.words.KINDS)):
        client = app.test_client()
        assert client.get(address).status_code == 200
        assert client.head(address).status_code == 200
        assert client.get(address, headers={"Sec-Purpose": "prefetch"}).status_code == 200
    assert count() == 0
    with db.connection_context():
        assert AuditEntry.select().count() == before


def test_a_blind_post_gets_nothing(scene: Scene) -> None:
    app, _, _, path = scene
    client = app.test_client()
    assert client.post(f"{path}/noted").status_code == 400  # no token at all
    tokens = fields(client.get(f"{path}/noted").get_data(as_text=True))
    without = client.post(f"{path}/noted", data={"csrf_token": tokens["csrf_token"]})
    assert without.status_code == 422  # a visitor's token, not this form's
    assert "不是从本页的按钮来的" in without.get_data(as_text=True)
    assert client.post(f"{path}/not_ours", data={**tokens, "devices": 1, "note": "不是"}).status_code == 422
    stranger = app.test_client()
    own = fields(stranger.get(f"{path}/noted").get_data(as_text=True))
    mixed = stranger.post(f"{path}/noted", data={**own, "page_token": tokens["page_token"]})
    assert mixed.status_code == 422  # another visitor's form
    assert count() == 0


def test_a_deliberate_tap_answers_and_tells_what_happens_next(scene: Scene) -> None:
    app, _, told, path = scene
    client = app.test_client()
    reply = answer(
        client, path, "apply", scope="some", items=told.key(told.late), phone="0591-7", wished_from=in_days(9)
    )
    assert reply.status_code == 302
    page = html.unescape(client.get(path).get_data(as_text=True))
    assert "已收到您的答复：申请检验" in page
    assert "受理后会与您约定检验日期" in page
    assert "已报检，等待我站答复" in page
    with db.connection_context():
        entry = AuditEntry.select().where(AuditEntry.act == "answer.give").get()
        assert entry.account_name == "凭链接（张安全）"
        assert entry.enterprise_id == told.message.enterprise_id


def test_an_answer_can_be_changed(scene: Scene) -> None:
    app, _, told, path = scene
    client = app.test_client()
    answer(
        client, path, "stopped", devices=told.late.id, act="stop", on=in_days(-2), file=(io.BytesIO(PDF), "停用.pdf")
    )
    answer(client, path, "not_ours", devices=told.late.id, note="已卖给别家")
    page = client.get(path).get_data(as_text=True)
    assert "您后来改了答复" in page
    with db.connection_context():
        assert [a.state for a in Answer.select().order_by(Answer.id)] == ["replaced", "open"]


def test_what_was_typed_comes_back_with_the_reason(scene: Scene) -> None:
    app, _, told, path = scene
    reply = answer(
        app.test_client(), path, "stopped", devices=told.late.id, act="stop", on=in_days(4), note="釜体腐蚀"
    )
    page = reply.get_data(as_text=True)
    assert reply.status_code == 422
    assert "不能晚于今天" in page
    assert "釜体腐蚀" in page
    assert f'value="{told.late.id}" checked' in page


def test_a_file_that_is_not_what_it_says_is_refused(scene: Scene) -> None:
    app, _, told, path = scene
    given = {"devices": told.late.id, "act": "stop", "on": in_days(-2)}
    for name, content in (("a.pdf", b"MZ"), ("a.exe", b"MZ"), ("a.pdf", b"")):
        reply = answer(app.test_client(), path, "stopped", **given, file=(io.BytesIO(content), name))
        assert reply.status_code == 422, name
    assert count() == 0


def test_unknown_and_forged_links_look_like_expired_ones(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    app, _, told, path = scene
    changed = {
        "forged": f"/r/{'a' * 26}{told.message.id}",
        "cut": path[:-3],
        "longer": path + "0",
        "other number": path.removesuffix(str(told.message.id)) + "987654",
        "words": "/r/没有",
    }
    replies = {}
    for change, bad in changed.items():
        for address in (bad, f"{bad}/noted", f"{bad}/question"):
            monkeypatch.setattr(views, "_brake", Brake())
            replies[change, address] = app.test_client().get(address)
    later = NOW + timedelta(days=91)
    monkeypatch.setattr(clock, "now", lambda: later)
    replies["expired", path] = app.test_client().get(path)
    assert {name: r.status_code for name, r in replies.items() if r.status_code != 404} == {}
    moving = r'(csrf-token" content="|打印日期 )[^"<]+'
    said = {re.sub(moving, "", r.get_data(as_text=True)) for r in replies.values()}
    assert len(said) == 1
    assert "链接已失效或不完整" in said.pop()


def test_a_link_lives_to_its_last_day(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    app, _, _, path = scene
    last = NOW + timedelta(days=90)
    monkeypatch.setattr(clock, "now", lambda: last)
    assert app.test_client().get(path).status_code == 200


def test_a_link_dies_with_the_message_it_was_made_for(scene: Scene) -> None:
    """After a restore the same number may be another firm's message."""
    app, _, told, path = scene
    with db.connection_context():
        Message.update(message_id="<another@station.example>").where(Message.id == told.message.id).execute()
    assert app.test_client().get(path).status_code == 404


def test_guessing_is_braked(scene: Scene) -> None:
    app, _, _, path = scene
    client = app.test_client()
    codes = [client.get(f"/r/{'b' * 26}{n}").status_code for n in range(25)]
    assert codes.count(404) == 20
    assert codes[-1] == 429
    assert client.get(path).status_code == 429


def test_the_brake_lets_go_after_its_window_and_forgets() -> None:
    brake = Brake(most=2, window=60)
    for at in (0, 1):
        brake.missed("x", at)
    assert brake.is_on("x", 2)
    assert not brake.is_on("y", 2)
    assert not brake.is_on("x", 62)


def test_the_link_opens_one_enterprises_one_message(scene: Scene, tmp_path: Path) -> None:
    app, cast, told, path = scene
    with db.connection_context():
        other = vessel(cast.yi, in_days(5), name="乙的釜")
        contact(cast.yi, "b@yi.example")
    client = app.test_client()
    assert "乙的釜" not in client.get(path).get_data(as_text=True)
    reply = answer(client, path, "not_ours", devices=other.id, note="不是")
    assert reply.status_code == 422
    assert count() == 0
    # A log-in that the link holder does not have stays closed to him.
    assert client.get(f"/equipment/{told.late.id}").status_code == 302


def test_the_firms_own_log_in_answers_in_its_name_and_staff_are_told_off(scene: Scene) -> None:
    app, cast, _told, path = scene
    answer(log_in(app, cast.jia_user), path, "noted")
    with db.connection_context():
        assert Answer.get().account_id == cast.jia_user.account_id
    reply = answer(log_in(app, cast.inspector), path, "noted")
    assert reply.status_code == 409
    assert count() == 1


def test_a_resend_carries_the_same_link(scene: Scene) -> None:
    app, _, told, _ = scene
    with app.app_context(), db.connection_context():
        first = service.url_for(told.message, settings())
        Message.update(revision=9, tries=3, state="queued").where(Message.id == told.message.id).execute()
        again = service.url_for(Message.get_by_id(told.message.id), settings())
        other = service.url_for(
            told.message, replace(settings(), secret_key="another secret of more than 32 letters")
        )
    assert first == again != other
    assert len(first.rsplit("/", 1)[1]) >= 26


def test_a_question_goes_to_the_clinic_quiets_nothing_and_needs_a_number_to_call(scene: Scene) -> None:
    app, cast, told, path = scene
    client = app.test_client()
    assert "工业诊所问诊" in client.get(path).get_data(as_text=True)
    asked = {"kind": "before", "question": "要不要搭脚手架？", "devices": [told.late.id]}
    refused = answer(client, path, "question", **asked)
    assert refused.status_code == 422
    assert "要不要搭脚手架？" in refused.get_data(as_text=True)
    assert answer(client, path, "question", **asked, phone="0591-1").status_code == 302
    assert answer(client, path, "question", **asked | {"devices": [987654]}, phone="1").status_code == 422
    with db.connection_context():
        row = ClinicRequest.get()
        assert (row.enterprise, row.source, row.phone) == (cast.jia, "answer", "0591-1")
        assert quiets.standing(NOW.date()).held == {}
    assert count() == 0


def test_questions_without_end_are_stopped_and_staff_ask_none(scene: Scene) -> None:
    app, cast, _, path = scene
    asked = {"kind": "consult", "question": "怎么办？", "phone": "1"}
    replies = [answer(app.test_client(), path, "question", **asked).status_code for _ in range(MOST_A_DAY + 1)]
    assert replies == [302] * MOST_A_DAY + [429]
    assert answer(log_in(app, cast.inspector), path, "question", **asked).status_code == 409


def test_the_form_offers_what_a_noted_letter_still_asks_for_and_says_what_is_in_hand(scene: Scene) -> None:
    app, _, told, path = scene
    client = app.test_client()
    answer(client, path, "stopped", devices=told.late.id, act="stop", on=in_days(-1))
    page = client.get(f"{path}/apply").get_data(as_text=True)
    assert re.search(rf'value="{told.key(told.late)}" [^>]*disabled', page) is None
    assert "企业称已停用或拆除，待核实" in page
    answer(client, path, "apply", items=told.key(told.late), phone="0591-7")
    page = client.get(f"{path}/apply").get_data(as_text=True)
    assert re.search(rf'value="{told.key(told.late)}" [^>]*disabled', page)
    assert "提交：申请检验" in page
    answer(client, path, "apply", items=told.key(told.soon), phone="0591-7")
    page = client.get(f"{path}/apply").get_data(as_text=True)
    assert "不用再申请" in page
    assert "提交：申请检验" not in page


def test_the_page_counts_what_is_answered_and_names_the_days_of_rest(scene: Scene) -> None:
    app, _, told, path = scene
    client = app.test_client()
    assert "最多 5 个工作日不催办" in client.get(f"{path}/stopped").get_data(as_text=True)
    answer(client, path, "stopped", devices=told.late.id, act="stop", on=in_days(-1))
    page = html.unescape(client.get(path).get_data(as_text=True))
    assert "最多 5 个工作日不催办" in page
    assert "其中 <strong>1</strong> 项已报检或已答复" in page


def test_a_file_beyond_all_bounds_leads_back_to_the_form_and_not_to_a_log_in(scene: Scene) -> None:
    app, _, told, path = scene
    app.config["MAX_CONTENT_LENGTH"] = 50_000
    large = (io.BytesIO(b"x" * 60_000), "a.jpg")
    reply = answer(app.test_client(), path, "stopped", devices=told.late.id, file=large)
    assert reply.status_code == 413
    assert f'href="{path}/stopped"' in reply.get_data(as_text=True)


@pytest.mark.parametrize("scope", ["all", "some"])
def test_the_second_half_of_a_double_tap_is_thanked_and_applies_no_second_time(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    app, _, told, path = scene
    client = app.test_client()
    tokens = fields(client.get(f"{path}/apply").get_data(as_text=True))
    given = {**tokens, "scope": scope, "items": [told.key(told.late), told.key(told.soon)], "phone": "0591-7"}
    codes = [client.post(f"{path}/apply", data=given).status_code for _ in range(2)]
    assert codes == [302, 302]
    assert count() == 1
    other = client.post(f"{path}/apply", data=given | {"phone": "0591-8"})  # somebody else: he is told
    assert other.status_code in {409, 422}
    later = NOW + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: later)
    again = client.post(f"{path}/apply", data=given)
    assert again.status_code in {409, 422}
    assert count() == 1
