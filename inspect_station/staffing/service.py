"""What can be asked of and changed in people's qualifications, working time and absences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotFound
from inspect_station.staffing import codes as codes
from inspect_station.staffing.codes import PERMISSION
from inspect_station.staffing.codes import seed as seed
from inspect_station.staffing.models import Absence, Qualification, QualificationCode, WorkingTime
from inspect_station.staffing.reading import (
    DAILY_MIN,
    WEEKDAYS,
    Inspector,
    accepted_codes,
    hours_of_all,
    inspectors,
    qualified,
    qualified_inspectors,
)

__all__ = [
    "DAILY_MIN",
    "PERMISSION",
    "WEEKDAYS",
    "Inspector",
    "Person",
    "accepted_codes",
    "add_absence",
    "codes",
    "inspectors",
    "people",
    "person",
    "qualified",
    "qualified_inspectors",
    "qualify",
    "remove_absence",
    "remove_qualification",
    "roster",
    "seed",
    "set_hours",
]
EXPIRES_SOON = timedelta(days=60)


@dataclass(frozen=True)
class Person:
    """One person as the pages show him: `held` and `away` are rows, `standing` of a code is ok, soon or expired."""

    account_id: int
    name: str
    held: Sequence[dict[str, Any]]
    away: Sequence[Absence]
    daily_min: int
    weekdays: str
    planned: bool

    @property
    def now_away(self) -> Absence | None:
        """The first absence that is not over."""
        return self.away[0] if self.away else None


def people(actor: Actor, today: date) -> list[Person]:
    """Everybody who may inspect, by name."""
    return roster(actor, today)[0]


def roster(actor: Actor, today: date) -> tuple[list[Person], list[str]]:
    """Everybody who may inspect, by name, and the codes nobody has compared with the document yet. Three statements."""
    actor.need_staff()
    (held, examples), away = _held(today), _away(today)
    found = [
        Person(number, name, held.get(number, []), away.get(number, []), daily, weekdays, planned)
        for number, name, daily, weekdays, planned in hours_of_all()
    ]
    return found, examples


def person(actor: Actor, account_id: int, today: date) -> Person:
    found = next((p for p in people(actor, today) if p.account_id == account_id), None)
    if found is None:
        raise NotFound()
    return found


def _held(today: date) -> tuple[dict[int, list[dict[str, Any]]], list[str]]:
    """What each person holds, and the codes that are examples still, held by somebody or not."""
    query: Any = (
        QualificationCode.select(
            Qualification.id, Qualification.account, Qualification.certificate, Qualification.valid_until,
            QualificationCode.code, QualificationCode.name, QualificationCode.example,
        )
        .left_outer_join(Qualification)
        .order_by(QualificationCode.code)
        .dicts()
    )  # fmt: skip
    held: dict[int, list[dict[str, Any]]] = {}
    examples: dict[str, None] = {}
    for row in query:
        if row["example"]:
            examples[row["code"]] = None
        if row["account"] is not None:
            held.setdefault(row["account"], []).append({**row, "standing": _standing(row["valid_until"], today)})
    return held, list(examples)


def _standing(until: date | None, today: date) -> str:
    if until is None or until > today + EXPIRES_SOON:
        return "ok"
    return "expired" if until < today else "soon"


def _away(today: date) -> dict[int, list[Absence]]:
    away: dict[int, list[Absence]] = {}
    rows: Any = Absence.select().where(Absence.last_on >= today).order_by(Absence.first_on, Absence.id)
    for row in rows:
        away.setdefault(row.account_id, []).append(row)
    return away


# --- changing -----------------------------------------------------------------------------------------------------------


def qualify(
    actor: Actor, account_id: int, *, code_id: int, certificate: str = "", valid_until: date | None = None,
    now: datetime,
) -> None:  # fmt: skip
    """A new qualification, or the same one renewed (its last day replaced). Raises `InvalidInput` for an unknown code."""
    actor.need(PERMISSION)
    try:
        code = codes.get(actor, code_id)
    except NotFound:
        words = "资格代码表里没有这一项，请从列表中选择"
        raise InvalidInput(f"{words}。", {"code_id": [words]}) from None
    with db.atomic():
        _check_person(account_id)
        values = {"certificate": certificate.strip(), "valid_until": valid_until, "changed_at": now}
        Qualification.insert(account=account_id, code=code_id, **values).on_conflict(
            conflict_target=[Qualification.account, Qualification.code], update=values
        ).execute()
        detail = {"code": code["code"], "until": valid_until.isoformat() if valid_until else None}
        audit.record(actor, "staffing.qualify", "account", account_id, now=now, detail=detail)


def remove_qualification(actor: Actor, account_id: int, qualification_id: int, now: datetime) -> None:
    actor.need(PERMISSION)
    with db.atomic():
        row = Qualification.get_or_none(Qualification.id == qualification_id, Qualification.account == account_id)
        if row is None:
            raise NotFound()
        detail = {"code": row.code.code, "until": row.valid_until.isoformat() if row.valid_until else None}
        row.delete_instance()
        audit.record(actor, "staffing.disqualify", "account", account_id, now=now, detail=detail)


def set_hours(
    actor: Actor, account_id: int, *, daily_min: int, weekdays: Sequence[str], planned: bool, now: datetime
) -> None:
    """Minutes a day, the weekdays at work (1 is Monday), and whether plans count on this person."""
    actor.need(PERMISSION)
    days = "".join(sorted({d for d in weekdays if d in "1234567" and len(d) == 1}))
    if planned and not days:
        raise InvalidInput("请至少选一天上班；不参加排期的人请取消“参加排期”。", {"weekdays": ["请至少选一天"]})
    values = {"daily_min": daily_min, "weekdays": days, "planned": planned, "changed_at": now}
    with db.atomic():
        _check_person(account_id)
        WorkingTime.insert(account=account_id, **values).on_conflict(
            conflict_target=[WorkingTime.account], update=values
        ).execute()
        detail = {"daily_min": daily_min, "weekdays": days, "planned": planned}
        audit.record(actor, "staffing.hours", "account", account_id, now=now, detail=detail)


def add_absence(
    actor: Actor, account_id: int, *, first_on: date, last_on: date, reason: str, note: str = "", now: datetime
) -> int:
    """Days away; one may enter one's own. Raises `Conflict` where they overlap days already entered."""
    _need(actor, account_id)
    if last_on < first_on:
        raise InvalidInput("缺勤止于开始之前，请核对日期。", {"last_on": ["早于开始的那一天"]})
    with db.atomic():
        _check_person(account_id)
        other = Absence.get_or_none(
            Absence.account == account_id, Absence.first_on <= last_on, Absence.last_on >= first_on
        )
        if other is not None:
            raise Conflict(
                f"与已登记的缺勤（{other.first_on} 至 {other.last_on}）重叠，请先移除那一段。",
                {"first_on": ["与已登记的重叠"]},
            )
        row = Absence.create(
            account=account_id, first_on=first_on, last_on=last_on, reason=reason, note=note, made_by=actor.name,
            made_at=now,
        )  # fmt: skip
        detail = {"from": first_on.isoformat(), "to": last_on.isoformat(), "reason": reason}
        audit.record(actor, "staffing.absence", "account", account_id, now=now, detail=detail)
    return int(row.id)


def remove_absence(actor: Actor, account_id: int, absence_id: int, now: datetime) -> None:
    _need(actor, account_id)
    with db.atomic():
        row = Absence.get_or_none(Absence.id == absence_id, Absence.account == account_id)
        if row is None:
            raise NotFound()
        row.delete_instance()
        detail = {"from": row.first_on.isoformat(), "to": row.last_on.isoformat(), "reason": row.reason}
        audit.record(actor, "staffing.absence_removed", "account", account_id, now=now, detail=detail)


def _need(actor: Actor, account_id: int) -> None:
    """One's own days away are one's own to enter; anybody else's need the permission."""
    actor.need_staff()
    if actor.account_id != account_id:
        actor.need(PERMISSION)


def _check_person(account_id: int) -> None:
    if not Account.select().where(Account.id == account_id, Account.enterprise_id.is_null()).exists():
        raise NotFound()
