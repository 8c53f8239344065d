"""Why the ladder keeps quiet about a clock, and until when: casework's reasons and what enterprises answered.

The one place that gathers them. The tick, the look before sending and the forecast ask here; the lists of the
inspector and the head never do.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from inspect_station.casework import service as casework
from inspect_station.db import run
from inspect_station.reminders.answers.resting import resting

# How a quiet stands as the reason of a step; what follows is for people.
MARK = "quiet:"


@dataclass(frozen=True, slots=True)
class Quiet:
    """A clock rests up to and including `until`; with `repeats_only` just the weekly repeats do."""

    until: date
    words: str
    repeats_only: bool = False

    @property
    def reason(self) -> str:
        day = self.until.isoformat()
        return MARK + (self.words if day in self.words else f"{self.words}（至 {day}）")


@dataclass(frozen=True)
class Quiets:
    """The quiets of one look, by device and clock; an empty clock stands for all of the device."""

    held: Mapping[tuple[int, str], Sequence[Quiet]] = field(default_factory=dict)

    def over(self, equipment_id: int, clock: str, step: str, week: int, on: date) -> Quiet | None:
        """The quiet that holds a step back on a day: of several, the one that ends last."""
        own = [*self.held.get((equipment_id, clock), ()), *self.held.get((equipment_id, ""), ())]
        repeats = is_repeat(step, week)
        holding = [quiet for quiet in own if quiet.until >= on and (repeats or not quiet.repeats_only)]
        return max(holding, key=lambda quiet: quiet.until, default=None)


def is_repeat(step: str, week: int) -> bool:
    """Whether a step only says again what was said: a later week of overdue, any further notice of forbidden use."""
    return step == "forbidden" or (step == "overdue" and week > 1)


def standing(today: date, enterprise_ids: Collection[int] | None = None) -> Quiets:
    """What rests on `today`, of all enterprises or of these."""
    held: dict[tuple[int, str], list[Quiet]] = defaultdict(list)
    if enterprise_ids is not None and not any(_may_rest(number, today) for number in enterprise_ids):
        return Quiets(held)  # so it is with nearly every letter, and one look is enough
    for key, found in casework.quieted(today, enterprise_ids).items():
        held[key].append(Quiet(found.until, found.words))
    for rest in resting(today, enterprise_ids):
        held[rest.equipment_id, rest.clock].append(Quiet(rest.until, rest.words, rest.kind == "noted"))
    return Quiets(held)


_MAY_REST = (
    "SELECT EXISTS(SELECT 1 FROM application a JOIN application_item i ON i.application_id = a.id "
    "WHERE a.enterprise_id = :id AND i.open) "
    "OR EXISTS(SELECT 1 FROM report WHERE enterprise_id = :id AND stage <> 'issued') "
    "OR EXISTS(SELECT 1 FROM reason WHERE enterprise_id = :id AND ended_at IS NULL AND quiet_until >= :today) "
    "OR EXISTS(SELECT 1 FROM answer a JOIN answer_item i ON i.answer_id = a.id "
    "WHERE a.enterprise_id = :id AND i.quiet_until >= :today)"
)


def _may_rest(enterprise_id: int, today: date) -> bool:
    """Whether any clock of this enterprise might rest: no more than a look, so it may say yes too often."""
    return bool(run(_MAY_REST, {"id": enterprise_id, "today": today.isoformat()})[0][0])
