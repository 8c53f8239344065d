"""Applications of the sample park: every state that a desk meets on a working day."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from peewee import SQL, fn

from inspect_station.casework.models import (
    Application,
    ApplicationItem,
    ExtensionRequest,
    FindingNotice,
    FindingStep,
    Reason,
    Task,
    TaskDate,
)
from inspect_station.casework.promises import days
from inspect_station.casework.words import REASONS
from inspect_station.db import bulk_insert
from inspect_station.registry.models import Enterprise, Equipment, Inspection
from inspect_station.registry.rows import tuples
from inspect_station.workcalendar import service as workcalendar
from schedules.terms import kind_of

_DEEP = ("periodic", "internal", "external", "full")
# State, days since it was submitted, working days until the agreed date (None: not agreed).
_STORIES: Sequence[tuple[str, int, int | None]] = (
    ("submitted", 0, None), ("submitted", 1, None), ("submitted", 4, None), ("accepted", 3, None), ("accepted", 6, None),
    ("scheduled", 8, 1), ("scheduled", 9, 0), ("scheduled", 12, 5), ("scheduled", 7, 0), ("inspecting", 15, 0),
    ("refused", 9, None), ("withdrawn", 20, None), ("scheduled", 10, 2),
)  # fmt: skip
_NOTES = ("", "请安排在停车检修期间，连续两天可配合。", "现场需提前办理入厂手续。", "", "希望与安全阀校验一起安排。")
_REFUSALS = "缺使用登记证复印件和上次报告，请补齐后重新报检；不清楚的可先到工业诊所咨询。"


def applications(rng: random.Random, today: date, now: datetime) -> int:
    """Returns how many were made."""
    calendar, limits = workcalendar.calendar(today), days()
    firms = _due_by_firm(today)
    stories = iter(_STORIES)
    made = 0
    for firm, keeper, items in firms:
        story = next(stories, None)
        if story is None:
            break
        _application(rng, firm, keeper, items, story, calendar, limits, now)
        made += 1
    _reasons(rng, firms[made:], today, now)
    _findings(firms[made:], today, now)
    _postponements(firms[made + len(_FOUND) :], today, now)
    return made


def _due_by_firm(today: date) -> list[tuple[int, int, list[tuple[int, str, str, str]]]]:
    """Firms with a few devices whose printed date lies around today: (equipment, clock, next date, kind).

    Of each clock the latest inspection counts: what has been inspected since is nobody's to apply for.
    """
    later = Inspection.alias()
    first, last = (today - timedelta(days=80)).isoformat(), (today + timedelta(days=75)).isoformat()
    query = (
        Inspection.select(
            Equipment.enterprise, Enterprise.responsible, Equipment.id, Inspection.clock, Inspection.next_due,
            Equipment.catalogue_code, Equipment.traits,
        )
        .join(Equipment)
        .join(Enterprise)
        .where(Inspection.clock.in_(_DEEP), Inspection.next_due.between(first, last), Equipment.status == "in_use")
        .where(~fn.EXISTS(later_than(later)))
        .order_by(Equipment.enterprise, Equipment.id)
    )  # fmt: skip
    found: dict[tuple[int, int], dict[tuple[int, str], tuple[int, str, str, str]]] = {}
    for firm, keeper, equipment, clock, due, code, traits in tuples(query):
        kind = kind_of(code, traits)
        if kind is not None and len(due) == 10:
            found.setdefault((firm, keeper), {})[equipment, clock] = (equipment, clock, due, kind.value)
    return [(firm, keeper, list(items.values())[:5]) for (firm, keeper), items in found.items()]


def later_than(later: Any) -> Any:
    """A later inspection of the same clock, for a query over `Inspection`."""
    return later.select(SQL("1")).where(
        later.equipment == Inspection.equipment, later.clock == Inspection.clock,
        later.completed_on > Inspection.completed_on,
    )  # fmt: skip


def _application(
    rng: random.Random, firm: int, keeper: int, items: Any, story: Any, calendar: Any, limits: Any, now: datetime
) -> None:
    state, ago, ahead = story
    submitted = now - timedelta(days=ago, hours=rng.randint(0, 3), minutes=rng.randint(0, 59))
    decided = None if state == "submitted" else submitted + timedelta(hours=5)
    accepted = state in {"accepted", "scheduled", "inspecting"}
    over = state in {"refused", "withdrawn"}
    day = submitted.date()
    row = Application.create(
        enterprise=firm, source=rng.choice(("portal", "portal", "answer", "desk")), state=state, submitted_at=submitted,
        submitted_by="企业安全员", wished_from=day + timedelta(days=14), wished_to=day + timedelta(days=35),
        shutdown=rng.random() < 0.3, note=rng.choice(_NOTES), keeper=keeper, decided_at=decided,
        decided_by="窗口" if decided else "", accept_by=calendar.add(day, limits["accept"]),
        schedule_by=calendar.add(decided.date(), limits["schedule"]) if accepted and decided else None,
        scheduled_at=decided + timedelta(days=2) if ahead is not None and decided else None,
        quiet_until=calendar.add(day, limits["quiet"]), refusal=_REFUSALS if over else "",
        closed_at=decided if over else None, sample=True,
    )  # fmt: skip
    agreed_on = calendar.add(now.date(), ahead) if ahead is not None else None
    tasks = _tasks(row, items, keeper, agreed_on, now) if accepted else {}
    bulk_insert(
        ApplicationItem,
        [
            {
                "application": row.id, "equipment": equipment, "clock": clock, "due_on": date.fromisoformat(due),
                "task": tasks.get(kind), "open": not over, "outcome": state if over else "",
            }
            for equipment, clock, due, kind in items
        ],
    )  # fmt: skip


def _tasks(row: Application, items: Any, keeper: int, agreed_on: date | None, now: datetime) -> dict[str, int]:
    state = {"accepted": "waiting", "scheduled": "agreed"}.get(row.state, row.state)
    made = {}
    for kind in sorted({item[3] for item in items}):
        task = Task.create(
            application=row, enterprise=row.enterprise, kind=kind, inspector=keeper, state=state, agreed_on=agreed_on,
            agreed_at=row.scheduled_at, opened_at=row.decided_at,
        )  # fmt: skip
        made[kind] = task.id
        if agreed_on:
            TaskDate.create(
                task=task, on_day=agreed_on, side="station", name="责任检验员", at=row.scheduled_at, outcome="agreed",
                answered_by="企业安全员", answered_at=row.scheduled_at,
            )  # fmt: skip
    return made


def _reasons(rng: random.Random, firms: Any, today: date, now: datetime) -> None:
    """Overdue rows of other firms carry a reason."""
    codes = [code for code, kind in REASONS.items() if not kind.needs_evidence]
    for firm, _, items in firms[:14]:
        equipment, clock, due, _ = items[0]
        if due < today.isoformat():
            code = rng.choice(codes)
            quiet = today + timedelta(days=REASONS[code].quiet_days - 3) if REASONS[code].quiet_days else None
            Reason.create(
                equipment=equipment, enterprise=firm, clock=clock, code=code, person="责任检验员", on_day=today,
                quiet_until=quiet, recorded_at=now,
            )  # fmt: skip


# Problem, days until the deadline, state, severe.
_FOUND: Sequence[tuple[str, int, str, bool]] = (
    ("筒体下部保温层内局部腐蚀，实测最小壁厚低于设计要求，请处理后复检。", -6, "issued", False),
    ("安全阀校验过期，铅封缺失，请送检后提供校验报告。", 12, "issued", False),
    ("接管角焊缝表面裂纹，请打磨消除并经表面检测合格。", 20, "replied", False),
    ("压力表损坏仍在使用，超压联锁未投用。", 3, "issued", True),
)


def _findings(firms: Any, today: date, now: datetime) -> None:
    """检验意见通知书 of a few firms: one overdue, one answered, one severe with the unit told already."""
    for (firm, _, items), (problem, ahead, state, severe) in zip(firms, _FOUND, strict=False):
        equipment, clock, _, _ = items[0]
        at = now - timedelta(days=18)
        replied = state == "replied"
        row = FindingNotice.create(
            enterprise=firm, equipment=equipment, clock=clock, problem=problem, deadline=today + timedelta(days=ahead),
            state=state, severe=severe, issued_at=at, issued_by="责任检验员", created_at=at,
            reply="裂纹已打磨消除，渗透检测合格，附照片。" if replied else "", replied_at=now - timedelta(days=1) if replied else None,
            replied_by="企业安全员" if replied else "", reinspect_by=today + timedelta(days=3) if replied else None,
            unit_told_at=at if severe else None, unit_told="安全总监，当面并书面" if severe else "",
        )  # fmt: skip
        FindingNotice.update(number=f"YJ{at.year}-{row.id:05d}").where(FindingNotice.id == row.id).execute()
        acts = [("draft", at), ("issue", at), *([("reply", now - timedelta(days=1))] if replied else [])]
        for act, when in acts:
            FindingStep.create(notice=row, act=act, name="企业安全员" if act == "reply" else "责任检验员", at=when)


# State, days since it was asked, why, what is done meanwhile, our opinion.
_ASKED: Sequence[tuple[str, int, str, str, str]] = (
    ("asked", 1, "装置须连续运行至明年大修，停车会影响下游供热。", "每周测厚一次，每班巡检并记录压力温度。", ""),
    (
        "agreed",
        6,
        "内部检验须与催化剂更换同期，备件尚未到货。",
        "降压运行，增加在线监测点。",
        "同意，请向使用登记机关备案。",
    ),
    ("refused", 15, "生产任务重，暂不便停车。", "加强巡检。", "未说明不能停车的技术原因，请补充或按期检验。"),
)


def _postponements(firms: Any, today: date, now: datetime) -> None:
    """延期申请 of a few firms: one waits for us, one for its filing, one was not agreed to."""
    ahead = [firm for firm in firms if firm[2][-1][2] > today.isoformat()]
    for (firm, _, items), (state, ago, reason, measures, opinion) in zip(ahead, _ASKED, strict=False):
        equipment, clock, due, _ = items[-1]
        at, original = now - timedelta(days=ago), date.fromisoformat(due)
        answered = at + timedelta(hours=20) if opinion else None
        ExtensionRequest.create(
            enterprise=firm, equipment=equipment, clock=clock, original_due=original, until=original + timedelta(days=150),
            reason=reason, measures=measures, approved_by="总经理", state=state, asked_at=at, asked_by="企业安全员",
            agreed_at=answered, agreed_by="技术负责人" if answered else "", opinion=opinion,
        )  # fmt: skip
        if state != "refused":
            until = at.date() + timedelta(days=REASONS["extension_asked"].quiet_days)
            Reason.create(
                equipment=equipment, enterprise=firm, clock=clock, code="extension_asked", person="企业安全员",
                on_day=at.date(), quiet_until=until, recorded_at=at,
            )  # fmt: skip
