"""How the station reminds: its ladder, its sending hours; and what was agreed otherwise with single enterprises."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from peewee import fn

from inspect_station.accounts import audit, station
from inspect_station.accounts.scope import Actor
from inspect_station.db import db, run
from inspect_station.errors import InvalidInput, NotFound
from inspect_station.registry.models import Enterprise
from inspect_station.reminders.models import Message, ReminderPolicy
from inspect_station.reminders.reading import tuples
from schedules import hours as law_hours
from schedules import ladder as law
from schedules.hours import Hours
from schedules.rhythm import Rhythm
from schedules.terms import Clock
from schedules.workdays import Calendar

STATION_LADDER = "reminder_policy"
APPLY_DAYS = 30  # about the lawful time to apply: somebody must be told by then


@dataclass(frozen=True, slots=True)
class Policy:
    """A ladder, the weekday of the gathered letter (0 = Monday; None: any), and when letters may leave."""

    ladder: law.Ladder = field(default_factory=law.Ladder)
    hours: Hours = field(default_factory=Hours)
    weekday: int | None = None

    @property
    def rhythm(self) -> Rhythm:
        """How often one recipient is written to."""
        return Rhythm(self.ladder.letters_every_days, self.ladder.letters_most_a_week, self.weekday)

    @property
    def furthest(self) -> int:
        """Days before the date at which the first step of any clock is owed."""
        return max(days for clock in Clock for days in self.ladder.steps_of(clock))


@dataclass(frozen=True)
class Policies:
    """The station's policy and those of the enterprises that have one of their own."""

    station: Policy
    own: Mapping[int, Policy] = field(default_factory=dict)

    def of(self, enterprise_id: int) -> Policy:
        return self.own.get(enterprise_id, self.station)

    @property
    def horizon(self) -> timedelta:
        """How far ahead a date may lie and yet owe a step."""
        return timedelta(days=max(p.furthest for p in self._all))

    @property
    def longest_pause(self) -> int:
        """The most days between two gathered letters."""
        return max(p.ladder.letters_every_days for p in self._all)

    def reach(self, today: date, calendar: Calendar) -> timedelta:
        """How far ahead a letter of today looks at most, for what falls before the next one."""
        return max(rhythm.reach(today, calendar) for rhythm in {p.rhythm for p in self._all})

    @property
    def _all(self) -> tuple[Policy, ...]:
        return (self.station, *self.own.values())


@cache
def shipped() -> Policy:
    """The default: the ladder file of `schedules`."""
    return policy_of(tomllib.loads(law.DATA.read_text(encoding="utf-8")))


def policy_of(table: Mapping[str, Any]) -> Policy:
    """Raises `LadderError` or `HoursError` where the table makes no sense."""
    return Policy(law.from_toml(table), law_hours.from_table(table.get("sending", {})), table.get("weekday"))


def table_of(policy: Policy) -> dict[str, Any]:
    sending = law_hours.to_table(policy.hours)
    return law.to_table(policy.ladder) | {"sending": sending, "weekday": policy.weekday}


def in_force() -> Policies:
    """What holds now: two small look-ups."""
    held = station.get(STATION_LADDER)
    rows = tuples(ReminderPolicy.select(ReminderPolicy.enterprise, ReminderPolicy.policy))
    return Policies(policy_of(held) if held else shipped(), {int(i): policy_of(table) for i, table in rows})


def of_enterprise(enterprise_id: int) -> Policy:
    """What holds for one enterprise."""
    own = run("SELECT policy FROM reminder_policy WHERE enterprise_id = :id", {"id": enterprise_id})
    return agreed_or_station(own[0][0] if own else None)


def agreed_or_station(own: str | None) -> Policy:
    """What was agreed, as `reminder_policy` holds it, or else what holds for all."""
    held = ReminderPolicy.policy.python_value(own) or station.get(STATION_LADDER)
    return policy_of(held) if held else shipped()


# --- looking and changing -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Agreed:
    """What one enterprise has of its own."""

    enterprise_id: int
    enterprise: str
    policy: Policy
    agreed: str
    changed_at: datetime
    changed_by: str


def station_policy() -> tuple[Policy, bool]:
    """The station's policy, and whether somebody changed it from the shipped one."""
    held = station.get(STATION_LADDER)
    return (policy_of(held), True) if held else (shipped(), False)


