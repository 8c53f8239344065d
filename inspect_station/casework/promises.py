"""限时办结: so many working days for each step, a setting of the station; kept, running, at risk or broken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts import audit, station
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import InvalidInput
from inspect_station.workcalendar import service as workcalendar

_KEY = "casework.promises"


@dataclass(frozen=True)
class Step:
    label: str
    sentence: str
    days: int


# Defaults: what some cities promise (practice.md §1); the station sets its own.
STEPS: Mapping[str, Step] = {
    "accept": Step("受理", "提交后作出受理决定", 1),
    "schedule": Step("约定日期", "受理后提出检验日期", 3),
    "report": Step("出具报告", "现场检验后签发报告", 10),
    "reinspect": Step("复检", "整改回复后安排复检", 3),
    "clinic": Step("问诊答复", "企业问诊后首次答复", 2),
    "quiet": Step("报检静默", "报检后无人答复时，最多暂停催检", 10),
}
MOST = 60


@dataclass(frozen=True)
class Promise:
    """One promised step of a case: by when, and how it stands: kept, running, at_risk or broken."""

    step: str
    due_on: date
    done_on: date | None
    state: str

    @property
    def label(self) -> str:
        return STEPS[self.step].label

    @property
    def words(self) -> str:
        return _WORDS[self.state]


_WORDS = {"kept": "按时办结", "running": "办理中", "at_risk": "即将到期", "broken": "已超时"}


def days() -> dict[str, int]:
    """Working days for each step, as set."""
    kept = station.get(_KEY, {})
    return {name: int(kept.get(name, step.days)) for name, step in STEPS.items()}


def set_days(actor: Actor, given: Mapping[str, Any], now: datetime) -> None:
    """Raises `InvalidInput` for a step that does not exist or a number that promises nothing."""
    actor.need("settings")
    problems = {
        n: [f"应为 1 至 {MOST} 个工作日"] for n, v in given.items() if n not in STEPS or not 1 <= int(v) <= MOST
    }
    if problems:
        raise InvalidInput(f"承诺期限应为 1 至 {MOST} 个工作日。", problems)
    with db.atomic():
        before = days()
        after = before | {name: int(value) for name, value in given.items()}
        station.put(_KEY, after, now)
        audit.record(actor, "promise.set", "setting", _KEY, now=now, detail={"before": before, "after": after})


def until(step: str, start: date) -> date:
    """The last day of a promise that begins on `start`; it is stored with the case, so that it stands as promised."""
    return workcalendar.calendar(start).add(start, days()[step])


def promise(step: str, due_on: date, done: datetime | None, today: date) -> Promise:
    """How a stored promise stands today."""
    done_on = done.date() if done else None
    return Promise(step, due_on, done_on, _state(due_on, done_on, today))


def _state(due_on: date, done_on: date | None, today: date) -> str:
    if done_on is not None or today > due_on:
        return "kept" if done_on is not None and done_on <= due_on else "broken"
    # At risk: not one weekday lies between today and the promised day.
    between = (today + timedelta(days=n) for n in range(1, (due_on - today).days))
    return "running" if any(day.weekday() < 5 for day in between) else "at_risk"
