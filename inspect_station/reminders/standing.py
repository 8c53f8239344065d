"""Whether what a waiting letter says still stands: looked at once more before it goes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from inspect_station.db import run_for
from inspect_station.reminders import ladder, quiets, source
from inspect_station.reminders.common import Common
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.reminders.owed import MOVED, RECIPIENT_GONE

_FIELDS = OwedStep._meta.sorted_fields
_STEPS = (
    f"SELECT {', '.join(f.column_name for f in _FIELDS)} FROM owed_step "  # noqa: S608  our own names
    "WHERE {{some}} AND state NOT IN ({without}) ORDER BY id"
)
_ENDED = ("superseded", "suppressed")


def steps_of(message_ids: Sequence[int], without: Sequence[str] = _ENDED) -> dict[int, list[OwedStep]]:
    """The steps of these messages, by message."""
    found: dict[int, list[OwedStep]] = {number: [] for number in message_ids}
    left_out = ", ".join(f"'{state}'" for state in without)
    for row in run_for(_STEPS.format(without=left_out), "message_id", message_ids):
        step = _step(row)
        assert step.message_id is not None  # it was asked for by its message
        found[step.message_id].append(step)
    return found


def _step(row: Sequence[Any]) -> OwedStep:
    return OwedStep(**{f.name: f.python_value(value) for f, value in zip(_FIELDS, row, strict=True)})


def common_to(steps: Mapping[int, Sequence[OwedStep]], today: date) -> Common:
    return Common(today, (s.equipment_id for theirs in steps.values() for s in theirs))


def still_standing(message: Message, today: date, now: datetime) -> list[OwedStep]:
    """The steps of a message that still stand; the others are suppressed with the reason."""
    source.refresh(today)
    steps = steps_of([message.id])
    return sifted(message, steps[message.id], common_to(steps, today), now)


def sifted(message: Message, steps: Sequence[OwedStep], common: Common, now: datetime) -> list[OwedStep]:
    """Those of a message's steps that stand; the others are suppressed with the reason."""
    judged = _judged(message, steps, common)
    for reason, found in groupby(sorted(judged, key=_reason), key=_reason):
        if reason:
            _suppress([step for step, _ in found], reason[:300], now)
    return [step for step, reason in judged if not reason]


def why_nothing_stands(message: Message, today: date) -> str:
    """Why a message sent again would not leave: the reason of its last step; empty where something of it would."""
    source.refresh(today)
    steps = steps_of([message.id], ("superseded",))
    judged = _judged(message, steps[message.id], common_to(steps, today))
    return judged[-1][1] if judged and all(reason for _, reason in judged) else ""


def _reason(judged: tuple[OwedStep, str]) -> str:
    return judged[1]


def _judged(message: Message, steps: Sequence[OwedStep], common: Common) -> list[tuple[OwedStep, str]]:
    """Each step and why it need not be said any more; what a person asked for by hand goes in spite of a quiet."""
    firm = message.enterprise_id
    if message.recipient not in common.recipients(firm, _mail_goes_by(message.channel)) and not message.manual:
        return [(step, RECIPIENT_GONE) for step in steps]
    resting = quiets.Quiets() if message.manual else common.resting(firm)
    return [(step, _why_not(step, common.present(), resting, common.today)) for step in steps]


def _why_not(
    step: OwedStep, present: Mapping[tuple[int, str], ladder.LadderRow], resting: quiets.Quiets, today: date
) -> str:
    if not _stands(step, present.get((step.equipment_id, step.clock))):
        return MOVED
    quiet = resting.over(step.equipment_id, step.clock, step.step, step.week, today)
    return quiet.reason if quiet else ""


def _mail_goes_by(channel: str) -> str:
    return "folder" if channel == "folder" else "mail"


def _stands(step: OwedStep, row: ladder.LadderRow | None) -> bool:
    """The same enterprise still owes the same clock on the same date."""
    return row is not None and row.enterprise_id == step.enterprise_id and row.due == step.due


def _suppress(steps: Sequence[OwedStep], reason: str, now: datetime) -> None:
    for chunk in _chunks([s.id for s in steps]):
        OwedStep.update(state="suppressed", reason=reason, done_at=now).where(OwedStep.id.in_(chunk)).execute()


def _chunks(ids: Sequence[int], size: int = 500) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
