"""What waits for the enterprise in its cases: days to agree, lists to prepare, problems to mend."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework.models import FindingNotice, Task, TaskDate
from inspect_station.registry.rows import dicts

_MOST = 50
Row = Mapping[str, Any]


def days_to_agree(actor: Actor, today: date) -> list[Row]:
    """Days the station proposed that wait for a word, the next first: application, on_day."""
    query = (
        TaskDate.select(Task.application, TaskDate.on_day)
        .join(Task)
        .where(
            visible(actor, Task.enterprise), TaskDate.outcome == "open", TaskDate.side == "station",
            TaskDate.on_day >= today, Task.state.in_(("waiting", "agreed")),
        )
    )  # fmt: skip
    return list(dicts(query.order_by(TaskDate.on_day, TaskDate.id).limit(_MOST)))


def to_prepare(actor: Actor, today: date) -> list[Row]:
    """Tasks with an agreed day whose list is not ticked whole, the next first: id, agreed_on."""
    query = Task.select(Task.id, Task.agreed_on).where(
        visible(actor, Task.enterprise), Task.state == "agreed", Task.agreed_on >= today, Task.prepared_at.is_null()
    )
    return list(dicts(query.order_by(Task.agreed_on, Task.id).limit(_MOST)))


def to_mend(actor: Actor) -> list[Row]:
    """Problems put before the enterprise and not answered, the earliest deadline first: id, deadline, severe."""
    query = FindingNotice.select(FindingNotice.id, FindingNotice.deadline, FindingNotice.severe).where(
        visible(actor, FindingNotice.enterprise), FindingNotice.state == "issued"
    )
    return list(dicts(query.order_by(FindingNotice.deadline, FindingNotice.id).limit(_MOST)))
