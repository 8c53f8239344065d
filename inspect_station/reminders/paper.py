"""The PDF that goes with a letter: the same devices as a formal notice, with what to prepare."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from inspect_station.accounts import station
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import db, run_for, run_many
from inspect_station.duelist import service as duelist
from inspect_station.notices import pdf
from inspect_station.notices.model import Line, Notice, NoticeKind, Office, line_of
from inspect_station.registry import service as registry
from inspect_station.reminders.models import MessageNotice
from inspect_station.reminders.reading import tuples

CHANNELS = ("mail", "folder")  # the others carry no files
LATE = ("forbidden", "overdue")
_CHUNK = 500

Sheets = Sequence[Mapping[str, Any]]


def sheets_of(
    number: str, unit: str, addressee: str, office: Office, lines: Mapping[NoticeKind, Sequence[Line]], today: date
) -> Sheets:
    """The notices of these rows as plain texts, to be kept and set: what is late, then what is to come."""
    parts = [(kind, found) for kind, found in lines.items() if found]
    sample = station.sample_loaded()
    return [
        pdf.sheet(
            Notice(
                kind=kind,
                number=f"{number}-{place}" if len(parts) > 1 else number,
                unit=unit,
                on=today,
                office=office,
                lines=found,
                addressee=addressee,
                sample=sample,
            )
        )
        for place, (kind, found) in enumerate(parts, start=1)
    ]


def lines_of(clocks: Collection[tuple[int, str]], today: date) -> dict[NoticeKind, list[Line]]:
    """The rows of these (device, clock) for each kind of notice."""
    found: dict[NoticeKind, list[Line]] = {NoticeKind.OVERDUE: [], NoticeKind.DUE: []}
    devices = sorted({equipment_id for equipment_id, _ in clocks})
    for start in range(0, len(devices), _CHUNK):
        for row in _rows(devices[start : start + _CHUNK], today):
            if (row["equipment_id"], row["clock"]) in clocks:
                kind = NoticeKind.OVERDUE if row["bucket"] in LATE else NoticeKind.DUE
                found[kind].append(line_of(row))
    return found


def _rows(devices: Sequence[int], today: date) -> list[dict[str, Any]]:
    asked = duelist.Filters(equipment=tuple(devices))
    # A device has a handful of clocks.
    return duelist.due_page(
        Actor.system(), asked, "due", duelist.Place(), 20 * len(devices), today, counted=False
    ).rows


def keep(sheets: Mapping[int, Sheets]) -> None:
    """By message. Call it in the transaction that keeps the letters' texts."""
    rows = [(number, MessageNotice.sheets.db_value(found)) for number, found in sheets.items()]
    if rows:
        run_many(_KEEP.format(p=db.obj.param), rows)


_KEEP = (
    "INSERT INTO message_notice (message_id, sheets) VALUES ({p}, {p}) "
    "ON CONFLICT (message_id) DO UPDATE SET sheets = excluded.sheets"
)


def kept(message_ids: Sequence[int]) -> dict[int, Sheets]:
    """What was kept with these messages before."""
    found = run_for("SELECT message_id, sheets FROM message_notice WHERE {some}", "message_id", message_ids)
    return {int(number): _read(sheets) for number, sheets in found}


def with_file(message_ids: Sequence[int]) -> set[int]:
    """Which of these messages have a notice."""
    query = MessageNotice.select(MessageNotice.message).where(MessageNotice.message.in_(list(message_ids)))
    return {int(number) for (number,) in tuples(query)}


def file_of(message_id: int, day: date, answer_url: str = "") -> bytes:
    """The PDF of the notices kept with a message; empty where it has none. The same link, the same bytes as went out."""
    return printed(kept([message_id]).get(message_id, ()), day, answer_url)


def _read(held: str | None) -> Sheets:
    """The notices as the database holds them; none where there are none."""
    return MessageNotice.sheets.python_value(held) or ()


def printed(sheets: Sheets, day: date, answer_url: str) -> bytes:
    return pdf.render_sheets([pdf.with_answer(sheet, answer_url) for sheet in sheets], day) if sheets else b""


def file_name(number: str) -> str:
    return f"通知单-{number}.pdf"


def office_for(settings: Settings, enterprise_id: int) -> Office:
    """The station, with the enterprise's own inspector as the person to call."""
    responsible = registry.enterprises.get(Actor.system(), enterprise_id)["responsible"]
    account = Account.get_or_none(Account.id == responsible) if responsible else None
    return Office(
        name=settings.station_name,
        phone=settings.station_phone,
        address=settings.station_address,
        contact=account.name if account else "",
        contact_phone=account.mobile if account else "",
    )
