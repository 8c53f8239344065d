"""Reminders of what the clinic prescribed: the same ladder and outbox, down to the prescription's deadline.

Every letter to a firm names what it still has to do by our prescriptions. These steps see to it that there is a letter also
where no device owes anything; once in a letter, their fate is the letter's.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from inspect_station.clinic import service as clinic
from inspect_station.clinic.service import OwedPrescription
from inspect_station.db import db
from inspect_station.reminders import ladder, routes
from inspect_station.reminders.ladder import LadderRow, Step
from inspect_station.reminders.models import Message, PrescriptionStep
from inspect_station.reminders.policies import Policies
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.routes import Route

_Key = tuple[int, str, str, str]  # finding, deadline, channel, recipient


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
        row = LadderRow(0, "annual", one.enterprise_id, "due", one.deadline, one.deadline)
        step = ladder.latest(row, today, policies.of(one.enterprise_id).ladder)
        if step is not None:
            yield from (_Owed(one, step, route) for route in told)


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
