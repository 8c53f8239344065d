"""The pages and the JSON of the outbox: what people see, may do, and must never see of others."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from inspect_station import web
from inspect_station.accounts.models import AuditEntry
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.duelist.models import DueRow
from inspect_station.registry.models import Contact
from inspect_station.reminders import hands, service
from inspect_station.reminders.answers import service as answers
from inspect_station.reminders.models import Message
from tests.conftest import NOW, TODAY, Cast, csrf_of, downloaded, log_in, people, token_for
from tests.reminders.park import contact, in_days, settings, vessel

CANARY = "甲厂的金丝雀"


@pytest.fixture
def told(sqlite_app: Flask, tmp_path: Path) -> tuple[Flask, Cast]:
    """甲 was sent a reminder, 乙 one that still waits."""
    with people(sqlite_app) as cast:
        vessel(cast.jia, in_days(10), name=CANARY)
        contact(cast.jia, "a@jia.example", name="张安全")
        service.tick(settings(tmp_path), TODAY, NOW)
        service.deliver(settings(tmp_path), NOW)
        vessel(cast.yi, in_days(-3))
        contact(cast.yi, "b@yi.example")
        service.tick(settings(tmp_path), TODAY, NOW)
    return sqlite_app, cast


def number_of(app: Flask, recipient: str) -> int:
    with app.app_context(), db.connection_context():
        return int(Message.get(Message.recipient == recipient).id)


def test_the_list_shows_each_messages_fate_and_the_alarms(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    page = log_in(app, cast.inspector).get("/reminders").get_data(as_text=True)
    assert "已写入文件夹" in page
    assert "待发" in page
    assert "后台进程从未运行" in page
    assert "a@jia.example" in page
    assert "b@yi.example" in page


@pytest.mark.parametrize(
    ("state", "word", "said"),
    [
        ("queued", "即将发出", ""),
        ("failed", "正在再发", "这一封还没有送到，会自动再发"),
        ("refused", "没有送到", "这一封没有送到"),
        ("superseded", "不再需要", "没有发出"),
    ],
)
def test_an_enterprise_reads_what_a_state_means_to_it(
    told: tuple[Flask, Cast], state: str, word: str, said: str
) -> None:
    app, cast = told
    number = number_of(app, "b@yi.example")
    with app.app_context(), db.connection_context():
        Message.update(state=state, reason="" if state == "superseded" else "SMTP 550").where(
            Message.id == number
        ).execute()
    client = log_in(app, cast.yi_user)
    page = client.get("/reminders").get_data(as_text=True)
    assert page.count(word) == 2  # the tab and the row
    assert [ours for ours in ("待发", "重试中", "未发", "已写入文件夹", "SMTP 550") if ours in page] == []
    letter = client.get(f"/reminders/{number}").get_data(as_text=True)
    assert said in letter
    assert "SMTP 550" not in letter


def test_filters_search_and_paging_narrow_the_list(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    client = log_in(app, cast.inspector)
    for query, shown in (
        ("fate=sent", {"jia"}),
        ("fate=waiting", {"yi"}),
        ("state=sent&fate=waiting", set()),
        ("q=张安全", {"jia"}),
        ("q=jhg", {"jia"}),
        ("q=没有这家", set()),
        ("channel=mail", set()),
        ("first=2026-11-22&last=2026-11-22", {"jia", "yi"}),
        ("last=2026-11-21", set()),
        ("per_page=1", {"yi"}),
    ):
        page = client.get(f"/reminders?{query}").get_data(as_text=True)
        assert {firm for firm in ("jia", "yi") if f"@{firm}.example</small>" in page} == shown, query


def test_the_export_holds_what_the_filters_hold(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    sheet = downloaded(log_in(app, cast.inspector), "/reminders.xlsx?fate=sent").active
    assert [row[4] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["a@jia.example"]


def test_an_unknown_filter_is_refused_in_one_sentence(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    answer = log_in(app, cast.inspector).get("/reminders?fate=lost")
    assert answer.status_code == 422
    assert "去向" in answer.get_data(as_text=True)


def test_a_message_page_shows_the_text_as_sent_the_devices_and_the_tries(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    client, number = log_in(app, cast.inspector), number_of(app, "a@jia.example")
    page = client.get(f"/reminders/{number}").get_data(as_text=True)
    assert "没有真正发出" in page
    assert "第四十条" in page
    assert CANARY in page
    assert "每次发送" in page
    mail = client.get(f"/reminders/{number}/letter.eml")
    assert mail.mimetype == "message/rfc822"
    assert b"Message-ID: <" in mail.data


def test_an_enterprise_sees_its_own_messages_and_not_a_byte_of_anothers(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    mine, other = number_of(app, "b@yi.example"), number_of(app, "a@jia.example")
    client, token = log_in(app, cast.yi_user), token_for(cast.yi_user)
    assert client.get(f"/reminders/{mine}").status_code == 200
    lists = [client.get(path) for path in ("/reminders", f"/reminders?enterprise={cast.jia.id}", "/reminders?q=jia")]
    singles = [client.get(f"/reminders/{other}"), client.get(f"/reminders/{other}/letter.eml")]
    api = app.test_client()
    singles += [api.get(f"/api/v1/reminders/{other}", headers=token)]
    listed = api.get("/api/v1/reminders", headers=token)
    for answer in [*lists, *singles, listed]:
        text = answer.get_data(as_text=True)
        assert not any(word in text for word in (CANARY, "甲化工", "jia.example", "张安全"))
    assert [answer.status_code for answer in singles] == [404, 404, 404]
    assert listed.get_json()["total"] == 1


def test_an_enterprise_answers_its_letter_from_the_page_that_shows_it_while_the_link_lives(
    told: tuple[Flask, Cast],
) -> None:
    app, cast = told
    number = number_of(app, "a@jia.example")
    with app.app_context(), db.connection_context():
        way = f'href="/r/{answers.secret_of_message(cast.jia_user, number, web.settings())}"'
    assert way in log_in(app, cast.jia_user).get(f"/reminders/{number}").get_data(as_text=True)
    assert "/r/" not in log_in(app, cast.inspector).get(f"/reminders/{number}").get_data(as_text=True)
    waits = number_of(app, "b@yi.example")
    assert "/r/" not in log_in(app, cast.yi_user).get(f"/reminders/{waits}").get_data(as_text=True)
    with db.connection_context():
        Message.update(day=TODAY - timedelta(days=91)).where(Message.id == number).execute()
    assert "/r/" not in log_in(app, cast.jia_user).get(f"/reminders/{number}").get_data(as_text=True)


def test_an_enterprise_may_change_nothing(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    client, number = log_in(app, cast.yi_user), number_of(app, "b@yi.example")
    token = csrf_of(client)
    for path in (f"/reminders/{number}/stop", f"/reminders/{number}/resend", "/reminders/pause", "/reminders/resume"):
        assert client.post(path, data={"csrf_token": token, "reason": "不想收"}).status_code == 404
    assert client.get("/reminders/outlook").status_code == 404
    assert client.get("/reminders/new?ids=1").status_code == 404


def test_stopping_needs_a_reason_and_is_audited(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    client, number = log_in(app, cast.inspector), number_of(app, "b@yi.example")
    token = csrf_of(client)
    assert client.post(f"/reminders/{number}/stop", data={"csrf_token": token, "reason": ""}).status_code == 422
    done = client.post(
        f"/reminders/{number}/stop", data={"csrf_token": token, "reason": "已电话约定"}, follow_redirects=True
    )
    assert "已电话约定" in done.get_data(as_text=True)
    again = client.post(f"/reminders/{number}/stop", data={"csrf_token": token, "reason": "已电话约定"})
    assert again.status_code == 409
    assert "这条提醒已经发出、正在发送或已停止，不能再停发" in again.get_data(as_text=True)
    assert "正文" in again.get_data(as_text=True)  # beside the message itself
    with db.connection_context():
        assert AuditEntry.select().where(AuditEntry.act == "reminders.stop").count() == 1
        assert service.deliver(settings("unused"), NOW) == {}


def test_a_resent_message_goes_out_again_with_its_own_id(told: tuple[Flask, Cast], tmp_path: Path) -> None:
    app, cast = told
    client, number = log_in(app, cast.inspector), number_of(app, "a@jia.example")
    client.post(f"/reminders/{number}/resend", data={"csrf_token": csrf_of(client)})
    with db.connection_context():
        before = Message.get_by_id(number).message_id
        assert service.deliver(settings(tmp_path), NOW) == {"sent": 2}
        assert Message.get_by_id(number).message_id == before


def test_pausing_holds_everything_back_until_somebody_resumes(told: tuple[Flask, Cast], tmp_path: Path) -> None:
    app, cast = told
    client = log_in(app, cast.head)
    client.post("/reminders/pause", data={"csrf_token": csrf_of(client)})
    with db.connection_context():
        assert service.deliver(settings(tmp_path), NOW) == {"paused": 1}
    assert "恢复发送" in client.get("/reminders").get_data(as_text=True)
    client.post("/reminders/resume", data={"csrf_token": csrf_of(client)})
    with db.connection_context():
        assert service.deliver(settings(tmp_path), NOW) == {"sent": 1}


def test_a_reminder_by_hand_warns_of_a_recent_one_and_is_queued_for_every_recipient(
    told: tuple[Flask, Cast], tmp_path: Path
) -> None:
    app, cast = told
    client = log_in(app, cast.inspector)
    with db.connection_context():
        duelist.refresh(TODAY)
        row = DueRow.get(DueRow.enterprise_id == cast.jia.id, DueRow.clock == "periodic").id
    page = client.get(f"/reminders/new?ids={row}").get_data(as_text=True)
    assert "刚收到过提醒" in page
    assert CANARY in page
    answer = client.post("/reminders/new", data={"csrf_token": csrf_of(client), "ids": [row]})
    assert answer.status_code == 302
    with db.connection_context():
        made = Message.get(Message.manual)
        assert made.recipient == "a@jia.example"
        assert made.account_id == cast.inspector.account_id
        assert service.deliver(settings(tmp_path), NOW) == {"sent": 2}


def test_the_outlook_names_the_days_of_the_coming_letters(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    page = log_in(app, cast.inspector).get("/reminders/outlook").get_data(as_text=True)
    assert "福州甲化工有限公司" in page
    assert 'datetime="2026-12-02"' in page  # its last step; the 7-day one was said early


def test_the_api_lists_pages_and_acts_once(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    client, headers = app.test_client(), token_for(cast.inspector)
    first = client.get("/api/v1/reminders?per_page=1", headers=headers).get_json()
    assert (first["total"], len(first["items"])) == (2, 1)
    second = client.get(f"/api/v1/reminders?per_page=1&cursor={first['next']}", headers=headers).get_json()
    assert second["next"] is None
    assert second["items"][0]["recipient"] == "a@jia.example"
    number = first["items"][0]["id"]
    one = client.get(f"/api/v1/reminders/{number}", headers=headers)
    assert one.get_json()["items"][0]["section"] == "overdue"
    stale = {**headers, "If-Match": '"99"'}
    assert (
        client.post(f"/api/v1/reminders/{number}/stop", json={"reason": "电话已通知"}, headers=stale).status_code
        == 412
    )
    once = {**headers, "Idempotency-Key": "k1", "If-Match": one.headers["ETag"]}
    for _ in range(2):
        answer = client.post(f"/api/v1/reminders/{number}/stop", json={"reason": "电话已通知"}, headers=once)
        assert answer.status_code == 200
        assert answer.get_json()["state"] == "suppressed"


def test_a_list_costs_the_same_few_statements_whatever_its_length(told: tuple[Flask, Cast]) -> None:
    app, cast = told
    headers, client = token_for(cast.inspector), app.test_client()
    statements: list[str] = []
    client.get("/api/v1/reminders", headers=headers)
    original = db.obj.execute_sql
    db.obj.execute_sql = lambda sql, *args, **kwargs: (statements.append(sql), original(sql, *args, **kwargs))[1]
    try:
        client.get("/api/v1/reminders", headers=headers)
    finally:
        db.obj.execute_sql = original
    assert len(statements) <= 5


def test_a_call_is_told_as_a_call_to_both_sides_and_found_by_the_number_of_the_notice(
    told: tuple[Flask, Cast], tmp_path: Path
) -> None:
    app, cast = told
    with app.app_context(), db.connection_context():
        Contact.update(ended_on=TODAY).where(Contact.enterprise == cast.yi.id).execute()
        vessel(cast.yi, in_days(-1))
        service.tick(settings(tmp_path), TODAY, NOW)
        (task,) = hands.tasks(cast.inspector)
    number = f"CJ{TODAY:%Y%m%d}-{task.id:06d}"
    inspector, firm = log_in(app, cast.inspector), log_in(app, cast.yi_user)
    found = inspector.get(f"/reminders?q={number.lower()}").get_data(as_text=True)
    assert "共 1 封" in found
    assert "等人通知" in found
    assert "检验站打电话" in found
    assert "即将通知" in firm.get(f"/reminders?q={number}").get_data(as_text=True)
    with app.app_context(), db.connection_context():
        hands.record_call(cast.inspector, settings(tmp_path), task.id, {"outcome": "reached"}, NOW)
    for client in (inspector, firm):
        assert "已电话告知" in client.get(f"/reminders?q={number}").get_data(as_text=True)
        page = client.get(f"/reminders/{task.id}").get_data(as_text=True)
        assert "电话告知" in page.split("怎样告知")[1][:200]
        assert "没有可用的地址" not in page
    assert "电话名单" not in firm.get("/reminders").get_data(as_text=True).split("<tbody>")[1]
    assert "已电话告知" in firm.get("/home").get_data(as_text=True)
