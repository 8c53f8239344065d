"""The letter a message becomes: its number, its wording for the channel, what goes along with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import run
from inspect_station.planning import service as planning
from inspect_station.reminders import ladder, letter, paper, prescriptions, routes, short, source
from inspect_station.reminders.answers import links
from inspect_station.reminders.channels import Outgoing, config
from inspect_station.reminders.models import Message, OwedStep


def number_of(message: Message) -> str:
    """The number printed in the letter; the folder's file is named after it."""
    return number_for(message.id, message.day)


def number_for(message_id: int, day: date) -> str:
    return f"CJ{day:%Y%m%d}-{message_id:06d}"


def items_of(steps: Sequence[OwedStep], today: date) -> list[letter.Item]:
    devices = source.devices(sorted({s.equipment_id for s in steps}))
    return [letter.item_of(s.facts, s.clock, devices[s.equipment_id], today) for s in steps]


def asks_stop(enterprise_id: int, rows: Sequence[OwedStep | ladder.LadderRow], today: date) -> bool:
    """Whether one of these needs a standstill of an enterprise that has told us of none."""
    wanted = [(r.equipment_id, r.clock) for r in rows]
    return bool(wanted) and planning.sites.lacks_stop(Actor.system(), enterprise_id, wanted, today)


def write(
    message: Message, steps: Sequence[OwedStep], settings: Settings, today: date
) -> tuple[letter.Letter, paper.Sheets]:
    """The final wording, kept as it goes out but for the link; and the notices kept with it."""
    link = links.url_for(message, settings)
    written = letter.write(
        settings,
        number_of(message),
        source.enterprise_name(message.enterprise_id),
        message.recipient_name,
        items_of(steps, today),
        today,
        link,
        prescriptions.of(message, today),
        ask_stop=asks_stop(message.enterprise_id, steps, today),
        contact=source.inspector_of(message.enterprise_id),
    )
    _keep_notice(message, steps, settings, today)
    worded = worded_for(message, written, settings, link)
    kept = {
        "subject": worded.subject,
        "text": links.hidden(worded.text, link),
        "html": links.hidden(worded.html, link),
        "file_name": worded.file_name,
    }
    found = run(_KEEP, {**kept, "id": message.id})
    return worded, paper.read(found[0][0]) if found else ()


_KEEP = (
    "UPDATE message SET subject = :subject, text = :text, html = :html, file_name = :file_name WHERE id = :id "
    "RETURNING (SELECT n.sheets FROM message_notice n WHERE n.message_id = message.id)"
)


def worded_for(message: Message, written: letter.Letter, settings: Settings, link: str) -> letter.Letter:
    """The letter in the words of the message's channel: all of it, a few lines, or an approved template."""
    kind = routes.worded_as(message.channel, message.recipient)
    if kind in {"letter", "none"}:
        return written
    if kind == "short":
        return replace(written, text=short.text(settings, written, link), html="", file_name="")
    template = config.switches().gateway.template
    return replace(written, text=short.sms(template, short.values(settings, written, link)), html="", file_name="")


def _keep_notice(message: Message, steps: Sequence[OwedStep], settings: Settings, today: date) -> None:
    if (
        not steps
        or not settings.mail_pdf
        or message.channel not in paper.CHANNELS
        or message.recipient == routes.NO_ADDRESS
    ):
        return
    clocks = ((s.equipment_id, s.clock) for s in steps)
    sheets = paper.sheets_of(
        settings, number_of(message), message.enterprise_id, message.recipient_name, clocks, today
    )
    paper.keep(message.id, sheets)


def outgoing_of(message: Message, written: letter.Letter, sheets: paper.Sheets, settings: Settings) -> Outgoing:
    link = links.url_for(message, settings)
    return Outgoing(
        message_id=message.message_id,
        number=written.number,
        recipient=message.recipient,
        recipient_name=message.recipient_name,
        subject=written.subject,
        text=written.text,
        html=written.html,
        written_at=message.created_at,
        file_name=written.file_name,
        file=letter.workbook(written.every, settings, message.created_at) if written.file_name else b"",
        values=short.values(settings, written, link),
        notice_name=paper.file_name(written.number),
        notice=paper.printed(sheets, message.day, link),
    )
