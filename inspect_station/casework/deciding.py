"""受理, 不予受理, 撤回, and who sees the case through; an accepted case becomes tasks."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts import service as accounts
from inspect_station.accounts.scope import Actor
from inspect_station.casework import cases, promises, words
from inspect_station.casework.models import Application, ApplicationItem, Task
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.registry.models import Equipment
from inspect_station.registry.rows import tuples
from schedules.terms import Kind, kind_of

_WITHDRAWABLE = ("submitted", "accepted", "scheduled")


def accept(actor: Actor, application_id: int, *, now: datetime, keeper: int | None = None) -> None:
    """Accept a case: one task for each kind. Whoever accepts is its 首问责任人 where nobody was named before."""
    actor.need("edit")
    with db.atomic():
        row = _of_state(actor, application_id, ("submitted",), now.date(), "受理")
        person = keeper or row["keeper"] or actor.account_id
        _check_person(actor, person)
        _move(
            row, "accepted", decided_at=now, decided_by=actor.name, keeper=person,
            schedule_by=promises.until("schedule", now.date()), quiet_until=promises.until("quiet", now.date()),
        )  # fmt: skip
        made = _tasks(row, person, now)
        _note(actor, "application.accept", row, now, {"tasks": made})


def _tasks(row: Mapping[str, Any], person: int | None, now: datetime) -> int:
    query = (
        ApplicationItem.select(ApplicationItem.id, Equipment.catalogue_code, Equipment.traits)
        .join(Equipment)
        .where(ApplicationItem.application == row["id"])
    )
    by_kind: dict[Kind, list[int]] = {}
    for item, code, traits in tuples(query):
        kind = kind_of(code, traits)
        assert kind is not None  # an item's clock was looked up by its kind
        by_kind.setdefault(kind, []).append(item)
    for kind, ids in sorted(by_kind.items()):
        task = Task.create(
            application=row["id"], enterprise=row["enterprise"], kind=kind.value, inspector=person, opened_at=now
        )
        for start in range(0, len(ids), 500):
            ApplicationItem.update(task=task).where(ApplicationItem.id.in_(ids[start : start + 500])).execute()
    return len(by_kind)


def refuse(actor: Actor, application_id: int, *, reason: str, now: datetime) -> None:
    """不予受理: the reason is what the enterprise reads, so there must be one."""
    actor.need("edit")
    _need_reason(reason, "请写明不予受理的原因和企业该怎么办。")
    with db.atomic():
        row = _of_state(actor, application_id, ("submitted",), now.date(), "不予受理")
        _move(row, "refused", decided_at=now, decided_by=actor.name, refusal=reason.strip(), closed_at=now)
        _close_items(application_id, "refused")
        _note(actor, "application.refuse", row, now, {"reason": reason})


def withdraw(actor: Actor, application_id: int, *, reason: str, now: datetime) -> None:
    """The enterprise takes its application back, as long as nobody has begun on site."""
    if actor.is_staff:
        actor.need("edit")
    _need_reason(reason, "请写明撤回的原因。")
    with db.atomic():
        row = _of_state(actor, application_id, _WITHDRAWABLE, now.date(), "撤回")
        _move(row, "withdrawn", refusal=reason.strip(), closed_at=now)
        _close_items(application_id, "withdrawn")
        Task.update(state="cancelled", closed_at=now, revision=Task.revision + 1).where(
            Task.application == application_id, Task.closed_at.is_null()
        ).execute()
        _note(actor, "application.withdraw", row, now, {"reason": reason})


def hand_over(actor: Actor, application_id: int, keeper: int, *, now: datetime) -> None:
    """Another person sees the case through from now on."""
    actor.need("edit")
    with db.atomic():
        row = _of_state(actor, application_id, words.OPEN_STATES, now.date(), "移交")
        _check_person(actor, keeper)
        _move(row, row["state"], keeper=keeper)
        _note(actor, "application.hand_over", row, now, {"from": row["keeper"], "to": keeper})


def settle(application_id: int, now: datetime) -> None:
    """Let a case say what its tasks say; call it in the transaction that moved a task."""
    states = [state for (state,) in tuples(Task.select(Task.state).where(Task.application == application_id))]
    live = [state for state in states if state not in ("done", "cancelled")]
    wanted = _state_of(states, live)
    fields: dict[str, Any] = {"state": wanted, "revision": Application.revision + 1}
    if wanted in ("done", "withdrawn"):
        fields["closed_at"] = now
    Application.update(**fields).where(Application.id == application_id, Application.state != wanted).execute()
    if wanted != "accepted":
        # The first day on which every task had a date: that promise is then answered.
        Application.update(scheduled_at=now).where(
            Application.id == application_id, Application.scheduled_at.is_null()
        ).execute()


def _state_of(states: list[str], live: list[str]) -> str:
    if not live:
        return "done" if "done" in states else "withdrawn"
    if any(state in ("inspecting", "rectifying") for state in live) or "done" in states:
        return "inspecting"
    return "scheduled" if all(state == "agreed" for state in live) else "accepted"


def _of_state(actor: Actor, application_id: int, allowed: tuple[str, ...], today: date, act: str) -> dict[str, Any]:
    row = cases.get(actor, application_id, today)
    if row["state"] not in allowed:
        raise Conflict(f"{row['number']} 现在是“{row['state_word']}”，不能{act}。")
    return row


def _move(row: Mapping[str, Any], state: str, **fields: Any) -> None:
    """Conditional: of two people deciding at the same moment one wins, the other is told."""
    done = (
        Application.update(state=state, revision=row["revision"] + 1, **fields)
        .where(Application.id == row["id"], Application.revision == row["revision"])
        .execute()
    )
    if not done:
        raise Conflict(f"{row['number']} 刚被别人处理过，请刷新后再看。")


def _close_items(application_id: int, outcome: str) -> None:
    ApplicationItem.update(open=False, outcome=outcome).where(
        ApplicationItem.application == application_id, ApplicationItem.open
    ).execute()


def _need_reason(reason: str, sentence: str) -> None:
    if not reason.strip():
        raise InvalidInput(sentence, {"reason": ["请填写原因"]})


def _check_person(actor: Actor, person: int | None) -> None:
    if person is not None and person not in {each["id"] for each in accounts.staff(actor)}:
        raise InvalidInput("请选择站内在岗的人员。", {"keeper": ["没有这位人员"]})


def _note(actor: Actor, act: str, row: Mapping[str, Any], now: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(actor, act, "application", row["id"], now=now, enterprise_id=row["enterprise"], detail=detail)
