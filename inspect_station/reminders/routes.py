"""Who of an enterprise is told, by which channels, in which order.

A contact's ways are stages: the preferred channel first, then the station's order. Letters go by the first stage with an
address that still works; after a refusal or a long silence the next one takes over, and at the very end a person.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import JOIN, SQL, fn

from inspect_station import sealing
from inspect_station.accounts import station
from inspect_station.accounts.models import StationSetting
from inspect_station.config import Settings
from inspect_station.db import among, moment, run
from inspect_station.registry.contacts import ROBOT_ADDRESS, ROBOT_SECRET, is_mobile
from inspect_station.registry.models import Contact, Enterprise, Equipment
from inspect_station.reminders.channels import CHANNELS, ROBOTS, Target, config
from inspect_station.reminders.models import DeadAddress
from inspect_station.reminders.reading import tuples

# One address of printable ASCII without spaces: what an SMTP server takes without extensions.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_SEPARATORS = re.compile(r"[;,，；、\s]+")

NO_ADDRESS = ""  # the recipient of an enterprise that no channel reaches: its letters wait for a person


@dataclass(frozen=True, slots=True)
class Route:
    channel: str
    recipient: str
    name: str = ""


BY_PERSON = Route("phone", NO_ADDRESS)
Stages = list[list[Route]]


def channel_in_use(settings: Settings) -> str:
    """How mail goes: by the server where one is configured; into the folder otherwise, and always while the sample park
    is loaded."""
    return "mail" if settings.smtp_host and not station.sample_loaded() else "folder"


def addresses(text: str) -> list[str]:
    """The usable mail addresses in what somebody typed; several may stand in one field."""
    parts = (part.strip("<>") for part in _SEPARATORS.split(text.strip()))
    return [part.lower() for part in parts if len(part) <= 254 and _ADDRESS.fullmatch(part)]


def of_enterprises(channel: str, today: date, enterprise_ids: Iterable[int] | None = None) -> dict[int, list[Route]]:
    """The routes that letters take now, of each enterprise that has any; an address shared by two people counts once.

    `channel` says how mail goes: mail or folder.
    """
    return {
        enterprise_id: routes
        for enterprise_id, people in _stages(channel, today, enterprise_ids, alive=True).items()
        if (routes := _once(route for stages in people for route in stages[0]))
    }


def of_enterprise(enterprise_id: int, channel: str, today: date) -> list[Route]:
    """The routes of one enterprise; never empty: whom no channel reaches, a person calls."""
    return of_enterprises(channel, today, [enterprise_id]).get(enterprise_id) or [BY_PERSON]


def every_route(enterprise_id: int, channel: str, today: date) -> list[Route]:
    """All that may still be used, whatever its stage: what a waiting letter's recipient must be among."""
    people = _stages(channel, today, [enterprise_id], alive=True).get(enterprise_id, [])
    return [*_once(route for stages in people for stage in stages for route in stage), BY_PERSON]


def following(enterprise_id: int, recipient: str, channel: str, today: date) -> list[Route]:
    """Where to go on after a recipient who refused or kept silent: the next stage of the same people, else a person."""
    found = []
    everybody = _stages(channel, today, [enterprise_id], alive=False).get(enterprise_id, [])
    dead = _dead([enterprise_id])
    for stages in everybody:
        place = next((i for i, stage in enumerate(stages) if recipient in {r.recipient for r in stage}), None)
        if place is not None:
            later = ([r for r in s if (enterprise_id, r.recipient) not in dead] for s in stages[place + 1 :])
            found += next(filter(None, later), [])
    return _once(found) or [BY_PERSON]


def _once(routes: Iterable[Route]) -> list[Route]:
    found: dict[str, Route] = {}
    for route in routes:
        found.setdefault(route.recipient, route)
    return list(found.values())


