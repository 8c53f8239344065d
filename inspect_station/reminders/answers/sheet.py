"""What the page behind a link shows: the devices of the letter as it was sent, and what became of them since."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from inspect_station.accounts.scope import Actor
from inspect_station.casework import service as casework
from inspect_station.reminders import letter, source
from inspect_station.reminders.answers import resting
from inspect_station.reminders.ladder import LadderRow
from inspect_station.reminders.models import Message, OwedStep
from inspect_station.reminders.quiets import Quiets, standing

Key = tuple[int, str]


@dataclass(frozen=True)
class Line:
    """One clock of one device. `settled`: the date has moved or nothing is owed any more; `quiet`: why we do not press now.

    `taken`: in hand with us, so there is nothing to apply for. `claimed`: the firm says it is not to be inspected; it
    may still change its mind and apply.
    """

    equipment_id: int
    clock: str
    item: letter.Item
    settled: bool
    done_by: str
    quiet: str = ""
    taken: bool = False
    claimed: bool = False

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
    def waiting(self) -> Sequence[Line]:
        """What “all of them” means in an application."""
        return [line for line in self.to_apply if not line.taken and not line.claimed]

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
    hold = _hold(message.enterprise_id, steps, today)
    lines = [
        _line(step, letter.item_of(step.facts, step.clock, devices[step.equipment_id], today), present, hold)
        for step in steps
        if source.owner_of(devices[step.equipment_id]) == message.enterprise_id
    ]
    ordered = sorted(lines, key=lambda line: line.item.sort)
    return Sheet(message, source.enterprise_name(message.enterprise_id), ordered)


@dataclass(frozen=True)
class _Hold:
    """What keeps the lines of one enterprise, on one day."""

    today: date
    quiets: Quiets
    applied: Collection[Key]
    inspected: Collection[Key]
    claimed: Collection[int]

    def why(self, step: OwedStep) -> str:
        quiet = self.quiets.over(step.equipment_id, step.clock, step.step, step.week, self.today)
        if quiet:
            return quiet.words
        return "已报检，正在办理" if (step.equipment_id, step.clock) in self.applied else ""


def _hold(enterprise_id: int, steps: Sequence[OwedStep], today: date) -> _Hold:
    keys, firm = [(s.equipment_id, s.clock) for s in steps], [enterprise_id]
    return _Hold(
        today=today,
        quiets=standing(today, firm),
        # An application outlives its quiet: past the agreed day the ladder speaks again, but nobody need apply twice.
        applied=casework.cases.ordered(Actor.system(), keys).keys(),
        inspected=[k for k, quiet in casework.quieted(today, firm).items() if quiet.reason == "report_pending"],
        claimed={rest.equipment_id for rest in resting.resting(today, firm) if rest.kind in resting.CLAIMS},
    )


def _line(step: OwedStep, item: letter.Item, present: Mapping[Key, LadderRow], hold: _Hold) -> Line:
    key = (step.equipment_id, step.clock)
    row = present.get(key)
    return Line(
        equipment_id=step.equipment_id,
        clock=step.clock,
        item=item,
        settled=row is None or row.due != step.due,
        done_by=step.facts.get("done_by", "institution") if row is None else row.done_by,
        quiet=hold.why(step),
        taken=key in hold.applied or key in hold.inspected,
        claimed=step.equipment_id in hold.claimed,
    )
