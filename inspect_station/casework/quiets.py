"""What keeps reminders away from an enterprise, and until when: every quiet has an end."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_station.casework.models import Application, ApplicationItem, Reason, Report, ReportItem, Task
from inspect_station.casework.words import REASONS
from inspect_station.registry.rows import tuples

Key = tuple[int, str]


@dataclass(frozen=True)
class Quiet:
    """`until` is the last quiet day. `reason`: applied, agreed, report_pending or a code of `words.REASONS`."""

    until: date
    reason: str
    words: str


def quieted(today: date, enterprise_ids: Collection[int] | None = None) -> Mapping[Key, Quiet]:
    """What is quiet on `today`, by device and clock; of several quiets the longest counts. Three statements."""
    found: dict[Key, Quiet] = {}
    for key, quiet in [
        *_ordered(enterprise_ids),
        *_reports(enterprise_ids),
        *_reasons(today, enterprise_ids),
    ]:
        if quiet.until >= today and (key not in found or quiet.until > found[key].until):
            found[key] = quiet
    return found


def _of(column: Any, enterprise_ids: Collection[int] | None) -> list[Any]:
    return [] if enterprise_ids is None else [column.in_(list(enterprise_ids))]


def _ordered(enterprise_ids: Collection[int] | None) -> list[tuple[Key, Quiet]]:
    """Applied and waiting for us: a limited time; with an agreed day: until that day."""
    query = (
        ApplicationItem.select(
            ApplicationItem.equipment, ApplicationItem.clock, Application.quiet_until, Task.agreed_on
        )
        .join(Application)
        .switch(ApplicationItem)
        .left_outer_join(Task)
        .where(ApplicationItem.open, *_of(Application.enterprise, enterprise_ids))
    )
    return [((equipment, clock), _until(agreed_on, limit)) for equipment, clock, limit, agreed_on in tuples(query)]


def _until(agreed_on: date | None, limit: date) -> Quiet:
    if agreed_on:
        return Quiet(agreed_on, "agreed", f"已约定 {agreed_on.isoformat()} 检验")
    return Quiet(limit, "applied", f"已报检，等待我站答复（至 {limit.isoformat()} 止不催办）")


def _reports(enterprise_ids: Collection[int] | None) -> list[tuple[Key, Quiet]]:
    query = (
        ReportItem.select(ReportItem.equipment, ReportItem.clock, Report.completed_on, Report.report_by)
        .join(Report)
        .where(Report.stage != "issued", *_of(Report.enterprise, enterprise_ids))
    )
    return [
        ((equipment, clock), Quiet(until, "report_pending", f"{done.isoformat()} 已检验，报告待出"))
        for equipment, clock, done, until in tuples(query)
    ]


def _reasons(today: date, enterprise_ids: Collection[int] | None) -> list[tuple[Key, Quiet]]:
    query = Reason.select(Reason.equipment, Reason.clock, Reason.code, Reason.quiet_until).where(
        Reason.ended_at.is_null(), Reason.quiet_until >= today, *_of(Reason.enterprise, enterprise_ids)
    )
    return [
        ((equipment, clock), Quiet(until, code, f"{REASONS[code].label}（至 {until.isoformat()}）"))
        for equipment, clock, code, until in tuples(query)
    ]
