"""Two plans side by side: what moves, what comes in or falls out, what it costs, how the months change."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.planning import plans, reading

SOON = timedelta(days=28)
"""Who is to be visited within four weeks has made arrangements: such a move weighs ten times another."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of both plans; `change` None where one of them has none."""

    label: str
    other: Any
    this: Any

    @property
    def change(self) -> str | None:
        if self.other is None or self.this is None:
            return None
        more = round(self.this - self.other, 2)
        return f"{more:+g}" if more else "0"


@dataclass(frozen=True, slots=True)
class Move:
    """One item that has another day, or is only in one of the plans."""

    item: dict[str, Any]
    before: date | None
    after: date | None
    soon: bool

    @property
    def words(self) -> str:
        if self.before is None:
            return "新排入"
        if self.after is None:
            return "不再排入"
        days = (self.after - self.before).days
        return f"推后 {days} 天" if days > 0 else f"提前 {-days} 天"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`months` are (month, hours in the other plan, hours in this one, hours there are in this one)."""

    figures: list[Figure]
    moved: list[Move]
    same: int
    months: list[tuple[str, int, int, int]]
    other_name: str

    @property
    def soon(self) -> int:
        return sum(move.soon for move in self.moved)

    @property
    def firms(self) -> int:
        return len({move.item["enterprise_id"] for move in self.moved})


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
            moved.append(Move(row, before, after, before is not None and before <= plan.as_of + SOON))
    moved.sort(key=lambda m: (m.before or m.after or date.max, m.item["id"]))
    return Comparison(_figures(plan, other), moved, same, _months(actor, plan, other), other.name)


def _figures(plan: Any, other: Any) -> list[Figure]:
    mine, theirs = strip(plan), strip(other)
    return [Figure(label, theirs.get(key), mine.get(key)) for key, label in LABELS]


def _months(actor: Actor, plan: Any, other: Any) -> list[tuple[str, int, int, int]]:
    """Hours of both plans in the months of this one; what lies before its first day is not compared."""
    room: dict[str, int] = {}
    for day, minutes in reading.capacity(plan.instance).items():
        room[reading.week_month(day)] = room.get(reading.week_month(day), 0) + minutes
    before, after = (_loads(reading.visits(actor, each.id, plan.first_on)) for each in (other, plan))
    return [
        (month, round(before.get(month, 0) / 60), round(after.get(month, 0) / 60), round(room[month] / 60))
        for month in sorted(room)
    ]


def _loads(found: list[reading.Visit]) -> dict[str, int]:
    load: dict[str, int] = {}
    for visit in found:
        month = reading.week_month(visit.on)
        load[month] = load.get(month, 0) + visit.work
    return load


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
