"""From instance to plan: the careful rule first, then as far as the limit lets the rest go."""

from collections.abc import Mapping
from typing import Any

from schedules.planning.output import plan_json
from schedules.planning.problem import read
from schedules.planning.rule import careful


def plan(
    instance: Mapping[str, Any],
    *,
    time_limit_s: float = 60,
    seed: int = 0,
    workers: int = 2,
    steps: int | None = None,
) -> dict[str, Any]:
    problem = read(instance)
    return plan_json(careful(problem, seed))


def explain(instance: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    return dict(plan)
