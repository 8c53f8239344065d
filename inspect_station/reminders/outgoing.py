"""The letter a message becomes: its number, its wording for the channel, what goes along with it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from inspect_station.accounts.scope import Actor
from inspect_station.config import Settings
from inspect_station.db import db, run_many
from inspect_station.planning import service as planning
from inspect_station.reminders import ladder, letter, paper, routes, short, source
from inspect_station.reminders.answers import links
from inspect_station.reminders.channels import Outgoing, config
from inspect_station.reminders.common import Common
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


@dataclass(frozen=True)
class Written:
    """A message's final wording, and its notices as plain texts; `made`: anew, and not those of an earlier try."""

    message: Message
    letter: letter.Letter
    link: str
    sheets: paper.Sheets = ()
    made: bool = False


def write(message: Message, steps: Sequence[OwedStep], settings: Settings, common: Common) -> Written:
    """Nothing is kept yet. Raises whatever is wrong with the letter's own facts."""
    link, firm, today = links.url_for(message, settings), message.enterprise_id, common.today
    clocks = frozenset((s.equipment_id, s.clock) for s in steps)
    devices = common.devices()
    written = letter.write(
        settings,
        number_of(message),
        common.name(firm),
        message.recipient_name,
        [letter.item_of(s.facts, s.clock, devices[s.equipment_id], today) for s in steps],
        today,
        link,
        common.prescriptions(firm),
        ask_stop=bool(clocks) and common.asks_stop(firm, clocks),
        contact=common.inspector(firm),
    )
    worded = worded_for(message, written, settings, link)
    if not clocks or not _has_notice(message, settings):
        return Written(message, worded, link)
    office, lines = common.office(firm, settings), common.lines(clocks)
    sheets = paper.sheets_of(number_of(message), common.name(firm), message.recipient_name, office, lines, today)
    return Written(message, worded, link, sheets, made=True)


def _has_notice(message: Message, settings: Settings) -> bool:
    return settings.mail_pdf and message.channel in paper.CHANNELS and message.recipient != routes.NO_ADDRESS


def keep(every: Sequence[Written]) -> list[Written]:
    """Keep the wordings as they go out, but for the link, and the notices; returns them with the notices of earlier tries."""
    if not every:
        return []
    run_many(_KEEP.format(p=db.obj.param), [_kept(one) for one in every])
    paper.keep({one.message.id: one.sheets for one in every if one.made})
    tried = [one.message.id for one in every if not one.made and one.message.text]
    before = paper.kept(tried) if tried else {}
    return [one if one.made else replace(one, sheets=before.get(one.message.id, ())) for one in every]


_KEEP = "UPDATE message SET subject = {p}, text = {p}, html = {p}, file_name = {p} WHERE id = {p}"


def _kept(one: Written) -> tuple[str, str, str, str, int]:
    said = one.letter
    text, html = links.hidden(said.text, one.link), links.hidden(said.html, one.link)
    return (said.subject, text, html, said.file_name, one.message.id)


def worded_for(message: Message, written: letter.Letter, settings: Settings, link: str) -> letter.Letter:
    """The letter in the words of the message's channel: all of it, a few lines, or an approved template."""
    kind = routes.worded_as(message.channel, message.recipient)
    if kind in {"letter", "none"}:
        return written
    if kind == "short":
        return replace(written, text=short.text(settings, written, link), html="", file_name="")
    template = config.switches().gateway.template
    return replace(written, text=short.sms(template, short.values(settings, written, link)), html="", file_name="")


def outgoing_of(one: Written, settings: Settings) -> Outgoing:
    """All that goes out, its files made."""
    message, written = one.message, one.letter
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
        values=short.values(settings, written, one.link),
        notice_name=paper.file_name(written.number),
        notice=paper.printed(one.sheets, message.day, one.link),
    )
