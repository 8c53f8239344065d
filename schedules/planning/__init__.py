"""Who goes where, when: one pure function from an instance to a plan, and a judge written apart from it.

`plan` and `explain` speak of the planner's own reading; `measure` is the judge.
"""

from schedules.planning.planner import explain, plan
from schedules.planning.reading import InstanceError
from schedules.planning.tally import measure

__all__ = ["InstanceError", "explain", "measure", "plan"]
