"""Text messages through a gateway described on a page: counted beforehand, templates checked, answers read."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from inspect_station import sealing
from inspect_station.accounts.models import AuditEntry, StationSetting
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, InvalidInput, NotAllowed
from inspect_station.reminders import hands, service, setup
from inspect_station.reminders.channels import config, sms
from inspect_station.reminders.models import Attempt, Message
from tests.conftest import NOW, SECRET, TODAY, Cast, log_in, people
from tests.reminders.park import contact, in_days, outside, settings, vessel
from tests.reminders.receivers import Answer, Receiver
from tests.reminders.smtp import Postbox

TEMPLATE = "【门检】{firm}有{total}项特种设备应检验，最早{earliest}到期，请登录系统查看。"
BODY = '{"phone": "{mobile}", "content": "{text}", "id": "{message_id}", "more": {"list": ["{overdue}"]}}'


def given(robot: Receiver, **more: Any) -> dict[str, Any]:
    """The page as typed."""
    return {
        **{f"on_{name}": name in {"mail", "sms"} for name in config.ELECTRONIC},
        **{f"place_{name}": place for place, name in enumerate(config.ELECTRONIC, start=1)},
        "escalate_after": 5, "method": "POST", "form": "json", "url": robot.address("/sms?appid=7"),
        "headers": "Authorization: Bearer geheim-9876\nX-App: station", "body": BODY, "template": TEMPLATE,
        "template_code": "", "free_variables": False, "success_path": "code", "success_value": "0", "words_path": "msg",
        "limited_values": "7，8", "forget": False, **more,
    }  # fmt: skip


def owe(cast: Cast, robot: Receiver, tmp_path: Path, **more: Any):
    config_ = outside(tmp_path)
    setup.change(cast.admin, given(robot, **more), NOW)
    contact(cast.jia, "", mobile="13800001234")
    vessel(cast.jia, in_days(10))
    service.tick(config_, TODAY, NOW)
    return config_


@pytest.mark.parametrize(
    ("length", "expected"), [(0, 0), (1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)]
)
def test_seventy_characters_are_one_piece_and_longer_texts_take_sixty_seven_each(length: int, expected: int) -> None:
    assert sms.pieces("检" * length) == expected


def test_a_rare_character_outside_the_basic_plane_counts_twice() -> None:
    assert sms.pieces("检" * 69 + "𠮷") == 2


def test_a_text_message_goes_out_as_the_gateway_wants_it(cast: Cast, robot: Receiver, tmp_path: Path) -> None:
    robot.rule = lambda _: Answer(body={"code": 0, "msg": "accepted"})
    config_ = owe(cast, robot, tmp_path)
    assert service.deliver(config_, NOW) == {"sent": 1}
    (got,) = robot.got
    assert got.headers["Authorization"] == "Bearer geheim-9876"
    assert got.query["appid"] == ["7"]
    body = got.json
    assert body["phone"] == "13800001234"
    assert (
        body["content"] == f"【门检】福州甲化工有限公司有1项特种设备应检验，最早{in_days(10)}到期，请登录系统查看。"
    )
    assert f"<{body['id']}>" == Message.get().message_id  # the gateway may drop repeats by it
    assert body["more"] == {"list": ["0"]}
    assert "138" not in Message.get().recipient


@pytest.mark.parametrize("method", ["form", "GET"])
def test_forms_and_get_carry_the_same_fields(cast: Cast, robot: Receiver, tmp_path: Path, method: str) -> None:
    robot.rule = lambda _: Answer(body={"code": 0})
    more = {"method": "GET"} if method == "GET" else {"form": "form"}
    config_ = owe(cast, robot, tmp_path, **more, body='{"to": "{mobile}", "text": "{text}"}')
    assert service.deliver(config_, NOW) == {"sent": 1}
    (got,) = robot.got
    from urllib.parse import parse_qs

    sent = got.query if method == "GET" else parse_qs(got.raw.decode())
    assert sent["to"] == ["13800001234"]
    assert "福州甲化工" in sent["text"][0]


def test_no_name_can_change_the_shape_of_the_request(cast: Cast, robot: Receiver, tmp_path: Path) -> None:
    robot.rule = lambda _: Answer(body={"code": 0})
    cast.jia.name = '甲", "phone": "13900000000\r\nX: y{mobile}'
    cast.jia.save()
    config_ = owe(cast, robot, tmp_path)
    assert service.deliver(config_, NOW) == {"sent": 1}
    assert robot.got[0].json["phone"] == "13800001234"
    assert "{mobile}" in robot.got[0].json["content"]  # a name is never read as a template


@pytest.mark.parametrize(
    ("answer", "fate", "words"),
    [
        (Answer(body={"code": 3, "msg": "余额不足"}), "refused", "余额不足"),
        (Answer(body={"code": 7}), "limited", "7"),
        (Answer(body={"status": "ok"}), "failed", "没有 code"),
        (Answer(body=b"OK"), "failed", "看不懂"),
        (Answer(status=401, body=b"who are you"), "failed", "不接受密钥"),
        (Answer(status=429), "limited", "429"),
        (Answer(status=502), "failed", "502"),
        (Answer(status=400, body=b"bad"), "refused", "400"),
    ],
)
def test_only_the_agreed_value_counts_as_sent(
    cast: Cast, robot: Receiver, tmp_path: Path, answer: Answer, fate: str, words: str
) -> None:
    robot.rule = lambda _: answer
    config_ = owe(cast, robot, tmp_path)
    assert service.deliver(config_, NOW) == {fate: 1}
    assert words in Attempt.get().detail
    assert "geheim" not in Attempt.get().detail


@pytest.mark.parametrize("code", [0, 3])
def test_a_gateway_that_repeats_our_keys_does_not_bring_them_into_the_record(
    cast: Cast, robot: Receiver, tmp_path: Path, code: int
) -> None:
    robot.rule = lambda got: Answer(body={"code": code, "msg": f"got {got.headers} {got.path} {got.query}"})
    config_ = owe(cast, robot, tmp_path)
    service.deliver(config_, NOW)
    (got,) = robot.got
    detail = Attempt.get().detail
    assert "…" in detail
    secrets = [got.headers["Authorization"], got.headers["Authorization"].split()[-1]]
    assert [key for key in secrets if key in detail or key in Message.get().reason] == []


def test_a_success_rule_may_look_inside_a_list(cast: Cast, robot: Receiver, tmp_path: Path) -> None:
    robot.rule = lambda _: Answer(body={"data": [{"status": "DELIVRD"}]})
    config_ = owe(cast, robot, tmp_path, success_path="data.0.status", success_value="DELIVRD")
    assert service.deliver(config_, NOW) == {"sent": 1}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("template", "{firm}有{nonsense}项", "没有叫 {nonsense} 的字段"),
        ("template", "{firm", "花括号没有成对"),
        ("template", "{firm.__class__}", "花括号没有成对"),
        ("template", "{firm!r:>9}", "花括号没有成对"),
        ("template", "{firm}，查看{link}", "不能作变量"),
        ("template", "{firm}，电话{phone}", "不能作变量"),
        ("template", "", "请填写短信模板"),
        ("body", "phone={mobile}", "JSON"),
        ("body", "[1]", "JSON 对象"),
        ("body", '{"a": "{text}"}', "{mobile}"),
        ("body", '{"a": "{mobile}"}', "{text}"),
        ("body", '{"a": "{mobile} {text} {what}"}', "{what}"),
        ("url", "sms.example/send", "https://"),
        ("headers", "Authorization Bearer", "Name: value"),
        ("headers", "X: a\x01b", "Name: value"),
        ("success_path", "", "code"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence_and_nothing_changes(
    cast: Cast, robot: Receiver, field: str, value: str, words: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        setup.change(cast.admin, given(robot, **{field: value}), NOW)
    assert words in caught.value.message
    assert field in caught.value.fields
    assert StationSetting.get_or_none(StationSetting.key == config.KEY) is None


def test_secrets_are_sealed_kept_when_left_empty_and_never_shown(cast: Cast, robot: Receiver) -> None:
    setup.change(cast.admin, given(robot), NOW)
    kept = str(StationSetting.get(StationSetting.key == config.KEY).value)
    assert "geheim" not in kept
    assert "appid" not in kept
    setup.change(cast.admin, given(robot, url="", headers="", escalate_after=3), NOW)
    gateway = config.load().gateway
    assert gateway.headers["Authorization"] == "Bearer geheim-9876"
    assert gateway.url == robot.address("/sms?appid=7")
    shown = setup.shown(cast.admin)
    assert (shown.url_hint, shown.header_names) == ("id=7", ("Authorization", "X-App"))
    assert "geheim" not in repr(shown)
    assert "geheim" not in str([e.detail for e in AuditEntry.select()])
    with pytest.raises(NotAllowed):
        setup.shown(cast.inspector)
    with pytest.raises(NotAllowed):
        setup.change(cast.inspector, given(robot), NOW)


def test_a_new_station_secret_still_opens_the_gateway_and_the_nightly_job_seals_it_anew(
    cast: Cast, robot: Receiver
) -> None:
    setup.change(cast.admin, given(robot), NOW)
    fresh = "another secret of the station, quite long"
    sealing.use(fresh, SECRET)
    assert config.load().gateway.url
    with db.atomic():
        assert config.reseal(NOW) == 1
        assert config.reseal(NOW) == 0
    sealing.use(fresh)
    assert config.load().gateway.headers["X-App"] == "station"
    sealing.use("a third secret nobody has told the gateway")
    assert "STATION_OLD_SECRET_KEYS" in setup.shown(cast.admin).problem
    setup.change(cast.admin, given(robot), NOW)  # typed again, all is well
    assert setup.shown(cast.admin).problem == ""


def test_a_gateway_whose_key_is_gone_is_reported_and_mail_goes_on(
    cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path
) -> None:
    owe(cast, robot, tmp_path)
    contact(cast.yi, "b@yi.example")
    vessel(cast.yi, in_days(10))
    config_ = box.settings(tmp_path, private_targets=True)
    service.tick(config_, TODAY, NOW)
    sealing.use("another secret that never sealed anything")
    assert service.deliver(config_, NOW) == {"failed": 1, "sent": 1}
    assert "STATION_OLD_SECRET_KEYS" in Attempt.get(Attempt.outcome == "failed").detail


def test_a_template_damaged_behind_the_page_stops_text_messages_only(
    cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path
) -> None:
    owe(cast, robot, tmp_path)
    contact(cast.yi, "b@yi.example")
    vessel(cast.yi, in_days(10))
    kept = StationSetting.get(StationSetting.key == config.KEY)
    kept.value = {**kept.value, "sms": {**kept.value["sms"], "template": "{nonsense}"}}
    kept.save()
    config_ = box.settings(tmp_path, private_targets=True)
    service.tick(config_, TODAY, NOW)
    assert service.deliver(config_, NOW) == {"failed": 1, "sent": 1}
    assert "模板有误" in Attempt.get(Attempt.outcome == "failed").detail


def test_the_page_counts_the_text_for_the_longest_name(cast: Cast, tmp_path: Path) -> None:
    counted = setup.counted(settings(tmp_path), TEMPLATE)
    assert counted is not None
    assert "连江乙新材料有限公司" in counted.text or "福州甲化工有限公司" in counted.text
    assert (counted.characters, counted.pieces) == (len(counted.text), 1)
    assert setup.counted(settings(tmp_path), "{nonsense}") is None
    assert setup.counted(settings(tmp_path), "长" * 80).pieces == 2  # type: ignore[union-attr]
    rare = setup.counted(settings(tmp_path), "𠮷" * 36)
    assert rare is not None
    assert (rare.characters, rare.pieces) == (72, 2)


def test_the_page_counts_a_link_as_long_as_the_one_that_goes_out(cast: Cast, robot: Receiver, tmp_path: Path) -> None:
    robot.rule = lambda _: Answer(body={"code": 0, "msg": "accepted"})
    config_ = owe(cast, robot, tmp_path, template="{link}", free_variables=True)
    service.deliver(config_, NOW)
    counted = setup.counted(config_, "{link}")
    assert counted is not None
    assert len(robot.got[0].json["content"]) <= counted.characters <= len(robot.got[0].json["content"]) + 6


def test_a_test_message_shows_the_receivers_words(cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path) -> None:
    config_ = box.settings(tmp_path, private_targets=True)
    robot.rule = lambda _: Answer(body={"code": 0, "msg": "收到了"})
    setup.change(cast.admin, given(robot), NOW)
    assert "收到了" in setup.try_channel(cast.admin, config_, "sms", "13800001234", NOW)
    setup.try_channel(cast.admin, config_, "sms", "138 0000-1234", NOW)
    assert robot.got[-1].json["phone"] == "13800001234"
    assert "250" in setup.try_channel(cast.admin, config_, "mail", "me@station.example", NOW)
    assert box.recipients() == ["me@station.example"]
    robot.rule = lambda _: Answer(body={"code": 9, "msg": "签名未备案"})
    with pytest.raises(Conflict, match="签名未备案"):
        setup.try_channel(cast.admin, config_, "sms", "13800001234", NOW)
    for channel, address in (
        ("mail", "无"),
        ("mail", "me@station.example; you@station.example"),
        ("sms", "12345"),
        ("wecom", "https://x.example/"),
    ):
        with pytest.raises(InvalidInput):
            setup.try_channel(cast.admin, config_, channel, address, NOW)
    with pytest.raises(NotAllowed):
        setup.try_channel(cast.inspector, config_, "sms", "13800001234", NOW)
    assert hands.tasks(cast.admin) == []


def test_a_draft_counts_the_very_text_that_will_go_out(app: Flask, robot: Receiver, tmp_path: Path) -> None:
    robot.rule = lambda _: Answer(body={"code": 0, "msg": "accepted"})
    with people(app) as cast, app.app_context():
        config_ = owe(cast, robot, tmp_path)
        rows = duelist.due_page(cast.inspector, duelist.Filters(clock="periodic"), "due", duelist.Place(), 9, TODAY)
        (draft,) = service.drafts(cast.inspector, config_, [row["id"] for row in rows.rows], TODAY)
        counted = setup.counted_for(config_, draft.letter)
        service.deliver(config_, NOW)
    sent = robot.got[0].json["content"]
    assert counted == setup.Counted(sent, len(sent), sms.pieces(sent))
    page = log_in(app, cast.inspector).get(f"/reminders/new?ids={rows.rows[0]['id']}").get_data(as_text=True)
    assert f"短信 {counted.characters} 字，每人按 {counted.pieces} 条计费" in page
