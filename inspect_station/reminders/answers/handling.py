"""The station's word on an answer: agreed, the register is changed; not agreed, the ladder goes on. Both are audited."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.registry import service as registry
from inspect_station.reminders import outgoing
from inspect_station.reminders.answers import resting
from inspect_station.reminders.answers.models import Answer, AnswerItem
from inspect_station.reminders.answers.words import ACTS
from inspect_station.workcalendar import service as workcalendar


def confirm(actor: Actor, answer_id: int, given: Mapping[str, Any], settings: Settings, now: datetime) -> str:
    """Agree, and do what follows; returns the new state.

    停用 and 拆除 are performed with the evidence attached; a new contact is added and the one he follows ended; a device
    that is not the firm's waits for the register to be mended; an application is only taken note of. All or nothing.
    """
    with db.atomic():
        answer = _to_handle(actor, answer_id, given["revision"], "open")
        _ACTS[answer.kind](actor, answer, given, settings, now)
        state = "correcting" if answer.kind == "not_ours" else "done"
        _settle(actor, answer, state, given.get("reason", ""), "answer.confirm", now)
    return state


def reject(actor: Actor, answer_id: int, reason: str, revision: int, now: datetime) -> None:
    """Not agreed: the ladder goes on at once, and the firm reads why."""
    with db.atomic():
        answer = _to_handle(actor, answer_id, revision, "open")
        if answer.kind == "apply":
            raise Conflict("申请请在“报检与检验”里受理或不予受理，这里只作已阅。")
        yesterday = now.date() - timedelta(days=1)
        AnswerItem.update(quiet_until=yesterday).where(
            AnswerItem.answer == answer.id, AnswerItem.quiet_until > yesterday
        ).execute()
        _settle(actor, answer, "rejected", reason, "answer.reject", now)


def finish(actor: Actor, answer_id: int, reason: str, revision: int, now: datetime) -> None:
    """The register has been mended. Raises `Conflict` while a device still stands with the firm, in use."""
    with db.atomic():
        answer = _to_handle(actor, answer_id, revision, "correcting")
        left = [name for name, device in _devices(actor, answer) if _still_theirs(device, answer.enterprise_id)]
        if left:
            raise Conflict(f"{'、'.join(left[:3])} 在台账里仍是这家企业的在用设备，请先更正或注销。")
        _settle(actor, answer, "done", reason, "answer.finish", now)


def _still_theirs(device: Mapping[str, Any], enterprise_id: int) -> bool:
    return device["enterprise"] == enterprise_id and device["status"] in {"in_use", "stopped", "not_yet_in_use"}


def _to_handle(actor: Actor, answer_id: int, revision: int, state: str) -> Answer:
    actor.need("edit")
    answer: Answer | None = Answer.get_or_none(Answer.id == answer_id)
    if answer is None:
        raise NotFound()
    if answer.state != state:
        raise Conflict("这条答复已经有人处理过，或企业已改答。请刷新后查看。")
    if answer.revision != revision:
        raise Stale()
    return answer


def _settle(actor: Actor, answer: Answer, state: str, reason: str, act: str, now: datetime) -> None:
    done = Answer.update(
        state=state, handled_by=actor.account_id, handled_at=now, handled_reason=reason, revision=answer.revision + 1
    ).where(Answer.id == answer.id, Answer.revision == answer.revision)
    if not done.execute():
        raise Stale()
    audit.record(
        actor, act, "answer", answer.id, now=now, enterprise_id=answer.enterprise_id,
        detail={"kind": answer.kind, "reason": reason},
    )  # fmt: skip


def _devices(actor: Actor, answer: Answer) -> list[tuple[str, dict[str, Any]]]:
    """The devices an answer speaks of, each with the name people call it by."""
    items = AnswerItem.select(AnswerItem.equipment).where(AnswerItem.answer == answer.id).order_by(AnswerItem.id)
    found = [registry.equipment.get(actor, item.equipment_id) for item in items]
    return [(f"{d['name']} {d['line_number'] or d['own_number']}".strip(), d) for d in found]


# --- what follows ---------------------------------------------------------------------------------------------------


def _noted(_actor: Actor, _answer: Answer, _given: Mapping[str, Any], _settings: Settings, _now: datetime) -> None:
    """Nothing: it was only to be seen."""


def _stopped(actor: Actor, answer: Answer, given: Mapping[str, Any], settings: Settings, now: datetime) -> None:
    act, on = answer.facts["act"], given.get("on") or date.fromisoformat(answer.facts["on"])
    document = answer.file_name
    reason = (
        f"企业答复提醒 {outgoing.number_of(answer.message)}，经核实{given.get('reason') and '：' + given['reason']}"
    )
    for name, device in _devices(actor, answer):
        if device["enterprise"] != answer.enterprise_id:
            raise Conflict(f"{name} 现在属于另一家企业，请不采纳这条答复，并在台账里处理。")
        _perform(actor, device["id"], name, act, on, reason[:300], document, now)
        _attach(actor, answer, device["id"], settings.files_dir, now)


def _perform(
    actor: Actor, equipment_id: int, name: str, act: str, on: date, reason: str, document: str, now: datetime
) -> None:
    try:
        registry.statuses.perform(
            actor, equipment_id, act, on=on.isoformat(), reason=reason, document=document, now=now, today=now.date()
        )
    except (Conflict, InvalidInput) as error:
        # Name the device: an answer may speak of many.
        raise type(error)(f"{name}：{error.message}", error.fields) from error


def _attach(actor: Actor, answer: Answer, equipment_id: int, files_dir: Path, now: datetime) -> None:
    if not answer.sha256:
        return
    content = registry.documents.kept(files_dir, answer.sha256).read_bytes()
    title = f"企业{ACTS[answer.facts['act']]}证明（{outgoing.number_of(answer.message)}）"
    registry.documents.add(
        actor, equipment_id, title=title, file_name=answer.file_name, content=content, files_dir=files_dir, now=now
    )


def _not_ours(_actor: Actor, answer: Answer, _given: Mapping[str, Any], _settings: Settings, now: datetime) -> None:
    """The ladder rests while the register is mended, and no longer."""
    end = workcalendar.calendar(now.date()).add(now.date(), resting.CORRECTING_DAYS)
    AnswerItem.update(quiet_until=end).where(AnswerItem.answer == answer.id).execute()


def _contact(actor: Actor, answer: Answer, given: Mapping[str, Any], _settings: Settings, now: datetime) -> None:
    today = now.date()
    new = {**answer.facts, "receives_reminders": True}
    registry.contacts.add(actor, answer.enterprise_id, new, now=now, today=today)
    if given.get("replaces"):
        old = registry.contacts.get(actor, given["replaces"])
        if old["enterprise"] != answer.enterprise_id:
            raise InvalidInput("原联系人不是这家企业的。", {"replaces": ["请重新选择"]})
        registry.contacts.end(actor, old["id"], reason=f"企业答复：由{new['name']}接手", now=now, today=today)


_ACTS: Mapping[str, Callable[[Actor, Answer, Mapping[str, Any], Settings, datetime], None]] = {
    "noted": _noted,
    "apply": _noted,
    "stopped": _stopped,
    "not_ours": _not_ours,
    "contact": _contact,
}


def replaceable(actor: Actor, row: Mapping[str, Any]) -> tuple[Sequence[tuple[int, str]], int | None]:
    """The firm's present contacts to choose from, and the one the letter went to."""
    contacts = registry.contacts.of(actor, row["enterprise_id"], ended=False)
    choices = [(c["id"], f"{c['name']}（{registry.words.CONTACT_ROLES[c['role']]}）") for c in contacts]
    recipient = Answer.get_by_id(row["id"]).message.recipient
    own = next((c["id"] for c in contacts if recipient and recipient in c["email"].lower()), None)
    return choices, own
