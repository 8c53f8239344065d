"""Who may inspect what on which day: what other areas ask."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.staffing.models import Absence, CodeUse, Qualification, QualificationCode, WorkingTime

DAILY_MIN = 420
WEEKDAYS = "12345"
_ROLES = ("inspector", "head", "technical_head")


@dataclass(frozen=True, slots=True)
class Inspector:
    """A person at work: the codes held with their last day (None: without end), time and absences."""

    account_id: int
    name: str
    codes: Mapping[str, date | None]
    daily_min: int = DAILY_MIN
    weekdays: str = WEEKDAYS
    absences: tuple[tuple[date, date], ...] = ()
    planned: bool = True

    def holds(self, codes: Iterable[str], on: date) -> bool:
        """Whether one of the codes is held and still good on the day."""
        return any(code in self.codes and _good(self.codes[code], on) for code in codes)

    def away(self, on: date) -> bool:
        """Absent, or a weekday on which the person does not work. A make-up day counts for those who work all week."""
        if any(first <= on <= last for first, last in self.absences):
            return True
        return str(on.isoweekday()) not in self.weekdays and not (on.weekday() > 4 and WEEKDAYS in self.weekdays)


def _good(until: date | None, on: date) -> bool:
    return until is None or on <= until


def qualified(account_id: int, kind: str, clock: str, on: date) -> bool:
    """Whether this person may carry out this clock on this kind on that day; nobody may for a pair without a code."""
    return bool(_holders(kind, clock, on).where(Account.id == account_id).exists())


def qualified_inspectors(kind: str, clock: str, on: date) -> list[tuple[int, str]]:
    """Id and name of everybody who may, present that day or not, by name."""
    return list(_holders(kind, clock, on).order_by(Account.name, Account.id).tuples())


def _holders(kind: str, clock: str, on: date) -> Any:
    return (
        Account.select(Account.id, Account.name)
        .distinct()
        .join(Qualification)
        .join(CodeUse, on=(CodeUse.code == Qualification.code))
        .where(
            CodeUse.kind == kind,
            CodeUse.clock == clock,
            Qualification.valid_until.is_null() | (Qualification.valid_until >= on),
            Account.disabled_at.is_null(),
            Account.role.in_(_ROLES),
        )
    )


def accepted_codes() -> dict[tuple[str, str], tuple[str, ...]]:
    """For each kind and clock the codes of which one is needed, in order."""
    rows: Any = (
        CodeUse.select(CodeUse.kind, CodeUse.clock, QualificationCode.code)
        .join(QualificationCode)
        .order_by(QualificationCode.code)
        .tuples()
    )
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for kind, clock, code in rows:
        found[kind, clock] = (*found.get((kind, clock), ()), code)
    return found


def inspectors(actor: Actor, since: date | None = None) -> list[Inspector]:
    """The people of the station who may inspect, by name, with their absences that end on or after `since`.

    Three statements, however many people there are.
    """
    actor.need_staff()
    codes, away = _codes_held(), _absences(since)
    return [
        Inspector(number, name, codes.get(number, {}), daily, weekdays, tuple(away.get(number, ())), planned)
        for number, name, daily, weekdays, planned in hours_of_all()
    ]


def hours_of_all() -> list[tuple[int, str, int, str, bool]]:
    """Everybody who may inspect, by name: id, name, minutes a day, weekdays, whether planned."""
    rows: Any = (
        Account.select(Account.id, Account.name, WorkingTime.daily_min, WorkingTime.weekdays, WorkingTime.planned)
        .left_outer_join(WorkingTime)
        .where(Account.disabled_at.is_null(), Account.role.in_(_ROLES))
        .order_by(Account.name, Account.id)
        .tuples()
    )
    return [
        (number, name, daily or DAILY_MIN, WEEKDAYS if weekdays is None else weekdays, planned is None or planned)
        for number, name, daily, weekdays, planned in rows
    ]


def _codes_held() -> dict[int, dict[str, date | None]]:
    rows: Any = (
        Qualification.select(Qualification.account, QualificationCode.code, Qualification.valid_until)
        .join(QualificationCode)
        .order_by(QualificationCode.code)
        .tuples()
    )
    held: dict[int, dict[str, date | None]] = {}
    for account, code, until in rows:
        held.setdefault(account, {})[code] = until
    return held


def _absences(since: date | None) -> dict[int, list[tuple[date, date]]]:
    query: Any = Absence.select(Absence.account, Absence.first_on, Absence.last_on)
    if since is not None:
        query = query.where(Absence.last_on >= since)
    away: dict[int, list[tuple[date, date]]] = {}
    for account, first, last in query.order_by(Absence.first_on, Absence.id).tuples():
        away.setdefault(account, []).append((first, last))
    return away
