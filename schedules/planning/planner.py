"""From instance to plan: the careful rule first, then as far as the limit lets the rest go."""

from collections.abc import Mapping
from typing import Any

from schedules.planning import output
from schedules.planning.effort import Effort
from schedules.planning.problem import read
from schedules.planning.stages import Maker


def plan(
    instance: Mapping[str, Any],
    *,
    time_limit_s: float = 60,
    seed: int = 0,
    workers: int = 2,
    steps: int | None = None,
) -> dict[str, Any]:
    """A plan for the instance; always one, at worst that of the careful rule.

    The same instance, seed and limit give the same plan unless the clock had to cut in (`stages` says so);
    `steps` sets the amount of work apart from the time. Raises InstanceError for an unusable instance.
    """
    effort = Effort(time_limit_s, steps)
    problem = read(instance)
    maker = Maker(problem, effort, seed, workers)
    draft = maker.make()
    return output.plan_json(draft) | {
        "bounds": maker.proven,
        "gap": output.gap(draft.score(), maker.proven),
        "stages": maker.stages,
    }


def explain(instance: Mapping[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    """The plan, whoever made it, with true reasons, certificates and what fixed each day; its visits stay."""
    draft = output.draft_of(read(instance), plan)
    told = output.plan_json(draft)
    return {**plan, "unplanned": told["unplanned"], "objective": told["objective"], "why": told["why"]}
