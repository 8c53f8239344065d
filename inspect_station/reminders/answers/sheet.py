"""What the page behind a link shows: the devices of the letter as it was sent, and what became of them since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.reminders import letter, source
from inspect_station.reminders.ladder import LadderRow
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.reminders.quiets import Quiets, standing


@dataclass(frozen=True)
class Line:
    """One clock of one device. `settled`: the date has moved or nothing is owed any more; `quiet`: why there is nothing to do now."""

    equipment_id: int
    clock: str
    item: letter.Item
    settled: bool
    done_by: str
    quiet: str = ""

    @property
    def key(self) -> str:
        return f"{self.equipment_id}:{self.clock}"


@dataclass(frozen=True)
class Sheet:
    """One message as its recipient meets it."""

    message: Message
    enterprise: str
    lines: Sequence[Line]

    @property
    def open_lines(self) -> Sequence[Line]:
        return [line for line in self.lines if not line.settled]

    @property
    def to_apply(self) -> Sequence[Line]:
        """What an application may name: forbidden devices, too, for an inspection may allow them again."""
        return [line for line in self.open_lines if line.done_by == "institution"]

    @property
    def devices(self) -> Mapping[int, Line]:
        """The first line of each device that still owes something."""
        found: dict[int, Line] = {}
        for line in self.open_lines:
            found.setdefault(line.equipment_id, line)
        return found


def sheet_of(message: Message, today: date) -> Sheet:
    """What the letter said and still stands, in its order; devices another enterprise has now are left out."""
    steps = list(
        OwedStep.select().where(OwedStep.message == message.id, OwedStep.state.not_in(("superseded", "suppressed")))
    )
    present = source.present((s.equipment_id for s in steps), today)
    devices = source.devices(sorted({s.equipment_id for s in steps}))
    resting = standing(today, [message.enterprise_id])
    # An application outlives its quiet: past the agreed day the ladder speaks again, but nobody need apply twice.
    applied = casework.cases.ordered(Actor.system(), [(s.equipment_id, s.clock) for s in steps])
    lines = [
        _line(
            step,
            letter.item_of(step.facts, step.clock, devices[step.equipment_id], today),
            present,
            _why_nothing(step, resting, applied, today),
        )
        for step in steps
        if source.owner_of(devices[step.equipment_id]) == message.enterprise_id
    ]
    ordered = sorted(lines, key=lambda line: line.item.sort)
    return Sheet(message, source.enterprise_name(message.enterprise_id), ordered)


def _line(
    step: OwedStep,
    item: letter.Item,
    present: Mapping[tuple[int, str], LadderRow],
    quiet: str,
) -> Line:
    row = present.get((step.equipment_id, step.clock))
    settled = row is None or row.due != step.due
    done_by = step.facts.get("done_by", "institution") if row is None else row.done_by
    return Line(step.equipment_id, step.clock, item, settled, done_by, quiet)


def _why_nothing(step: OwedStep, resting: Quiets, applied: Mapping[tuple[int, str], int], today: date) -> str:
    quiet = resting.over(step.equipment_id, step.clock, step.step, step.week, today)
    if quiet:
        return quiet.words
    return "已报检，正在办理" if (step.equipment_id, step.clock) in applied else ""
