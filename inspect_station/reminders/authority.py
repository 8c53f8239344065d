"""What the supervising authority may be told: overdue and forbidden devices still in use. Printed by hand, never sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from peewee import fn

from inspect_station.accounts.scope import Actor
from inspect_station.registry import service as registry
from inspect_station.reminders import letter, source, steps
from inspect_station.reminders.models import Message
from inspect_station.reminders.reading import tuples


@dataclass(frozen=True)
class Firm:
    """One enterprise with what it has not done, and when it was last told."""

    enterprise_id: int
    name: str
    last_told: date | None
    items: list[letter.Item]


def firms(actor: Actor, today: date) -> list[Firm]:
    """Enterprises with devices past their date or forbidden, by name."""
    actor.need("remind")
    rows = [
        row
        for row in source.rows(today, timedelta(0))
        if row.answer == "forbidden" or (row.late_on and row.late_on < today)
    ]
    devices = source.devices(sorted({row.equipment_id for row in rows}))
    told, names = _last_told(), registry.enterprise_names(actor)
    items: dict[int, list[letter.Item]] = {}
    for row in rows:
        if row.enterprise_id in names:
            item = letter.item_of(steps.facts_of(row), row.clock, devices[row.equipment_id], today)
            items.setdefault(row.enterprise_id, []).append(item)
    found = [
        Firm(i, names[i], told.get(i), sorted(theirs, key=lambda item: item.sort)) for i, theirs in items.items()
    ]
    return sorted(found, key=lambda firm: firm.name)


def _last_told() -> Mapping[int, date]:
    """The folder told nobody."""
    query = Message.select(Message.enterprise, fn.MAX(Message.day)).where(
        Message.state == "sent", Message.channel != "folder"
    )
    rows = tuples(query.group_by(Message.enterprise))
    return {int(i): date.fromisoformat(day) if isinstance(day, str) else day for i, day in rows}
