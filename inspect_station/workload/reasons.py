"""Figures taken apart: why and since when it is overdue, how far what was due has come, how grave the clinic's findings are."""

# ruff: noqa: S608  names and marks of our own only; every value is a bound parameter

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.db import run
from inspect_station.duelist import service as duelist
from inspect_station.workload import relations
from inspect_station.workload.counting import begun, known, view_of
from inspect_station.workload.definitions import GRADES
from inspect_station.workload.narrowing import AGE, AGES, STEPS, WHY, Narrowed
from inspect_station.workload.periods import Period

WHYS: Mapping[str, str] = {
    "finding": "待整改（已下达意见书）", "agreed": "已报检，日期已约定", "applied": "已报检，等我站",
    "none": "未报检，没有原因",
    **{f"reason.{code}": reason.label for code, reason in casework.words.REASONS.items()},
}  # fmt: skip


def of_overdue(actor: Actor, period: Period, today: date, narrowed: Narrowed | None = None) -> list[dict[str, Any]]:
    """How many overdue rows each reason stands behind, the most first."""
    view = narrowed or view_of(actor)
    if not known("overdue", period, begun()):
        return []
    duelist.refresh(today)
    parts, values = view.conditions()
    found = run(
        f"SELECT o.why, count(*) FROM (SELECT {WHY} AS why FROM ({relations.sql('overdue')}) r "
        f"WHERE {' AND '.join(parts) or '1 = 1'}) o GROUP BY o.why ORDER BY 2 DESC, 1",
        relations.parameters(period, today) | values,
    )
    return [{"key": why, "label": WHYS[why], "count": int(count)} for why, count in found]


def ages(actor: Actor, period: Period, today: date, narrowed: Narrowed | None = None) -> list[dict[str, Any]]:
    """Overdue rows by how long they have been so."""
    view = narrowed or view_of(actor)
    if not known("overdue", period, begun()):
        return []
    duelist.refresh(today)
    parts, values = view.conditions()
    found = run(
        f"SELECT o.age, count(*) FROM (SELECT {AGE} AS age FROM ({relations.sql('overdue')}) r "
        f"WHERE {' AND '.join(parts) or '1 = 1'}) o GROUP BY o.age",
        relations.parameters(period, today) | values,
    )
    counts = {int(age): int(count) for age, count in found}
    return [{"key": n, "label": words, "count": counts.get(n, 0)} for n, (_, words) in enumerate(AGES)]


def steps(actor: Actor, period: Period, today: date, narrowed: Narrowed | None = None) -> list[dict[str, Any]]:
    """What fell due by how far it came: each step (`narrowing.STEPS`) with those that came as far or further."""
    view = narrowed or view_of(actor)
    if not known("due", period, begun()):
        return []
    duelist.refresh(today)
    parts, values = view.conditions()
    sums = ", ".join(f"COALESCE(sum(CASE WHEN {step} THEN 1 ELSE 0 END), 0)" for _, step in STEPS.values())
    (found,) = run(
        f"SELECT {sums} FROM ({relations.sql('due')}) r WHERE {' AND '.join(parts) or '1 = 1'}",
        relations.parameters(period, today) | values,
    )
    return [
        {"key": key, "label": label, "count": int(count)}
        for (key, (label, _)), count in zip(STEPS.items(), found, strict=True)
    ]


def grades(actor: Actor, period: Period, today: date, narrowed: Narrowed | None = None) -> list[dict[str, Any]]:
    """The clinic's findings by grade."""
    view = narrowed or view_of(actor)
    if not known("clinic_findings", period, begun()):
        return []
    parts, values = view.conditions()
    found = run(
        f"SELECT r.business, count(*) FROM ({relations.sql('clinic_findings')}) r "
        f"WHERE {' AND '.join(parts) or '1 = 1'} GROUP BY r.business",
        relations.parameters(period, today) | values,
    )
    counts = {grade: int(count) for grade, count in found}
    return [{"key": grade, "label": label, "count": counts.get(grade, 0)} for grade, label in GRADES.items()]


Split = Callable[[Actor, Period, date, Narrowed | None], list[dict[str, Any]]]
SPLITS: Mapping[str, Split] = {"why": of_overdue, "age": ages, "step": steps, "grade": grades}