_COLUMNS = (
    Contact.enterprise, Contact.id, Contact.name, Contact.email, Contact.mobile, Contact.robot_kind, Contact.robot_digest,
    Contact.preferred, Contact.created_at,
)  # fmt: skip
# Written out, as all that is asked for with every letter: building a query costs ten times as much as running it.
_PEOPLE = f"""
SELECT {", ".join(field.column_name for field in _COLUMNS)} FROM contact
WHERE receives_reminders AND started_on <= :today AND (ended_on IS NULL OR ended_on > :today) AND {{whose}} ORDER BY id
"""  # noqa: S608  our own names


def _stages(
    channel: str, today: date, enterprise_ids: Iterable[int] | None, *, alive: bool
) -> dict[int, list[Stages]]:
    """For each enterprise the stages of each person that has any; `alive` leaves dead addresses out."""
    ids = None if enterprise_ids is None else list(enterprise_ids)
    whose, values = _whose(ids)
    order, dead, indoors = config.switches().in_order, _dead(ids) if alive else {}, station.sample_loaded()
    found: dict[int, list[Stages]] = defaultdict(list)
    robots: dict[tuple[int, str], str] = {}
    for row in run(_PEOPLE.format(whose=whose), {**values, "today": today.isoformat()}):
        values_of: Any = (*row[:-1], _moment(row[-1]))
        person = _Person(*values_of)
        stages = list(person.stages(order, channel, robots))
        usable = [[r for r in stage if not _is_dead(dead, person, r)] for stage in stages]
        kept = [stage for stage in usable if stage]
        if kept:
            found[person.enterprise_id].append(_indoors(kept) if indoors else _real(kept))
    return found


def _whose(enterprise_ids: Sequence[int] | None) -> tuple[str, dict[str, Any]]:
    if enterprise_ids is None:
        return "1 = 1", {}
    chosen, values = among("firm", enterprise_ids)
    return f"enterprise_id {chosen}", values


def _moment(value: Any) -> datetime:
    read = moment(value)
    assert read is not None  # a column that is never empty
    return read


def _indoors(stages: Stages) -> Stages:
    """With the sample park loaded nothing leaves this machine: one stage, the folder."""
    return [[Route("folder", route.recipient, route.name) for route in stages[0]]]


def _real(stages: Stages) -> Stages:
    """The folder reaches nobody: where another channel does, it is no stage."""
    return [stage for stage in stages if stage[0].channel != "folder"] or stages


@dataclass(frozen=True)
class _Person:
    enterprise_id: int
    contact_id: int
    name: str
    email: str
    mobile: str
    robot_kind: str
    robot_digest: str
    preferred: str
    created_at: datetime

    def stages(self, order: Sequence[str], mail: str, robots: dict[tuple[int, str], str]) -> Iterator[list[Route]]:
        """A robot is named after the first contact who has it, so that a group gets one message."""
        mine = (self.preferred, *(n for n in order if n != self.preferred)) if self.preferred in order else order
        for name in mine:
            if name == "mail":
                yield [Route(mail, address, self.name) for address in addresses(self.email)]
            elif name == "sms":
                yield [Route(name, f"sms:{self.contact_id}", self.name)] if is_mobile(self.mobile) else []
            elif name == self.robot_kind:
                own = f"{name}:{self.contact_id}"
                shared = (self.enterprise_id, self.robot_digest or own)
                yield [Route(name, robots.setdefault(shared, own), self.name)]


# --- dead addresses -----------------------------------------------------------------------------------------------


_DEAD = "SELECT enterprise_id, recipient, at FROM dead_address WHERE cleared_at IS NULL AND {whose}"


def _dead(enterprise_ids: Sequence[int] | None) -> dict[tuple[int, str], datetime]:
    whose, values = _whose(enterprise_ids)
    found = run(_DEAD.format(whose=whose), values)
    return {(int(enterprise), str(recipient)): _moment(at) for enterprise, recipient, at in found}


def _is_dead(dead: dict[tuple[int, str], datetime], person: _Person, route: Route) -> bool:
    """An address typed again after it was refused has a new chance."""
    since = dead.get((person.enterprise_id, route.recipient))
    return since is not None and person.created_at <= since


# --- what stands behind a recipient -------------------------------------------------------------------------------


