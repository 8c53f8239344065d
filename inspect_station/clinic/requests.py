"""问诊: a question is taken down, one name answers it within the promised time, both sides see what was said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from peewee import JOIN

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework import photos, promises
from inspect_station.clinic import words
from inspect_station.clinic.models import ClinicRequest, RequestDevice, RequestEntry
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.registry import paging
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.registry.paging import Page
from inspect_station.registry.rows import dicts

OWNER = "clinic_request"
SORTS: Mapping[str, tuple[Any, ...]] = {"id": (ClinicRequest.id,)}


@dataclass(frozen=True)
class Filters:
    state: str = ""  # a state, or "live": not yet closed
    kind: str = ""
    enterprise: int | None = None
    keeper: int | None = None
    q: str = ""


def ask(
    actor: Actor,
    enterprise_id: int,
    *,
    kind: str,
    question: str,
    source: str,
    now: datetime,
    files_dir: Path,
    asked_by: str = "",
    phone: str = "",
    devices: Sequence[int] = (),
    pictures: Sequence[tuple[str, bytes]] = (),
) -> int:
    """A new request's id. An enterprise asks for itself; at the desk staff ask for it."""
    if actor.is_staff:
        actor.need("edit")
    actor.check(enterprise_id)
    _check(kind, question, source)
    checked = photos.check_all(pictures)
    chosen = list(dict.fromkeys(devices))
    for equipment in chosen:
        if registry.equipment.get(actor, equipment)["enterprise"] != enterprise_id:
            raise InvalidInput("所选设备不是这家企业的，请重新选择。", {"devices": ["不是这家企业的设备"]})
    with db.atomic():
        firm = registry.enterprises.get(actor, enterprise_id)
        row = ClinicRequest.create(
            enterprise=enterprise_id, kind=kind, source=source, question=question.strip(),
            asked_by=asked_by.strip() or actor.name, phone=phone.strip(), keeper=firm["responsible"], asked_at=now,
            answer_by=promises.until("clinic", now.date()), account=actor.account_id,
        )  # fmt: skip
        for equipment in chosen:
            RequestDevice.create(request=row.id, equipment=equipment)
        photos.keep(
            actor, checked, owner=OWNER, owner_id=row.id, enterprise_id=enterprise_id, files_dir=files_dir, now=now
        )
        _note(actor, "clinic.ask", row.id, enterprise_id, now, {"kind": words.KINDS[kind]})
    return int(row.id)


def asked_since(enterprise_id: int, source: str, since: datetime) -> int:
    """How many questions of an enterprise came in this way since then."""
    r = ClinicRequest
    return int(r.select().where(r.enterprise == enterprise_id, r.source == source, r.asked_at > since).count())


def _check(kind: str, question: str, source: str) -> None:
    problems: dict[str, list[str]] = {}
    if kind not in words.KINDS:
        problems["kind"] = ["请选择想问哪一类"]
    if not question.strip():
        problems["question"] = ["请写明想问什么"]
    if source not in words.SOURCES:
        problems["source"] = ["请选择怎么提出的"]
    if problems:
        raise InvalidInput("问诊没有提交：" + "；".join(s for p in problems.values() for s in p) + "。", problems)


def answer(
    actor: Actor,
    request_id: int,
    text: str,
    *,
    now: datetime,
    files_dir: Path,
    pictures: Sequence[tuple[str, bytes]] = (),
) -> None:
    """A side says something; the station's first word keeps or breaks the promise."""
    if actor.is_staff:
        actor.need("edit")
    if not text.strip():
        raise InvalidInput("请写上要说的内容。", {"text": ["请填写"]})
    checked = photos.check_all(pictures)
    side = "station" if actor.is_staff else "enterprise"
    with db.atomic():
        row = _of_state(actor, request_id, words.OPEN_REQUESTS)
        RequestEntry.create(
            request=request_id, side=side, text=text.strip(), account=actor.account_id, name=actor.name, at=now
        )
        photos.keep(
            actor, checked, owner=OWNER, owner_id=request_id, enterprise_id=row["enterprise"], files_dir=files_dir,
            now=now,
        )  # fmt: skip
        if side == "station":
            _write(row, state="answered", answered_at=row["answered_at"] or now)
        _note(actor, "clinic.answer", request_id, row["enterprise"], now, {"side": side})


def hand_over(actor: Actor, request_id: int, keeper: int, *, now: datetime) -> None:
    """Another name sees it through."""
    actor.need("edit")
    person = Account.get_or_none(Account.id == keeper, Account.enterprise_id.is_null(), Account.disabled_at.is_null())
    if person is None:
        raise InvalidInput("请选择站内人员。", {"keeper": ["请选择站内人员"]})
    with db.atomic():
        row = _of_state(actor, request_id, words.OPEN_REQUESTS)
        _write(row, keeper=keeper)
        _note(actor, "clinic.hand_over", request_id, row["enterprise"], now, {"new": person.name})


