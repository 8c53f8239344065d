"""Requests about personal data on the page: found, shown, handed out, taken out, and kept in the trail."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account, AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.feeds.models import CalendarFeed
from inspect_station.registry import contact_data
from inspect_station.registry import service as registry
from inspect_station.registry.models import Contact
from inspect_station.reminders.models import Message
from inspect_station.staffing.models import Absence
from tests.conftest import NOW, TODAY, Cast, csrf_of, downloaded_from, log_in, people

MOBILE, ADDRESS = "13812345678", "lin@jia.example"
REASON = "本人到站申请，已核对身份证，电话 13812345678"


@pytest.fixture
def cast(app: Flask) -> Cast:
    with people(app) as found:
        given = {"role": "safety_officer", "name": "林安全", "mobile": MOBILE, "email": ADDRESS}
        registry.contacts.add(found.head, found.jia.id, given, now=NOW, today=TODAY)
        return found


def posted(client: FlaskClient, address: str, **data: str):
    return client.post(address, data={"csrf_token": csrf_of(client), **data})


@pytest.mark.parametrize("words", ["林安", "13812345678", "lin@jia"])
def test_a_contact_is_found_by_name_number_or_address_and_shown_with_the_number_masked(
    app: Flask, cast: Cast, words: str
) -> None:
    client = log_in(app, cast.head)
    page = client.get(f"/settings/persons/?q={words}").get_data(as_text=True)
    assert "林安全" in page
    assert "福州甲化工有限公司" in page
    held = client.get("/settings/persons/contact/1").get_data(as_text=True)
    assert "138****5678" in held
    assert MOBILE not in held


@pytest.mark.parametrize("who", ["admin", "head"])
def test_administrator_and_head_hand_a_person_all_that_is_kept_and_the_trail_says_why_without_the_number(
    app: Flask, cast: Cast, who: str
) -> None:
    client = log_in(app, getattr(cast, who))
    file = posted(client, "/settings/persons/contact/1/export", reason=REASON, form="json")
    told = json.loads(file.get_data())
    assert told["contact"]["mobile"] == MOBILE
    assert told["letters"] == []
    sheet = downloaded_from(posted(client, "/settings/persons/contact/1/export", reason=REASON, form="xlsx")).active
    assert MOBILE in {row[3].value for row in sheet.iter_rows()}
    page = client.get("/settings/persons/").get_data(as_text=True)
    assert page.count("本人到站申请") == 2
    with db.connection_context():
        kept = [e.detail["reason"] for e in AuditEntry.select().where(AuditEntry.act == "person.export")]
    assert kept == [REASON.replace(MOBILE, "138****5678")] * 2


def test_a_person_is_handed_the_text_messages_too_that_went_to_his_telephone(app: Flask, cast: Cast) -> None:
    with db.connection_context():
        to = Message.insert(
            key="k", message_id="<k>", enterprise=cast.jia.id, channel="sms", recipient="sms:1", day=TODAY, state="sent",
            subject="1 项应报检", created_at=NOW, queued_at=NOW,
        )  # fmt: skip
        to.execute()
    client = log_in(app, cast.head)
    told = json.loads(posted(client, "/settings/persons/contact/1/export", reason=REASON, form="json").get_data())
    assert [(letter["channel"], letter["subject"]) for letter in told["letters"]] == [("sms", "1 项应报检")]


def test_nothing_is_handed_out_or_taken_out_without_a_reason_or_with_another_name(app: Flask, cast: Cast) -> None:
    client = log_in(app, cast.head)
    assert posted(client, "/settings/persons/contact/1/export", reason="", form="json").status_code == 422
    with db.connection_context():
        Contact.update(ended_on=TODAY).execute()
    refused = posted(client, "/settings/persons/contact/1/forget", why=REASON, name="林安")
    assert refused.status_code == 422
    assert "请原样输入“林安全”" in refused.get_data(as_text=True)
    with db.connection_context():
        assert Contact.get().name == "林安全"
        assert not AuditEntry.select().where(AuditEntry.act.startswith("person.")).exists()


def test_a_contact_is_taken_out_once_ended_and_is_found_no_more(app: Flask, cast: Cast) -> None:
    client = log_in(app, cast.head)
    assert "请先在企业页停用" in client.get("/settings/persons/contact/1").get_data(as_text=True)
    assert posted(client, "/settings/persons/contact/1/forget", why=REASON, name="林安全").status_code == 409
    with db.connection_context():
        Contact.update(ended_on=TODAY).execute()
    done = posted(client, "/settings/persons/contact/1/forget", why=REASON, name="林安全")
    assert done.status_code == 302
    with db.connection_context():
        assert Contact.get().name == contact_data.GONE
        assert list(audit.broken_links()) == []
    assert "没有找到" in client.get("/settings/persons/?q=林安全").get_data(as_text=True)


def test_an_account_goes_with_its_absences_and_feeds_and_cannot_log_in_again(app: Flask, cast: Cast) -> None:
    number = cast.inspector.account_id
    with db.connection_context():
        CalendarFeed.create(account=number, token_hash="x", created_at=NOW)
        Absence.create(
            account=number, first_on=TODAY, last_on=TODAY, reason="sick", note="", made_by="检一", made_at=NOW
        )
    client = log_in(app, cast.head)
    page = client.get(f"/settings/persons/account/{number}").get_data(as_text=True)
    assert "日历订阅" in page
    assert posted(client, f"/settings/persons/account/{number}/forget", why=REASON, name="检一").status_code == 302
    with db.connection_context():
        assert Account.get_by_id(number).disabled_at is not None
        assert not CalendarFeed.select().exists()
        assert not Absence.select().exists()


@pytest.mark.parametrize("who", ["head", "admin"])
def test_neither_ones_own_account_nor_the_last_administrators_is_taken_out(app: Flask, cast: Cast, who: str) -> None:
    client = log_in(app, getattr(cast, who))
    answer = posted(client, f"/settings/persons/account/{cast.admin.account_id}/forget", why=REASON, name="管小理")
    assert answer.status_code == 409
    with db.connection_context():
        assert Account.get_by_id(cast.admin.account_id).disabled_at is None


@pytest.mark.parametrize("who", ["inspector", "technical_head", "auditor", "jia_user"])
def test_nobody_else_comes_to_the_page(app: Flask, cast: Cast, who: str) -> None:
    actor: Actor = getattr(cast, who)
    wanted = 403 if actor.is_staff else 404
    client = log_in(app, actor)
    assert client.get("/settings/persons/").status_code == wanted
    assert posted(client, "/settings/persons/contact/1/export", reason=REASON).status_code == wanted
    assert client.get("/settings/persons/nobody/1").status_code == wanted
