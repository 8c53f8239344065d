"""What the engine says to a result while somebody types it: the date it proposes, the bound, or why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.registry import bounds
from inspect_station.registry import service as registry
from schedules.answers import Due, Forbidden, NotRunning, Undetermined
from schedules.dates import Day
from schedules.terms import Conclusion, Verified


@dataclass(frozen=True)
class Proposal:
    """What the engine says to a result as typed so far: a proposed date, the lawful bound, or why there is none."""

    on: str | None
    latest: date | None
    earliest: date | None
    words: str
    source: str
    unverified: bool
    # The inspection of the same day that outweighs this one: the page offers to correct it.
    failed_same_day: int | None = None


def proposal(actor: Actor, equipment_id: int, given: Mapping[str, Any], today: date) -> Proposal | None:
    """The engine's date for these values without a printed one; None where too little is typed."""
    registry.equipment.get(actor, equipment_id)
    values = {name: given.get(name) or None for name in ("clock", "completed_on", "conclusion", "grade")}
    if day(values["completed_on"]) is None:
        return None
    failure = failed_same_day(actor, equipment_id, values)
    if failure is not None:
        return _overruled(failure)
    answer = bounds.after(equipment_id, {**values, "next_due": None}, today)
    if answer is None:
        return None
    version = answer.version
    source = f"{version.document} {version.clause}" if version else ""
    return _in_words(answer, source, version is not None and version.verified is not Verified.TEXT)


def day(text: Any) -> Day | None:
    """A date as typed, None where it is none: whoever writes it down says what is wrong with it."""
    try:
        return Day.parse(str(text or ""))
    except ValueError:
        return None


def failed_same_day(actor: Actor, equipment_id: int, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A failed inspection of the same clock on the same day as this qualified one: of one day the failed one counts."""
    conclusion, done = values.get("conclusion"), day(values.get("completed_on"))
    if not conclusion or conclusion not in list(Conclusion) or Conclusion(conclusion).failed or done is None:
        return None
    for row in registry.inspections.history(actor, equipment_id):
        other = row["conclusion"]
        same = row["clock"] == values.get("clock") and row["completed_on"] == str(done) and not row["replaced_by"]
        if same and other and Conclusion(other).failed:
            return row
    return None


def why_overruled(failure: Mapping[str, Any]) -> str:
    """Why a re-inspection of the day of the failure changes nothing, and what to do."""
    return (
        f"{failure['completed_on']} 已登记“{failure['conclusion']}”，同一天以不合格的为准，复检不会生效。"
        "复检在以后的日子完成的，请填实际的复检日期；原来的结论登记错了的，请更正原记录"
    )


def _overruled(failure: Mapping[str, Any]) -> Proposal:
    return Proposal(None, None, None, f"{why_overruled(failure)}。", "", False, int(failure["id"]))


def _in_words(answer: Any, source: str, unverified: bool) -> Proposal:
    if isinstance(answer, Due):
        on = answer.on.isoformat()
        bound = f"，最迟 {answer.latest.isoformat()}" if answer.latest else ""
        return Proposal(on, answer.latest, None, f"按规则推算 {on}{bound}", source, unverified)
    if isinstance(answer, Undetermined):
        span = f"{answer.earliest or '…'} 至 {answer.latest or '…'}"
        return Proposal(None, answer.latest, answer.earliest, f"须由检验机构确定，范围 {span}", source, unverified)
    if isinstance(answer, Forbidden):
        return Proposal(None, None, None, f"结论为{answer.why.label}，须停止使用，不产生下次检验日期", source, False)
    words = answer.why.label if isinstance(answer, NotRunning) else ""
    return Proposal(None, None, None, f"这一项不推算日期：{words}", source, False)
