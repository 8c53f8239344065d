"""Letters through group robots: what they say counts, not that they answered."""

from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from inspect_station import clock, sealing
from inspect_station.reminders import limits, service
from inspect_station.reminders.answers import links
from inspect_station.reminders.channels import CHANNELS
from inspect_station.reminders.models import Attempt, DeadAddress, Message, OwedStep, SendLimit
from tests.conftest import NOW, TODAY, Cast
from tests.reminders.conftest import Driven
from tests.reminders.park import contact, in_days, outside, robot_of, settings, vessel
from tests.reminders.receivers import Answer, Limited, Receiver, dingtalk_signature, feishu_signature
from tests.reminders.smtp import Postbox

KINDS = ("wecom", "dingtalk", "feishu")


def owe(cast: Cast, config: object, days: int = 10) -> None:
    vessel(cast.jia, in_days(days))
    service.tick(config, TODAY, NOW)


def minutes(number: float):
    return NOW + timedelta(minutes=number)


@pytest.mark.parametrize("kind", KINDS)
def test_a_robot_gets_few_words_that_hold_everything_owed(
    cast: Cast, robot: Receiver, tmp_path: Path, kind: str
) -> None:
    config = outside(tmp_path, station_phone="0591-12345678")
    robot.rule = lambda _: Answer(body={"code": 0} if kind == "feishu" else {"errcode": 0, "errmsg": "ok"})
    robot_of(cast.jia, kind, robot.address())
    for days in (10, -3, 20):
        vessel(cast.jia, in_days(days))
    service.tick(config, TODAY, NOW)
    assert service.deliver(config, NOW) == {"sent": 1}
    (got,) = robot.got
    text = got.json["content"]["text"] if kind == "feishu" else got.json["text"]["content"]
    assert "福州甲化工有限公司" in text
    assert "共 3 项" in text
    assert "已超过有效期 1 项" in text
    assert f"最早：{in_days(-3)}" in text
    assert links.url_for(Message.get(), config) in text
    assert "0591-12345678" in text
    assert len(text.encode()) <= 2048
    assert Message.get().text == links.hidden(text, links.url_for(Message.get(), config))
    assert got.query["key"] == ["abcd-efgh"]


def test_a_hundred_devices_with_long_names_still_fit_a_wecom_text(
    cast: Cast, robot: Receiver, tmp_path: Path
) -> None:
    robot_of(cast.jia, "wecom", robot.address())
    for _ in range(40):
        vessel(cast.jia, in_days(10), name="超长名称的反应釜" * 10, own_number="编号" * 20)
    config = outside(tmp_path)
    service.tick(config, TODAY, NOW)
    assert service.deliver(config, NOW) == {"sent": 1}
    text = robot.got[0].json["text"]["content"]
    assert len(text.encode()) <= 2048
    assert "共 40 项" in text
    assert "项未列出" in text


def test_dingtalk_is_signed_and_quoted_once(cast: Cast, robot: Receiver, tmp_path: Path) -> None:
    robot_of(cast.jia, "dingtalk", robot.address(), secret="SECabc")
    owe(cast, outside(tmp_path))
    assert service.deliver(outside(tmp_path), NOW) == {"sent": 1}
    (got,) = robot.got
    (moment,), (sign,) = got.query["timestamp"], got.query["sign"]
    assert sign == dingtalk_signature("SECabc", moment)
    assert abs(int(moment) / 1000 - NOW.timestamp()) < 60


_FEISHU_FAST = {"code": 9499, "msg": "too many request", "data": {}}


