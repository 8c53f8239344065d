"""What the law says to one inspection: the date it answered, and whether its printed next date can stand."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from inspect_station.errors import InvalidInput
from inspect_station.registry import facts
from inspect_station.registry.models import Inspection as Recorded
from inspect_station.registry.rows import dicts
from schedules import facts as law
from schedules.answers import Answer, Due, NotRunning, enforced_on
from schedules.dates import Day
from schedules.due import due_dates
from schedules.rulebook import Rulebook, load
from schedules.terms import BeforeUse, Clock, Conclusion, DoneBy, WarningCode


@lru_cache(maxsize=1)
def rulebook() -> Rulebook:
    return load()


def answered(equipment_id: int, values: Mapping[str, Any], today: date) -> str | None:
    """The enforced date that an inspection with these values answers, as it stood on the day it was completed."""
    known = facts.load([equipment_id]).get(equipment_id)
    done = Day.parse(values["completed_on"]) if values["completed_on"] else None
    answer = _answer(known, values["clock"], done.last if done else today)
    enforced = enforced_on(answer) if answer else None
    return enforced.isoformat() if enforced else None


def check(
    equipment_id: int, values: Mapping[str, Any], today: date, reason: str, *, instead_of: int | None = None
) -> None:
    """Raises `InvalidInput` where the next date lies beyond the statutory bound and no reason is given.

    With a reason it stands: the date printed in the report is the one the law goes by (regulations §0.2).
    """
    answer = after(equipment_id, values, today, instead_of=instead_of)
    if reason.strip() or not isinstance(answer, Due) or WarningCode.REPORT_AFTER_LATEST not in answer.warnings:
        return
    if values["next_due"] and Day.parse(values["next_due"]).last == answer.on:
        raise InvalidInput(
            f"下次检验日期晚于规则允许的最长期限 {answer.latest}，请对照报告核对；报告确实如此的，请写明理由后再保存。",
            {"next_due": [f"晚于规则允许的最长期限 {answer.latest}"], "reason": ["日期超出期限时须写明理由"]},
        )


def before_use(equipment_id: int, on: date) -> list[str]:
    """What a stopped device needs before it may run again, in words; checks that the user does himself are his own.

    A date that passed during the stop (特种设备使用管理: inspect before restart), or a failed inspection.
    """
    known = facts.load([equipment_id]).get(equipment_id)
    answers = due_dates(known, on, rulebook(), reasons=False) if known else ()
    return [
        f"{answer.clock.label}{'不合格' if answer.failed else f'已于 {answer.on} 到期' if answer.on else '未检验'}"
        for answer in answers
        if isinstance(answer, NotRunning)
        and answer.before_use is BeforeUse.INSPECTION
        and answer.done_by is DoneBy.INSTITUTION
    ]


def after(
    equipment_id: int, values: Mapping[str, Any], today: date, *, instead_of: int | None = None
) -> Answer | None:
    """What the clock would answer with this inspection recorded (in place of another)."""
    known = facts.load([equipment_id]).get(equipment_id)
    if known is None:
        return None
    kept = [i for i in known.inspections if instead_of is None or i != _recorded(instead_of)]
    return _answer(replace(known, inspections=(*kept, _as_fact(values))), values["clock"], today)


def _answer(known: law.Equipment | None, clock: str, on: date) -> Answer | None:
    answers = due_dates(known, on, rulebook(), reasons=False) if known else ()
    return next((answer for answer in answers if answer.clock == clock), None)


def _recorded(inspection_id: int) -> law.Inspection:
    names = ("clock", "completed_on", "conclusion", "grade", "next_due")
    (row,) = dicts(Recorded.select(*(getattr(Recorded, n) for n in names)).where(Recorded.id == inspection_id))
    return _as_fact(row)


def _as_fact(values: Mapping[str, Any]) -> law.Inspection:
    return law.Inspection(
        clock=Clock(values["clock"]),
        completed_on=Day.parse(values["completed_on"]) if values["completed_on"] else None,
        conclusion=Conclusion(values["conclusion"]) if values["conclusion"] else None,
        grade=values.get("grade"),
        next_due=Day.parse(values["next_due"]) if values["next_due"] else None,
    )
