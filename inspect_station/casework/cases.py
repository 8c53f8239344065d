"""Cases as people look for them: the list, its counts, one case with its items, tasks and dates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import JOIN, SQL, fn

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework import promises, words
from inspect_station.casework.models import Application, ApplicationItem, FindingNotice, Task, TaskDate
from inspect_station.casework.promises import Promise
from inspect_station.errors import NotFound
from inspect_station.registry import paging
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.registry.paging import Page
from inspect_station.registry.rows import dicts, tuples
from schedules.terms import Clock, Kind

SORTS: Mapping[str, tuple[Any, ...]] = {
    "id": (Application.id,),
    "enterprise": (Enterprise.initials, Application.id),
}
SHOWN_ITEMS = 300
DAY_MOST = 60
_TOMORROW = timedelta(days=1)
_NAMES = (
    "id", "enterprise", "source", "state", "submitted_at", "submitted_by", "contact", "phone", "wished_from", "wished_to",
    "shutdown", "note", "keeper", "decided_at", "decided_by", "accept_by", "schedule_by", "scheduled_at", "quiet_until",
    "refusal", "closed_at", "revision",
)  # fmt: skip


@dataclass(frozen=True)
class Filters:
    state: str = ""  # a state, or "open"
    enterprise: int | None = None
    keeper: int | None = None
    late: bool = False
    q: str = ""


def page(
    actor: Actor,
    filters: Filters,
    today: date,
    *,
    sort: str = "-id",
    after: Sequence[Any] | None = None,
    size: int = 50,
) -> Page:
    """Cases the actor may see, the newest first, each with its promises. Two statements."""
    conditions = _conditions(actor, filters)
    count = Application.select(Application.id).join(Enterprise).where(*conditions)
    found = paging.page(_rows(conditions), SORTS, sort, after, size, count=count)
    for row in found.rows:
        _complete(row, today)
    return found


def stream(actor: Actor, filters: Filters, today: date) -> Iterator[dict[str, Any]]:
    """Every case under the filters, for an export."""
    for rows in paging.chunks(_rows(_conditions(actor, filters)), SORTS, "-id", 1000):
        for row in rows:
            yield _complete(row, today)


def waiting_count(actor: Actor) -> Any:
    """The query that counts what waits to be accepted: the figure in the navigation."""
    return Application.select(fn.COUNT(Application.id)).where(
        Application.state == "submitted", visible(actor, Application.enterprise)
    )


def counts(actor: Actor, filters: Filters) -> dict[str, int]:
    """How many cases each state holds under the other filters; one statement."""
    rest = Filters(enterprise=filters.enterprise, keeper=filters.keeper, late=filters.late, q=filters.q)
    query = Application.select(Application.state, fn.COUNT(Application.id)).join(Enterprise)
    found = dict(tuples(query.where(*_conditions(actor, rest)).group_by(Application.state)))
    return {state: int(found.get(state, 0)) for state in words.STATES}


def _conditions(actor: Actor, filters: Filters) -> list[Any]:
    made: list[Any] = [visible(actor, Application.enterprise)]
    if filters.state:
        states = words.OPEN_STATES if filters.state == "open" else (filters.state,)
        made.append(Application.state.in_(states))
    if filters.enterprise is not None:
        made.append(Application.enterprise == filters.enterprise)
    if filters.keeper is not None:
        made.append(Application.keeper == filters.keeper)
    if filters.late:
        late = ApplicationItem.select(ApplicationItem.application).where(ApplicationItem.very_late)
        made.append(Application.id.in_(late))
    made += [_matching(word) for word in filters.q.replace("\0", "").split()[:5]]
    return made


def _matching(word: str) -> Any:
    """A firm's name, or the case's number with or without its head."""
    digits = word.rsplit("-", 1)[-1].lstrip("0") if word.upper().startswith("BJ") else word
    named = Enterprise.name.contains(word) | Enterprise.short_name.contains(word) | Enterprise.initials.contains(word)
    if digits.isascii() and digits.isdigit() and len(digits) < 10:
        return named | (Application.id == int(digits))
    return named


def _rows(conditions: Sequence[Any]) -> Any:
    of_case = ApplicationItem.application == Application.id
    items = ApplicationItem.select(fn.COUNT(ApplicationItem.id)).where(of_case)
    late = ApplicationItem.select(fn.COUNT(ApplicationItem.id)).where(of_case, ApplicationItem.very_late)
    agreed = Task.select(fn.MIN(Task.agreed_on)).where(
        Task.application == Application.id, Task.state.in_(("agreed", "inspecting"))
    )
    return (
        Application.select(
            *(getattr(Application, name) for name in _NAMES),
            Enterprise.name.alias("enterprise_name"),
            Account.name.alias("keeper_name"),
            items.alias("item_count"),
            late.alias("late_count"),
            agreed.alias("agreed_on"),
        )
        .join(Enterprise)
        .switch(Application)
        .join(Account, JOIN.LEFT_OUTER, on=(Application.keeper == Account.id))
        .where(*conditions)
    )


def _complete(row: dict[str, Any], today: date) -> dict[str, Any]:
    row["agreed_on"] = date.fromisoformat(row["agreed_on"]) if isinstance(row["agreed_on"], str) else row["agreed_on"]
    row["number"] = words.number_of(row["id"], row["submitted_at"])
    row["state_word"] = words.STATES[row["state"]][0]
    row["promises"] = promises_of(row, today)
    return row


def promises_of(row: Mapping[str, Any], today: date) -> list[Promise]:
    """The promised steps of a case so far; what the enterprise took back promises nothing more."""
    if row["state"] == "withdrawn":
        return []
    found = [promises.promise("accept", row["accept_by"], row["decided_at"], today)]
    if row["schedule_by"]:
        found.append(promises.promise("schedule", row["schedule_by"], row["scheduled_at"], today))
    return found


def get(actor: Actor, application_id: int, today: date) -> dict[str, Any]:
    """One case. Raises `NotFound` for a missing and for a foreign one."""
    row = _rows([Application.id == application_id, visible(actor, Application.enterprise)]).dicts().first()
    if row is None:
        raise NotFound()
    return _complete(dict(row), today)


def items(actor: Actor, application_id: int, most: int = SHOWN_ITEMS) -> list[dict[str, Any]]:
    """The devices of a case, each with its clock, in the order of their numbers."""
    return _items(ApplicationItem.application == application_id, visible(actor, Application.enterprise), most=most)


def _items(*conditions: Any, most: int) -> list[dict[str, Any]]:
    query = (
        ApplicationItem.select(
            ApplicationItem.id, ApplicationItem.equipment, ApplicationItem.clock, ApplicationItem.task,
            ApplicationItem.due_on, ApplicationItem.very_late, ApplicationItem.open, ApplicationItem.outcome,
            ApplicationItem.inspection, Equipment.name, Equipment.own_number, Equipment.line_number,
            Equipment.certificate_number, Equipment.location, Equipment.catalogue_code, Equipment.traits, Equipment.form,
        )
        .join(Application)
        .switch(ApplicationItem)
        .join(Equipment)
        .where(*conditions)
        .order_by(ApplicationItem.task, Equipment.line_number, Equipment.own_number, ApplicationItem.id)
        .limit(most)
    )  # fmt: skip
    return [row | {"clock_label": Clock(row["clock"]).label} for row in dicts(query)]


def ordered(actor: Actor, keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Which of these devices and clocks are in an open case, and in which."""
    wanted, ids = set(keys), sorted({equipment for equipment, _ in keys})
    found: dict[tuple[int, str], int] = {}
    for start in range(0, len(ids), 500):
        query = (
            ApplicationItem.select(ApplicationItem.equipment, ApplicationItem.clock, ApplicationItem.application)
            .join(Application)
            .where(
                ApplicationItem.open,
                ApplicationItem.equipment.in_(ids[start : start + 500]),
                visible(actor, Application.enterprise),
            )
        )
        found |= {(row[0], row[1]): int(row[2]) for row in tuples(query) if (row[0], row[1]) in wanted}
    return found


