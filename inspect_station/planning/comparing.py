"""Two plans side by side: what moves, what comes in or falls out, what it costs."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.planning import plans, reading

_PARTS = ("unplanned", "late_days", "move_cost", "overload_min", "economy")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`moved` are (item, day in the other plan or None, day in this one or None)."""

    figures: list[tuple[str, Any, Any]]
    moved: list[tuple[dict[str, Any], date | None, date | None]]
    same: int


def compare(actor: Actor, plan_id: int, other_id: int) -> Comparison:
    """This plan beside another, the one in force as a rule."""
    plan, other = plans.get(actor, plan_id), plans.get(actor, other_id)
    mine = {row["key"]: row for row in reading.items(actor, plan_id)}
    theirs = {row["key"]: row for row in reading.items(actor, other_id)}
    moved, same = [], 0
    for key, row in (theirs | mine).items():
        before = theirs[key]["on_day"] if key in theirs else None
        after = mine[key]["on_day"] if key in mine else None
        if before == after:
            same += 1
        elif before is None or before > plan.as_of:
            moved.append((row, before, after))
    moved.sort(key=lambda m: (m[1] or m[2] or date.max, m[0]["id"]))
    return Comparison(_figures(plan, other), moved, same)


def _figures(plan: Any, other: Any) -> list[tuple[str, Any, Any]]:
    mine, theirs = strip(plan), strip(other)
    return [(label, theirs.get(key), mine.get(key)) for key, label in LABELS]


LABELS = (
    ("planned", "排入项目"),
    ("unplanned", "未排项目"),
    ("enterprise_weeks", "到访次数（一家企业一周算一次）"),
    ("enterprise_days", "入厂天数（企业×日）"),
    ("early_days", "提前天数合计"),
    ("late_days", "迟于目标日天数"),
    ("overload_hours", "超出均衡工时"),
    ("move_cost", "变动代价"),
    ("gap", "距证明的界（费用 %）"),
)


def strip(plan: Any) -> dict[str, Any]:
    """The figures of one plan that the strip shows."""
    result = plan.result or {}
    objective, metrics = result.get("objective") or {}, result.get("metrics") or {}
    return {
        "planned": metrics.get("planned"),
        "unplanned": objective.get("unplanned"),
        "enterprise_weeks": metrics.get("enterprise_weeks"),
        "enterprise_days": metrics.get("enterprise_days"),
        "early_days": metrics.get("early_days"),
        "late_days": objective.get("late_days"),
        "overload_hours": round(objective["overload_min"] / 60) if "overload_min" in objective else None,
        "move_cost": objective.get("move_cost"),
        "gap": None if result.get("by_hand") else (result.get("gap") or {}).get("economy"),
    }
