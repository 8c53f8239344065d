"""Text messages through any HTTP gateway: the request is described on the settings page, the text is an approved template."""

import string
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import orjson

from inspect_station.config import Settings
from inspect_station.reminders.channels import config
from inspect_station.reminders.channels.base import ChannelError, Outgoing
from inspect_station.reminders.channels.config import Gateway
from inspect_station.reminders.channels.http import call, quoted, refuse_by_status, veiled
from inspect_station.sealing import SealError

ONE_PIECE, EACH_OF_MANY = 70, 67
TEXT_MOST = 500  # characters: gateways refuse longer ones
# What a template may name, and how the settings page calls it.
FIELDS = {
    "firm": "企业名称",
    "total": "总项数",
    "forbidden": "须停用项数",
    "overdue": "超期项数",
    "apply_now": "应报检项数",
    "approaching": "即将到期项数",
    "earliest": "最早的日期",
    "number": "通知编号",
    "station": "检验站名称",
    "phone": "检验站电话",
    "link": "答复链接",
}
# Operators refuse templates whose variables carry these; written out in the template itself they may pass.
FORBIDDEN_AS_VARIABLES = ("link", "phone")
# What the request may name beside them.
REQUEST_FIELDS = {
    "mobile": "手机号",
    "text": "短信全文",
    "template": "模板编号",
    "message_id": "消息编号（供网关去重）",
}
PENALTY = timedelta(minutes=1)


def length(text: str) -> int:
    """Characters as they are charged: a rare one outside the basic plane is two."""
    return len(text.encode("utf-16-le")) // 2