def tasks(actor: Actor, application_id: int) -> list[dict[str, Any]]:
    """The tasks of a case with the days proposed for them, the latest first."""
    found = _tasks(actor, [Task.application == application_id])
    dates = TaskDate.select().join(Task).where(Task.application == application_id).order_by(TaskDate.id.desc())
    for task in found:
        task["dates"] = [row for row in dicts(dates) if row["task"] == task["id"]]
        task["proposed"] = next((row for row in task["dates"] if row["outcome"] == "open"), None)
    return found


def for_day(actor: Actor, today: date, *, everyone: bool = False) -> list[dict[str, Any]]:
    """The visits of the day and what was begun and not finished, mine or the station's, at most `DAY_MOST`.

    Each with its open items, and with those to be looked at again because the firm says that it has mended them.
    """
    actor.need_staff()
    conditions: list[Any] = [
        (Task.state.in_(("inspecting", "rectifying")))
        | ((Task.state == "agreed") & (Task.agreed_on <= today + _TOMORROW))
    ]
    if not everyone:
        conditions.append(Task.inspector == actor.account_id)
    waiting = ApplicationItem.open | ApplicationItem.id.in_(_mended())
    conditions.append(Task.id.in_(ApplicationItem.select(ApplicationItem.task).where(waiting)))
    found = sorted(_tasks(actor, conditions), key=lambda row: (row["agreed_on"] or today, row["id"]))[:DAY_MOST]
    rows = _items(ApplicationItem.task.in_([row["id"] for row in found]), waiting, most=2000)
    for row in found:
        row["items"] = [item for item in rows if item["task"] == row["id"]]
    return found


def _mended() -> Any:
    """Items that failed and whose notice the firm has answered: a re-inspection is ours to do."""
    same = (
        (FindingNotice.task == ApplicationItem.task)
        & (FindingNotice.equipment == ApplicationItem.equipment)
        & (FindingNotice.clock == ApplicationItem.clock)
    )
    query = ApplicationItem.select(ApplicationItem.id).join(FindingNotice, on=same)
    return query.where(FindingNotice.state == "replied", ~ApplicationItem.open)


def task(actor: Actor, task_id: int) -> dict[str, Any]:
    """One task. Raises `NotFound` for a missing and for a foreign one."""
    found = _tasks(actor, [Task.id == task_id])
    if not found:
        raise NotFound()
    return found[0]


def _tasks(actor: Actor, conditions: Sequence[Any]) -> list[dict[str, Any]]:
    names = (
        "id", "application", "enterprise", "kind", "inspector", "state", "agreed_on", "agreed_at", "opened_at", "closed_at",
        "prepared_at", "revision",
    )  # fmt: skip
    left = ApplicationItem.select(fn.COUNT(SQL("1"))).where(ApplicationItem.task == Task.id, ApplicationItem.open)
    query = (
        Task.select(
            *(getattr(Task, name) for name in names), Account.name.alias("inspector_name"), left.alias("open_items"),
            Enterprise.name.alias("enterprise_name"),
        )
        .join(Account, JOIN.LEFT_OUTER, on=(Task.inspector == Account.id))
        .switch(Task)
        .join(Enterprise)
        .where(*conditions, visible(actor, Task.enterprise))
        .order_by(Task.id)
    )  # fmt: skip
    return [
        row | {"kind_label": Kind(row["kind"]).label, "state_word": words.TASK_STATES[row["state"]]}
        for row in dicts(query)
    ]
