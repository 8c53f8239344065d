"""The page of channels: what the station decides, and a message to try a channel with."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from inspect_station import sealing
from inspect_station.accounts import audit, station
from inspect_station.accounts.scope import Actor, visible
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.registry.contacts import is_mobile
from inspect_station.registry.models import Contact, Enterprise
from inspect_station.reminders import limits, routes, short
from inspect_station.reminders.channels import CHANNELS, ChannelError, Outgoing, Target, config, sms
from inspect_station.reminders.channels.config import ELECTRONIC, Config, Gateway
from inspect_station.reminders.letter import Letter
from inspect_station.reminders.reading import tuples

HINT = 4


@dataclass(frozen=True)
class Shown:
    """The decisions as the page shows them: of secrets only whether they are set and their last four characters."""

    order: tuple[str, ...]
    on: frozenset[str]
    escalate_after: int
    gateway: Gateway
    url_hint: str
    header_names: tuple[str, ...]
    problem: str = ""


def shown(actor: Actor) -> Shown:
    actor.need("settings")
    try:
        kept, problem = config.load(), ""
    except sealing.SealError as error:
        kept, problem = config.switches(), error.sentence
    gateway = kept.gateway
    return Shown(
        kept.order, kept.on, kept.escalate_after, gateway,
        gateway.url[-HINT:], tuple(gateway.headers), problem,
    )  # fmt: skip


def change(actor: Actor, given: Mapping[str, Any], now: datetime) -> Config:
    """Keep new decisions; a secret left empty stays as it is. Raises `InvalidInput` naming each field."""
    actor.need("settings")
    with db.atomic():
        before = _present()
        after = _read(given, before)
        _check(after)
        config.store(after, now)
        changed = [
            name for name in ("order", "on", "escalate_after") if getattr(before, name) != getattr(after, name)
        ]
        changed += [f"sms.{n}" for n in Gateway.__dataclass_fields__ if _part(before, n) != _part(after, n)]
        audit.record(actor, "channels.change", "setting", "channels", now=now, detail={"changed": changed})
    return after


def _part(decided: Config, name: str) -> Any:
    return getattr(decided.gateway, name)


def _present() -> Config:
    """What is kept; where its key is gone the secrets count as empty, so that they can be typed again."""
    try:
        return config.load()
    except sealing.SealError:
        return config.switches()


def _read(given: Mapping[str, Any], before: Config) -> Config:
    places = {name: (given[f"place_{name}"], ELECTRONIC.index(name)) for name in ELECTRONIC}
    text = {name: given[name] for name in ("method", "form", "body", "template", "template_code") if name in given}
    rules = {name: given[name].strip() for name in ("success_path", "success_value", "words_path")}
    gateway = replace(
        before.gateway,
        **text,
        **rules,
        url=given["url"].strip() or before.gateway.url,
        headers=_headers(given["headers"]) if given["headers"].strip() else before.gateway.headers,
        free_variables=given["free_variables"],
        limited_values=tuple(filter(None, given["limited_values"].replace("，", ",").replace(" ", "").split(","))),
    )
    if given["forget"]:
        gateway = replace(gateway, url="", headers={})
    on = frozenset(name for name in ELECTRONIC if given[f"on_{name}"])
    order = tuple(sorted(ELECTRONIC, key=lambda name: places[name]))
    return Config(order, on, given["escalate_after"], gateway)


def _headers(text: str) -> dict[str, str]:
    """One header a line, 名称: 值. Raises `InvalidInput` for a line that is none."""
    found = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, colon, value = line.partition(":")
        if not colon or not name.strip().replace("-", "").isalnum() or not line.isascii() or not line.isprintable():
            sentence = f"“{line[:20]}”应写成“Name: value”，只用英文字符"
            raise InvalidInput(f"请求头里{sentence}。", {"headers": [sentence]})
        found[name.strip()] = value.strip()
    return found


def _check(decided: Config) -> None:
    gateway, problems = decided.gateway, {}
    if gateway.template or "sms" in decided.on:
        problems["template"] = sms.template_problems(gateway.template, free_variables=gateway.free_variables)
    if gateway.body or "sms" in decided.on:
        problems["body"] = sms.body_problems(gateway.body)
    if "sms" in decided.on or gateway.url:
        problems["url"] = _url_problems(gateway.url)
        problems["success_path"] = [] if gateway.success_path else ["请写明看回答里的哪一项，例如 code"]
    if "sms" in decided.on and not problems["template"] and not problems["body"]:
        text_in_use = "{text}" in gateway.body or gateway.template_code
        problems["body"] = [] if text_in_use else ["请求内容里要有 {text}，或填写模板编号"]
    found = {name: sentences for name, sentences in problems.items() if sentences}
    if found:
        raise InvalidInput("渠道设置有误：" + "；".join(s for some in found.values() for s in some) + "。", found)


def _url_problems(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and url.isascii() and (parts.port or 1) > 0
    except ValueError:
        good = False
    return [] if good else ["网关地址应是 https:// 开头的完整网址"]


# --- text messages, counted ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """A text message as it would read for the enterprise with the longest name, and what it would cost."""

    text: str
    characters: int
    pieces: int


def counted(settings: Settings, template: str) -> Counted | None:
    """None where the template cannot be filled."""
    longest = max(
        (str(name) for (name,) in tuples(Enterprise.select(Enterprise.name))), key=len, default="示例化工有限公司"
    )
    counts = dict.fromkeys(("total", "forbidden", "overdue", "apply_now", "approaching"), "12")
    values = {
        **counts, "firm": longest, "earliest": "2026-12-02", "number": "CJ20261201-000123", "phone": settings.station_phone,
        "station": settings.station_name, "link": _like_a_link(settings),
    }  # fmt: skip
    return _counted(short.sms(template, values))


def _like_a_link(settings: Settings) -> str:
    """As long as the link of a letter, and none."""
    return f"{settings.base_url.rstrip('/')}/r/{'x' * 32}"


def _counted(text: str) -> Counted | None:
    return Counted(text, sms.length(text), sms.pieces(text)) if text else None


def counted_for(settings: Settings, written: Letter) -> Counted | None:
    """The text message a letter would go out as; None where no gateway's template can be filled with it."""
    numbered = replace(written, number=f"CJ{written.day:%Y%m%d}-000123")  # the number is given when it is sent
    template = config.switches().gateway.template
    return _counted(short.sms(template, short.values(settings, numbered, _like_a_link(settings))) if template else "")


