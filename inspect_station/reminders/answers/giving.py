"""Taking an answer: checked against the letter, written with its rests, an application made of it where it is one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.config import Settings
from inspect_station.db import bulk_insert, db
from inspect_station.errors import Conflict, InvalidInput, TooMany
from inspect_station.planning import service as planning
from inspect_station.registry import service as registry
from inspect_station.registry.documents import Kept
from inspect_station.reminders import outgoing, routes
from inspect_station.reminders.answers import resting
from inspect_station.reminders.answers.models import Answer, AnswerItem
from inspect_station.reminders.answers.sheet import Sheet
from inspect_station.reminders.reading import tuples

MOST_A_DAY = 20  # answers to one message in 24 hours: enough for a change of mind, too few for mischief
Item = tuple[int, str]


@dataclass(frozen=True)
class Meant:
    """What an answer comes to: the clocks it speaks of, what its kind keeps."""

    items: Sequence[Item] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def give(
    actor: Actor,
    sheet: Sheet,
    kind: str,
    given: Mapping[str, Any],
    settings: Settings,
    now: datetime,
    evidence: Kept | None = None,
) -> int:
    """The new answer's id. What an earlier one said of the same devices, and nobody has looked at yet, is replaced.

    `actor` is the enterprise: a person logged in, or whoever holds the link. Raises `InvalidInput` for devices the
    letter does not name, `Conflict` for what is applied for already.
    """
    if actor.is_staff:
        raise Conflict("答复由企业自己做；您可以在“报检与检验”里代为登记申请。")
    actor.check(sheet.message.enterprise_id)
    meant = _READERS[kind](sheet, given, now.date())
    with db.atomic():
        _not_too_often(sheet.message.id, now)
        _replace_earlier(sheet.message.id, kind, meant.items)
        number = _write(actor, sheet, kind, given, meant, now, evidence)
        bulk_insert(AnswerItem, _items(number, kind, sheet, meant.items, settings, now.date()))
        if kind == "apply":
            Answer.update(application_id=_apply(actor, sheet, given, meant, now)).where(Answer.id == number).execute()
            _stop(actor, sheet, given, now)
        audit.record(
            actor, "answer.give", "answer", number, now=now, enterprise_id=sheet.message.enterprise_id,
            detail={"kind": kind, "message": sheet.message.id, "items": len(meant.items)},
        )  # fmt: skip
    return number


def just_applied(sheet: Sheet, kind: str, given: Mapping[str, Any], now: datetime) -> bool:
    """Whether this application was taken a moment ago: the second half of a double tap is no mistake of the person."""
    if kind != "apply":
        return False
    taken = (
        AnswerItem.select(AnswerItem.equipment, AnswerItem.clock)
        .join(Answer)
        .where(Answer.message == sheet.message.id, Answer.kind == kind, Answer.phone == given["phone"])
        .where(Answer.given_at > now - timedelta(minutes=1))
    )
    held = {f"{equipment_id}:{clock}" for equipment_id, clock in tuples(taken)}
    if given["scope"] == "all":
        return bool(held) and held.issuperset(line.key for line in sheet.waiting)
    return bool(given["items"]) and held.issuperset(given["items"])


def _not_too_often(message_id: int, now: datetime) -> None:
    recent = Answer.select().where(Answer.message == message_id, Answer.given_at > now - timedelta(days=1)).count()
    if recent >= MOST_A_DAY:
        raise TooMany("这份通知今天的答复已经很多，请打电话与我们联系。")


def _write(
    actor: Actor, sheet: Sheet, kind: str, given: Mapping[str, Any], meant: Meant, now: datetime, file: Kept | None
) -> int:
    row = Answer.create(
        message=sheet.message.id,
        enterprise=sheet.message.enterprise_id,
        kind=kind,
        state="seen" if kind == "noted" else "open",
        given_at=now,
        account=actor.account_id,
        name=(given["name"] if kind != "contact" and given["name"] else sheet.message.recipient_name)[:60],
        phone=given.get("phone", ""),
        note=given["note"],
        facts=dict(meant.facts) or None,
        **(vars(file) if file else {}),
    )
    return int(row.id)


def _replace_earlier(message_id: int, kind: str, items: Sequence[Item]) -> None:
    """What was said before of the same devices, and not looked at, is overtaken; of other devices it stands.

    An application stays one, and 已知悉 takes no claim back.
    """
    earlier = Answer.select().where(
        Answer.message == message_id, Answer.kind != "apply", Answer.state.in_(("open", "seen"))
    )
    if kind in {"noted", "contact"}:
        earlier = earlier.where(Answer.kind == kind)
    told = {equipment_id for equipment_id, _ in items}
    for row in list(earlier):
        named = _named(row.id)
        if named <= told and (named or kind == "contact"):
            _set_state(row.id, "replaced")
        elif named & told and row.kind in resting.CLAIMS:
            _split(row, named & told)


def _named(answer_id: int) -> set[int]:
    query = AnswerItem.select(AnswerItem.equipment).where(AnswerItem.answer == answer_id)
    return {int(equipment_id) for (equipment_id,) in tuples(query)}


def _set_state(answer_id: int, state: str) -> None:
    Answer.update(state=state, revision=Answer.revision + 1).where(Answer.id == answer_id).execute()


def _split(claim: Answer, overtaken: Collection[int]) -> None:
    """The overtaken devices of a claim go to a copy of it that is replaced; the others still wait for the station.

    Their rest goes with them, as it says when the first one ended.
    """
    values = {name: value for name, value in claim.__data__.items() if name not in {"id", "state", "revision"}}
    copy = Answer.create(**values, state="replaced")
    AnswerItem.update(answer=copy.id).where(
        AnswerItem.answer == claim.id, AnswerItem.equipment.in_(sorted(overtaken))
    ).execute()
    _set_state(claim.id, "open")  # whoever has it before him looks again


def _items(
    number: int, kind: str, sheet: Sheet, items: Sequence[Item], settings: Settings, today: date
) -> list[dict[str, Any]]:
    ends = resting.until(kind, sheet.message.id, {e for e, _ in items}, settings, today)
    return [{"answer": number, "equipment": e, "clock": clock, "quiet_until": ends.get(e)} for e, clock in items]


def _apply(actor: Actor, sheet: Sheet, given: Mapping[str, Any], meant: Meant, now: datetime) -> int:
    return casework.apply(
        actor,
        sheet.message.enterprise_id,
        meant.items,
        source="answer",
        now=now,
        wished_from=given["wished_from"],
        wished_to=given["wished_to"],
        shutdown=given["shutdown"],
        note=given["note"],
        contact=given["name"],
        phone=given["phone"],
    )


def _stop(actor: Actor, sheet: Sheet, given: Mapping[str, Any], now: datetime) -> None:
    """A standstill named in the answer is known to the plan from now on, as the enterprise's own word."""
    first, last = given["wished_from"], given["wished_to"]
    if given["shutdown"] and first and last:
        note = f"答复通知 {outgoing.number_of(sheet.message)} 时填写"
        planning.sites.told(actor, sheet.message.enterprise_id, first, last, note, now)


