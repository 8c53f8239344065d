"""The sample's paper trail of the past year: reports with their signatures, notices and their ends, closed months."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from inspect_station.accounts import service as accounts
from inspect_station.accounts import sessions
from inspect_station.accounts.scope import Actor
from inspect_station.casework.models import ApplicationItem, FindingNotice, Report, ReportItem
from inspect_station.casework.words import STAGES
from inspect_station.db import bulk_insert, db
from inspect_station.registry import changes
from inspect_station.registry.models import Equipment, Inspection
from inspect_station.registry.rows import dicts, tuples
from inspect_station.sample import undone
from inspect_station.sample.cases import later_than
from inspect_station.workcalendar import service as workcalendar
from inspect_station.workload import service as workload
from schedules.terms import Conclusion

_DAYS = 400
_CLOSED = 12
_WAITING = (3, 3, 2, 3, 1, 2, 1, 1)  # signatures that the newest reports lack, the newest first
_FRESH = (1, 2, 3, 5, 6, 8)  # days since the inspections of the past week
_DEEP = ("periodic", "internal", "external", "full")
_PROBLEMS = (
    "接管角焊缝表面裂纹",
    "安全阀超过校验有效期",
    "筒体局部减薄，需强度校核",
    "压力表未检定",
    "保温破损，外壁腐蚀",
)
_REMARK = (
    "本月重点完成两家石化企业停车检修期间的检验。超期项目多为工业管道，企业希望随明年大修一并检验，已逐家约谈。"
    "\n下月安排：优先补检已超期的锅炉和液化气储罐；主动报检率偏低的企业由负责检验员上门说明。"
)


def load(today: date, now: datetime) -> int:
    """Returns how many reports were written."""
    rng = random.Random(today.year)  # noqa: S311 - a reproducible sample, no secret
    head = sessions.actor_of(accounts.find_login("zhanzhang"))
    with db.atomic():
        _inspect(today, now)
        made = _reports(rng, today, now)
        _notices(rng, today, now)
        undone.explain(rng, today, now)
        workload.month.set_target(head, today.year, 980, now)
        _close(head, today, now)
    return made


def _reports(rng: random.Random, today: date, now: datetime) -> int:
    calendar, team, seen = workcalendar.calendar(today), _team(), set[str]()
    rows: list[dict[str, Any]] = []
    items: list[dict[str, Any]] = []
    for inspection, equipment, clock, text, report, firm in _inspected(today):
        done = date.fromisoformat(text if len(text) == 10 else f"{text}-28")
        if report in seen or done > today:
            continue
        seen.add(report)
        rows.append(_report(rng, team, firm, report, done, calendar, now))
        items.append({"equipment": equipment, "clock": clock, "inspection": inspection})
    _under_way(rows, now)
    (last,) = db.execute_sql("SELECT COALESCE(MAX(id), 0) FROM report").fetchone()
    bulk_insert(Report, rows)
    ids = [n for (n,) in db.execute_sql(f"SELECT id FROM report WHERE id > {int(last)} ORDER BY id")]  # noqa: S608
    bulk_insert(ReportItem, [{**item, "report": number} for item, number in zip(items, ids, strict=True)])
    return len(ids)


def _inspect(today: date, now: datetime) -> None:
    """Inspections of the past days, each a few weeks before its date: their reports are on their way."""
    first, last = (today + timedelta(days=20)).isoformat(), (today + timedelta(days=85)).isoformat()
    busy = ApplicationItem.select(ApplicationItem.equipment).where(ApplicationItem.open)
    query = (
        Inspection.select(Inspection, Equipment.enterprise)
        .join(Equipment)
        .where(
            Inspection.next_due.between(first, last), Inspection.clock.in_(_DEEP), Equipment.status == "in_use",
            Equipment.form == "device", Inspection.conclusion != "", Equipment.id.not_in(busy),
            ~fn.EXISTS(later_than(Inspection.alias())),
        )
        .order_by(Inspection.next_due, Inspection.id)
    )  # fmt: skip
    firms: set[int] = set()
    for row in (row for row in dicts(query) if len(row["next_due"]) == len(row["completed_on"]) == 10):
        if row["enterprise"] in firms or len(firms) == len(_FRESH):
            continue
        done = today - timedelta(days=_FRESH[len(firms)])
        firms.add(row["enterprise"])
        due, before = date.fromisoformat(row["next_due"]), date.fromisoformat(row["completed_on"])
        Inspection.create(
            equipment=row["equipment"], clock=row["clock"], completed_on=done.isoformat(), conclusion=row["conclusion"],
            grade=row["grade"], next_due=(done + (due - before)).isoformat(), inspectors=row["inspectors"],
            institution=row["institution"], answered_due=row["next_due"], source="示例数据", recorded_at=now,
            report_number=f"KM{done.year}-9{len(firms):03d}-{row['id'] % 100_000:05d}",
        )  # fmt: skip
        changes.touch([row["equipment"]])


def _under_way(rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """The newest reports wait for their next signature, so that the desk has some of every stage, one of them late."""
    newest = sorted(rows, key=lambda row: (row["completed_on"], row["number"]), reverse=True)[: len(_WAITING)]
    for row, left in zip(newest, _WAITING, strict=False):
        stages = list(STAGES)[: len(STAGES) - left]
        row |= {"steps": {name: row["steps"][name] for name in stages if name in row["steps"]}, "issued_at": None}
        row["stage"] = list(row["steps"])[-1] if row["steps"] else stages[0]


def _inspected(today: date) -> Iterator[tuple[Any, ...]]:
    since = (today - timedelta(days=_DAYS)).isoformat()
    query = (
        Inspection.select(
            Inspection.id, Inspection.equipment, Inspection.clock, Inspection.completed_on, Inspection.report_number,
            Equipment.enterprise,
        )
        .join(Equipment)
        .where(Inspection.completed_on >= since, Inspection.clock.in_(_DEEP), Inspection.report_number != "")
        .order_by(Inspection.id)
    )  # fmt: skip
    yield from tuples(query)


@dataclass(frozen=True)
class _Team:
    inspectors: Sequence[dict[str, Any]]
    reviewer: dict[str, Any]
    issuer: dict[str, Any]


def _team() -> _Team:
    *inspectors, reviewer, issuer = (
        {"id": each.id, "name": each.name}
        for each in map(accounts.find_login, ("chenjian", "linyan", "zhenggui", "huangce", "jishu", "zhanzhang"))
    )
    return _Team(inspectors, reviewer, issuer)


def _report(
    rng: random.Random, team: _Team, firm: int, number: str, done: date, calendar: Any, now: datetime
) -> dict[str, Any]:
    """Written within days, signed on by others, issued; about one in fifteen late, the latest still on their way."""
    writer, second = rng.sample(team.inspectors, 2)
    late = rng.random() < 0.07
    at = now.replace(year=done.year, month=done.month, day=done.day, hour=16, minute=rng.randint(0, 59))
    steps, stage, moment = {}, "", at
    for name, who, days in (
        ("written", writer, 2), ("checked", second, 2), ("reviewed", team.reviewer, 2), ("issued", team.issuer, 12 if late else 3)
    ):  # fmt: skip
        moment += timedelta(days=rng.randint(0, days) + (6 if late and name == "issued" else 0))
        if moment > now:
            break
        steps[name], stage = {"by": who["name"], "id": who["id"], "at": moment.isoformat()}, name
    return {
        "enterprise": firm, "task": None, "number": number, "stage": stage or "written", "completed_on": done,
        "inspectors": [writer, second], "steps": steps, "report_by": calendar.add(done, 10),
        "issued_at": datetime.fromisoformat(steps["issued"]["at"]) if "issued" in steps else None, "created_at": at,
    }  # fmt: skip


def _notices(rng: random.Random, today: date, now: datetime) -> None:
    """Every failed inspection and one in fifty others led to a notice; most were closed within two months."""
    failed = [word.value for word in Conclusion if not word.qualified]
    since = (today - timedelta(days=_DAYS)).isoformat()
    query = (
        Inspection.select(
            Inspection.id, Inspection.equipment, Inspection.clock, Inspection.completed_on, Inspection.conclusion,
            Equipment.enterprise,
        )
        .join(Equipment)
        .where(Inspection.completed_on >= since, Inspection.clock.in_(_DEEP))
        .order_by(Inspection.id)
    )  # fmt: skip
    rows = []
    for inspection, equipment, clock, text, conclusion, firm in tuples(query):
        if len(text) == 10 and (conclusion in failed or rng.random() < 0.02):
            rows.append(_notice(rng, (inspection, equipment, clock, firm), date.fromisoformat(text), now))
    bulk_insert(FindingNotice, [{**row, "number": f"SY{today.year}-{n:04d}"} for n, row in enumerate(rows, start=1)])


def _notice(rng: random.Random, of: tuple[int, int, str, int], done: date, now: datetime) -> dict[str, Any]:
    inspection, equipment, clock, firm = of
    issued = now.replace(year=done.year, month=done.month, day=done.day, hour=15, minute=20)
    closed = issued + timedelta(days=rng.randint(12, 70))
    over = closed < now and rng.random() < 0.9
    return {
        "enterprise": firm, "equipment": equipment, "clock": clock, "inspection": inspection,
        "problem": rng.choice(_PROBLEMS), "deadline": done + timedelta(days=30), "state": "closed" if over else "issued",
        "issued_at": issued, "issued_by": "责任检验员", "closed_at": closed if over else None, "created_at": issued,
        "reply": "已按要求整改，请复检。" if over else "", "replied_by": "企业安全员" if over else "",
        "replied_at": closed - timedelta(days=2) if over else None,
        "reinspect_by": closed.date() if over else None, "reinspected_at": closed if over else None,
    }  # fmt: skip


def _close(head: Actor, today: date, now: datetime) -> None:
    """The last twelve months but the latest, which waits for the head's look."""
    period = workload.around("month", today).before()
    workload.closing.write_remark(head, period, _REMARK, 0, now)
    for _ in range(_CLOSED):
        period = period.before()
        workload.closing.close(head, period, now)
