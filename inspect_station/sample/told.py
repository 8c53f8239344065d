"""What enterprises were told three days ago and what they answered since: an inbox, dead addresses, calls to make.

Everything goes into the outbox folder: with the sample park loaded nothing leaves this machine.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from PIL import Image, ImageDraw

from inspect_station import sealing
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.registry import service as registry
from inspect_station.registry.contacts import ROBOT_ADDRESS, ROBOT_SECRET
from inspect_station.registry.models import Contact
from inspect_station.reminders import hands
from inspect_station.reminders import service as reminders
from inspect_station.reminders.answers import service as answers
from inspect_station.reminders.models import DeadAddress, Message

BEFORE = timedelta(days=3)
# Of the firms in order: which robot the safety officer's group has.
_ROBOTS = {
    1: ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=sample-0001"),
    3: ("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=sample-0002"),
    6: ("feishu", "https://open.feishu.cn/open-apis/bot/v2/hook/sample-0003"),
}
_DEAD = (4, 9)
_PERSON = {"phone": "13905910000", "note": ""}
# What is answered, and the station's word on it: done, rejected or none yet.
_STORIES: Sequence[tuple[str, Mapping[str, Any], str]] = (
    ("apply", {"note": "希望和旁边的储罐一起做。"}, ""),
    ("stopped", {"act": "stop", "note": "装置停产，设备已断开并挂牌。"}, ""),
    ("noted", {"note": ""}, ""),
    ("contact", {"role": "safety_officer", "name": "许安全", "mobile": "13805910001", "email": "xu.anquan@example.com"}, ""),
    ("not_ours", {"note": "这台设备去年随车间转让给了别的单位。"}, ""),
    ("apply", {"shutdown": True, "note": "请安排在检修期间。"}, "done"),
    ("noted", {"note": "已在联系检修单位。"}, ""),
    ("not_ours", {"note": "我们没有这台设备。"}, "rejected"),
    ("contact", {"role": "safety_director", "name": "高总监", "mobile": "13805910002", "email": "gao@example.com"}, "done"),
    ("stopped", {"act": "stop", "note": "已封存。"}, "rejected"),
)  # fmt: skip
_WORDS = {"rejected": "示例：现场查看设备仍在使用，请按期报检。", "done": "示例：已与安全员电话核对"}


def load(settings: Settings, today: date, now: datetime) -> int:
    """Tell the enterprises, let some answer, handle some answers; returns how many answered."""
    firms = _firms()
    _robots(firms)
    _dead(firms, now)
    quickly = replace(settings, mail_pdf=False, smtp_host="")
    reminders.tick(quickly, today - BEFORE, now - BEFORE)
    reminders.deliver(quickly, now - BEFORE)
    yesterday = now - timedelta(days=1)  # as if the timetable had run until the park was loaded
    reminders.tick(quickly, yesterday.date(), yesterday)
    reminders.deliver(quickly, yesterday)
    _calls(settings, now)
    return sum(1 for _ in _answer(settings, today, now))


def _firms() -> list[int]:
    return [row.enterprise_id for row in Contact.select(Contact.enterprise).distinct().order_by(Contact.enterprise)]


def _officer(enterprise_id: int) -> Contact | None:
    found: Contact | None = Contact.get_or_none(
        Contact.enterprise == enterprise_id, Contact.role == "safety_officer", Contact.ended_on.is_null()
    )
    return found


def _robots(firms: Sequence[int]) -> None:
    ring = sealing.ring()
    for place, (kind, address) in _ROBOTS.items():
        officer = _officer(firms[place])
        if officer is not None:
            Contact.update(
                robot_kind=kind, preferred=kind, robot_address=ring.seal(address, ROBOT_ADDRESS),
                robot_secret=ring.seal("", ROBOT_SECRET), robot_hint=address[-4:], robot_digest=ring.digest(address),
            ).where(Contact.id == officer.id).execute()  # fmt: skip


def _dead(firms: Sequence[int], now: datetime) -> None:
    """Every address of two firms was refused: their letters are calls to make."""
    for place in _DEAD:
        for contact in Contact.select().where(Contact.enterprise == firms[place], Contact.email != ""):
            DeadAddress.insert(
                enterprise=firms[place], recipient=contact.email, channel="mail", at=now,
                reason="550 5.1.1 对方服务器说没有这个邮箱",
            ).execute()  # fmt: skip


def _calls(settings: Settings, now: datetime) -> None:
    """One firm did not answer the telephone, one wants to be called again."""
    waiting = hands.tasks(_inspector())
    later: dict[str, Any] = {
        "outcome": "later",
        "words": "门卫说安全员出差，约好再打",
        "next_on": now.date() + timedelta(days=1),
    }
    missed: dict[str, Any] = {"outcome": "no_answer", "words": "响铃没有人接"}
    for task, said in zip(waiting, (missed, later), strict=False):
        hands.record_call(_inspector(), settings, task.id, said, _at(7, now))


def _inspector() -> Actor:
    account = Account.select().where(Account.role == "inspector").order_by(Account.id).get()
    return Actor(account.id, account.name, account.role)


# --- answers ------------------------------------------------------------------------------------------------------


def _answer(settings: Settings, today: date, now: datetime) -> Iterator[int]:
    letters = Message.select().where(Message.state == "sent", Message.channel == "folder")
    sheets = _one_of_each_firm(letters.order_by(Message.enterprise, Message.id), today)
    for number, (kind, said, word) in enumerate(_STORIES):
        at = _at(number, now)
        for sheet in sheets:
            made = _given(sheet, kind, said, settings, at)
            if made:
                _handled(made, word, settings, now)
                yield made
                break


def _at(number: int, now: datetime) -> datetime:
    """Half of them came in the day before yesterday, half yesterday, in office hours."""
    days, place = divmod(number, len(_STORIES) // 2)
    return (now - timedelta(days=2 - days)).replace(hour=9 + place, minute=(17 * number) % 60)


def _one_of_each_firm(letters: Any, today: date) -> Iterator[answers.Sheet]:
    seen: set[int] = set()
    for letter in letters:
        if letter.enterprise_id not in seen:
            seen.add(letter.enterprise_id)
            yield answers.sheet_of(letter, today)


def _given(sheet: answers.Sheet, kind: str, said: Mapping[str, Any], settings: Settings, at: datetime) -> int | None:
    """None where this letter has nothing such an answer could be about."""
    what = _MEANT[kind](sheet, at.date())
    if what is None:
        return None
    given = {"name": sheet.message.recipient_name, **_PERSON, **what, **said}
    evidence = registry.documents.receive("停用现场.jpg", _photo(), settings.files_dir) if kind == "stopped" else None
    try:
        return answers.give(answers.holder_of(sheet), sheet, kind, given, settings, at, evidence)
    except (Conflict, InvalidInput):
        return None  # applied for already


def _for_apply(sheet: answers.Sheet, today: date) -> dict[str, Any] | None:
    wanted = [line.key for line in sheet.to_apply if not line.quiet][:4]
    days = {"wished_from": today + timedelta(days=14), "wished_to": today + timedelta(days=21)}
    return {"scope": "some", "items": wanted, "shutdown": False, **days} if wanted else None


def _for_device(sheet: answers.Sheet, today: date) -> dict[str, Any] | None:
    free = [number for number, line in sheet.devices.items() if not line.quiet]
    return {"devices": free[:1], "on": today - timedelta(days=2)} if free else None


def _for_any(sheet: answers.Sheet, _today: date) -> dict[str, Any] | None:
    return {} if sheet.open_lines else None


_MEANT: Mapping[str, Callable[[answers.Sheet, date], dict[str, Any] | None]] = {
    "apply": _for_apply,
    "stopped": _for_device,
    "not_ours": _for_device,
    "noted": _for_any,
    "contact": _for_any,
}


def _handled(number: int, word: str, settings: Settings, now: datetime) -> None:
    actor, at = _inspector(), now - timedelta(hours=1)
    if word == "done":
        answers.confirm(actor, number, {"revision": 1, "reason": _WORDS[word], "replaces": None}, settings, at)
    elif word == "rejected":
        answers.reject(actor, number, _WORDS[word], 1, at)


def _photo() -> bytes:
    """A picture that stands for one: grey steel, a hanging tag."""
    picture = Image.new("RGB", (640, 480), "#9aa5ad")
    drawing = ImageDraw.Draw(picture)
    drawing.rounded_rectangle((120, 90, 520, 400), 60, fill="#c4ccd2", outline="#6b7780", width=6)
    drawing.rectangle((270, 180, 370, 300), fill="#c0392b", outline="#ffffff", width=4)
    drawing.text((290, 230), "SAMPLE", fill="#ffffff")
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=80)
    return held.getvalue()
