"""A draft as the plan that planning-format.md describes."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from schedules.planning import explain
from schedules.planning.days import DayPlan
from schedules.planning.draft import Draft, Score
from schedules.planning.problem import Problem

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


def gap(score: Score, proven: Mapping[str, int | None]) -> dict[str, float | None]:
    """How far each part may be from the best, in per cent of the bound; 0 where the bound is reached."""
    return {name: _gap(value, proven.get(name)) for name, value in score._asdict().items()}


def _gap(value: int, proven: int | None) -> float | None:
    if proven is None or (proven == 0 and value > 0):
        return None
    return 0.0 if value <= proven else round(100 * (value - proven) / proven, 2)


def draft_of(problem: Problem, plan: Mapping[str, Any]) -> Draft:
    """A plan read back; what the instance does not know is left out."""
    people = {person.id: p for p, person in enumerate(problem.people)}
    items = {item.id: n for n, item in enumerate(problem.items)}
    days = {on.isoformat(): d for d, on in enumerate(problem.dates)}
    draft = Draft(problem)
    for day, visits in groupby(sorted(plan["visits"], key=_when), key=lambda v: str(v["date"])):
        if day in days:
            made = DayPlan(problem, days[day])
            for visit in visits:
                made.stand(
                    problem.enterprises.index(visit["enterprise"]),
                    tuple(people[p] for p in visit["inspectors"] if p in people),
                    visit["start"],
                    [items[i] for i in visit["items"] if i in items],
                )
            draft.replace(days[day], made)
    return draft


def _when(visit: Mapping[str, Any]) -> tuple[str, int]:
    return visit["date"], visit["start"]