def pieces(text: str) -> int:
    """How many messages a text is charged as: 70 characters, or 67 each where it takes several."""
    characters = length(text)
    if characters <= ONE_PIECE:
        return 1 if characters else 0
    return -(-characters // EACH_OF_MANY)


def template_problems(template: str, *, free_variables: bool) -> list[str]:
    """What is wrong with a template, a sentence each."""
    if not template.strip():
        return ["请填写短信模板"]
    try:
        named = list(_named(template))
    except ValueError:
        return ["花括号没有成对，字段应写成 {firm} 的样子"]
    problems = [f"没有叫 {{{name}}} 的字段，可用的是：{_listed(FIELDS)}" for name in named if name not in FIELDS]
    if not free_variables:
        problems += [
            f"{{{name}}}（{FIELDS[name]}）不能作变量：运营商不准链接和电话作变量，请直接写在模板里"
            for name in named
            if name in FORBIDDEN_AS_VARIABLES
        ]
    return problems


def body_problems(body: str) -> list[str]:
    """What is wrong with the request's body, a sentence each."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ['请求内容应是 JSON 对象，例如 {"mobile": "{mobile}", "text": "{text}"}']
    if not isinstance(parsed, dict):
        return ["请求内容应是 JSON 对象（花括号开头）"]
    known = {**REQUEST_FIELDS, **FIELDS}
    try:
        named = [name for text in _strings(parsed) for name in _named(text)]
    except ValueError:
        return ["花括号没有成对，字段应写成 {mobile} 的样子"]
    problems = [
        f"请求内容里没有叫 {{{name}}} 的字段，可用的是：{_listed(known)}" for name in named if name not in known
    ]
    return problems or ([] if "mobile" in named else ["请求内容里要有 {mobile}，否则不知道发给谁"])


def _listed(names: Mapping[str, str]) -> str:
    return "、".join(f"{{{name}}} {label}" for name, label in names.items())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(inner)


def _named(template: str) -> Iterator[str]:
    """The fields a text names. Raises `ValueError` for unpaired braces and for anything but plain names."""
    for _, name, spec, conversion in string.Formatter().parse(template):
        if name is not None:
            if spec or conversion or not name.isidentifier():
                raise ValueError(name)
            yield name


def render(template: str, values: Mapping[str, str]) -> str:
    return string.Formatter().vformat(template, (), values) if template else ""


def fill(value: Any, values: Mapping[str, str]) -> Any:
    """The body with its fields filled in: inside its strings, so that no value can change its shape."""
    if isinstance(value, str):
        return render(value, values)
    if isinstance(value, dict):
        return {key: fill(inner, values) for key, inner in value.items()}
    return [fill(inner, values) for inner in value] if isinstance(value, list) else value


class SmsChannel:
    def __init__(self, settings: Settings, gateway: Gateway | None = None) -> None:
        self._settings = settings
        self._gateway = gateway or _stored()

    def send(self, letter: Outgoing) -> str:
        gateway = self._gateway
        if not gateway.url:
            raise ChannelError("没有配置短信网关，请在“设置 › 渠道”填写", down=True)
        if not letter.text:
            raise ChannelError("短信模板有误，填不出内容，请在“设置 › 渠道”改正", down=True)
        values = {
            **letter.values,
            "mobile": letter.target.address,
            "text": letter.text,
            "template": gateway.template_code,
            "message_id": letter.message_id.strip("<>"),
        }
        body = fill(orjson.loads(gateway.body), values)
        return veiled(lambda: self._ask(body, letter), gateway.url, *gateway.headers.values())

    def close(self) -> None:
        """Nothing is held open."""

    def _ask(self, body: dict[str, Any], letter: Outgoing) -> str:
        gateway = self._gateway
        url, content, kind = gateway.url, None, "application/json; charset=utf-8"
        if gateway.method == "GET":
            parts = urlsplit(url)
            url = urlunsplit(parts._replace(query="&".join(filter(None, [parts.query, urlencode(_flat(body))]))))
        elif gateway.form == "form":
            content, kind = urlencode(_flat(body)).encode(), "application/x-www-form-urlencoded"
        else:
            content = orjson.dumps(body)
        answer = call(
            url, method=gateway.method, body=content, headers={"Content-Type": kind, **gateway.headers},
            private=self._settings.private_targets, now=letter.at or letter.written_at,
        )  # fmt: skip
        if answer.status in {401, 403}:  # our key is at fault: no letter is given up for it
            raise ChannelError(f"短信网关不接受密钥（{answer.status}）：{quoted(answer.text)}", down=True)
        refuse_by_status(answer, PENALTY)
        return self._read(answer.text)

    def _read(self, text: str) -> str:
        gateway = self._gateway
        try:
            answer = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ChannelError(f"短信网关的回答看不懂，不能当作已发出：{quoted(text)}") from error
        code = _at(answer, gateway.success_path.split("."))
        if code is None:
            raise ChannelError(f"短信网关的回答里没有 {gateway.success_path}，不能当作已发出：{quoted(text)}")
        if str(code) == gateway.success_value:
            return quoted(text)
        words = _at(answer, gateway.words_path.split(".")) if gateway.words_path else None
        sentence = f"短信网关拒收，{gateway.success_path} 是 {quoted(str(code))}：{quoted(str(words or text))}"
        if str(code) in gateway.limited_values:
            raise ChannelError(sentence, wait=PENALTY)
        raise ChannelError(sentence, permanent=True)


def _stored() -> Gateway:
    try:
        return config.load().gateway
    except SealError as error:
        raise ChannelError(f"读不出短信网关的密钥：{error.sentence}", down=True) from error


def _flat(body: Mapping[str, Any]) -> dict[str, str]:
    return {key: value if isinstance(value, str) else orjson.dumps(value).decode() for key, value in body.items()}


def _at(answer: Any, path: Sequence[str]) -> Any:
    """What stands at `a.b.0` of an answer; None where nothing does."""
    for step in path:
        if isinstance(answer, dict):
            answer = answer.get(step)
        elif isinstance(answer, list) and step.isdigit() and int(step) < len(answer):
            answer = answer[int(step)]
        else:
            return None
    return answer
