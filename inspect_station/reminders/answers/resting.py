"""How long each answer lets the ladder rest. Every rest has an end, and answering again does not move it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from inspect_station.config import Settings
from inspect_station.reminders.answers.models import Answer, AnswerItem
from inspect_station.reminders.reading import tuples
from inspect_station.workcalendar import service as workcalendar

# A claim that the device is not to be inspected: the ladder rests until somebody has looked, at most so long.
CLAIMS = ("stopped", "not_ours")
CORRECTING_DAYS = 10  # working days to mend the register, once the station has agreed
_WORDS = {
    "noted": "企业已知悉",
    "stopped": "企业称已停用或拆除，待核实",
    "not_ours": "企业称不是本单位设备，待核实",
}


@dataclass(frozen=True, slots=True)
class Rest:
    """A stretch in which an answer keeps the ladder quiet; an empty clock means all of the device."""

    equipment_id: int
    clock: str
    kind: str
    until: date

    @property
    def words(self) -> str:
        return _WORDS[self.kind]


_REMEMBERED = timedelta(days=90)


def until(
    kind: str, message_id: int, equipment_ids: Collection[int], settings: Settings, today: date
) -> dict[int, date]:
    """The last quiet day of each device if this answer is given today; those that rest no more are left out."""
    since = today - _REMEMBERED
    if kind == "noted":
        end = workcalendar.calendar(today).add(today, settings.noted_quiet_days)
        earlier = _earlier(("noted",), equipment_ids, since, message_id)
    elif kind in CLAIMS:
        end = workcalendar.calendar(today).add(today, settings.answer_quiet_days)
        earlier = _earlier(CLAIMS, equipment_ids, since)
    else:
        return {}
    ends = {number: min(end, earlier.get(number, end)) for number in equipment_ids}
    return {number: day for number, day in ends.items() if day >= today}


def _earlier(
    kinds: tuple[str, ...], equipment_ids: Collection[int], since: date, message_id: int | None = None
) -> dict[int, date]:
    """When the first rest of these kinds ends or ended, of claims the station has not agreed to.

    A rejected claim has ended its rest; saying it again starts none, or a firm could talk the ladder silent for ever.
    """
    query = (
        AnswerItem.select(AnswerItem.equipment, AnswerItem.quiet_until)
        .join(Answer)
        .where(Answer.kind.in_(kinds), Answer.state.not_in(("done", "correcting")), AnswerItem.quiet_until >= since)
        .where(AnswerItem.equipment.in_(list(equipment_ids)))
    )
    if message_id is not None:
        query = query.where(Answer.message == message_id)
    found: dict[int, date] = {}
    for number, day in tuples(query):
        found[number] = min(day, found.get(number, day))
    return found


_RESTING = ("open", "seen", "correcting")


def resting(today: date, enterprise_ids: Collection[int] | None = None) -> Iterator[Rest]:
    """Every rest that still holds on `today`."""
    query = (
        AnswerItem.select(AnswerItem.equipment, AnswerItem.clock, Answer.kind, AnswerItem.quiet_until)
        .join(Answer)
        .where(AnswerItem.quiet_until >= today, Answer.state.in_(_RESTING))
    )
    if enterprise_ids is not None:
        query = query.where(Answer.enterprise.in_(list(enterprise_ids)))
    for row in tuples(query):
        yield Rest(*row)
