"""延期: the enterprise asks with reason and measures, the institution agrees, the filing makes it an extension."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework.models import ExtensionRequest, Reason
from inspect_station.casework.words import REASONS
from inspect_station.db import db
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.registry import paging
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.registry.paging import Page
from inspect_station.registry.rows import dicts
from schedules.terms import Clock

STATES: Mapping[str, tuple[str, str]] = {
    "asked": ("已申请，等检验机构意见", "apply_now"),
    "agreed": ("机构已同意，待办理备案", "approaching"),
    "granted": ("已备案，延期生效", "ok"),
    "refused": ("不同意延期", "stopped"),
    "withdrawn": ("已撤回", "stopped"),
}
OPEN = ("asked", "agreed")
SORTS: Mapping[str, tuple[Any, ...]] = {"id": (ExtensionRequest.id,)}
_NEEDED = {
    "reason": "请写明不能按期检验的原因",
    "measures": "请写明延期期间的监控和应急措施",
    "approved_by": "请填写批准申请的单位主要负责人",
}


@dataclass(frozen=True)
class Filters:
    state: str = ""  # a state, or "open"
    q: str = ""


def ask(actor: Actor, equipment_id: int, given: Mapping[str, Any], *, now: datetime) -> int:
    """A new request's id. `given`: clock, until, reason, measures, approved_by (the enterprise's principal)."""
    if actor.is_staff:
        actor.need("edit")
    device = registry.equipment.get(actor, equipment_id)
    rows = {r.clock: r for r in duelist.rows_for_equipment([equipment_id], now.date())}
    row = rows.get(str(given.get("clock")))
    original = (row.on or row.latest) if row else None
    _check(device, given, original, now.date())
    with db.atomic():
        doubled = ExtensionRequest.select().where(
            ExtensionRequest.equipment == equipment_id, ExtensionRequest.clock == given["clock"],
            ExtensionRequest.state.in_(OPEN),
        )  # fmt: skip
        if doubled.exists():
            raise Conflict("这一项已经有一份延期申请在办理，请先办完或撤回。")
        made = ExtensionRequest.create(
            enterprise=device["enterprise"], equipment=equipment_id, clock=given["clock"], original_due=original,
            until=given["until"], reason=given["reason"].strip(), measures=given["measures"].strip(),
            approved_by=given["approved_by"].strip(), asked_at=now, asked_by=actor.name, account=actor.account_id,
        )  # fmt: skip
        until = now.date() + timedelta(days=REASONS["extension_asked"].quiet_days)
        Reason.create(
            equipment=equipment_id, enterprise=device["enterprise"], clock=given["clock"], code="extension_asked",
            person=actor.name, account=actor.account_id, on_day=now.date(), quiet_until=until, recorded_at=now,
        )  # fmt: skip
        _note(actor, "postpone.ask", made.id, device["enterprise"], now, {"until": given["until"].isoformat()})
    return int(made.id)


def _check(device: Mapping[str, Any], given: Mapping[str, Any], original: date | None, today: date) -> None:
    problems: dict[str, list[str]] = {}
    if given.get("clock") not in registry.inspections.clocks(device):
        problems["clock"] = ["这台设备没有这个检验项目"]
    until = given.get("until")
    if until is None or until <= today:
        problems["until"] = ["请填写延期到哪一天，须在今天之后"]
    elif original and until <= original:
        problems["until"] = [f"应晚于现在的到期日 {original.isoformat()}"]
    for name, sentence in _NEEDED.items():
        if not str(given.get(name) or "").strip():
            problems[name] = [sentence]
    if problems:
        raise InvalidInput("延期申请有误：" + "；".join(s for p in problems.values() for s in p) + "。", problems)


def decide(
    actor: Actor, request_id: int, *, agree: bool, opinion: str, now: datetime, revision: int | None = None
) -> None:
    """The institution's opinion; a refusal says why."""
    actor.need("edit")
    if not agree and not opinion.strip():
        raise InvalidInput("请写明不同意延期的理由。", {"opinion": ["请填写理由"]})
    with db.atomic():
        row = _of_state(actor, request_id, ("asked",), revision)
        _write(row, "agreed" if agree else "refused", agreed_at=now, agreed_by=actor.name, opinion=opinion.strip())
        if not agree:
            _end_quiet(actor, row, now)
        _note(
            actor,
            "postpone.agree" if agree else "postpone.refuse",
            request_id,
            row["enterprise"],
            now,
            {"opinion": opinion},
        )


