"""检验意见通知书 as people look for them: the list, one with its steps, those of a device and of a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from inspect_station.accounts.scope import Actor, visible
from inspect_station.casework import promises
from inspect_station.casework.models import FindingNotice, FindingStep, ReportItem
from inspect_station.errors import NotFound
from inspect_station.registry import paging
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.registry.paging import Page
from inspect_station.registry.rows import dicts
from schedules.terms import Clock

STATES: Mapping[str, tuple[str, str]] = {
    "draft": ("草稿", "none"),
    "issued": ("已下达，待整改", "apply_now"),
    "replied": ("已回复，待复检", "approaching"),
    "passed": ("复检通过，待确认", "ok"),
    "closed": ("已确认，办结", "ok"),
    "cancelled": ("已作废", "stopped"),
}
ACTS: Mapping[str, str] = {
    "draft": "起草", "change": "修改", "issue": "下达", "reply": "企业回复", "tell_unit": "告知使用单位",
    "tell_authority": "报告监管部门", "pass": "复检通过", "return": "复检未通过，退回整改", "close": "确认办结",
    "cancel": "作废",
}  # fmt: skip
OPEN = ("issued", "replied", "passed")
SORTS: Mapping[str, tuple[Any, ...]] = {"id": (FindingNotice.id,)}


@dataclass(frozen=True)
class Filters:
    state: str = ""  # a state, or "open"
    overdue: bool = False
    enterprise: int | None = None
    q: str = ""


def _conditions(actor: Actor, filters: Filters, today: date) -> list[Any]:
    made: list[Any] = [visible(actor, FindingNotice.enterprise)]
    if not actor.is_staff:
        made.append(FindingNotice.state != "draft")  # what is not issued is not said
    if filters.overdue:
        made += [FindingNotice.state == "issued", FindingNotice.deadline < today]
    if filters.state:
        made.append(FindingNotice.state.in_(OPEN if filters.state == "open" else (filters.state,)))
    if filters.enterprise is not None:
        made.append(FindingNotice.enterprise == filters.enterprise)
    for word in filters.q.replace("\0", "").split()[:5]:
        made.append(
            Enterprise.name.contains(word) | Enterprise.initials.contains(word) | FindingNotice.number.contains(word)
            | FindingNotice.problem.contains(word) | Equipment.name.contains(word)
        )  # fmt: skip
    return made


def _rows(conditions: Sequence[Any]) -> Any:
    return (
        FindingNotice.select(
            FindingNotice, Enterprise.name.alias("enterprise_name"), Equipment.name.alias("device_name"),
            Equipment.own_number, Equipment.line_number, Equipment.certificate_number, Equipment.location,
        )
        .join(Enterprise)
        .switch(FindingNotice)
        .join(Equipment)
        .where(*conditions)
    )  # fmt: skip


def page(actor: Actor, filters: Filters, today: date, *, after: Sequence[Any] | None = None, size: int = 50) -> Page:
    conditions = _conditions(actor, filters, today)
    count = FindingNotice.select(FindingNotice.id).join(Enterprise).switch(FindingNotice).join(Equipment)
    found = paging.page(_rows(conditions), SORTS, "-id", after, size, count=count.where(*conditions))
    for row in found.rows:
        _complete(row, today)
    return found


def overdue_count(actor: Actor, today: date) -> int:
    query = FindingNotice.select().where(
        visible(actor, FindingNotice.enterprise), FindingNotice.state == "issued", FindingNotice.deadline < today
    )
    return int(query.count())


def of_device(actor: Actor, equipment_id: int, today: date) -> list[dict[str, Any]]:
    conditions = [*_conditions(actor, Filters(), today), FindingNotice.equipment == equipment_id]
    return [_complete(row, today) for row in dicts(_rows(conditions).order_by(FindingNotice.id.desc()).limit(20))]


def of_tasks(actor: Actor, task_ids: Sequence[int], today: date) -> list[dict[str, Any]]:
    """The notices of a case's tasks."""
    conditions = [*_conditions(actor, Filters(), today), FindingNotice.task.in_(list(task_ids))]
    return [_complete(row, today) for row in dicts(_rows(conditions).order_by(FindingNotice.id))]


def get(actor: Actor, notice_id: int, today: date) -> dict[str, Any]:
    """One notice with its steps. Raises `NotFound` for missing, foreign, and (to an enterprise) drafts."""
    row = _rows([*_conditions(actor, Filters(), today), FindingNotice.id == notice_id]).dicts().first()
    if row is None:
        raise NotFound()
    found = _complete(dict(row), today)
    steps = FindingStep.select().where(FindingStep.notice == notice_id).order_by(FindingStep.id)
    found["steps"] = [step | {"label": ACTS[step["act"]]} for step in dicts(steps)]
    return found


def _complete(row: dict[str, Any], today: date) -> dict[str, Any]:
    row["clock_label"] = Clock(row["clock"]).label
    row["state_word"], row["look"] = STATES[row["state"]]
    row["overdue"] = row["state"] == "issued" and row["deadline"] < today
    row["days"] = (row["deadline"] - today).days if row["state"] == "issued" else None
    row["promise"] = None
    if row["reinspect_by"]:
        at, asked = row["reinspected_at"], row["replied_at"]
        done = (
            at if at and (asked is None or at >= asked) else None
        )  # one before the newest reply has not answered it
        row["promise"] = promises.promise("reinspect", row["reinspect_by"], done, today)
    return row


def report_of(notice: Mapping[str, Any]) -> int | None:
    """The report of the inspection that found the problem."""
    found = (
        ReportItem.select(ReportItem.report).where(ReportItem.inspection == notice["inspection"]).limit(1).scalar()
    )
    return int(found) if found else None


def default_deadline(today: date) -> date:
    return today + timedelta(days=30)
