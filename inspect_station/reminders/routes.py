"""Who of an enterprise is told, and by which channel."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from inspect_station.accounts import station
from inspect_station.config import Settings
from inspect_station.registry.models import Contact, Enterprise, Equipment
from inspect_station.reminders.reading import tuples

# One address of printable ASCII without spaces: what an SMTP server takes without extensions.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_SEPARATORS = re.compile(r"[;,，；、\s]+")

NO_ADDRESS = ""  # the recipient of an enterprise nobody can reach: its letters wait on the human list


@dataclass(frozen=True, slots=True)
class Route:
    channel: str
    recipient: str
    name: str = ""


def channel_in_use(settings: Settings) -> str:
    """Mail where a server is configured; the folder otherwise, and always while the sample park is loaded."""
    return "mail" if settings.smtp_host and not station.sample_loaded() else "folder"


def addresses(text: str) -> list[str]:
    """The usable mail addresses in what somebody typed; several may stand in one field."""
    parts = (part.strip("<>") for part in _SEPARATORS.split(text.strip()))
    return [part.lower() for part in parts if len(part) <= 254 and _ADDRESS.fullmatch(part)]


def of_enterprises(channel: str, today: date, enterprise_ids: Iterable[int] | None = None) -> dict[int, list[Route]]:
    """The routes of each enterprise that has any; an address shared by two people counts once."""
    query = Contact.select(Contact.enterprise, Contact.name, Contact.email).where(
        Contact.receives_reminders, Contact.email != "", Contact.started_on <= today
    )
    query = query.where(Contact.ended_on.is_null() | (Contact.ended_on > today))
    if enterprise_ids is not None:
        query = query.where(Contact.enterprise.in_(list(enterprise_ids)))
    routes: dict[int, dict[str, Route]] = defaultdict(dict)
    for enterprise_id, name, email in tuples(query.order_by(Contact.id)):
        for address in addresses(email):
            routes[enterprise_id].setdefault(address, Route(channel, address, name))
    return {enterprise_id: list(found.values()) for enterprise_id, found in routes.items()}


def of_enterprise(enterprise_id: int, channel: str, today: date) -> list[Route]:
    """The routes of one enterprise; never empty: without an address the letter goes to the human list."""
    return of_enterprises(channel, today, [enterprise_id]).get(enterprise_id) or [Route("folder", NO_ADDRESS)]


def without_address(today: date) -> list[tuple[int, str]]:
    """Active enterprises with equipment in use that no letter can reach: (id, name)."""
    reachable = of_enterprises("mail", today)
    in_use = Equipment.select(Equipment.enterprise).where(Equipment.status == "in_use")
    query = Enterprise.select(Enterprise.id, Enterprise.name).where(
        Enterprise.status == "active", Enterprise.id.in_(in_use)
    )
    return [(i, name) for i, name in tuples(query.order_by(Enterprise.name)) if i not in reachable]
