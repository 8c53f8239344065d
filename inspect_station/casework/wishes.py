"""What applications say about days, for whoever makes a plan: days wished, days agreed."""

from dataclasses import dataclass
from datetime import date

from inspect_station.casework.models import Application, ApplicationItem, Task
from inspect_station.registry.rows import tuples


@dataclass(frozen=True, slots=True)
class Wish:
    """One open item of an application: the days wished (either may be open), the day agreed, its task."""

    first: date | None
    last: date | None
    agreed_on: date | None
    task_id: int | None


def wishes() -> dict[tuple[int, str], Wish]:
    """The open items of every application, by device and clock; one statement."""
    query = (
        ApplicationItem.select(
            ApplicationItem.equipment, ApplicationItem.clock, Application.wished_from, Application.wished_to,
            Task.agreed_on, Task.id,
        )
        .join(Application)
        .switch(ApplicationItem)
        .left_outer_join(Task, on=(ApplicationItem.task == Task.id))
        .where(ApplicationItem.open)
    )  # fmt: skip
    return {(equipment, clock): Wish(*rest) for equipment, clock, *rest in tuples(query)}


def items_of(task_ids: set[int]) -> dict[int, set[tuple[int, str]]]:
    """The open items of these tasks."""
    query = ApplicationItem.select(ApplicationItem.task, ApplicationItem.equipment, ApplicationItem.clock).where(
        ApplicationItem.task.in_(sorted(task_ids)), ApplicationItem.open
    )
    found: dict[int, set[tuple[int, str]]] = {}
    for task, equipment, clock in tuples(query):
        found.setdefault(task, set()).add((equipment, clock))
    return found
