"""What each recipient was written lately and what waits for it: whether a letter may go today, and what it looks ahead to."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import Case, fn

from inspect_station.reminders import ladder
from inspect_station.reminders.models import Message, OwedStep, PrescriptionStep
from inspect_station.reminders.policies import Policies
from inspect_station.reminders.reading import tuples
from inspect_station.workcalendar import service as workcalendar
from schedules.rhythm import WEEK, Rhythm, Turn, Waiting
from schedules.workdays import Calendar

# Letters that reached nobody do not count against the next one.
_COUNTED = ("queued", "claimed", "failed", "uncertain", "sent", "refused")
# From a week before its deadline on a prescription of the clinic is told like a date that has passed.
NEAR_THE_DEADLINE = ladder.RANK_OF_DUE_DAY - WEEK
Recipient = tuple[int, str, str]  # enterprise, channel, address


@dataclass(frozen=True, slots=True)
class Group:
    """What waits for one recipient of one enterprise."""

    enterprise_id: int
    channel: str
    recipient: str
    waiting: Waiting

    @property
    def key(self) -> Recipient:
        return (self.enterprise_id, self.channel, self.recipient)


class Pace:
    """One day's look at all recipients, or at those of some enterprises."""

    def __init__(
        self,
        today: date,
        policies: Policies,
        last_run: date | None,
        enterprise_ids: Collection[int] | None = None,
        calendar: Calendar | None = None,
    ) -> None:
        self.today = today
        self.last_run = last_run
        self.calendar = calendar or workcalendar.calendar(today)
        self._policies = policies
        self._told = _told(today, policies, enterprise_ids)
        self._turns: dict[tuple[Rhythm, tuple[date, ...]], Turn] = {}

    def told(self, enterprise_id: int, channel: str, recipient: str) -> tuple[date, ...]:
        """The days of the letters of the timetable, as far back as they matter."""
        return tuple(self._told.get((enterprise_id, channel, recipient), ()))

    def turn(self, enterprise_id: int, channel: str, recipient: str) -> Turn:
        rhythm = self._policies.of(enterprise_id).rhythm
        key = (rhythm, self.told(enterprise_id, channel, recipient))
        if key not in self._turns:  # most enterprises share a few
            self._turns[key] = rhythm.turn(self.today, key[1], self.last_run, self.calendar)
        return self._turns[key]

    def allows(self, group: Group) -> bool:
        return self.turn(*group.key).writes(group.waiting)


def _told(today: date, policies: Policies, enterprise_ids: Collection[int] | None) -> dict[Recipient, list[date]]:
    """What a person sends by hand says what he chose, and stands in for no gathered letter."""
    m, back = Message, timedelta(days=policies.longest_pause + WEEK)
    query = m.select(m.enterprise, m.channel, m.recipient, m.day).where(
        # A letter from the far future was dated by a clock since set right: it must not silence anybody.
        m.day > today - back, m.day <= today + timedelta(days=WEEK), ~m.manual, m.state.in_(_COUNTED),
    )  # fmt: skip
    if enterprise_ids is not None:
        query = query.where(m.enterprise.in_(list(enterprise_ids)))
    found: dict[Recipient, list[date]] = defaultdict(list)
    for enterprise_id, channel, recipient, day in tuples(query.order_by(m.day)):
        found[int(enterprise_id), str(channel), str(recipient)].append(day)
    return found


def groups(enterprise_id: int | None = None) -> Iterator[Group]:
    """What is written down and in no letter yet, by recipient."""
    o = OwedStep
    counts_down = o.rank.between(1, ladder.RANK_OF_DUE_DAY)
    query = (
        o.select(
            o.enterprise,
            o.channel,
            o.recipient,
            fn.MAX(Case(None, ((o.urgent, 1),), 0)),
            fn.MAX(Case(None, ((o.rank == ladder.RANK_PASSED, 1),), 0)),
            fn.MIN(Case(None, ((counts_down, o.due),))),
            fn.MAX(Case(None, ((o.urgent & (o.rank >= ladder.RANK_OF_DUE_DAY), 1),), 0)),
        )
        .where(o.state == "queued", o.message.is_null())
        .group_by(o.enterprise, o.channel, o.recipient)
    )
    if enterprise_id is not None:
        query = query.where(o.enterprise == enterprise_id)
    found: dict[Recipient, Waiting] = {}
    for number, channel, recipient, pressing, passed, due, unheard in tuples(query):
        found[number, channel, recipient] = Waiting(bool(pressing), bool(passed), _day(due), bool(unheard))
    for key, waiting in _prescribed(enterprise_id):
        found[key] = found[key].plus(waiting) if key in found else waiting
    for key in sorted(found):
        yield Group(*key, found[key])


def _prescribed(enterprise_id: int | None) -> Iterator[tuple[Recipient, Waiting]]:
    """The clinic's prescriptions that wait for a letter: near the deadline they are told like a date that has passed."""
    p = PrescriptionStep
    query = p.select(p.enterprise, p.channel, p.recipient, fn.MAX(p.rank)).where(p.state == "queued")
    if enterprise_id is not None:
        query = query.where(p.enterprise == enterprise_id)
    for number, channel, recipient, rank in tuples(query.group_by(p.enterprise, p.channel, p.recipient)):
        yield (number, channel, recipient), Waiting(passed=rank >= NEAR_THE_DEADLINE)


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def waiting_of(step: ladder.Step, urgent: bool) -> Waiting:
    """What one step asks for, the way `groups` reads it."""
    here = urgent and step.rank >= ladder.RANK_OF_DUE_DAY
    return Waiting(urgent, step.rank == ladder.RANK_PASSED, step.counts_down_to, here)
