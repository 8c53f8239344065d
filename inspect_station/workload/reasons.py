"""Why what is overdue was not done: what stood in its way on the last day of the period; and how long it is overdue."""

# ruff: noqa: S608  names and marks of our own only; every value is a bound parameter

from datetime import date, timedelta
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.db import run
from inspect_station.duelist import service as duelist
from inspect_station.workload import relations
from inspect_station.workload.counting import Narrowed, begun, known, view_of
from inspect_station.workload.periods import Period

_ROW = "x.equipment_id = r.equipment_id AND x.clock = r.clock"
_OPEN_THEN = (
    f"FROM application_item x JOIN application p ON p.id = x.application_id LEFT JOIN task t ON t.id = x.task_id "
    f"WHERE {_ROW} AND p.submitted_at < :till AND (x.open OR x.outcome = 'inspected' OR p.closed_at >= :till)"
)
# The same order as on the due list: a finding, an application, a reason; none of them: nobody has done anything.
_WHY = (
    f"CASE WHEN EXISTS (SELECT 1 FROM finding_notice x WHERE {_ROW} AND x.issued_at < :till "
    "AND (x.closed_at IS NULL OR x.closed_at >= :till) AND x.state <> 'cancelled') THEN 'finding' "
    f"WHEN EXISTS (SELECT 1 {_OPEN_THEN} AND t.agreed_at < :till) THEN 'agreed' "
    f"WHEN EXISTS (SELECT 1 {_OPEN_THEN}) THEN 'applied' "
    f"ELSE COALESCE((SELECT 'reason.' || x.code FROM reason x WHERE {_ROW} AND x.recorded_at < :till "
    "AND (x.ended_at IS NULL OR x.ended_at >= :till) ORDER BY x.id DESC LIMIT 1), 'none') END"
)
AGES = ((30, "30 天以内"), (90, "31 至 90 天"), (180, "91 至 180 天"), (365, "181 天至 1 年"), (10**5, "超过 1 年"))


def label(word: str) -> str:
    if word.startswith("reason."):
        return casework.words.REASONS[word.removeprefix("reason.")].label
    return {
        "finding": "待整改（已下达意见书）", "agreed": "已报检，日期已约定", "applied": "已报检，等我站",
        "none": "未报检，没有原因",
    }[word]  # fmt: skip


def of_overdue(actor: Actor, period: Period, today: date, narrowed: Narrowed | None = None) -> list[dict[str, Any]]:
    """How many overdue rows each reason stands behind, the most first."""
    view = narrowed or view_of(actor)
    if not known("overdue", period, begun()):
        return []
    duelist.refresh(today)
    parts, values = view.conditions()
    found = run(
        f"SELECT o.why, count(*) FROM (SELECT {_WHY} AS why FROM ({relations.sql('overdue')}) r "
        f"WHERE {' AND '.join(parts) or '1 = 1'}) o GROUP BY o.why ORDER BY 2 DESC, 1",
        relations.parameters(period, today) | values,
    )
    return [{"key": why, "label": label(why), "count": int(count)} for why, count in found]


def ages(actor: Actor, period: Period, today: date, narrowed: Narrowed | None = None) -> list[dict[str, Any]]:
    """Overdue rows by how long they have been so."""
    view = narrowed or view_of(actor)
    duelist.refresh(today)
    parts, values = view.conditions()
    asof = period.as_of(today)
    cases = " ".join(f"WHEN r.day >= :age_{n} THEN {n}" for n in range(len(AGES) - 1))
    bounds = {f"age_{n}": (asof - timedelta(days=days)).isoformat() for n, (days, _) in enumerate(AGES[:-1])}
    found = run(
        f"SELECT o.age, count(*) FROM (SELECT CASE {cases} ELSE {len(AGES) - 1} END AS age "
        f"FROM ({relations.sql('overdue')}) r WHERE {' AND '.join(parts) or '1 = 1'}) o GROUP BY o.age",
        relations.parameters(period, today) | values | bounds,
    )
    counts = {int(age): int(count) for age, count in found}
    return [{"label": words, "count": counts.get(n, 0)} for n, (_, words) in enumerate(AGES)]
