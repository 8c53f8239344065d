"""Requests about personal data (个人信息保护法 45, 47): a person found, what is held shown, handed out, taken out.

A person is an account ("account") or a contact of an enterprise ("contact").
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from inspect_station import export as exporting
from inspect_station.accounts import persons as accounts
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import ROLE_NAMES, Actor
from inspect_station.db import db
from inspect_station.errors import InvalidInput
from inspect_station.feeds.models import CalendarFeed
from inspect_station.registry import contact_data as contacts
from inspect_station.registry import service as registry
from inspect_station.registry.models import Contact
from inspect_station.registry.words import CONTACT_ROLES, masked_mobile
from inspect_station.reminders import records
from inspect_station.staffing import personal as staffing

Kind = Literal["account", "contact"]
PERMISSION = "persons"


@dataclass(frozen=True)
class Found:
    """One person as the search shows them; `state` is empty while in use."""

    kind: Kind
    number: int
    name: str
    role: str
    firm: str
    state: str


@dataclass(frozen=True)
class Held:
    """What is kept: label and value, numbers masked; label and count; why it cannot be taken out now, or nothing."""

    person: Found
    facts: Sequence[tuple[str, str]]
    counts: Sequence[tuple[str, int]]
    obstacle: str


def find(actor: Actor, words: str) -> Sequence[Found]:
    """By a part of the name, login, number or address; at most 20 accounts and 20 contacts."""
    words = words.strip()
    if not words:
        return []
    firms = registry.enterprise_names(actor)
    people = [_account(row, firms) for row in accounts.find(actor, words)]
    return people + [_contact(row) for row in contacts.find(actor, words)]


def _account(row: Account, firms: Mapping[int, str]) -> Found:
    firm = firms.get(row.enterprise_id or 0, "") or "本站"
    return Found("account", row.id, row.name, ROLE_NAMES[row.role], firm, "已停用" if row.disabled_at else "")


def _contact(row: Contact) -> Found:
    ended = f"{row.ended_on} 停用" if row.ended_on else ""
    return Found("contact", row.id, row.name, CONTACT_ROLES[row.role], row.enterprise.name, ended)


def held(actor: Actor, kind: Kind, number: int) -> Held:
    """Raises `NotFound`."""
    return _held_account(actor, number) if kind == "account" else _held_contact(actor, number)


def _held_account(actor: Actor, number: int) -> Held:
    row = accounts.get(actor, number)
    kept, about = accounts.counts(actor, number), staffing.export(actor, number)
    facts = [
        ("登录名", row.login), ("手机", masked_mobile(row.mobile)), ("邮箱", row.email),
        ("建立", _day(row.created_at)), ("上次登录", _day(row.last_login_at)), ("停用", _day(row.disabled_at)),
    ]  # fmt: skip
    counts = [
        ("登录记录", kept["log_ins"]), ("接口令牌", kept["tokens"]), ("日历订阅", _feeds(number).count()),
        ("资格", len(about["qualifications"])), ("不在岗", len(about["absences"])), ("审计记录中的操作", kept["acts"]),
    ]  # fmt: skip
    own = "这是您自己的账号，请另一位有权限的人来删除。" if number == actor.account_id else ""
    return Held(_account(row, registry.enterprise_names(actor)), _said(facts), counts, own)


def _held_contact(actor: Actor, number: int) -> Held:
    row = contacts.get(actor, number)
    facts = [
        ("手机", masked_mobile(row.mobile)), ("电话", masked_mobile(row.phone)), ("邮箱", row.email),
        ("群机器人", "有" if row.robot_kind else ""), ("开始", str(row.started_on)), ("停用", str(row.ended_on or "")),
    ]  # fmt: skip
    letters = len(records.sent_to(number, row.email))
    counts = [("资料变更", contacts.changes(actor, number)), ("发给本人的提醒", letters)]
    in_use = "还在使用，提醒会发给此人；请先在企业页停用并登记接替的人。" if row.ended_on is None else ""
    return Held(_contact(row), _said(facts), counts, in_use)


def _said(facts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [fact for fact in facts if fact[1]]


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""


def _feeds(account_id: int) -> Any:
    return CalendarFeed.select().where(CalendarFeed.account == account_id)


def export(actor: Actor, kind: Kind, number: int, now: datetime, reason: str = "") -> dict[str, Any]:
    """Everything kept about this person, by sections: a mapping, or a list of mappings. Kept in the trail."""
    if kind == "contact":
        told = contacts.export(actor, number, now, reason)
        return told | {"letters": records.sent_to(number, told["contact"]["email"])}
    told = accounts.export(actor, number, now, reason)
    feeds = [{"name": feed.name, "created_at": feed.created_at} for feed in _feeds(number)]
    return told | staffing.export(actor, number) | {"calendar_feeds": feeds}


def forget(actor: Actor, kind: Kind, number: int, now: datetime, reason: str = "") -> None:
    """Take out who it was; what the law wants kept stays. Raises `Conflict` where it may not be yet."""
    with db.atomic():
        if kind == "contact":
            contacts.forget(actor, number, now, reason)
            return
        accounts.forget(actor, number, now, reason)
        staffing.forget(actor, number)
        CalendarFeed.delete().where(CalendarFeed.account == number).execute()


def confirmed(actor: Actor, kind: Kind, number: int, typed: str) -> None:
    """Raises `InvalidInput` unless the person's name was typed: nobody is forgotten by a slip."""
    name = held(actor, kind, number).person.name
    if typed.strip() != name:
        raise InvalidInput("输入的姓名与要删除的人不一致。", {"name": [f"请原样输入“{name}”"]})


SECTIONS = {
    "account": "账号", "two_steps": "两步验证", "log_ins": "登录记录", "tokens": "接口令牌", "acts": "操作", "enterprise": "企业",
    "contact": "联系人", "changes": "资料变更", "letters": "提醒", "qualifications": "资格", "working_time": "工作时间",
    "absences": "不在岗", "calendar_feeds": "日历订阅",
}  # fmt: skip
COLUMNS = (
    exporting.Column("部分", "section", 16),
    exporting.Column("第几条", "line", 8),
    exporting.Column("项目", "item", 20),
    exporting.Column("内容", "value", 60),
)


def lines(told: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The same, a value a row, for a workbook."""
    for section, content in told.items():
        for number, row in enumerate(content if isinstance(content, list) else [content], 1):
            for item, value in (row if isinstance(row, Mapping) else {"": row}).items():
                yield {"section": SECTIONS.get(section, section), "line": number, "item": item, "value": _cell(value)}


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)
