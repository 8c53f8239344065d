"""A draft as the plan that planning-format.md describes."""

from typing import Any

from schedules.planning import explain
from schedules.planning.draft import Draft

FORMAT = "inspection-plan/1"


def plan_json(draft: Draft) -> dict[str, Any]:
    """The fixed keys, the objective and the reasons; visits by date, start and enterprise."""
    return {
        "format": FORMAT,
        "instance": draft.problem.name,
        "visits": _visits(draft),
        "unplanned": explain.unplanned(draft),
        "objective": draft.score()._asdict(),
        "why": explain.why(draft),
    }


def _visits(draft: Draft) -> list[dict[str, Any]]:
    problem = draft.problem
    visits = [
        {
            "enterprise": problem.enterprises[block.enterprise],
            "date": problem.dates[plan.day].isoformat(),
            "start": block.start,
            "inspectors": [problem.people[p].id for p in sorted(block.crew)],
            "items": [problem.items[n].id for n in block.items],
        }
        for plan in draft.plans
        for block in plan.blocks
    ]
    return sorted(visits, key=lambda v: (v["date"], v["start"], v["enterprise"], v["inspectors"]))
