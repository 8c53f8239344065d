"""What was sent, waits or failed: the list with its filters, and one message with everything about it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import fn

from inspect_station.accounts.scope import Actor, visible
from inspect_station.config import Settings
from inspect_station.errors import Conflict, NotFound
from inspect_station.registry.models import Enterprise
from inspect_station.reminders import letter, outgoing, paper, prescriptions, routes, source
from inspect_station.reminders.answers import links
from inspect_station.reminders.channels import BY_HAND, NOTICE, Outgoing, mail_of
from inspect_station.reminders.models import Attempt, Message, OwedStep
from inspect_station.reminders.reading import tuples
from inspect_station.reminders.words import FATES, reason_word, state_word

TOTAL_CAP = 1000
_CHUNK = 1000


@dataclass(frozen=True)
class Filters:
    """What a person narrowed the list to; None means all."""

    fate: str | None = None
    state: str | None = None
    enterprise: int | None = None
    channel: str | None = None
    first: date | None = None
    last: date | None = None
    q: str | None = None


@dataclass(frozen=True)
class Page:
    rows: list[dict[str, Any]]
    total: int
    capped: bool
    following: int | None


_COLUMNS = (
    "id", "day", "state", "reason", "channel", "recipient", "recipient_name", "manual", "doubtful", "tries", "subject",
    "next_at", "created_at", "done_at", "revision",
)  # fmt: skip


def page_of(actor: Actor, filters: Filters, after: int | None, per_page: int) -> Page:
    """The newest messages first; `after` is the id the page goes on from."""
    return _page(actor, filters, after, per_page, _total(actor, filters))


def page_and_counts(actor: Actor, filters: Filters, after: int | None, per_page: int) -> tuple[Page, dict[str, int]]:
    """The same, and how many messages each tab holds under the other filters (`all`: of every fate)."""
    rest = Filters(**{**vars(filters), "fate": None, "state": None})
    query = _narrowed(Message.select(Message.state, fn.COUNT(Message.id)), actor, rest).group_by(Message.state)
    by_state = {s: n for s, n in tuples(query) if filters.state in {None, s}}
    found = {fate: sum(by_state.get(state, 0) for state in states) for fate, (states, _, _) in FATES.items()}
    counts = {"all": sum(by_state.values()), **found}
    return _page(actor, filters, after, per_page, counts[filters.fate or "all"]), counts


def _page(actor: Actor, filters: Filters, after: int | None, per_page: int, total: int) -> Page:
    found = _newest(actor, filters, after, per_page + 1)
    rows = [_row(row, actor) for row in found[:per_page]]
    following = rows[-1]["id"] if len(found) > per_page else None
    return Page(rows, min(total, TOTAL_CAP), total > TOTAL_CAP, following)


def _newest(actor: Actor, filters: Filters, after: int | None, most: int) -> list[Any]:
    devices = OwedStep.select(fn.COUNT(OwedStep.id)).where(OwedStep.message == Message.id)
    columns = [getattr(Message, name) for name in _COLUMNS]
    query = _narrowed(
        Message.select(*columns, Message.enterprise, Enterprise.name, devices).join(Enterprise), actor, filters
    )
    if after is not None:
        query = query.where(Message.id < after)
    return list(tuples(query.order_by(Message.id.desc()).limit(most)))


def rows_of(actor: Actor, ids: Sequence[int]) -> list[dict[str, Any]]:
    """These messages as the list shows them; missing and foreign ones are left out."""
    devices = OwedStep.select(fn.COUNT(OwedStep.id)).where(OwedStep.message == Message.id)
    columns = [getattr(Message, name) for name in _COLUMNS]
    query = Message.select(*columns, Message.enterprise, Enterprise.name, devices).join(Enterprise)
    query = query.where(visible(actor, Message.enterprise), Message.id.in_(list(ids)))
    return [_row(row, actor) for row in tuples(query.order_by(Message.id.desc()))]


def stream(actor: Actor, filters: Filters) -> Iterator[dict[str, Any]]:
    """Every row of the same list, in chunks, for an export."""
    after: int | None = None
    while chunk := _newest(actor, filters, after, _CHUNK):
        yield from (_row(row, actor) for row in chunk)
        after = chunk[-1][0]


def _row(found: Sequence[Any], actor: Actor) -> dict[str, Any]:
    row = dict(zip((*_COLUMNS, "enterprise_id", "enterprise", "items"), found, strict=True))
    row["number"] = outgoing.number_for(row["id"], row["day"])
    row["state_word"] = state_word(row["state"], row["channel"], to_firm=not actor.is_staff)
    row["reason"] = reason_word(row["reason"])
    row["recipient"] = routes.shown(row["recipient"])
    row["brief"] = _without_firm(row["subject"], row["enterprise"])
    return row


def _without_firm(subject: str, enterprise: str) -> str:
    """A subject where the firm stands beside it anyway; older ones begin with the name."""
    return subject.removeprefix("催检通知：").removeprefix(f"{enterprise} ").removesuffix(f"（{enterprise}）")


def _narrowed(query: Any, actor: Actor, filters: Filters) -> Any:
    query = query.where(visible(actor, Message.enterprise))
    if filters.fate:
        query = query.where(Message.state.in_(FATES[filters.fate][0]))
    for field, value in ((Message.state, filters.state), (Message.channel, filters.channel)):
        query = query.where(field == value) if value else query
    if filters.enterprise:
        query = query.where(Message.enterprise == filters.enterprise)
    if filters.first:
        query = query.where(Message.day >= filters.first)
    if filters.last:
        query = query.where(Message.day <= filters.last)
    for word in (filters.q or "").split()[:5]:
        query = query.where(_mentions(word))
    return query


_NUMBER = re.compile(r"CJ[0-9]{8}-([0-9]{6,9})", re.IGNORECASE)  # as `outgoing.number_for` writes it


def _mentions(word: str) -> Any:
    if numbered := _NUMBER.fullmatch(word):
        return Message.id == int(numbered[1])
    firms = Enterprise.select(Enterprise.id).where(
        Enterprise.name.contains(word) | Enterprise.initials.contains(word)
    )
    return (
        Message.recipient.contains(word)
        | Message.recipient_name.contains(word)
        | Message.subject.contains(word)
        | Message.enterprise.in_(firms)
    )


def _total(actor: Actor, filters: Filters) -> int:
    inner = _narrowed(Message.select(Message.id), actor, filters).limit(TOTAL_CAP + 1)
    return int(inner.count())


@dataclass(frozen=True)
class Record:
    """One message: its row, its text (as sent, or as it would read now), the devices, the tries."""

    row: dict[str, Any]
    text: str
    as_sent: bool
    items: Sequence[tuple[str, letter.Item]]
    dropped: Sequence[tuple[str, letter.Item]]
    attempts: Sequence[dict[str, Any]]
    by: str
    has_notice: bool = False


def record_of(actor: Actor, settings: Settings, message_id: int, today: date) -> Record:
    """Raises `NotFound` for a message that does not exist or is another enterprise's."""
    message = _message(actor, message_id)
    steps = list(OwedStep.select().where(OwedStep.message == message_id).order_by(OwedStep.id))
    day = message.day if message.text else today
    standing = [s for s in steps if s.state not in {"superseded", "suppressed"} or message.state == s.state]
    gone = [s for s in steps if s not in standing]
    text = message.text or _text_now(settings, message, standing, today)
    account = message.account
    return Record(
        _one_row(message, len(steps), actor), text, bool(message.text), _named(standing, day), _named(gone, day),
        _attempts(message_id), account.name if account else "", bool(paper.with_file([message_id])),
    )  # fmt: skip