def agreements(actor: Actor) -> list[Agreed]:
    """The enterprises with a policy of their own, by name."""
    actor.need_staff()
    query = (
        ReminderPolicy.select(ReminderPolicy, Enterprise.id, Enterprise.name)
        .join(Enterprise)
        .order_by(Enterprise.name)
    )
    return [_agreed(row) for row in query]


def agreement(actor: Actor, enterprise_id: int) -> Agreed | None:
    """What this enterprise has of its own, if anything. Raises `NotFound` for one that does not exist."""
    actor.need_staff()
    if not Enterprise.select().where(Enterprise.id == enterprise_id).exists():
        raise NotFound()
    row = ReminderPolicy.get_or_none(ReminderPolicy.enterprise == enterprise_id)
    return _agreed(row) if row else None


def _agreed(row: ReminderPolicy) -> Agreed:
    return Agreed(
        row.enterprise_id,
        row.enterprise.name,
        policy_of(row.policy),
        row.agreed,
        row.changed_at,
        row.changed_by,
    )


def change(actor: Actor, policy: Policy, now: datetime) -> None:
    """Put the station's policy into force. Raises `InvalidInput` where an enterprise would be told too late."""
    actor.need("ladder")
    check(policy)
    with db.atomic():
        before = table_of(station_policy()[0])
        station.put(STATION_LADDER, table_of(policy), now)
        audit.record(actor, "ladder.change", "ladder", "station", now=now, detail=_moved(before, table_of(policy)))
        _wake(now)


def reset(actor: Actor, now: datetime) -> None:
    """Back to the shipped ladder and hours."""
    actor.need("ladder")
    with db.atomic():
        before = table_of(station_policy()[0])
        station.put(STATION_LADDER, None, now)
        audit.record(actor, "ladder.reset", "ladder", "station", now=now, detail=_moved(before, table_of(shipped())))
        _wake(now)


def agree(actor: Actor, enterprise_id: int, policy: Policy, agreed: str, now: datetime) -> None:
    """Give an enterprise a policy of its own; `agreed` says with whom and how."""
    actor.need("ladder")
    check(policy)
    if len(agreed.strip()) < 2:
        raise InvalidInput(
            "请写明与企业怎样约定的，例如“2026-11-20 与张安全电话约定”。", {"agreed": ["请写明约定的依据"]}
        )
    held = {"policy": table_of(policy), "agreed": agreed.strip()[:200], "changed_at": now, "changed_by": actor.name}
    with db.atomic():
        agreement(actor, enterprise_id)
        ReminderPolicy.insert(enterprise=enterprise_id, **held).on_conflict(
            conflict_target=[ReminderPolicy.enterprise], update=held
        ).execute()
        audit.record(
            actor, "ladder.agree", "enterprise", enterprise_id, now=now, enterprise_id=enterprise_id,
            detail={"policy": held["policy"], "agreed": held["agreed"]},
        )  # fmt: skip
        _wake(now, enterprise_id)


def end_agreement(actor: Actor, enterprise_id: int, now: datetime) -> None:
    """Let the station's policy hold for this enterprise again."""
    actor.need("ladder")
    with db.atomic():
        if agreement(actor, enterprise_id) is None:
            raise NotFound("这家企业没有单独的约定。")
        ReminderPolicy.delete().where(ReminderPolicy.enterprise == enterprise_id).execute()
        audit.record(actor, "ladder.agree_end", "enterprise", enterprise_id, now=now, enterprise_id=enterprise_id)
        _wake(now, enterprise_id)


def check(policy: Policy) -> None:
    """Raises `InvalidInput` where the ladder would leave an enterprise without a word in time."""
    if not any(days >= APPLY_DAYS for days in policy.ladder.steps):
        sentence = f"至少要有一步不少于 {APPLY_DAYS} 天：使用单位须在到期前一个月提出检验要求"
        raise InvalidInput(f"提醒阶梯{sentence}。", {"steps": [sentence]})


def _moved(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


def _wake(now: datetime, enterprise_id: int | None = None) -> None:
    """Letters that wait for hours which no longer hold look again at once."""
    waiting = (Message.state == "queued") & (Message.next_at > now)
    if enterprise_id is not None:
        waiting &= Message.enterprise == enterprise_id
    Message.update(next_at=now).where(waiting).execute()


def waiting_for_hours(now: datetime) -> int:
    """How many letters wait only because of the hours."""
    query = Message.select(fn.COUNT(Message.id)).where(Message.state == "queued", Message.next_at > now)
    return int(query.scalar() or 0)
