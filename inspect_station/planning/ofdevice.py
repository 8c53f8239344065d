"""What the plan in force says of one device: its day and what fixed it, or why it is out."""

from collections.abc import Sequence
from typing import Any

from peewee import JOIN, fn

from inspect_station.accounts.scope import Actor, visible
from inspect_station.planning.models import Plan, PlanItem, PlanVisit
from inspect_station.planning.reading import done_since
from inspect_station.planning.words import REASONS, WEEKDAYS, clock_label, clock_time


def of_device(actor: Actor, equipment_id: int) -> Sequence[dict[str, Any]]:
    """The device's clocks in the plan in force, the earliest first, in one statement. An enterprise sees what was
    published, and no reasons: they name other enterprises' devices and the station's people."""
    conditions = [
        Plan.id == Plan.select(fn.MAX(Plan.id)).where(Plan.state == "approved"),
        PlanItem.equipment == equipment_id,
        visible(actor, PlanItem.enterprise),
    ]
    if not actor.is_staff:
        conditions.append(PlanVisit.on_day <= Plan.published_until)
    query: Any = (
        PlanItem.select(
            PlanItem.plan.alias("plan_id"), PlanItem.visit.alias("visit_id"), PlanItem.clock, PlanItem.due_on,
            PlanItem.reason, PlanItem.why, PlanVisit.on_day, PlanVisit.start, PlanVisit.answer, PlanVisit.pinned,
            Plan.name.alias("plan_name"), done_since().alias("done"),
        )
        .join(Plan, on=(Plan.id == PlanItem.plan))
        .join(PlanVisit, JOIN.LEFT_OUTER, on=(PlanVisit.id == PlanItem.visit))
        .where(*conditions)
        .order_by(PlanVisit.on_day, PlanItem.id)
        .dicts()
    )  # fmt: skip
    return [_told(actor, row) for row in query]


def _told(actor: Actor, row: dict[str, Any]) -> dict[str, Any]:
    row["clock_label"] = clock_label(row["clock"])
    row["reason_word"] = REASONS.get(row["reason"], "")
    row["late"] = bool(row["on_day"] and row["on_day"] > row["due_on"])
    if row["on_day"]:
        row["words"] = f"{row['on_day']} 周{WEEKDAYS[row['on_day'].weekday()]} {clock_time(row['start'])}"
    if not actor.is_staff:
        row["why"] = ""
    return row