def check_resend(actor: Actor, message_id: int) -> None:
    """Raises `Conflict` for what people do: no sender could take it, and it would leave the list of calls."""
    if _message(actor, message_id).channel in (*BY_HAND, NOTICE):
        raise Conflict("电话名单和通知单由人去办，不能重新发送；请在电话名单或通知单页登记。")


def check_stop(actor: Actor, message_id: int) -> None:
    """Raises `Conflict` for a printed notice: it is made void where notices are kept."""
    if _message(actor, message_id).channel == NOTICE:
        raise Conflict("这是打印的通知单，不用停发；不要送的，请在通知单页作废。")


def _message(actor: Actor, message_id: int) -> Message:
    message = Message.get_or_none(Message.id == message_id)
    if message is None:
        raise NotFound()
    actor.check(message.enterprise_id)
    return message


def _one_row(message: Message, items: int, actor: Actor) -> dict[str, Any]:
    values = [getattr(message, name) for name in _COLUMNS]
    return _row([*values, message.enterprise_id, source.enterprise_name(message.enterprise_id), items], actor)


def _named(steps: Sequence[OwedStep], day: date) -> list[tuple[str, letter.Item]]:
    items = outgoing.items_of(steps, day)
    found = [(reason_word(s.reason), item) for s, item in zip(steps, items, strict=True)]
    return sorted(found, key=lambda pair: pair[1].sort)


