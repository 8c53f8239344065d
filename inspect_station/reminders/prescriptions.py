"""Reminders of what the clinic prescribed: the same ladder and outbox, down to the prescription's deadline.

Every letter to a firm names what it still has to do by our prescriptions. These steps see to it that there is a letter also
where no device owes anything; once in a letter, their fate is the letter's.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from inspect_station.clinic import service as clinic
from inspect_station.clinic.service import OwedPrescription
from inspect_station.db import db
from inspect_station.reminders import ladder, routes
from inspect_station.reminders.ladder import LadderRow, Step
from inspect_station.reminders.models import Message, PrescriptionStep
from inspect_station.reminders.pace import NEAR_THE_DEADLINE
from inspect_station.reminders.policies import Policies
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.routes import Route
from schedules import ladder as law
from schedules.rhythm import Waiting

_Key = tuple[int, str, str, str]  # finding, deadline, channel, recipient
Coming = dict[date, dict[int, Step]]


@dataclass(frozen=True, slots=True)
class _Owed:
    prescription: OwedPrescription
    step: Step
    route: Route

    @property
    def key(self) -> _Key:
        return (self.prescription.finding_id, self.prescription.deadline.isoformat(), *self._to)

    @property
    def _to(self) -> tuple[str, str]:
        return (self.route.channel, self.route.recipient)


def write(policies: Policies, channel: str, today: date, now: datetime) -> int:
    """Record the steps owed by today that are not recorded yet; what was answered meanwhile no longer waits."""
    standing = clinic.owed(today)
    _drop({p.finding_id for found in standing.values() for p in found})
    if not standing:
        return 0
    reachable = routes.of_enterprises(channel, today, standing)
    with db.atomic():
        highest = _highest(list(standing))
        owed = [
            one
            for firm, found in standing.items()
            for one in _owed(found, reachable.get(firm) or [routes.BY_PERSON], policies, today)
            if one.step.rank > highest.get(one.key, -1)
        ]
        for one in owed:  # a handful, and another worker may be at it
            _overtake(one)
            PrescriptionStep.insert(**_values(one, now)).on_conflict_ignore().execute()
    return len(owed)


def _owed(
    found: Sequence[OwedPrescription], told: Sequence[Route], policies: Policies, today: date
) -> Iterator[_Owed]:
    for one in found:
        step = ladder.latest(_row(one), today, policies.of(one.enterprise_id).ladder)
        if step is not None:
            yield from (_Owed(one, step, route) for route in told)


def _row(one: OwedPrescription) -> LadderRow:
    return LadderRow(0, "annual", one.enterprise_id, "due", one.deadline, one.deadline)


def _highest(enterprise_ids: Sequence[int]) -> dict[_Key, int]:
    p = PrescriptionStep
    query = p.select(p.finding, p.due, p.channel, p.recipient, p.rank).where(p.enterprise.in_(enterprise_ids))
    return {tuple(row[:4]): row[4] for row in tuples(query.order_by(p.rank))}  # the last one of a key is the highest


def _values(one: _Owed, now: datetime) -> dict[str, object]:
    return {
        "finding": one.prescription.finding_id,
        "enterprise": one.prescription.enterprise_id,
        "due": one.prescription.deadline.isoformat(),
        "step": one.step.name,
        "week": one.step.week,
        "rank": one.step.rank,
        "channel": one.route.channel,
        "recipient": one.route.recipient,
        "owed_on": one.step.owed_on,
        "created_at": now,
    }


def _overtake(one: _Owed) -> None:
    p = PrescriptionStep
    finding, due, channel, recipient = one.key
    same = (p.finding == finding) & (p.due == due) & (p.channel == channel) & (p.recipient == recipient)
    p.update(state="superseded").where(same, p.rank < one.step.rank, p.state == "queued").execute()


def _drop(standing: set[int]) -> None:
    """What waits for a letter although the firm has answered, or the deadline was moved far ahead."""
    p = PrescriptionStep
    waiting = {int(finding) for (finding,) in tuples(p.select(p.finding).where(p.state == "queued").distinct())}
    if gone := waiting - standing:
        p.update(state="suppressed").where(p.finding.in_(gone), p.state == "queued").execute()


class Foreseen:
    """The steps of the days up to `last`, if nobody answers; in a handful of statements, however many firms there are."""

    def __init__(self, last: date, enterprise_ids: Collection[int] | None = None) -> None:
        self._standing = clinic.owed(last, enterprise_ids)
        self._highest: dict[_Key, int] = {}
        self._waiting: dict[_Key, Step] = {}
        for key, step, waits in _recorded(list(self._standing)) if self._standing else ():
            self._highest[key] = step.rank
            if waits:
                self._waiting[key] = step

    @property
    def enterprises(self) -> Collection[int]:
        return self._standing.keys()

    def steps(self, enterprise_id: int, route: Route, rules: law.Ladder, today: date, until: date) -> Coming:
        """By the day from which each is owed, and by prescription; what waits for a letter already stands on today."""
        coming: Coming = defaultdict(dict)
        for one in self._standing.get(enterprise_id, ()):
            key = (one.finding_id, one.deadline.isoformat(), route.channel, route.recipient)
            if key in self._waiting:
                coming[today][one.finding_id] = self._waiting[key]
            first = max(today, one.deadline - clinic.AHEAD)
            row = _row(one)
            for step in (ladder.latest(row, first, rules), *ladder.upcoming(row, first, until, rules)):
                if step is not None and step.rank > self._highest.get(key, -1):
                    coming[max(first, step.owed_on)][one.finding_id] = step
        return coming

    def named(self, enterprise_id: int, day: date) -> int:
        """How many prescriptions a letter of that day names."""
        return sum(one.deadline <= day + clinic.AHEAD for one in self._standing.get(enterprise_id, ()))


def _recorded(enterprise_ids: Sequence[int]) -> Iterator[tuple[_Key, Step, bool]]:
    """Each step, and whether it waits for a letter; of one key the lower ranks come first."""
    p = PrescriptionStep
    columns = (p.finding, p.due, p.channel, p.recipient, p.step, p.week, p.rank, p.owed_on, p.state)
    query = p.select(*columns).where(p.enterprise.in_(enterprise_ids)).order_by(p.rank)
    for finding, due, channel, recipient, name, week, rank, owed_on, state in tuples(query):
        yield (finding, due, channel, recipient), Step(name, week, rank, owed_on, False), state == "queued"


def waiting_of(step: Step) -> Waiting:
    """Near the deadline a prescription is told like a date that has passed."""
    return Waiting(passed=step.rank >= NEAR_THE_DEADLINE)


def attach(enterprise_id: int, channel: str, recipient: str, message_id: int) -> None:
    """What waits for this recipient goes with a letter."""
    p = PrescriptionStep
    to = (p.enterprise == enterprise_id) & (p.channel == channel) & (p.recipient == recipient)
    p.update(state="told", message=message_id).where(to, p.state == "queued").execute()


def of(message: Message, today: date) -> Sequence[OwedPrescription]:
    """What the firm of a message still has to do by our prescriptions: every letter names it."""
    return clinic.owed(today, [message.enterprise_id]).get(message.enterprise_id, ())


def stands(message: Message, today: date) -> bool:
    """Whether a message was written for a prescription that is still to be done."""
    p = PrescriptionStep
    meant = {int(finding) for (finding,) in tuples(p.select(p.finding).where(p.message == message.id))}
    return bool(meant) and any(one.finding_id in meant for one in of(message, today))
