"""Why what is overdue was not done: what stood in its way on the last day of the period; and how long it is overdue."""

# ruff: noqa: S608  names and marks of our own only; every value is a bound parameter

from collections.abc import Mapping
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.db import run
from inspect_station.duelist import service as duelist
from inspect_station.workload import relations
from inspect_station.workload.counting import begun, known, view_of
from inspect_station.workload.narrowing import AGE, AGES, WHY, Narrowed
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
    duelist.refresh(today)
    parts, values = view.conditions()
    found = run(
        f"SELECT o.age, count(*) FROM (SELECT {AGE} AS age FROM ({relations.sql('overdue')}) r "
        f"WHERE {' AND '.join(parts) or '1 = 1'}) o GROUP BY o.age",
        relations.parameters(period, today) | values,
    )
    counts = {int(age): int(count) for age, count in found}
    return [{"key": n, "label": words, "count": counts.get(n, 0)} for n, (_, words) in enumerate(AGES)]
