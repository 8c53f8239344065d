"""What each enterprise will receive in the coming days, if no fact changes: the ladder and the digest rule played ahead."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import reduce
from itertools import groupby

from inspect_station.accounts.scope import Actor
from inspect_station.clock import SHANGHAI
from inspect_station.config import Settings
from inspect_station.registry import service as registry
from inspect_station.reminders import ladder, pace, policies, prescriptions, quiets, routes, source
from inspect_station.reminders.alarms import last_tick
from inspect_station.reminders.ladder import LadderRow, Step
from inspect_station.reminders.models import OwedStep
from inspect_station.reminders.owed import Known, Owed, known_of, nothing_known
from inspect_station.reminders.pace import Pace, Recipient
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
    """One letter to come. `urgent`: it does not wait for the gathered one; `early`: of its items so many before their day;
    `prescriptions` of the clinic it names beside its items."""

    day: date
    urgent: bool
    steps: Steps
    early: int = 0
    prescriptions: int = 0

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
    actor: Actor,
    settings: Settings,
    today: date,
    enterprise_id: int | None = None,
    days: int = DAYS,
    names: Mapping[int, str] | None = None,
) -> list[Outlook]:
    """The coming 90 days of every enterprise the actor may see (or of one).

    `names` of those enterprises, where the caller has them. The statements are as many for one enterprise as for hundreds.
    """
    rules = policies.in_force()
    only = None if enterprise_id is None else [enterprise_id]
    paced = Pace(today, rules, last_tick(), only)
    rows = source.rows_on(today, rules.horizon + timedelta(days=days) + rules.reach(today, paced.calendar))
    names = registry.enterprise_names(actor) if names is None else names
    theirs = {number: list(its) for number, its in groupby(rows, key=lambda row: row.enterprise_id)}
    prescribed = prescriptions.Foreseen(today + timedelta(days=days), only)
    asked = [n for n in theirs.keys() | prescribed.enterprises if actor.sees(n) and enterprise_id in {None, n}]
    played = _played(paced, days, routes.channel_in_use(settings), rules, asked, prescribed)
    found = [_outlook(number, names[number], theirs.get(number, ()), played) for number in asked]
    return sorted((o for o in found if o.letters), key=lambda o: (o.letters[0].day, o.enterprise))


@dataclass(frozen=True)
class Played:
    """What the coming days are played with."""

    pace: Pace
    days: int
    channel: str
    rules: policies.Policies
    resting: Quiets
    reachable: Mapping[int, Sequence[Route]]
    recorded: Mapping[int, Known]
    deferred: Mapping[Recipient, Steps]
    prescribed: prescriptions.Foreseen

    @property
    def today(self) -> date:
        return self.pace.today

    @property
    def last(self) -> date:
        return self.today + timedelta(days=self.days)


def _played(
    paced: Pace,
    days: int,
    channel: str,
    rules: policies.Policies,
    asked: Sequence[int],
    prescribed: prescriptions.Foreseen,
) -> Played:
    """What is asked of the database is asked for all enterprises at once."""
    return Played(
        paced, days, channel, rules, quiets.standing(paced.today), routes.of_enterprises(channel, paced.today, asked),
        known_of(asked), _deferred(), prescribed,
    )  # fmt: skip


def _outlook(number: int, name: str, rows: Sequence[LadderRow], played: Played) -> Outlook:
    theirs = played.reachable.get(number) or [routes.BY_PERSON]
    reachable = theirs[0].recipient != routes.NO_ADDRESS
    letters = list(_letters(number, rows, theirs[0], played))
    return Outlook(number, name, reachable, len(theirs), letters, number in played.rules.own)


def _letters(number: int, rows: Sequence[LadderRow], route: Route, played: Played) -> Iterator[Letter]:
    policy = played.rules.of(number)
    coming = _after_quiets(_coming(number, rows, route, policy, played), played.resting)
    prescribed = played.prescribed.steps(number, route, policy.ladder, played.today, played.last)
    told = list(played.pace.told(number, route.channel, route.recipient))
    working, ticked = played.pace.calendar, played.pace.last_run
    waiting: dict[Clock, Step] = {}
    of_clinic: dict[int, Step] = {}
    for ahead in range(played.days + 1):
        day = played.today + timedelta(days=ahead)
        for key, step in coming.pop(day, {}).items():
            waiting[key] = _overtaking(waiting.get(key), step)
        of_clinic |= prescribed.get(day, {})
        if not working.is_workday(day):
            continue
        turn = policy.rhythm.turn(day, told[-policy.rhythm.most_a_week - 1 :], ticked, working)
        ticked = day
        if not turn.open:
            continue
        waits = _waiting(waiting, of_clinic)
        if not (turn.regular or turn.writes(waits)):
            continue
        early = _early(coming, day, turn.ahead, played.resting)
        if turn.writes(waits, min((step.owed_on for step in early.values()), default=None)):
            _take_out(early, coming, turn.ahead)
            named = played.prescribed.named(number, day)
            yield Letter(_leaves(policy, day, played), not turn.regular, waiting | early, len(early), named)
            told.append(day)
            waiting, of_clinic = {}, {}


def _overtaking(before: Step | None, step: Step) -> Step:
    """What overtakes a notice before it went out is as urgent as that was."""
    if before is None or step.urgent or not (before.urgent or before.rank == ladder.RANK_PASSED):
        return step
    return replace(step, urgent=True)


def _waiting(steps: Steps, of_clinic: Mapping[int, Step]) -> Waiting | None:
    each = [pace.waiting_of(step, step.urgent) for step in steps.values()]
    each += [prescriptions.waiting_of(step) for step in of_clinic.values()]
    return reduce(Waiting.plus, each) if each else None


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
    recorded, today = played.recorded.get(number) or nothing_known(), played.today
    coming: Coming = defaultdict(dict)
    coming[today] |= played.deferred.get((number, route.channel, route.recipient), {})
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


def _deferred() -> Mapping[Recipient, Steps]:
    """Steps recorded already that wait for the next letter, by whom they wait for."""
    o = OwedStep
    columns = (
        o.enterprise,
        o.channel,
        o.recipient,
        o.equipment,
        o.clock,
        o.step,
        o.week,
        o.rank,
        o.owed_on,
        o.urgent,
    )
    found: dict[Recipient, dict[Clock, Step]] = defaultdict(dict)
    for number, channel, recipient, equipment, clock, *rest in tuples(
        o.select(*columns).where(o.state == "queued", o.message.is_null())
    ):
        found[int(number), str(channel), str(recipient)][int(equipment), str(clock)] = Step(*rest)
    return found
