"""What a tick on a later day would send if no fact changed and nothing more were sent until then."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from inspect_station.clinic import service as clinic
from inspect_station.config import Settings
from inspect_station.reminders import letter, policies, routes, source, steps
from inspect_station.reminders.channels import FolderChannel, Outgoing
from inspect_station.reminders.fallback import domain_of
from inspect_station.reminders.ladder import LadderRow
from inspect_station.reminders.outgoing import asks_stop
from inspect_station.reminders.pace import Pace
from inspect_station.reminders.routes import Route


def letter_of(
    settings: Settings, number: str, enterprise_id: int, addressee: str, rows: Sequence[LadderRow], today: date
) -> letter.Letter:
    """The letter these rows would make today."""
    devices = source.devices(sorted({r.equipment_id for r in rows}))
    items = [letter.item_of(steps.facts_of(r), r.clock, devices[r.equipment_id], today) for r in rows]
    prescriptions = clinic.owed(today, [enterprise_id]).get(enterprise_id, ())
    name, ask = source.enterprise_name(enterprise_id), asks_stop(enterprise_id, rows, today)
    contact = source.inspector_of(enterprise_id)
    return letter.write(
        settings, number, name, addressee, items, today, "", prescriptions, ask_stop=ask, contact=contact
    )


@dataclass(frozen=True)
class Previewed:
    folder: Path
    letters: int
    steps: int


def preview(settings: Settings, on: date, now: datetime) -> Previewed:
    """What a tick on a later day would send if no fact changed and nothing more were sent until then.

    Written as .eml files into a folder of its own; the outbox stays as it is.
    """
    folder = settings.outbox_dir / f"preview-{on.isoformat()}"
    channel = FolderChannel(settings, folder)
    letters = count = 0
    rules = policies.in_force()
    pace = Pace(on, rules, date.min, [])  # as if nobody had been written to for a week
    rows = source.rows_on(on, rules.horizon + rules.reach(on, pace.calendar))
    for route, enterprise_id, owed in steps.unrecorded(rows, rules, routes.channel_in_use(settings), pace):
        letters += 1
        count += len(owed)
        written = letter_of(
            settings, f"预览{on:%Y%m%d}-{letters:05d}", enterprise_id, route.name, [o.row for o in owed], on
        )
        channel.send(_previewed(written, route, settings, now))
    return Previewed(folder, letters, count)


def _previewed(written: letter.Letter, route: Route, settings: Settings, now: datetime) -> Outgoing:
    return Outgoing(
        message_id=f"<preview-{uuid.uuid4()}@{domain_of(settings)}>",
        number=written.number,
        recipient=route.recipient,
        recipient_name=route.name,
        subject=f"（预览）{written.subject}",
        text=written.text,
        html=written.html,
        written_at=now.replace(year=written.day.year, month=written.day.month, day=written.day.day),
        file_name=written.file_name,
        file=letter.workbook(written.every, settings, now) if written.file_name else b"",
    )