@pytest.mark.parametrize(
    ("kind", "answer", "fate", "is_dead"),
    [
        ("feishu", Answer(status=400, body=_FEISHU_FAST), "limited", False),
        ("feishu", Answer(body=_FEISHU_FAST), "limited", False),
        ("feishu", Answer(body={"code": 9499, "msg": "Bad Request", "data": {}}), "refused", False),
        ("feishu", Answer(status=400, body={"code": 9499, "msg": "Bad Request"}), "refused", False),
        (
            "feishu",
            Answer(body={"code": 11232, "msg": "create message service trigger rate limit"}),
            "limited",
            False,
        ),
        (
            "feishu",
            Answer(body={"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}),
            "refused",
            True,
        ),
        (
            "feishu",
            Answer(body={"code": 19021, "msg": "sign match fail or timestamp is not within one hour"}),
            "refused",
            False,
        ),
        ("feishu", Answer(body={"code": 19024, "msg": "Key Words Not Found"}), "refused", False),
        (
            "dingtalk",
            Answer(body={"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}),
            "limited",
            False,
        ),
        ("dingtalk", Answer(body={"errcode": 410100, "errmsg": "send too fast"}), "limited", False),
        ("dingtalk", Answer(body={"errcode": 300005, "errmsg": "token is not exist"}), "refused", True),
        ("dingtalk", Answer(body={"errcode": 400102, "errmsg": "robot is stopped"}), "refused", True),
        ("dingtalk", Answer(body={"errcode": 310000, "errmsg": "keywords not in content"}), "refused", False),
        ("dingtalk", Answer(body={"errcode": 430103, "errmsg": "unfit picture"}), "refused", False),
        ("wecom", Answer(body={"errcode": 93004, "errmsg": "robot stopped"}), "refused", True),
    ],
)
def test_the_vendors_codes_mean_what_their_documents_say(
    cast: Cast, robot: Receiver, tmp_path: Path, kind: str, answer: Answer, fate: str, is_dead: bool
) -> None:
    robot_of(cast.jia, kind, robot.address())
    robot.will_answer(answer)
    owe(cast, outside(tmp_path))
    assert service.deliver(outside(tmp_path), NOW) == {fate: 1}
    assert DeadAddress.select().exists() is is_dead


def test_feishu_is_signed_in_the_body(cast: Cast, robot: Receiver, tmp_path: Path) -> None:
    robot_of(cast.jia, "feishu", robot.address(), secret="s3")
    robot.will_answer(Answer(body={"StatusCode": 0, "StatusMessage": "success"}))
    owe(cast, outside(tmp_path))
    assert service.deliver(outside(tmp_path), NOW) == {"sent": 1}
    body = robot.got[0].json
    assert body["sign"] == feishu_signature("s3", body["timestamp"])


@pytest.mark.parametrize(
    ("answer", "fate", "words"),
    [
        (Answer(body={"errcode": 93000, "errmsg": "invalid webhook url"}), "refused", "93000"),
        (Answer(body={"errcode": 40058, "errmsg": "bad"}), "refused", "40058"),
        (Answer(body={"errcode": -1, "errmsg": "busy"}), "failed", "-1"),
        (Answer(body={"errcode": 45009, "errmsg": "too many"}), "limited", "45009"),
        (Answer(body=b"<html>ok</html>"), "failed", "看不懂"),
        (Answer(body=b""), "failed", "看不懂"),
        (Answer(body={"hello": "world"}), "failed", "没有错误码"),
        (Answer(body={"errcode": "0"}), "failed", "没有错误码"),
        (Answer(body=b"[0]"), "failed", "没有错误码"),
        (Answer(status=429, headers={"Retry-After": "77"}), "limited", "429"),
        (Answer(status=500), "failed", "500"),
        (Answer(status=503, body=b"later"), "failed", "503"),
        (Answer(status=404), "refused", "404"),
        (Answer(status=302, headers={"Location": "http://127.0.0.1:1/"}), "refused", "没有跟去"),
        (Answer(body=b"x" * 200_000), "uncertain", "太长"),
        (Answer(hang_up=True), "uncertain", "中途断开"),
    ],
)
def test_an_answer_that_is_no_clear_yes_is_never_sent(
    cast: Cast, robot: Receiver, tmp_path: Path, answer: Answer, fate: str, words: str
) -> None:
    robot_of(cast.jia, "wecom", robot.address())
    robot.will_answer(answer)
    owe(cast, outside(tmp_path))
    assert service.deliver(outside(tmp_path), NOW) == {fate: 1}
    attempt = Attempt.get()
    assert (attempt.outcome, words in attempt.detail) == (fate, True), attempt.detail
    assert OwedStep.get(OwedStep.channel == "wecom").state != "sent"
    assert "abcd-efgh" not in attempt.detail  # the key of the robot stays out of every record


def test_an_answer_that_trickles_in_does_not_hold_the_sender_for_ever(
    cast: Cast, robot: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    robot_of(cast.jia, "wecom", robot.address())
    robot.will_answer(Answer(body=b" " * 20_000))
    owe(cast, outside(tmp_path))
    ticks = count(0.0, 7.0)  # each look at the clock is seven seconds later, once the robot has begun to answer
    monkeypatch.setattr(clock, "monotonic", lambda: next(ticks) if robot.got else 0.0)
    assert service.deliver(outside(tmp_path), NOW) == {"uncertain": 1}
    assert "太慢" in Attempt.get().detail


def test_after_too_many_the_told_time_is_waited_and_the_letter_goes_once(
    cast: Cast, robot: Receiver, tmp_path: Path
) -> None:
    robot_of(cast.jia, "wecom", robot.address())
    robot.will_answer(Answer(status=429, headers={"Retry-After": "300"}))
    owe(cast, outside(tmp_path))
    assert service.deliver(outside(tmp_path), NOW) == {"limited": 1}
    assert service.deliver(outside(tmp_path), minutes(4.9)) == {}
    assert service.deliver(outside(tmp_path), minutes(5.1)) == {"sent": 1}
    assert len(robot.taken) == 1


def test_dingtalks_ten_minutes_are_honoured(cast: Cast, robot: Receiver, tmp_path: Path) -> None:
    robot_of(cast.jia, "dingtalk", robot.address())
    robot.will_answer(Answer(body={"errcode": 130101, "errmsg": "send too fast"}))
    owe(cast, outside(tmp_path))
    assert service.deliver(outside(tmp_path), NOW) == {"limited": 1}
    for minute in (1, 5, 9.9):
        assert service.deliver(outside(tmp_path), minutes(minute)) == {}
    assert service.deliver(outside(tmp_path), minutes(10.1)) == {"sent": 1}
    assert len(robot.got) == 2


def queue(cast: Cast, count: int) -> None:
    """As many letters by hand as asked, beside the one that waits."""
    first, step = Message.get(), OwedStep.get()
    kept = ("channel", "recipient", "recipient_name", "day", "next_at", "created_at", "queued_at")
    letter = {name: getattr(first, name) for name in kept}
    owed = {
        n: getattr(step, n)
        for n in ("clock", "due", "channel", "recipient", "owed_on", "facts", "created_at", "rank")
    }
    for number in range(count):
        made = Message.create(
            key=f"manual:{number}", message_id=f"<{number}@x>", enterprise=cast.jia.id, manual=True, **letter
        )
        OwedStep.create(
            equipment=step.equipment_id, enterprise=cast.jia.id, step="manual", week=number, message=made.id, **owed
        )


def test_three_hundred_messages_never_break_a_robots_limit_and_all_arrive(
    sqlite_cast: Cast, robot: Receiver, tmp_path: Path, driven: Driven
) -> None:
    """The strictest: more than twenty a minute are answered with ten minutes of silence."""
    limit = Limited(20, 600.0, {"errcode": 130101, "errmsg": "too fast"})
    robot.rule, robot.clock = limit, driven.monotonic
    config = outside(tmp_path)
    robot_of(sqlite_cast.jia, "dingtalk", robot.address())
    owe(sqlite_cast, config)
    queue(sqlite_cast, 299)
    sent = runs = 0
    while sent < 300:
        sent += service.deliver(config, NOW + driven.passed)["sent"]
        driven.seconds += 60 - driven.seconds % 60  # the timetable's next minute
        runs += 1
        assert runs < 60
    assert limit.broken == 0
    assert len(robot.taken) == 300


@pytest.mark.parametrize(("kind", "most"), [("wecom", 20), ("dingtalk", 20), ("feishu", 100)])
def test_no_minute_ever_holds_more_places_than_the_robot_allows(cast: Cast, kind: str, most: int) -> None:
    limit = CHANNELS[kind].limit
    assert limit is not None
    granted, at = [], NOW.timestamp()
    while len(granted) < 3 * most:
        ready = limits.take("robot", limit, at)
        granted += [at] if ready is None else []
        at = at if ready is None else ready
    for start in granted:
        assert sum(start <= moment < start + 60 for moment in granted) < most
    assert granted[-1] - granted[0] < 60 * 4  # and yet it is not slow


def test_a_clock_that_was_far_ahead_does_not_silence_a_robot(cast: Cast) -> None:
    limit = CHANNELS["wecom"].limit
    assert limit is not None
    for _ in range(4):
        assert limits.take("robot", limit, NOW.timestamp() + 86_400) is None
    assert limits.take("robot", limit, NOW.timestamp()) is None


def test_a_robot_that_waits_does_not_hold_up_others_letters(
    cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path
) -> None:
    config = box.settings(tmp_path, robot_hosts="127.0.0.1", private_targets=True)
    robot_of(cast.jia, "wecom", robot.address())
    key = f"wecom:{sealing.ring().digest(robot.address())}"
    SendLimit.create(key=key, blocked_until=(NOW + timedelta(hours=1)).timestamp())
    owe(cast, config)
    vessel(cast.yi, in_days(10))
    contact(cast.yi, "b@yi.example")
    service.tick(config, TODAY, NOW)
    assert service.deliver(config, NOW) == {"sent": 1}
    assert box.recipients() == ["b@yi.example"]
    waiting = Message.get(Message.channel == "wecom")
    assert (waiting.state, waiting.tries) == ("queued", 0)
    assert waiting.next_at > NOW + timedelta(minutes=59)


def test_a_dead_mail_server_does_not_hold_up_robots(
    cast: Cast, robot: Receiver, box: Postbox, tmp_path: Path
) -> None:
    config = box.settings(tmp_path, smtp_port=1, robot_hosts="127.0.0.1", private_targets=True)
    contact(cast.jia, "a@jia.example")
    owe(cast, config)
    vessel(cast.yi, in_days(10))
    robot_of(cast.yi, "wecom", robot.address())
    service.tick(config, TODAY, NOW)
    assert service.deliver(config, NOW) == {"failed": 1, "sent": 1}


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:9/robot", "http://localhost:9/", "http://[::1]:9/", "http://[::ffff:127.0.0.1]:9/",
        "http://0.0.0.0:9/", "http://2130706433:9/",
    ],
)  # fmt: skip
def test_a_target_on_this_machine_is_refused_unless_allowed(
    cast: Cast, robot: Receiver, tmp_path: Path, address: str
) -> None:
    hosts = "127.0.0.1,localhost,::1,::ffff:127.0.0.1,0.0.0.0,2130706433"
    config = settings(tmp_path, robot_hosts=hosts)
    robot_of(cast.jia, "wecom", address.replace(":9/", f":{robot.port}/"))
    owe(cast, config)
    assert service.deliver(config, NOW) == {"refused": 1}
    assert robot.got == []
    assert "内网" in Attempt.get().detail


def test_an_address_on_a_foreign_host_is_refused_and_marked(cast: Cast, robot: Receiver, tmp_path: Path) -> None:
    robot_of(cast.jia, "wecom", "https://evil.example/cgi-bin/webhook/send?key=1")
    owe(cast, settings(tmp_path))
    assert service.deliver(settings(tmp_path), NOW) == {"refused": 1}
    assert DeadAddress.get().channel == "wecom"
    assert "qyapi.weixin.qq.com" in DeadAddress.get().reason


def test_what_waits_for_a_robot_that_many_firms_share_is_postponed_in_one_go(
    cast: Cast, robot: Receiver, tmp_path: Path, driven: Driven
) -> None:
    config = outside(tmp_path)
    for firm in (cast.jia, cast.yi):
        robot_of(firm, "wecom", robot.address())
        for days in range(10, 16):
            vessel(firm, in_days(days))
    service.tick(config, TODAY, NOW)
    robot.rule = lambda _: Answer(body={"errcode": 45009, "errmsg": "freq limit"})
    service.deliver(config, NOW)
    assert len(robot.got) == 1
    waiting = {m.next_at for m in Message.select()}
    assert len(waiting) == 1 or min(waiting) > NOW + timedelta(seconds=59)
    assert Attempt.select().count() == 1


@pytest.mark.parametrize(("hour", "fate"), [(3, {"quiet": 1}), (20, {"quiet": 1}), (9, {"sent": 1})])
def test_a_robot_keeps_silent_at_night(
    cast: Cast, robot: Receiver, tmp_path: Path, hour: int, fate: dict[str, int]
) -> None:
    config = outside(tmp_path)
    robot.rule = lambda _: Answer(body={"errcode": 0, "errmsg": "ok"})
    robot_of(cast.jia, "wecom", robot.address())
    owe(cast, config)
    moment = (NOW + timedelta(days=1)).replace(hour=hour, minute=0)
    assert service.deliver(config, moment) == fate
    assert len(robot.got) == fate.get("sent", 0)