def _text_now(settings: Settings, message: Message, steps: Sequence[OwedStep], today: date) -> str:
    owed = prescriptions.of(message, today)
    if not steps and not owed:
        return ""
    name = source.enterprise_name(message.enterprise_id)
    items = outgoing.items_of(steps, today)
    number = outgoing.number_for(message.id, message.day)
    ask = outgoing.asks_stop(message.enterprise_id, steps, today)
    to = message.recipient_name
    contact = source.inspector_of(message.enterprise_id)
    written = letter.write(
        settings, number, name, to, items, today, links.HIDDEN, owed, ask_stop=ask, contact=contact
    )
    return outgoing.worded_for(message, written, settings, links.HIDDEN).text or written.text


def _attempts(message_id: int) -> list[dict[str, Any]]:
    query = Attempt.select(Attempt.at, Attempt.outcome, Attempt.detail).where(Attempt.message == message_id)
    names = ("at", "outcome", "detail")
    return [dict(zip(names, row, strict=True)) for row in tuples(query.order_by(Attempt.id.desc()))]


def eml_of(actor: Actor, settings: Settings, message_id: int) -> tuple[str, bytes]:
    """The mail as it went out: file name and content. `NotFound` before it was written.

    The link is in it only for the enterprise itself: whoever holds it answers in its name.
    """
    message = _message(actor, message_id)
    if not message.text or message.channel == NOTICE:
        raise NotFound("这条提醒还没有发出，没有邮件可下载。")
    steps = OwedStep.select().where(
        OwedStep.message == message_id, OwedStep.state.not_in(("superseded", "suppressed"))
    )
    number = outgoing.number_for(message.id, message.day)
    items = outgoing.items_of(list(steps), message.day)
    url = _link_for(actor, message, settings)
    letter_out = Outgoing(
        message_id=message.message_id,
        number=number,
        recipient=message.recipient,
        recipient_name=message.recipient_name,
        subject=message.subject,
        text=links.shown(message.text, url or links.HIDDEN),
        html=links.shown(message.html, url or links.HIDDEN),
        written_at=message.created_at,
        file_name=message.file_name,
        file=letter.workbook(items, settings, message.created_at) if message.file_name else b"",
        notice_name=paper.file_name(number),
        notice=paper.file_of(message.id, message.day, url),
    )
    return f"{number}.eml", mail_of(letter_out, settings)


def _link_for(actor: Actor, message: Message, settings: Settings) -> str:
    """The link, for the enterprise itself; nothing for people of the station."""
    return "" if actor.is_staff else links.url_for(message, settings)


def notice_of(actor: Actor, settings: Settings, message_id: int) -> tuple[str, bytes]:
    """The PDF that goes with a message: file name and content. `NotFound` where there is none."""
    message = _message(actor, message_id)
    if not paper.with_file([message_id]):
        raise NotFound("这条提醒没有附通知单。")
    number = outgoing.number_for(message.id, message.day)
    url = _link_for(actor, message, settings)
    return paper.file_name(number), paper.file_of(message_id, message.day, url)


def json_of(row: dict[str, Any]) -> dict[str, Any]:
    """A message as the API shows it."""
    moments = {name: value.isoformat() for name, value in row.items() if isinstance(value, date | datetime)}
    return {name: value for name, value in row.items() if name not in _FOR_PAGES} | moments


_FOR_PAGES = ("state_word", "brief")


def item_json(item: letter.Item, reason: str) -> dict[str, str]:
    """One clock of a message as the API shows it; `reason` says why it was left out, if it was."""
    names = ("section", "device", "certificate", "own_number", "location", "clock", "due")
    return {name: getattr(item, name) for name in names} | {"reason": reason}


def sent_to(contact_id: int, email: str) -> list[dict[str, Any]]:
    """The letters that went to a person's own addresses: when, how, about what, and what became of them."""
    addresses = [*routes.addresses(email), f"sms:{contact_id}"]
    query: Any = Message.select(Message.day, Message.channel, Message.subject, Message.state, Message.done_at)
    return list(query.where(Message.recipient.in_(addresses)).order_by(Message.id).dicts())
