"""What the supervising authority may be told: overdue and forbidden devices still in use. Printed by hand, never sent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from peewee import fn

from inspect_station.accounts.scope import Actor
from inspect_station.registry import service as registry
from inspect_station.reminders import letter, source, steps
from inspect_station.reminders.models import Message
from inspect_station.reminders.reading import tuples

PER_PAGE = 50


@dataclass(frozen=True)
class Firm:
    """One enterprise with what it has not done, and when it was last told."""

    enterprise_id: int
    name: str
    last_told: date | None
    items: list[letter.Item]


@dataclass(frozen=True)
class Filters:
    """What a person narrowed the list to; None means all. `section`: overdue or forbidden."""

    section: str | None = None
    enterprise: int | None = None
    q: str | None = None


@dataclass(frozen=True)
class Page:
    """One page of the list; `firms` and `total` count the whole of it. Pages are numbered from 1."""

    rows: Sequence[Mapping[str, Any]]
    total: int
    firms: int
    number: int
    last: int


def page_of(actor: Actor, filters: Filters, number: int, today: date) -> Page:
    """A page that is beyond the last one is the last one: the list shrinks as inspections are recorded."""
    every = rows(actor, filters, today)
    last = max(1, -(-len(every) // PER_PAGE))
    place = min(number, last)
    shown = every[(place - 1) * PER_PAGE : place * PER_PAGE]
    return Page(shown, len(every), len({row["enterprise_id"] for row in every}), place, last)


def rows(actor: Actor, filters: Filters, today: date) -> list[dict[str, Any]]:
    """One row for each clock, by enterprise."""
    return [
        {"enterprise_id": firm.enterprise_id, "firm": firm.name, "last_told": firm.last_told, "item": item, **asdict(item)}
        for firm in firms(actor, today)
        for item in firm.items
        if _asked(firm, item, filters)
    ]  # fmt: skip


def _asked(firm: Firm, item: letter.Item, filters: Filters) -> bool:
    if filters.section and (item.section == "forbidden") != (filters.section == "forbidden"):
        return False
    if filters.enterprise and firm.enterprise_id != filters.enterprise:
        return False
    held = " ".join((firm.name, item.device, item.certificate, item.own_number, item.location))
    return all(word in held for word in (filters.q or "").split()[:5])


def firms(actor: Actor, today: date) -> list[Firm]:
    """Enterprises with devices past their date or forbidden, by name."""
    actor.need("remind")
    found = [
        row
        for row in source.rows(today, timedelta(0))
        if row.answer == "forbidden" or (row.late_on and row.late_on < today)
    ]
    devices = source.devices(sorted({row.equipment_id for row in found}))
    told, names = _last_told(), registry.enterprise_names(actor)
    items: dict[int, list[letter.Item]] = {}
    for row in found:
        if row.enterprise_id in names:
            item = letter.item_of(steps.facts_of(row), row.clock, devices[row.equipment_id], today)
            items.setdefault(row.enterprise_id, []).append(item)
    listed = [
        Firm(i, names[i], told.get(i), sorted(theirs, key=lambda item: item.sort)) for i, theirs in items.items()
    ]
    return sorted(listed, key=lambda firm: firm.name)


def _last_told() -> Mapping[int, date]:
    """The folder told nobody."""
    query = Message.select(Message.enterprise, fn.MAX(Message.day)).where(
        Message.state == "sent", Message.channel != "folder"
    )
    found = tuples(query.group_by(Message.enterprise))
    return {int(i): date.fromisoformat(day) if isinstance(day, str) else day for i, day in found}
