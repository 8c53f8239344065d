"""走访: whom to see next and why: not seen for 90 days, severe findings open, prescriptions late, much due ahead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import fn

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.clinic import seen, words
from inspect_station.clinic.models import ClinicFinding, ClinicVisit
from inspect_station.duelist import service as duelist
from inspect_station.duelist.models import DueRow
from inspect_station.registry.models import Enterprise
from inspect_station.registry.rows import dicts, tuples

AHEAD = timedelta(days=60)
CLUSTER = 5


@dataclass(frozen=True)
class Firm:
    """One firm of the ranked list. `reasons` are sentences; `score` orders: severe first, then late, unseen, due."""

    enterprise: int
    name: str
    responsible: str
    seen_on: date | None
    days_unseen: int | None
    severe: int
    late: int
    open: int
    due: int
    planned_on: date | None
    is_planned: bool
    reasons: Sequence[str]
    score: int


def ranked(actor: Actor, today: date, *, unseen_only: bool = False) -> list[Firm]:
    """Every active firm that has a reason to be seen, the most pressing first."""
    actor.need_staff()
    duelist.refresh(today)
    firms = dicts(
        Enterprise.select(Enterprise.id, Enterprise.name, Account.name.alias("responsible"))
        .left_outer_join(Account, on=(Enterprise.responsible == Account.id))
        .where(Enterprise.status == "active", visible(actor, Enterprise.id))
    )
    days, findings, due, planned = seen.last_days(today), _findings(today), _due(today), _planned(today)
    found = [_firm(row, days.get(row["id"]), findings, due, planned, today) for row in firms]
    wanted = [firm for firm in found if (seen.is_unseen(firm.seen_on, today) if unseen_only else firm.reasons)]
    return sorted(wanted, key=lambda firm: (-firm.score, firm.name))


def reached(actor: Actor, today: date) -> tuple[int, int]:
    """Firms seen within 90 days, and all active firms."""
    actor.need_staff()
    duelist.refresh(today)
    active = [row[0] for row in tuples(Enterprise.select(Enterprise.id).where(Enterprise.status == "active"))]
    days = seen.last_days(today)
    return sum(not seen.is_unseen(days.get(firm), today) for firm in active), len(active)


def _findings(today: date) -> dict[int, dict[str, int]]:
    f = ClinicFinding
    query = f.select(f.enterprise, f.grade, f.deadline, f.state).where(f.state.in_(words.OPEN_FINDINGS))
    found: dict[int, dict[str, int]] = {}
    for enterprise, grade, deadline, state in tuples(query):
        counts = found.setdefault(enterprise, {"open": 0, "severe": 0, "late": 0})
        counts["open"] += 1
        counts["severe"] += grade == "severe"
        counts["late"] += deadline < today and state != "replied"
    return found


def _due(today: date) -> dict[int, int]:
    """How many of our own inspections fall due at each firm within the coming 60 days, or are late."""
    query = (
        DueRow.select(DueRow.enterprise_id, fn.COUNT(DueRow.id))
        .where(
            DueRow.answer.in_(("due", "undetermined")),
            DueRow.sort_on <= today + AHEAD,
            DueRow.done_by == "institution",
        )
        .group_by(DueRow.enterprise_id)
    )
    return {row[0]: int(row[1]) for row in tuples(query)}


def _planned(today: date) -> dict[int, date | None]:
    query = ClinicVisit.select(ClinicVisit.enterprise, ClinicVisit.planned_on).where(
        ClinicVisit.state.in_(("planned", "open"))
    )
    return {row[0]: row[1] for row in tuples(query.order_by(ClinicVisit.id))}


def _firm(
    row: Mapping[str, Any],
    seen_on: date | None,
    findings: Mapping[int, Mapping[str, int]],
    due: Mapping[int, int],
    planned: Mapping[int, date | None],
    today: date,
) -> Firm:
    number = row["id"]
    days = (today - seen_on).days if seen_on else None
    counts = findings.get(number, {"open": 0, "severe": 0, "late": 0})
    ahead = due.get(number, 0)
    reasons: list[str] = []
    if counts["severe"]:
        reasons.append(f"{counts['severe']} 项严重隐患未办结")
    if counts["late"]:
        reasons.append(f"{counts['late']} 张处方过期未改")
    if days is None:
        reasons.append("两年内没有走访")
    elif days > seen.UNSEEN_DAYS:
        reasons.append(f"{days} 天未走访")
    if ahead >= CLUSTER:
        reasons.append(f"60 天内有 {ahead} 项检验到期或已超期，可一起指导")
    score = 1000 * counts["severe"] + 100 * counts["late"] + ahead
    score += 400 if days is None else max(0, days - seen.UNSEEN_DAYS)
    return Firm(
        number, row["name"], row["responsible"] or "", seen_on, days, counts["severe"], counts["late"],
        counts["open"], ahead, planned.get(number), number in planned, tuple(reasons), score,
    )  # fmt: skip