# --- a message to try a channel with ------------------------------------------------------------------------------

_TEST_WORDS = "这是检验站系统的测试消息，收到即说明渠道可用，不必回复。"


def try_channel(actor: Actor, settings: Settings, channel: str, address: str, now: datetime) -> str:
    """Send a test message to a mail address or a mobile; returns the receiver's words. Raises `Conflict` saying why not."""
    actor.need("settings")
    if channel == "mail" and routes.addresses(address) != [address.lower()]:
        raise InvalidInput("请填写一个完整的邮箱地址，例如 name@example.com。", {"address": ["应为一个邮箱地址"]})
    if channel == "sms":
        address = address.replace(" ", "").replace("-", "")  # as the register takes it
    if channel == "sms" and not is_mobile(address):
        raise InvalidInput("请填写 11 位手机号。", {"address": ["应为 11 位手机号"]})
    if channel not in {"mail", "sms"}:
        raise InvalidInput("群机器人请在企业页的联系人旁测试。", {"channel": ["不能在这里测试"]})
    if channel == "mail" and not settings.smtp_host:
        raise Conflict("还没有配置邮件服务器（STATION_SMTP_HOST），提醒会写进发件文件夹。")
    recipient = routes.addresses(address)[0] if channel == "mail" else "sms:test"
    target = Target() if channel == "mail" else Target(address)
    words = _try(settings, channel, recipient, target, now)
    audit_detail = {"channel": channel}
    with db.atomic():
        audit.record(actor, "channels.test", "setting", "channels", now=now, detail=audit_detail)
    return words


@dataclass(frozen=True)
class Tried:
    """What came of a test message, as one sentence."""

    taken: bool
    words: str


def try_contact(actor: Actor, settings: Settings, contact_id: int, now: datetime) -> tuple[int, Tried]:
    """A test message to a contact's group robot: the enterprise, and what came of it."""
    actor.need("remind")
    contact = Contact.get_or_none(Contact.id == contact_id, visible(actor, Contact.enterprise))
    if contact is None or not contact.robot_kind:
        raise NotFound()
    recipient = f"{contact.robot_kind}:{contact.id}"
    firm = int(contact.enterprise_id)
    try:
        target = routes.target_of(recipient)
        words = _try(settings, contact.robot_kind, recipient, target, now)
    except sealing.SealError as error:
        return firm, Tried(False, f"读不出群机器人的地址：{error.sentence}")
    except Conflict as error:
        return firm, Tried(False, error.message)
    with db.atomic():
        audit.record(
            actor, "channels.test", "contact", contact_id, now=now, enterprise_id=firm,
            detail={"channel": contact.robot_kind},
        )  # fmt: skip
    return firm, Tried(True, f"测试消息已被接收，对方回答：{words}")


def _try(settings: Settings, channel: str, recipient: str, target: Target, now: datetime) -> str:
    if station.sample_loaded():
        raise Conflict("装有示例数据时什么都不会发出去，测试消息也不发。")
    kind = CHANNELS[channel]
    key = channel if kind.limit and kind.limit.shared else f"{channel}:{target.digest or recipient}"
    if kind.limit and limits.take(key[:80], kind.limit, now.timestamp()) is not None:
        raise Conflict("对方限制了发送速度，请过一会儿再试。")
    opened = kind.open(settings)
    try:
        return opened.send(_test_letter(settings, channel, recipient, target, now))
    except ChannelError as error:
        raise Conflict(f"测试消息没有送达：{error.sentence}。") from error
    finally:
        opened.close()


def _test_letter(settings: Settings, channel: str, recipient: str, target: Target, now: datetime) -> Outgoing:
    text = f"【测试】{settings.station_name}：{_TEST_WORDS}"
    values: dict[str, str] = {}
    if channel == "sms":
        template = config.switches().gateway.template
        values = {**dict.fromkeys(sms.FIELDS, "1"), "firm": "测试", "station": settings.station_name,
                  "earliest": now.date().isoformat(), "number": "TEST", "phone": settings.station_phone}  # fmt: skip
        text = short.sms(template, values)
    return Outgoing(
        message_id=f"<test-{uuid.uuid4()}@{settings.mail_from.rpartition('@')[2] or 'station.local'}>",
        number="测试", recipient=recipient, recipient_name="", subject=f"测试消息：{settings.station_name}", text=text,
        html="", written_at=now, target=target, values=values, at=now,
    )  # fmt: skip