def close(actor: Actor, request_id: int, *, closing: str, now: datetime) -> None:
    """The station ends it with what came of it; the enterprise may withdraw its own."""
    if actor.is_staff:
        actor.need("edit")
    if actor.is_staff and not closing.strip():
        raise InvalidInput("请写明办理结果。", {"closing": ["请填写办理结果"]})
    with db.atomic():
        row = _of_state(actor, request_id, words.OPEN_REQUESTS)
        state = "closed" if actor.is_staff else "withdrawn"
        answered = row["answered_at"] or (now if actor.is_staff else None)
        _write(row, state=state, closed_at=now, closing=closing.strip()[:300], answered_at=answered)
        act = "clinic.close" if actor.is_staff else "clinic.withdraw"
        _note(actor, act, request_id, row["enterprise"], now, {})


def _of_state(actor: Actor, request_id: int, allowed: Sequence[str]) -> dict[str, Any]:
    query = ClinicRequest.select().where(ClinicRequest.id == request_id, visible(actor, ClinicRequest.enterprise))
    found = dicts(query)
    if not found:
        raise NotFound()
    if found[0]["state"] not in allowed:
        raise Conflict(f"这次问诊{words.REQUEST_STATES[found[0]['state']][0]}，不能再改；需要的话请另提一次。")
    return found[0]


def _write(row: Mapping[str, Any], **fields: Any) -> None:
    done = (
        ClinicRequest.update(**fields, revision=row["revision"] + 1)
        .where(ClinicRequest.id == row["id"], ClinicRequest.revision == row["revision"])
        .execute()
    )
    if not done:
        raise Stale()


def _note(actor: Actor, act: str, number: int, enterprise: int, now: datetime, detail: Mapping[str, Any]) -> None:
    audit.record(actor, act, "clinic_request", number, now=now, enterprise_id=enterprise, detail=detail)


# --- reading ------------------------------------------------------------------------------------------------------


def _conditions(actor: Actor, filters: Filters) -> list[Any]:
    made: list[Any] = [visible(actor, ClinicRequest.enterprise)]
    if filters.state:
        made.append(ClinicRequest.state.in_(words.OPEN_REQUESTS if filters.state == "live" else (filters.state,)))
    if filters.kind:
        made.append(ClinicRequest.kind == filters.kind)
    if filters.enterprise is not None:
        made.append(ClinicRequest.enterprise == filters.enterprise)
    if filters.keeper is not None:
        made.append(ClinicRequest.keeper == filters.keeper)
    return made + [_matching(word) for word in filters.q.replace("\0", "").split()[:5]]


def _matching(word: str) -> Any:
    return Enterprise.name.contains(word) | Enterprise.initials.contains(word) | ClinicRequest.question.contains(word)


def _rows(conditions: Sequence[Any]) -> Any:
    return (
        ClinicRequest.select(
            ClinicRequest, Enterprise.name.alias("enterprise_name"), Account.name.alias("keeper_name")
        )
        .join(Enterprise)
        .switch(ClinicRequest)
        .join(Account, JOIN.LEFT_OUTER, on=(ClinicRequest.keeper == Account.id))
        .where(*conditions)
    )


def page(actor: Actor, filters: Filters, today: date, *, after: Sequence[Any] | None = None, size: int = 50) -> Page:
    """Requests, the newest first."""
    conditions = _conditions(actor, filters)
    count = ClinicRequest.select(ClinicRequest.id).join(Enterprise).where(*conditions)
    found = paging.page(_rows(conditions), SORTS, "-id", after, size, count=count)
    for row in found.rows:
        _complete(row, today)
    return found


def stream(actor: Actor, filters: Filters, today: date) -> Iterator[dict[str, Any]]:
    for rows in paging.chunks(_rows(_conditions(actor, filters)), SORTS, "-id", 1000):
        yield from (_complete(row, today) for row in rows)


def get(actor: Actor, request_id: int, today: date) -> dict[str, Any]:
    """One request with its devices and what was said. Raises `NotFound` for missing and foreign."""
    rows = dicts(_rows([ClinicRequest.id == request_id, visible(actor, ClinicRequest.enterprise)]))
    if not rows:
        raise NotFound()
    found = _complete(rows[0], today)
    found["devices"] = devices(request_id)
    found["entries"] = dicts(
        RequestEntry.select().where(RequestEntry.request == request_id).order_by(RequestEntry.id)
    )
    return found


def devices(request_id: int) -> list[dict[str, Any]]:
    query = (
        Equipment.select(Equipment.id, Equipment.name, Equipment.own_number, Equipment.line_number)
        .join(RequestDevice, on=(RequestDevice.equipment == Equipment.id))
        .where(RequestDevice.request == request_id)
        .order_by(Equipment.id)
    )
    return dicts(query)


def _complete(row: dict[str, Any], today: date) -> dict[str, Any]:
    row["number"] = words.request_number(row["id"], row["asked_at"])
    row["kind_word"], row["source_word"] = words.KINDS[row["kind"]], words.SOURCES[row["source"]]
    row["state_word"], row["icon"], row["look"] = words.REQUEST_STATES[row["state"]]
    withdrawn = row["state"] == "withdrawn" and row["answered_at"] is None
    row["promise"] = None if withdrawn else promises.promise("clinic", row["answer_by"], row["answered_at"], today)
    return row