def file(actor: Actor, request_id: int, *, document: str, filed_on: date, now: datetime) -> int:
    """Filed with the registration office: the extension takes effect; its id. The original date stays visible."""
    actor.need("edit")
    with db.atomic():
        row = _of_state(actor, request_id, ("agreed",), None)
        given = {
            "clock": row["clock"], "until": row["until"].isoformat(), "granted_on": filed_on, "document": document,
            "reason": row["reason"][:300],
        }  # fmt: skip
        made = registry.extensions.record(actor, row["equipment"], given, now=now, today=now.date())
        _write(row, "granted", document=document.strip(), filed_on=filed_on, extension=made)
        _end_quiet(actor, row, now)
        _note(actor, "postpone.file", request_id, row["enterprise"], now, {"extension": made, "document": document})
    return made


def withdraw(actor: Actor, request_id: int, *, now: datetime) -> None:
    if actor.is_staff:
        actor.need("edit")
    with db.atomic():
        row = _of_state(actor, request_id, OPEN, None)
        _write(row, "withdrawn")
        _end_quiet(actor, row, now)
        _note(actor, "postpone.withdraw", request_id, row["enterprise"], now, {})


def _end_quiet(actor: Actor, row: Mapping[str, Any], now: datetime) -> None:
    Reason.update(ended_at=now, ended_by=actor.name).where(
        Reason.equipment == row["equipment"], Reason.clock == row["clock"], Reason.code == "extension_asked",
        Reason.ended_at.is_null(),
    ).execute()  # fmt: skip


def page(actor: Actor, filters: Filters, *, after: Sequence[Any] | None = None, size: int = 50) -> Page:
    """Requests the actor may see, the newest first. One statement."""
    conditions = _conditions(actor, filters)
    count = ExtensionRequest.select(ExtensionRequest.id).join(Enterprise).switch(ExtensionRequest).join(Equipment)
    found = paging.page(_rows(conditions), SORTS, "-id", after, size, count=count.where(*conditions))
    for row in found.rows:
        _named(row)
    return found


def stream(actor: Actor, filters: Filters) -> Iterator[dict[str, Any]]:
    """Every request under the filters, for an export."""
    for rows in paging.chunks(_rows(_conditions(actor, filters)), SORTS, "-id", 1000):
        for row in rows:
            yield _named(row)


def open_of_device(actor: Actor, equipment_id: int) -> list[dict[str, Any]]:
    """A device's requests that are still under way, the newest first."""
    rows = _rows([*_conditions(actor, Filters("open")), ExtensionRequest.equipment == equipment_id])
    return [_named(row) for row in dicts(rows.order_by(ExtensionRequest.id.desc()))]


def _conditions(actor: Actor, filters: Filters) -> list[Any]:
    made: list[Any] = [visible(actor, ExtensionRequest.enterprise)]
    if filters.state:
        made.append(ExtensionRequest.state.in_(OPEN if filters.state == "open" else (filters.state,)))
    for word in filters.q.replace("\0", "").split()[:5]:
        named = Enterprise.name.contains(word) | Enterprise.initials.contains(word) | Equipment.name.contains(word)
        made.append(named | Equipment.own_number.contains(word) | Equipment.line_number.contains(word))
    return made


def get(actor: Actor, request_id: int) -> dict[str, Any]:
    found = dicts(_rows([visible(actor, ExtensionRequest.enterprise), ExtensionRequest.id == request_id]))
    if not found:
        raise NotFound()
    return _named(found[0])


def _rows(conditions: Sequence[Any]) -> Any:
    return (
        ExtensionRequest.select(
            ExtensionRequest, Enterprise.name.alias("enterprise_name"), Equipment.name.alias("device_name"),
            Equipment.own_number, Equipment.line_number,
        )
        .join(Enterprise)
        .switch(ExtensionRequest)
        .join(Equipment)
        .where(*conditions)
    )  # fmt: skip


def _named(row: dict[str, Any]) -> dict[str, Any]:
    row["clock_label"] = Clock(row["clock"]).label
    row["state_word"], row["look"] = STATES[row["state"]]
    return row


def _of_state(actor: Actor, request_id: int, allowed: Sequence[str], revision: int | None) -> dict[str, Any]:
    row = get(actor, request_id)
    if row["state"] not in allowed:
        raise Conflict(f"这份申请现在是“{row['state_word']}”，不能这样办。")
    if revision is not None and revision != row["revision"]:
        raise Stale()
    return row


def _write(row: Mapping[str, Any], state: str, **fields: Any) -> None:
    done = (
        ExtensionRequest.update(state=state, revision=row["revision"] + 1, **fields)
        .where(ExtensionRequest.id == row["id"], ExtensionRequest.revision == row["revision"])
        .execute()
    )
    if not done:
        raise Stale()


def _note(actor: Actor, act: str, number: int, enterprise: int, now: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(actor, act, "postponement", number, now=now, enterprise_id=enterprise, detail=detail)
