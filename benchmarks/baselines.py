"""What people do without a planner: the list by due date, and the list joined to visits already made."""

from schedules.planning.draft import Draft
from schedules.planning.problem import Item, Problem

AHEAD = 14


def earliest_due_date(problem: Problem, *, join: bool) -> Draft:
    """By due date, each two weeks before it is due or on the next day with room, else on an earlier one."""
    draft = Draft(problem)
    numbers = [n for n, item in enumerate(problem.items) if item.days]
    for number in sorted(numbers, key=lambda n: (problem.items[n].due, n)):
        item = problem.items[number]
        days = _days(problem, item)
        if join:
            visited = {d for d in days if draft.visited(item.enterprise, problem.week_of[d])}
            days = [*sorted(visited, reverse=True), *(d for d in days if d not in visited)]
        any(draft.add(number, day) for day in days)
    return draft


def _days(problem: Problem, item: Item) -> list[int]:
    target = item.due - AHEAD
    after = [d for d in item.days if problem.ordinals[d] >= target]
    return after + [d for d in reversed(item.days) if problem.ordinals[d] < target]
