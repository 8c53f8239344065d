"""Prescriptions after the visit: the duty of law, the firm's evidence, the inspector's confirmation; lists by deadline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from peewee import JOIN

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework import duty, photos
from inspect_station.clinic import visits, words
from inspect_station.clinic.models import ClinicFinding, ClinicVisit, FindingEntry
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.registry import paging
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.registry.paging import Page
from inspect_station.registry.rows import dicts

REPLY_OWNER = "clinic_reply"
OUTCOMES = ("done", "partly", "not_done", "drop")
SORTS: Mapping[str, tuple[Any, ...]] = {
    "id": (ClinicFinding.id,),
    "deadline": (ClinicFinding.deadline, ClinicFinding.id),
}
_SHOWN = ("finished", "closed")
_LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Filters:
    state: str = ""  # a state, or "live": without an end
    grade: str = ""
    overdue: bool = False
    enterprise: int | None = None
    q: str = ""


def tell(actor: Actor, finding_id: int, side: str, *, whom: str, now: datetime) -> None:
    """A severe hazard: the unit or the authority has been told; the moment is the present one, never typed."""
    actor.need("edit")
    duty.check(side, whom)
    with db.atomic():
        row = _of_state(actor, finding_id, (*words.OPEN_FINDINGS, "done"))
        _write(row, **duty.told(row, row["grade"] == "severe", side, whom, now))
        _step(actor, row, f"tell_{side}", whom, now)


def reply(
    actor: Actor,
    finding_id: int,
    text: str,
    *,
    now: datetime,
    files_dir: Path,
    pictures: Sequence[tuple[str, bytes]] = (),
) -> None:
    """The firm says what it has done, with photos."""
    if actor.is_staff:
        actor.need("edit")
    if not text.strip():
        raise InvalidInput("请写明整改情况。", {"reply": ["请填写整改情况"]})
    checked = photos.check_all(pictures)
    with db.atomic():
        row = _of_state(actor, finding_id, words.OPEN_FINDINGS)
        _write(row, state="replied", reply=text.strip(), replied_at=now, replied_by=actor.name)
        photos.keep(
            actor, checked, owner=REPLY_OWNER, owner_id=finding_id, enterprise_id=row["enterprise"], files_dir=files_dir,
            now=now, equipment_id=row["equipment"],
        )  # fmt: skip
        _step(actor, row, "reply", text, now)


def confirm(
    actor: Actor, finding_id: int, outcome: str, *, remark: str, now: datetime, deadline: date | None = None
) -> None:
    """回访: rectified, in part, not, or no longer of concern. A severe one ends only when both duties are done."""
    actor.need("edit")
    if outcome not in OUTCOMES:
        raise InvalidInput("请选择回访的结果。", {"outcome": ["请选择回访的结果"]})
    if outcome != "done" and not remark.strip():
        raise InvalidInput("请写明还差什么，或为什么不再适用。", {"remark": ["请填写"]})
    if deadline is not None and not now.date() <= deadline <= now.date() + _LONGEST:
        raise InvalidInput("新的期限应从今天起，一年以内。", {"deadline": ["应从今天起，一年以内"]})
    with db.atomic():
        row = _of_state(actor, finding_id, words.OPEN_FINDINGS)
        ends = outcome in ("done", "drop")
        if ends:
            duty.check_done(row, row["grade"] == "severe")
        state = {"done": "done", "partly": "partly", "not_done": "open", "drop": "dropped"}[outcome]
        moved = {"deadline": deadline} if deadline is not None and not ends else {}
        _write(row, state=state, ended_at=now if ends else None, **moved)
        _step(actor, row, outcome, remark, now)
        if ends:
            visits.settle(row["visit"], now)


def _of_state(actor: Actor, finding_id: int, allowed: Sequence[str]) -> dict[str, Any]:
    query = (
        ClinicFinding.select(ClinicFinding, ClinicVisit.state.alias("visit_state"))
        .join(ClinicVisit)
        .where(ClinicFinding.id == finding_id, visible(actor, ClinicFinding.enterprise))
    )
    found = dicts(query)
    if not found or (not actor.is_staff and found[0]["visit_state"] not in _SHOWN):
        raise NotFound()
    if found[0]["state"] not in allowed:
        raise Conflict(f"这一项现在是“{words.FINDING_STATES[found[0]['state']][0]}”，不能这样办。")
    return found[0]


def _write(row: Mapping[str, Any], **fields: Any) -> None:
    done = (
        ClinicFinding.update(**fields, revision=row["revision"] + 1)
        .where(ClinicFinding.id == row["id"], ClinicFinding.revision == row["revision"])
        .execute()
    )
    if not done:
        raise Stale()


def _step(actor: Actor, row: Mapping[str, Any], act: str, text: str, now: datetime) -> None:
    FindingEntry.create(
        finding=row["id"], act=act, text=text.strip(), account=actor.account_id, name=actor.name, at=now
    )
    audit.record(actor, f"clinic.{act}", "clinic_finding", row["id"], now=now, enterprise_id=row["enterprise"])


# --- reading ------------------------------------------------------------------------------------------------------


def _conditions(actor: Actor, filters: Filters, today: date) -> list[Any]:
    made: list[Any] = [visible(actor, ClinicFinding.enterprise)]
    if not actor.is_staff:
        made.append(ClinicVisit.state.in_(_SHOWN))
    if filters.state:
        made.append(ClinicFinding.state.in_(words.OPEN_FINDINGS if filters.state == "live" else (filters.state,)))
    if filters.grade:
        made.append(ClinicFinding.grade == filters.grade)
    if filters.overdue:
        made += [ClinicFinding.deadline < today, ClinicFinding.state.in_(("open", "partly"))]
    if filters.enterprise is not None:
        made.append(ClinicFinding.enterprise == filters.enterprise)
    return made + [_matching(word) for word in filters.q.replace("\0", "").split()[:5]]


def _matching(word: str) -> Any:
    named = Enterprise.name.contains(word) | Enterprise.initials.contains(word)
    return named | ClinicFinding.symptom.contains(word) | ClinicFinding.measure.contains(word)


def _rows(conditions: Sequence[Any]) -> Any:
    return (
        ClinicFinding.select(
            ClinicFinding, Enterprise.name.alias("enterprise_name"), Equipment.name.alias("device_name"),
            Equipment.own_number, Equipment.line_number, ClinicVisit.visited_on, ClinicVisit.inspector,
            ClinicVisit.created_at.alias("visit_at"), ClinicVisit.state.alias("visit_state"),
            Account.name.alias("inspector_name"),
        )
        .join(ClinicVisit)
        .join(Account, JOIN.LEFT_OUTER, on=(ClinicVisit.inspector == Account.id))
        .switch(ClinicFinding)
        .join(Enterprise)
        .switch(ClinicFinding)
        .join(Equipment, JOIN.LEFT_OUTER)
        .where(*conditions)
    )  # fmt: skip


def page(actor: Actor, filters: Filters, today: date, *, after: Sequence[Any] | None = None, size: int = 50) -> Page:
    """Findings, the newest first."""
    conditions = _conditions(actor, filters, today)
    count = (
        ClinicFinding.select(ClinicFinding.id)
        .join(ClinicVisit)
        .switch(ClinicFinding)
        .join(Enterprise)
        .where(*conditions)
    )
    found = paging.page(_rows(conditions), SORTS, "-id", after, size, count=count)
    for row in found.rows:
        _complete(row, today)
    return found


def stream(actor: Actor, filters: Filters, today: date) -> Iterator[dict[str, Any]]:
    for rows in paging.chunks(_rows(_conditions(actor, filters, today)), SORTS, "-id", 1000):
        yield from (_complete(row, today) for row in rows)


def by_deadline(actor: Actor, today: date, most: int = 20) -> list[dict[str, Any]]:
    """Open prescriptions, the most urgent first."""
    rows = _rows(_conditions(actor, Filters("live"), today))
    return [
        _complete(row, today) for row in dicts(rows.order_by(ClinicFinding.deadline, ClinicFinding.id).limit(most))
    ]


def live_count(actor: Actor) -> int:
    """How many prescriptions have no end."""
    query = ClinicFinding.select().where(
        visible(actor, ClinicFinding.enterprise), ClinicFinding.state.in_(words.OPEN_FINDINGS)
    )
    return int(query.count())


def of_visit(actor: Actor, visit_id: int, today: date) -> list[dict[str, Any]]:
    conditions = [*_conditions(actor, Filters(), today), ClinicFinding.visit == visit_id]
    return [_complete(row, today) for row in dicts(_rows(conditions).order_by(ClinicFinding.id))]


def of_device(actor: Actor, equipment_id: int, today: date, *, live: bool = True) -> list[dict[str, Any]]:
    conditions = _conditions(actor, Filters("live" if live else ""), today)
    conditions.append(ClinicFinding.equipment == equipment_id)
    return [_complete(row, today) for row in dicts(_rows(conditions).order_by(ClinicFinding.id.desc()).limit(50))]


def of_enterprise(actor: Actor, enterprise_id: int, today: date, *, state: str = "live") -> list[dict[str, Any]]:
    conditions = _conditions(actor, Filters(state, enterprise=enterprise_id), today)
    return [_complete(row, today) for row in dicts(_rows(conditions).order_by(ClinicFinding.deadline).limit(200))]


def get(actor: Actor, finding_id: int, today: date) -> dict[str, Any]:
    """One finding with what followed. Raises `NotFound` for missing, foreign, and (to an enterprise) unfinished."""
    rows = dicts(_rows([*_conditions(actor, Filters(), today), ClinicFinding.id == finding_id]))
    if not rows:
        raise NotFound()
    found = _complete(rows[0], today)
    steps = FindingEntry.select().where(FindingEntry.finding == finding_id).order_by(FindingEntry.id)
    found["steps"] = [step | {"label": words.ACTS[step["act"]]} for step in dicts(steps)]
    found["earlier"] = _earlier(actor, found, today)
    return found


def _earlier(actor: Actor, row: Mapping[str, Any], today: date) -> list[dict[str, Any]]:
    """The findings this one repeats, one behind the other."""
    found: list[dict[str, Any]] = []
    number = row["repeats"]
    while number is not None and len(found) < 10:
        rows = dicts(_rows([*_conditions(actor, Filters(), today), ClinicFinding.id == number]))
        if not rows:
            break
        found.append(_complete(rows[0], today))
        number = rows[0]["repeats"]
    return found


def _complete(row: dict[str, Any], today: date) -> dict[str, Any]:
    row["grade_word"], row["grade_icon"], row["grade_look"] = words.GRADES[row["grade"]]
    row["state_word"], row["icon"], row["look"] = words.FINDING_STATES[row["state"]]
    row["live"] = row["state"] in words.OPEN_FINDINGS
    row["overdue"] = row["state"] in ("open", "partly") and row["deadline"] < today
    row["days"] = (row["deadline"] - today).days if row["live"] else None
    row["visit_number"] = words.visit_number(row["visit"], row["visit_at"])
    row["told"] = bool(row["unit_told_at"] and row["authority_told_at"])
    return row
