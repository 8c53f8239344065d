"""What each enterprise will receive in the coming days, if no fact changes: the ladder and the digest rule played ahead."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

from inspect_station.accounts.scope import Actor
from inspect_station.clock import SHANGHAI
from inspect_station.config import Settings
from inspect_station.registry import service as registry
from inspect_station.reminders import ladder, pace, policies, quiets, routes, source
from inspect_station.reminders.alarms import last_tick
from inspect_station.reminders.ladder import LadderRow, Step
from inspect_station.reminders.models import OwedStep
from inspect_station.reminders.owed import Owed, known
from inspect_station.reminders.pace import Pace
from inspect_station.reminders.quiets import Quiets
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.routes import Route
from schedules.rhythm import Waiting

DAYS = 90
WRITTEN_AT = time(8)  # the timetable's tick

Clock = tuple[int, str]  # a device and what of it is due
Steps = Mapping[Clock, Step]
Coming = dict[date, dict[Clock, Step]]


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to come. `urgent`: it does not wait for the gathered one; `early`: of its items so many before their day."""

    day: date
    urgent: bool
    steps: Steps
    early: int = 0

    @property
    def items(self) -> int:
        return len(self.steps)


@dataclass(frozen=True)
class Outlook:
    """The letters one enterprise will receive; `reachable` is false where nobody can be written to."""

    enterprise_id: int
    enterprise: str
    reachable: bool
    recipients: int
    letters: Sequence[Letter]
    has_own_policy: bool = False


def outlook(
    actor: Actor, settings: Settings, today: date, enterprise_id: int | None = None, days: int = DAYS
) -> list[Outlook]:
    """The coming 90 days of every enterprise the actor may see (or of one)."""
    rules = policies.in_force()
    paced = Pace(today, rules, last_tick(), None if enterprise_id is None else [enterprise_id])
    played = Played(paced, days, routes.channel_in_use(settings), rules, quiets.standing(today))
    rows = source.rows_on(today, rules.horizon + timedelta(days=days) + rules.reach(today, paced.calendar))
    names = registry.enterprise_names(actor)
    found = []
    for number, theirs in groupby(rows, key=lambda row: row.enterprise_id):
        if actor.sees(number) and enterprise_id in {None, number}:
            found.append(_outlook(number, names[number], list(theirs), played))
    return sorted((o for o in found if o.letters), key=lambda o: (o.letters[0].day, o.enterprise))


@dataclass(frozen=True)
class Played:
    """What the coming days are played with."""

    pace: Pace
    days: int
    channel: str
    rules: policies.Policies
    resting: Quiets

    @property
    def today(self) -> date:
        return self.pace.today

    @property
    def last(self) -> date:
        return self.today + timedelta(days=self.days)


def _outlook(number: int, name: str, rows: Sequence[LadderRow], played: Played) -> Outlook:
    theirs = routes.of_enterprise(number, played.channel, played.today)
    reachable = theirs[0].recipient != routes.NO_ADDRESS
    letters = list(_letters(number, rows, theirs[0], played))
    return Outlook(number, name, reachable, len(theirs), letters, number in played.rules.own)


def _letters(number: int, rows: Sequence[LadderRow], route: Route, played: Played) -> Iterator[Letter]:
    policy = played.rules.of(number)
    coming = _after_quiets(_coming(number, rows, route, policy, played), played.resting)
    told = list(played.pace.told(number, route.channel, route.recipient))
    working, ticked = played.pace.calendar, played.pace.last_run
    waiting: dict[Clock, Step] = {}
    for ahead in range(played.days + 1):
        day = played.today + timedelta(days=ahead)
        for key, step in coming.pop(day, {}).items():
            waiting[key] = _overtaking(waiting.get(key), step)
        if not working.is_workday(day):
            continue
        turn = policy.rhythm.turn(day, told[-policy.rhythm.most_a_week :], ticked, working)
        ticked = day
        if not (turn.regular or turn.at_once):
            continue
        waits = _waiting(waiting)
        if not (turn.regular or turn.writes(waits)):
            continue
        early = _early(coming, day, turn.ahead, played.resting)
        if turn.writes(waits, min((step.owed_on for step in early.values()), default=None)):
            _take_out(early, coming, turn.ahead)
            urgent = not turn.regular
            yield Letter(_leaves(policy, day, played), urgent, waiting | early, len(early))
            told.append(day)
            waiting = {}


