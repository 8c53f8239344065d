"""The PDF that goes with a letter: the same devices as a formal notice, with what to prepare."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from inspect_station.accounts import station
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import run
from inspect_station.duelist import service as duelist
from inspect_station.notices import pdf
from inspect_station.notices.model import Line, Notice, NoticeKind, Office, line_of
from inspect_station.registry import service as registry
from inspect_station.reminders import source
from inspect_station.reminders.models import MessageNotice
from inspect_station.reminders.reading import tuples

CHANNELS = ("mail", "folder")  # the others carry no files
LATE = ("forbidden", "overdue")
_CHUNK = 500

Sheets = Sequence[Mapping[str, Any]]


def sheets_of(
    settings: Settings,
    number: str,
    enterprise_id: int,
    addressee: str,
    clocks: Iterable[tuple[int, str]],
    today: date,
) -> Sheets:
    """The notices of these clocks as plain texts, to be kept and set: what is late, then what is to come."""
    lines = _lines(set(clocks), today)
    parts = [(kind, found) for kind, found in lines.items() if found]
    return [
        pdf.sheet(
            Notice(
                kind=kind,
                number=f"{number}-{place}" if len(parts) > 1 else number,
                unit=source.enterprise_name(enterprise_id),
                on=today,
                office=office_for(settings, enterprise_id),
                lines=found,
                addressee=addressee,
                sample=station.sample_loaded(),
            )
        )
        for place, (kind, found) in enumerate(parts, start=1)
    ]


def _lines(clocks: set[tuple[int, str]], today: date) -> dict[NoticeKind, list[Line]]:
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


def keep(message_id: int, sheets: Sheets) -> None:
    """Call it in the transaction that keeps the letter's text."""
    MessageNotice.insert(message=message_id, sheets=sheets).on_conflict(
        conflict_target=[MessageNotice.message], update={"sheets": sheets}
    ).execute()


def with_file(message_ids: Sequence[int]) -> set[int]:
    """Which of these messages have a notice."""
    query = MessageNotice.select(MessageNotice.message).where(MessageNotice.message.in_(list(message_ids)))
    return {int(number) for (number,) in tuples(query)}


def file_of(message_id: int, day: date, answer_url: str = "") -> bytes:
    """The PDF of the notices kept with a message; empty where it has none. The same link, the same bytes as went out."""
    kept = run("SELECT sheets FROM message_notice WHERE message_id = :id", {"id": message_id})
    return printed(read(kept[0][0]), day, answer_url) if kept else b""


def read(kept: str | None) -> Sheets:
    """The notices as the database holds them; none where there are none."""
    return MessageNotice.sheets.python_value(kept) or ()


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
