"""Why the sample's overdue inspections have not been done: most carry a reason, some nobody has looked into yet."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from inspect_station.accounts.models import Account
from inspect_station.casework.models import ApplicationItem, FindingNotice, Reason
from inspect_station.db import bulk_insert
from inspect_station.duelist import service as duelist
from inspect_station.duelist.models import DueRow
from inspect_station.registry.models import Enterprise
from inspect_station.registry.rows import tuples

_SHARE = 0.7
# Code, how often, evidence, what was said.
_SAID: Sequence[tuple[str, int, str, str]] = (
    ("wishes_later", 9, "", "装置连续运行，企业希望随明年大修一并检验。"),
    ("urged", 6, "", "已电话催促三次，安全员答应尽快报检。"),
    ("unreachable", 2, "", "登记的电话停机，已上门留通知。"),
    ("not_found", 2, "", "现场没有找到这条管线，企业核对图纸中。"),
    ("works_elsewhere", 1, "", "设备随项目在外地作业。"),
    ("notice_served", 2, "连市监特令〔{year}〕08 号", "监管部门已下达指令书。"),
)


def explain(rng: random.Random, today: date, now: datetime) -> int:
    """How many reasons were recorded; none of them quiets a reminder."""
    duelist.refresh(today)
    names = dict(tuples(Account.select(Account.id, Account.name)))
    rows = []
    for equipment, clock, firm, keeper, late in _unexplained(today):
        if rng.random() >= _SHARE:
            continue
        ((code, _, evidence, note),) = rng.choices(_SAID, [each[1] for each in _SAID])
        on = min(today - timedelta(days=1), _day(late) + timedelta(days=rng.randint(2, 60)))
        rows.append(
            {
                "equipment": equipment, "clock": clock, "enterprise": firm, "code": code, "on_day": on,
                "evidence": evidence.format(year=on.year),
                "note": note, "person": names.get(keeper, "责任检验员"), "account": keeper,
                "recorded_at": now.replace(year=on.year, month=on.month, day=on.day, hour=10),
            }
        )  # fmt: skip
    bulk_insert(Reason, rows)
    return len(rows)


def _unexplained(today: date) -> list[tuple[Any, ...]]:
    """Overdue rows of the institution's that no case, notice or reason tells of."""
    known = [
        fn.EXISTS(
            table.select(table.id).where(table.equipment == DueRow.equipment, table.clock == DueRow.clock, condition)
        )
        for table, condition in (
            (ApplicationItem, ApplicationItem.open),
            (FindingNotice, FindingNotice.closed_at.is_null()),
            (Reason, Reason.ended_at.is_null()),
        )
    ]
    query = (
        DueRow.select(DueRow.equipment, DueRow.clock, DueRow.enterprise_id, Enterprise.responsible, DueRow.late_on)
        .join(Enterprise, on=(DueRow.enterprise_id == Enterprise.id))
        .where(
            DueRow.done_by == "institution", DueRow.standing.in_((1, 2, 3)), DueRow.late_on < today,
            *(~each for each in known),
        )
        .order_by(DueRow.equipment, DueRow.clock)
    )  # fmt: skip
    return list(tuples(query))


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