# --- what each kind means -------------------------------------------------------------------------------------------


def _read_noted(sheet: Sheet, _given: Mapping[str, Any], _today: date) -> Meant:
    return Meant([(line.equipment_id, line.clock) for line in sheet.open_lines])


def _read_apply(sheet: Sheet, given: Mapping[str, Any], today: date) -> Meant:
    known = {line.key: line for line in sheet.to_apply}
    wanted = [line.key for line in sheet.waiting] if given["scope"] == "all" else given["items"]
    if not wanted or not set(wanted) <= known.keys():
        raise InvalidInput("请至少选择一台要检验的设备。", {"items": ["请至少选择一台要检验的设备"]})
    first, last = given["wished_from"], given["wished_to"]
    if (first and first < today) or (last and last < (first or today)):
        raise InvalidInput("希望的日期应从今天起，止不早于起。", {"wished_from": ["应从今天起，止不早于起"]})
    facts = {"wished_from": _text(first), "wished_to": _text(last), "shutdown": given["shutdown"]}
    return Meant([(known[key].equipment_id, known[key].clock) for key in dict.fromkeys(wanted)], facts)


def _read_stopped(sheet: Sheet, given: Mapping[str, Any], today: date) -> Meant:
    if given["on"] > today:
        raise InvalidInput("停用或拆除的日期不能晚于今天。", {"on": ["不能晚于今天"]})
    return Meant(_whole(sheet, given["devices"]), {"act": given["act"], "on": given["on"].isoformat()})


def _read_not_ours(sheet: Sheet, given: Mapping[str, Any], _today: date) -> Meant:
    return Meant(_whole(sheet, given["devices"]))


def _whole(sheet: Sheet, devices: Collection[int]) -> list[Item]:
    if not set(devices) <= sheet.devices.keys():
        raise InvalidInput("所选的设备不在这份通知里，或已办妥。", {"devices": ["请重新选择设备"]})
    return [(number, "") for number in dict.fromkeys(devices)]


def _read_contact(_sheet: Sheet, given: Mapping[str, Any], _today: date) -> Meant:
    if not given["mobile"].strip() and not given["email"].strip():
        raise InvalidInput("手机、邮箱至少填一个。", {"mobile": ["手机、邮箱至少填一个"]})
    if given["email"] and routes.addresses(given["email"]) != [given["email"].strip().lower()]:
        raise InvalidInput("邮箱地址不对，应写成 name@example.com 的样子。", {"email": ["地址不对"]})
    kept = {name: given[name].strip() for name in ("role", "name", "mobile", "email")}
    checked = registry.contacts.checked(kept)
    return Meant((), {name: checked[name] for name in kept})


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


_READERS: Mapping[str, Callable[[Sheet, Mapping[str, Any], date], Meant]] = {
    "noted": _read_noted,
    "apply": _read_apply,
    "stopped": _read_stopped,
    "not_ours": _read_not_ours,
    "contact": _read_contact,
}