def _overtaking(before: Step | None, step: Step) -> Step:
    """What overtakes a notice before it went out is as urgent as that was."""
    if before is None or step.urgent or not (before.urgent or before.rank == ladder.RANK_PASSED):
        return step
    return replace(step, urgent=True)


def _waiting(steps: Steps) -> Waiting | None:
    waits: Waiting | None = None
    for step in steps.values():
        one = pace.waiting_of(step, step.urgent)
        waits = waits.plus(one) if waits else one
    return waits


def _early(coming: Coming, day: date, until: date, resting: Quiets) -> dict[Clock, Step]:
    """What falls before the next letter and may be said before its day."""
    return {
        key: step
        for later in sorted(one for one in coming if one < until)
        for key, step in coming[later].items()
        if step.counts_down_to is not None and resting.over(*key, step.name, step.week, day) is None
    }


def _take_out(early: Steps, coming: Coming, until: date) -> None:
    """What was said early, and the steps it overtook, do not come again."""
    for later in [one for one in coming if one < until]:
        coming[later] = {k: s for k, s in coming[later].items() if k not in early or s.rank > early[k].rank}


def _leaves(policy: policies.Policy, day: date, played: Played) -> date:
    """The day a letter written in the morning of `day` may leave."""
    return policy.hours.next_open(datetime.combine(day, WRITTEN_AT, SHANGHAI), played.pace.calendar).date()


def _coming(number: int, rows: Sequence[LadderRow], route: Route, policy: policies.Policy, played: Played) -> Coming:
    """The steps by the day they become owed, as far as they are not recorded; those owed already stand on today."""
    recorded, today = known(number), played.today
    coming: Coming = defaultdict(dict)
    coming[today] |= _deferred(number, route)
    until = played.last + played.rules.reach(played.last, played.pace.calendar)
    for row in rows:
        now = ladder.latest(row, today, policy.ladder)
        if now is not None and recorded.lacks(one := Owed(row, now, route, policy.ladder)):
            coming[today][row.equipment_id, row.clock] = replace(now, urgent=recorded.is_urgent(one))
        for step in ladder.upcoming(row, today, until, policy.ladder):
            if recorded.lacks(Owed(row, step, route, policy.ladder)):
                coming[step.owed_on][row.equipment_id, row.clock] = step
    return coming


def _after_quiets(coming: Coming, resting: Quiets) -> Coming:
    """The same with what a quiet holds back put off to the day after it; a later step overtakes an earlier one."""
    found: Coming = defaultdict(dict)
    for day in sorted(coming):
        for key, step in coming[day].items():
            loud_on = _loud_on(key, step, day, resting)
            held = found[loud_on].get(key)
            if held is None or held.rank < step.rank:
                found[loud_on][key] = step
    return found


def _loud_on(key: Clock, step: Step, day: date, resting: Quiets) -> date:
    while quiet := resting.over(*key, step.name, step.week, day):
        day = quiet.until + timedelta(days=1)
    return day


def _deferred(number: int, route: Route) -> dict[Clock, Step]:
    """Steps recorded already that wait for the next letter."""
    o = OwedStep
    query = o.select(o.equipment, o.clock, o.step, o.week, o.rank, o.owed_on, o.urgent).where(
        o.enterprise == number,
        o.channel == route.channel,
        o.recipient == route.recipient,
        o.state == "queued",
        o.message.is_null(),
    )
    return {(int(equipment), str(clock)): Step(*rest) for equipment, clock, *rest in tuples(query)}
