"""What each enterprise will receive in the coming days, if no fact changes: the ladder and the digest rule played ahead."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from inspect_station.accounts.scope import Actor
from inspect_station.clock import SHANGHAI
from inspect_station.config import Settings
from inspect_station.registry import service as registry
from inspect_station.reminders import digests, ladder, policies, quiets, routes, source, steps
from inspect_station.reminders.alarms import last_tick
from inspect_station.reminders.ladder import LadderRow, Step
from inspect_station.reminders.models import OwedStep
from inspect_station.reminders.quiets import Quiets
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.routes import Route
from inspect_station.workcalendar import service as workcalendar
from schedules.workdays import Calendar

DAYS = 90
WRITTEN_AT = time(8)  # the timetable's tick


@dataclass(frozen=True, slots=True)
class Letter:
    day: date
    items: int
    urgent: bool


@dataclass(frozen=True)
class Outlook:
    """The letters one enterprise will receive; `reachable` is false where nobody can be written to."""

    enterprise_id: int
    enterprise: str
    reachable: bool
    recipients: int
    letters: Sequence[Letter]
    has_own_policy: bool = False


def outlook(actor: Actor, settings: Settings, today: date, enterprise_id: int | None = None) -> list[Outlook]:
    """The coming 90 days of every enterprise the actor may see (or of one)."""
    rules = policies.in_force()
    working = workcalendar.calendar(today)
    played = Played(today, routes.channel_in_use(settings), rules, working, last_tick(), quiets.standing(today))
    rows = source.rows_on(today, rules.horizon + timedelta(days=DAYS))
    names = registry.enterprise_names(actor)
    found = []
    for number, theirs in groupby(rows, key=lambda row: row.enterprise_id):
        if actor.sees(number) and enterprise_id in {None, number}:
            found.append(_outlook(number, names[number], list(theirs), played))
    return sorted((o for o in found if o.letters), key=lambda o: (o.letters[0].day, o.enterprise))


@dataclass(frozen=True)
class Played:
    """What the coming days are played with."""

    today: date
    channel: str
    rules: policies.Policies
    working: Calendar
    last_tick: date | None
    resting: Quiets


def _outlook(number: int, name: str, rows: Sequence[LadderRow], played: Played) -> Outlook:
    theirs = routes.of_enterprise(number, played.channel, played.today)
    reachable = theirs[0].recipient != routes.NO_ADDRESS
    letters = list(_letters(number, rows, theirs[0], played))
    return Outlook(number, name, reachable, len(theirs), letters, number in played.rules.own)


def _letters(number: int, rows: Sequence[LadderRow], route: Route, played: Played) -> Iterator[Letter]:
    policy = played.rules.of(number)
    coming = _after_quiets(_coming(number, rows, route, policy, played.today), played.resting)
    last = digests.last_day(digests.Group(number, route.channel, route.recipient, False))
    ticked = played.last_tick
    waiting: dict[tuple[int, str], Step] = {}
    for ahead in range(DAYS + 1):
        day = played.today + timedelta(days=ahead)
        waiting |= coming.get(day, {})
        if not played.working.is_workday(day):
            continue
        urgent = any(step.urgent for step in waiting.values())
        gathers = urgent or policies.may_gather(policy, day, ticked)
        ticked = day
        if waiting and gathers and digests.may_write(day, last, urgent):
            yield Letter(_leaves(policy, day, played.working), len(waiting), urgent)
            last, waiting = day, {}


def _leaves(policy: policies.Policy, day: date, working: Calendar) -> date:
    """The day a letter written in the morning of `day` may leave."""
    return policy.hours.next_open(datetime.combine(day, WRITTEN_AT, SHANGHAI), working).date()


def _coming(
    number: int, rows: Sequence[LadderRow], route: Route, policy: policies.Policy, today: date
) -> dict[date, dict[tuple[int, str], Step]]:
    """The steps by the day they become owed; those owed already and not recorded stand on today."""
    known = steps.known(number)
    coming: dict[date, dict[tuple[int, str], Step]] = defaultdict(dict)
    coming[today] |= _deferred(number, route)
    for row in rows:
        now = ladder.latest(row, today, policy.ladder)
        if now is not None and known.lacks(steps.Owed(row, now, route, policy.ladder)):
            coming[today][row.equipment_id, row.clock] = now
        for step in ladder.upcoming(row, today, today + timedelta(days=DAYS), policy.ladder):
            coming[step.owed_on][row.equipment_id, row.clock] = step
    return coming


Coming = dict[date, dict[tuple[int, str], Step]]


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


def _loud_on(key: tuple[int, str], step: Step, day: date, resting: Quiets) -> date:
    while quiet := resting.over(*key, step.name, step.week, day):
        day = quiet.until + timedelta(days=1)
    return day


def _deferred(number: int, route: Route) -> dict[tuple[int, str], Step]:
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
