"""The pages of channels, contacts and the telephone list: what people type stays, secrets never come back."""

from pathlib import Path

import pytest
from flask import Flask

from inspect_station.accounts.models import AuditEntry
from inspect_station.db import db
from inspect_station.registry.models import Contact
from inspect_station.reminders import hands, service
from inspect_station.reminders.channels import config
from inspect_station.reminders.models import DeadAddress, Message
from tests.conftest import NOW, SECRET, TODAY, Cast, csrf_of, log_in, people
from tests.reminders.park import contact, in_days, settings, vessel
from tests.reminders.receivers import Answer, Receiver

TYPED = {
    **{f"place_{name}": str(place) for place, name in enumerate(config.ELECTRONIC, start=1)},
    "on_mail": "1", "on_sms": "1", "escalate_after": "4", "method": "POST", "form": "json",
    "url": "https://sms.example.com/send?key=geheim-1234", "headers": "Authorization: Bearer geheim-9876",
    "body": '{"to": "{mobile}", "text": "{text}"}', "template": "【站】{firm}有{total}项应检验。", "success_path": "code",
    "success_value": "0", "words_path": "msg",
}  # fmt: skip


@pytest.fixture
def scene(sqlite_app: Flask) -> tuple[Flask, Cast]:
    with people(sqlite_app) as cast:
        return sqlite_app, cast


def test_channels_are_decided_on_a_page_and_secrets_never_come_back(scene: tuple[Flask, Cast]) -> None:
    app, cast = scene
    client = log_in(app, cast.admin)
    answer = client.post("/settings/channels", data={**TYPED, "csrf_token": csrf_of(client)}, follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert "渠道设置已保存" in page
    assert "末四位 1234" in page
    assert "已设置：Authorization" in page
    assert "geheim" not in page
    assert "计 <strong>1</strong> 条" in page
    with db.connection_context():
        assert config.load().gateway.url.endswith("geheim-1234")
        assert config.switches().escalate_after == 4
        assert AuditEntry.select().where(AuditEntry.act == "channels.change").count() == 1


def test_the_trail_says_in_words_what_was_changed_and_why_sending_was_paused(scene: tuple[Flask, Cast]) -> None:
    app, cast = scene
    client = log_in(app, cast.admin)
    client.post("/settings/channels", data={**TYPED, "csrf_token": csrf_of(client)})
    with db.connection_context():
        service.pause(cast.head, "clock_jump", NOW)
    page = log_in(app, cast.head).get("/audit").get_data(as_text=True)
    assert "短信网关地址、短信请求头" in page
    assert "时钟跳动" in page
    assert [raw for raw in ("sms.url", "escalate_after", "clock_jump") if raw in page] == []


def test_whoever_turns_off_every_channel_is_told_what_that_means(scene: tuple[Flask, Cast]) -> None:
    app, cast = scene
    client = log_in(app, cast.admin)
    none = {name: value for name, value in TYPED.items() if not name.startswith("on_")}
    page = client.post("/settings/channels", data={**none, "csrf_token": csrf_of(client)}, follow_redirects=True)
    assert "提醒不会自动发出，全部列入电话名单" in page.text


def test_a_wrong_template_keeps_what_was_typed_and_changes_nothing(scene: tuple[Flask, Cast]) -> None:
    app, cast = scene
    client = log_in(app, cast.admin)
    wrong = {**TYPED, "template": "{firm}查看{unknown}", "csrf_token": csrf_of(client)}
    answer = client.post("/settings/channels", data=wrong)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "没有叫 {unknown} 的字段" in page
    assert "{firm}查看{unknown}" in page
    with db.connection_context():
        assert config.switches() == config.Config()


@pytest.mark.parametrize("path", ["/settings/channels"])
def test_only_the_administrator_sees_the_channels(scene: tuple[Flask, Cast], path: str) -> None:
    app, cast = scene
    assert log_in(app, cast.inspector).get(path).status_code == 403
    assert log_in(app, cast.jia_user).get(path).status_code == 404


def test_a_test_message_that_fails_says_the_receivers_words_and_keeps_the_address(scene: tuple[Flask, Cast]) -> None:
    app, cast = scene
    client = log_in(app, cast.admin)
    typed = {"channel": "mail", "address": "me@station.example", "csrf_token": csrf_of(client)}
    answer = client.post("/settings/channels/test", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "还没有配置邮件服务器" in page
    assert "me@station.example" in page


def add_robot(client, cast: Cast, **more: str):
    given = {
        "role": "safety_officer", "name": "张三", "robot_kind": "wecom", "robot_secret": "",
        "robot_address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=geheim-5678", "receives_reminders": "1", **more,
    }  # fmt: skip
    token = csrf_of(client)
    return client.post(
        f"/enterprises/{cast.jia.id}/contacts/new", data={**given, "csrf_token": token}, follow_redirects=True
    )


def test_a_robot_is_kept_sealed_and_shown_by_its_last_four(scene: tuple[Flask, Cast]) -> None:
    app, cast = scene
    client = log_in(app, cast.inspector)
    page = add_robot(client, cast).get_data(as_text=True)
    assert "末四位 5678" in page
    assert "geheim" not in page
    with db.connection_context():
        row = Contact.get()
        assert row.robot_address.startswith("sealed:")
        assert "geheim" not in row.robot_address


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"robot_kind": ""}, "请选择是哪种群机器人"),
        ({"robot_address": "qyapi.weixin.qq.com"}, "https://"),
        ({"robot_address": "", "robot_secret": "s"}, "还须填写群机器人地址"),
        ({"preferred": "pigeon"}, "没有这个渠道"),
        ({"robot_address": "https://oapi.dingtalk.com/robot/send?access_token=x"}, "应在 qyapi.weixin.qq.com 上"),
        ({"robot_address": "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"}, "应为 https:// 开头"),
        ({"robot_address": "https://[::1/"}, "网址写错了"),
        ({"email": "x@中文.example"}, "邮箱只能用英文字母"),
        ({"email": "x@[10.0.0.1]"}, "邮箱"),
    ],
)
def test_a_robot_that_cannot_be_is_refused_beside_its_field(
    scene: tuple[Flask, Cast], more: dict[str, str], words: str
) -> None:
    app, cast = scene
    answer = add_robot(log_in(app, cast.inspector), cast, **more)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert "张三" in answer.get_data(as_text=True)


