"""Group robots of WeCom, DingTalk and Feishu: a text to a secret address; the fate stands in the body, not the status."""

import base64
import hmac
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import orjson

from inspect_station.config import Settings
from inspect_station.registry.robots import address_problem
from inspect_station.registry.words import ROBOT_KINDS
from inspect_station.reminders.channels.base import ChannelError, Outgoing
from inspect_station.reminders.channels.http import Answer, call, quoted, refuse_by_status, veiled

TEXT_MOST = 2048  # bytes of a WeCom text; the others allow more
_MINUTE = timedelta(minutes=1)
TEN_MINUTES = timedelta(minutes=10)
_BUSY, _LIMITED, _DEAD = "busy", "limited", "dead"


class RobotChannel:
    """What the three share. A subclass knows its body and its error codes."""

    kind = ""
    penalty = _MINUTE
    code_names: tuple[str, ...] = ("errcode",)
    words_names: tuple[str, ...] = ("errmsg",)
    # Codes that mean more than "no": busy and limited are tried again, dead ones blame the address.
    codes: Mapping[int, str] = {}
    # Codes that mean too many only where the words say so.
    limited_by_words: Mapping[int, str] = {}

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.label = ROBOT_KINDS[self.kind]

    def send(self, letter: Outgoing) -> str:
        """Raises `ChannelError`; a status of 200 alone says nothing."""
        now = letter.at or letter.written_at
        url, body = self._signed(letter.target.address, self._body(letter.text), letter.target.secret, now)
        self._look_at(url)
        return veiled(lambda: self._ask(url, body, now), url, letter.target.secret)

    def close(self) -> None:
        """Nothing is held open."""

    def _ask(self, url: str, body: dict[str, Any], now: datetime) -> str:
        answer = call(
            url, body=orjson.dumps(body), headers={"Content-Type": "application/json; charset=utf-8"},
            private=self._settings.private_targets, now=now,
        )  # fmt: skip
        return self._read(answer)

    def _look_at(self, url: str) -> None:
        problem = address_problem(url, self.kind, self._settings.robot_hosts)
        if problem:
            raise ChannelError(f"群机器人地址不能用：{problem}", dead=True)

    def _body(self, text: str) -> dict[str, Any]:
        return {"msgtype": "text", "text": {"content": text}}

    def _signed(self, url: str, body: dict[str, Any], secret: str, now: datetime) -> tuple[str, dict[str, Any]]:
        return url, body

    def _read(self, answer: Answer) -> str:
        """A code tells more than the status: "too many" comes with a 400 as well (Feishu)."""
        if not self._names_a_code(answer):
            refuse_by_status(answer, self.penalty)
        code, words = self._code(answer.text)
        if code == 0:
            return quoted(answer.text)
        meaning = self._meaning(code, words)
        sentence = f"{self.label}拒收，错误码 {code}：{words}"
        if meaning == _LIMITED:
            raise ChannelError(sentence, wait=answer.wait or self.penalty)
        raise ChannelError(sentence, permanent=meaning != _BUSY, dead=meaning == _DEAD)

    def _names_a_code(self, answer: Answer) -> bool:
        """Whether a refusal by status says in its body what it means."""
        if not 400 <= answer.status < 500:
            return False
        with suppress(ChannelError):
            return bool(self._meaning(*self._code(answer.text)))
        return False

    def _meaning(self, code: int, words: str) -> str:
        if code in self.limited_by_words:
            return _LIMITED if self.limited_by_words[code] in words.lower() else ""
        return self.codes.get(code, "")

    def _code(self, text: str) -> tuple[int, str]:
        try:
            answer = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ChannelError(f"{self.label}的回答看不懂，不能当作已发出：{quoted(text)}") from error
        named = answer if isinstance(answer, dict) else {}
        code = next((named[name] for name in self.code_names if name in named), None)
        if not isinstance(code, int) or isinstance(code, bool):
            raise ChannelError(f"{self.label}的回答里没有错误码，不能当作已发出：{quoted(text)}")
        return code, quoted(str(next((named[name] for name in self.words_names if name in named), "")))


class WeComRobot(RobotChannel):
    """20 messages a minute for each robot; text of at most 2 048 bytes.

    Source: WeCom developer centre, 群机器人配置说明 (document 91770) and 全局错误码 (90313): -1 busy; 45009 frequency and
    45033 concurrency beyond the limit; 93000 address invalid or robot taken out of the group, 93004 stopped, 93008 not in
    the group.
    """

    kind = "wecom"
    codes = {-1: _BUSY, 45009: _LIMITED, 45033: _LIMITED, 93000: _DEAD, 93004: _DEAD, 93008: _DEAD}


class DingTalkRobot(RobotChannel):
    """20 a minute, beyond that ten minutes of silence; signed by HMAC-SHA256 over time and secret.

    Source: DingTalk open platform, 自定义机器人接入 (custom-robot-access) and its error codes: 410100 too fast; 400013 group
    dissolved, 400101 no such token, 400102 robot stopped, 400106 robot not in the group. 310000 (key word, signature or IP)
    and 430101 to 430104 (unfit content) blame the letter or the robot's settings, not the address. Older ones as users meet
    them: 130101 "exceed 20 times per minute", 660026 the same, 90030 "webhook over limit", 300001 and 300005 "token is not exist".
    """

    kind = "dingtalk"
    penalty = TEN_MINUTES
    codes = {
        -1: _BUSY, 130101: _LIMITED, 90030: _LIMITED, 410100: _LIMITED, 660026: _LIMITED, 300001: _DEAD, 300005: _DEAD, 400013: _DEAD,
        400101: _DEAD, 400102: _DEAD, 400106: _DEAD,
    }  # fmt: skip

    def _signed(self, url: str, body: dict[str, Any], secret: str, now: datetime) -> tuple[str, dict[str, Any]]:
        if not secret:
            return url, body
        moment = str(int(now.timestamp() * 1000))
        digest = hmac.new(secret.encode(), f"{moment}\n{secret}".encode(), "sha256").digest()
        # Quoted here and nowhere else: quoted twice, the signature never matches.
        return f"{url}&timestamp={moment}&sign={quote_plus(base64.b64encode(digest))}", body


class FeishuRobot(RobotChannel):
    """100 a minute and 5 a second; signed with time and secret as the key of an empty text.

    Source: Feishu open platform, 自定义机器人使用指南 (add-custom-bot): 11232 limited, also by their load at full and half
    hours; 19001 no such address; 19021 signature or clock, 19022 IP, 19024 key word: the robot's settings. 9499 is a body
    they cannot read ("Bad Request"), but "too many request", with status 400, where a robot was asked too fast.
    """

    kind = "feishu"
    code_names = ("code", "StatusCode")
    words_names = ("msg", "StatusMessage")
    codes = {11232: _LIMITED, 19001: _DEAD}
    limited_by_words = {9499: "too many"}

    def _body(self, text: str) -> dict[str, Any]:
        return {"msg_type": "text", "content": {"text": text}}

    def _signed(self, url: str, body: dict[str, Any], secret: str, now: datetime) -> tuple[str, dict[str, Any]]:
        if not secret:
            return url, body
        moment = str(int(now.timestamp()))
        digest = hmac.new(f"{moment}\n{secret}".encode(), b"", "sha256").digest()
        return url, {"timestamp": moment, "sign": base64.b64encode(digest).decode(), **body}