def contact_of(recipient: str) -> int | None:
    """The contact whom `wecom:17` or `sms:17` means; None for a mail address."""
    kind, _, number = recipient.partition(":")
    return int(number) if kind in {*ROBOTS, "sms"} and number.isdigit() else None


def target_of(recipient: str) -> Target:
    """Address and secret, opened. Raises `SealError` where the key they were sealed with is gone."""
    number = contact_of(recipient)
    row: Any = None if number is None else Contact.get_or_none(Contact.id == number)
    if row is None:
        return Target()
    if recipient.startswith("sms:"):
        return Target(row.mobile)
    return Target(robot_address(row), sealing.ring().open(row.robot_secret, ROBOT_SECRET), row.robot_digest)


def robot_address(row: Any) -> str:
    """What was typed before addresses were sealed is read as it stands; the nightly job seals it."""
    kept = str(row.robot_address)
    return sealing.ring().open(kept, ROBOT_ADDRESS) if kept.startswith("sealed:") or not kept else kept


def sharing(recipient: str, digest: str) -> list[str]:
    """All recipients behind whom stands the same robot, of whatever enterprise."""
    kind = recipient.partition(":")[0]
    if not digest or kind not in ROBOTS:
        return [recipient]
    same = Contact.select(Contact.id).where(Contact.robot_digest == digest, Contact.robot_kind == kind)
    return [recipient, *(f"{kind}:{number}" for (number,) in tuples(same))]


def worded_as(channel: str, recipient: str) -> str:
    """letter, short, sms or none; what lies in the folder is worded for the channel it would have gone by."""
    kind = recipient.partition(":")[0] if contact_of(recipient) is not None else ""
    return CHANNELS[kind or channel].wording


def shown(recipient: str) -> str:
    """A recipient as pages and exports show it: a mail address; of robots and telephones only what kind."""
    kind = recipient.partition(":")[0]
    return "群机器人" if kind in ROBOTS and ":" in recipient else "手机" if kind == "sms" else recipient


def without_address(today: date) -> list[tuple[int, str]]:
    """Active enterprises with equipment in use that no letter can reach: (id, name). One statement."""
    c, d, setting = Contact, DeadAddress, StationSetting
    live = (c.enterprise == Enterprise.id) & c.receives_reminders & (c.started_on <= today)
    live &= c.ended_on.is_null() | (c.ended_on > today)
    in_use = Equipment.select(SQL("1")).where(Equipment.enterprise == Enterprise.id, Equipment.status == "in_use")
    switches = setting.select(setting.value).where(setting.key == config.KEY)
    query = (
        Enterprise.select(Enterprise.id, Enterprise.name, switches, d.recipient, d.at, *_COLUMNS)
        .join(c, JOIN.LEFT_OUTER, on=live)
        .join(d, JOIN.LEFT_OUTER, on=(d.enterprise == Enterprise.id) & d.cleared_at.is_null())
        .where(Enterprise.status == "active", fn.EXISTS(in_use))
        .order_by(Enterprise.name, Enterprise.id, c.id)
    )
    everybody: dict[tuple[int, str], list[tuple[Any, ...]]] = defaultdict(list)
    order: Sequence[str] = ()
    for number, name, kept, *rest in tuples(query):
        order = order or config.read_switches(setting.value.python_value(kept)).in_order
        everybody[number, name].append(tuple(rest))
    return [firm for firm, rows in everybody.items() if not _is_reachable(firm[0], rows, order)]


def _is_reachable(enterprise_id: int, rows: Sequence[tuple[Any, ...]], order: Sequence[str]) -> bool:
    """By somebody's address that is not dead; a row holds a dead address and a person, either may be missing."""
    dead = {(enterprise_id, str(recipient)): at for recipient, at, *_ in rows if recipient}
    robots: dict[tuple[int, str], str] = {}
    people = {row[3]: _Person(*row[2:]) for row in rows if row[2] is not None}
    return any(
        not _is_dead(dead, person, route)
        for person in people.values()
        for stage in person.stages(order, "mail", robots)
        for route in stage
    )