def test_a_robot_typed_before_addresses_were_sealed_is_sealed_by_the_nightly_job(scene: tuple[Flask, Cast]) -> None:
    from inspect_station import jobs

    app, cast = scene
    plain = "https://oapi.dingtalk.com/robot/send?access_token=geheim"
    with app.app_context(), db.connection_context():
        contact(cast.jia, "", robot_kind="dingtalk", robot_address=plain, robot_secret="SEC")
        assert jobs.job_named("reseal").run(settings("unused"), NOW) == {
            "contacts": 1,
            "channels": 0,
            "second factors": 0,
        }
        row = Contact.get()
        assert (row.robot_address[:7], row.robot_secret[:7]) == ("sealed:", "sealed:")
        assert jobs.job_named("reseal").run(settings("unused"), NOW) == {
            "contacts": 0,
            "channels": 0,
            "second factors": 0,
        }


def test_a_dead_address_stands_beside_its_contact_and_is_cleared_by_hand(scene: tuple[Flask, Cast]) -> None:
    app, cast = scene
    with db.connection_context():
        contact(cast.jia, "a@jia.example")
        dead = DeadAddress.create(
            enterprise=cast.jia.id, recipient="a@jia.example", channel="mail", reason="550 查无此人", at=NOW
        ).id
    client = log_in(app, cast.inspector)
    page = client.get(f"/enterprises/{cast.jia.id}").get_data(as_text=True)
    assert "邮箱自 2026-11-22 不可用" in page
    assert "550 查无此人" in page
    done = client.post(
        f"/reminders/dead-addresses/{dead}/clear", data={"csrf_token": csrf_of(client)}, follow_redirects=True
    )
    assert "不可用" not in done.get_data(as_text=True)


def test_a_robots_words_are_shown_after_a_test(robot: Receiver, sqlite_url: str, tmp_path: Path) -> None:
    from inspect_station import create_app
    from inspect_station.config import Settings
    from tests.conftest import dispose

    app = create_app(
        Settings(database_url=sqlite_url, secret_key=SECRET, data_dir=str(tmp_path), log_level="ERROR",
                 robot_hosts="127.0.0.1", private_targets=True)
    )  # fmt: skip
    bound = db.obj
    with people(app) as cast:
        pass
    client = log_in(app, cast.inspector)
    add_robot(client, cast, robot_address=robot.address())
    with db.connection_context():
        number = Contact.get().id
    page = client.post(f"/contacts/{number}/test", data={"csrf_token": csrf_of(client)}, follow_redirects=True)
    assert "测试消息已被接收" in page.get_data(as_text=True)
    assert "测试消息" in robot.got[0].json["text"]["content"]
    robot.rule = lambda _: Answer(body={"errcode": 93000, "errmsg": "invalid webhook url, key=abcd-efgh"})
    page = client.post(f"/contacts/{number}/test", data={"csrf_token": csrf_of(client)}, follow_redirects=True)
    assert page.request.path == f"/enterprises/{cast.jia.id}"
    assert "测试消息没有送达：企业微信群机器人拒收，错误码 93000：invalid webhook url, key=…" in page.text
    dispose(bound)


def test_the_telephone_list_is_worked_through_on_pages(scene: tuple[Flask, Cast], tmp_path: Path) -> None:
    app, cast = scene
    with db.connection_context():
        contact(cast.jia, "", mobile="13800001234", name="张三")
        vessel(cast.jia, in_days(10))
        service.tick(settings(tmp_path), TODAY, NOW)
        (task,) = hands.tasks(cast.inspector)
    client = log_in(app, cast.inspector)
    assert "福州甲化工有限公司" in client.get("/reminders/by-hand").get_data(as_text=True)
    page = client.get(f"/reminders/by-hand/{task.id}").get_data(as_text=True)
    assert "138****1234" in page
    assert "13800001234" not in page
    assert "第四十条" in client.get(f"/reminders/by-hand/{task.id}/print").get_data(as_text=True)
    token = csrf_of(client)
    bad = client.post(
        f"/reminders/by-hand/{task.id}/call", data={"csrf_token": token, "outcome": "later", "words": "明天再说"}
    )
    assert bad.status_code == 422
    assert "明天再说" in bad.get_data(as_text=True)
    done = client.post(
        f"/reminders/by-hand/{task.id}/delivered",
        data={"csrf_token": token, "delivered_on": "2026-11-22", "receiver": "李四"},
        follow_redirects=True,
    )
    assert "已登记书面送达" in done.get_data(as_text=True)
    assert "电话名单是空的" in done.get_data(as_text=True)
    again = client.post(f"/reminders/by-hand/{task.id}/call", data={"csrf_token": token, "outcome": "reached"})
    assert again.status_code == 409
    with db.connection_context():
        assert Message.get_by_id(task.id).channel == "print"
    assert log_in(app, cast.jia_user).get("/reminders/by-hand").status_code == 404
    assert client.get("/reminders/authority").status_code == 200
