"""The answers as lists: the station's inbox with its filters, one answer with all about it, a firm's own."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from peewee import JOIN, fn

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor, visible
from inspect_station.errors import NotFound
from inspect_station.registry import service as registry
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.reminders import outgoing
from inspect_station.reminders.answers.models import Answer, AnswerItem
from inspect_station.reminders.answers.words import ACTS, KINDS, STATES, STATES_TO_FIRM, TABS
from inspect_station.reminders.channels import NOTICE
from inspect_station.reminders.models import Message
from inspect_station.reminders.reading import tuples
from schedules.terms import Clock

TOTAL_CAP = 1000
_CHUNK = 500
_NAMED = 3


@dataclass(frozen=True)
class Filters:
    """What a person narrowed the inbox to; None means all."""

    tab: str | None = None
    state: str | None = None
    kind: str | None = None
    enterprise: int | None = None
    mine: bool | None = None
    q: str | None = None
    message: int | None = None


@dataclass(frozen=True)
class Page:
    rows: list[dict[str, Any]]
    total: int
    capped: bool
    following: int | None


_COLUMNS = (
    "id", "kind", "state", "given_at", "name", "phone", "note", "facts", "file_name", "sha256", "media_type",
    "application_id", "handled_at", "handled_reason", "revision",
)  # fmt: skip
_HANDLER = Account.alias()


def page_of(actor: Actor, filters: Filters, after: int | None, per_page: int) -> Page:
    """The newest answers first; `after` is the id the page goes on from."""
    found = _newest(actor, filters, after, per_page + 1)
    total = _narrowed(Answer.select(Answer.id), actor, filters).limit(TOTAL_CAP + 1).count()
    following = found[per_page - 1]["id"] if len(found) > per_page else None
    return Page(found[:per_page], min(total, TOTAL_CAP), total > TOTAL_CAP, following)


def stream(actor: Actor, filters: Filters) -> Iterator[dict[str, Any]]:
    """Every row of the same list, in chunks, for an export."""
    after: int | None = None
    while chunk := _newest(actor, filters, after, _CHUNK):
        yield from chunk
        after = chunk[-1]["id"]


def _newest(actor: Actor, filters: Filters, after: int | None, most: int) -> list[dict[str, Any]]:
    query = Answer.select(
        *(getattr(Answer, name) for name in _COLUMNS),
        Answer.enterprise, Enterprise.name, Message.id, Message.day, Account.name, _HANDLER.name,
        Message.channel, Message.recipient,
    )  # fmt: skip
    query = _narrowed(_joined(query), actor, filters)
    if after is not None:
        query = query.where(Answer.id < after)
    rows = [_row(actor, found) for found in tuples(query.order_by(Answer.id.desc()).limit(most))]
    devices = _devices([row["id"] for row in rows])
    return [row | {"devices": devices.get(row["id"], []), "summary": _summary(row, devices)} for row in rows]


def _joined(query: Any) -> Any:
    return (
        query.join(Enterprise)
        .switch(Answer)
        .join(Message)
        .switch(Answer)
        .join(Account, JOIN.LEFT_OUTER, on=(Answer.account == Account.id))
        .switch(Answer)
        .join(_HANDLER, JOIN.LEFT_OUTER, on=(Answer.handled_by == _HANDLER.id))
    )


def _row(actor: Actor, found: Sequence[Any]) -> dict[str, Any]:
    names = (
        *_COLUMNS,
        "enterprise_id",
        "enterprise",
        "message_id",
        "day",
        "account",
        "handler",
        "channel",
        "recipient",
    )
    row = dict(zip(names, found, strict=True))
    channel, recipient = row.pop("channel"), row.pop("recipient")
    row["number"] = recipient if channel == NOTICE else outgoing.number_for(row["message_id"], row["day"])
    row["kind_word"] = KINDS[row["kind"]].label
    row["state_word"] = STATES[row["state"]][0] if actor.is_staff else STATES_TO_FIRM[row["state"]]
    row["by"] = row.pop("account") or " ".join(filter(None, ("凭链接", row["name"])))
    row["facts"] = _masked(row["facts"] or {})
    row["phone"] = registry.words.masked_mobile(row["phone"]) if row["phone"] else ""
    return row


def _masked(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Mobiles are masked in lists and exports; `phones` shows them to who handles the answer."""
    return {**facts, "mobile": registry.words.masked_mobile(facts["mobile"])} if facts.get("mobile") else dict(facts)


def _devices(answer_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """The devices each answer speaks of."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    names = (
        "equipment_id",
        "clock",
        "quiet_until",
        "name",
        "own_number",
        "line_number",
        "certificate_number",
        "status",
    )
    query = AnswerItem.select(
        AnswerItem.answer, AnswerItem.equipment, AnswerItem.clock, AnswerItem.quiet_until,
        Equipment.name, Equipment.own_number, Equipment.line_number, Equipment.certificate_number, Equipment.status,
    ).join(Equipment)  # fmt: skip
    for answer, *values in tuples(query.where(AnswerItem.answer.in_(list(answer_ids))).order_by(AnswerItem.id)):
        device = dict(zip(names, values, strict=True))
        device["clock_label"] = Clock(device["clock"]).label if device["clock"] else ""
        device["called"] = " ".join(filter(None, (device["name"], device["line_number"] or device["own_number"])))
        found[answer].append(device)
    return found


def _summary(row: Mapping[str, Any], devices: Mapping[int, Sequence[Mapping[str, Any]]]) -> str:
    """What was said, in one line."""
    facts, named = row["facts"], list(dict.fromkeys(d["called"] for d in devices.get(row["id"], ())))
    said = "、".join(named[:_NAMED]) + (f" 等 {len(named)} 台（条）" if len(named) > _NAMED else "")
    if row["kind"] == "contact":
        return f"改为 {registry.words.CONTACT_ROLES[facts['role']]} {facts['name']}"
    if row["kind"] == "stopped":
        return f"{said} 已于 {facts['on']} {ACTS[facts['act']]}"
    if row["kind"] == "apply":
        return " ".join(filter(None, (said, wish_words(facts))))
    return said


def wish_words(facts: Mapping[str, Any]) -> str:
    """When an application would like the inspection."""
    first, last = facts.get("wished_from"), facts.get("wished_to")
    days = f"{first} 至 {last}" if first and last else f"{first} 起" if first else f"{last} 前" if last else ""
    kind = "停产检修" if facts.get("shutdown") else "希望" if days else ""
    return f"{kind} {days}".strip()


def _narrowed(query: Any, actor: Actor, filters: Filters) -> Any:
    query = query.where(visible(actor, Answer.enterprise))
    if filters.tab:
        query = query.where(Answer.state.in_(TABS[filters.tab][0]))
    for column, value in (
        (Answer.state, filters.state),
        (Answer.kind, filters.kind),
        (Answer.enterprise, filters.enterprise),
        (Answer.message, filters.message),
    ):
        query = query.where(column == value) if value else query
    if filters.mine:
        firms = Enterprise.select(Enterprise.id).where(Enterprise.responsible == actor.account_id)
        query = query.where(Answer.enterprise.in_(firms))
    for word in (filters.q or "").split()[:5]:
        query = query.where(_mentions(word))
    return query


def _mentions(word: str) -> Any:
    firms = Enterprise.select(Enterprise.id).where(
        Enterprise.name.contains(word) | Enterprise.initials.contains(word)
    )
    about = (
        AnswerItem.select(AnswerItem.answer)
        .join(Equipment)
        .where(Equipment.name.contains(word) | Equipment.own_number.contains(word))
    )
    return (
        Answer.enterprise.in_(firms) | Answer.id.in_(about) | Answer.name.contains(word) | Answer.note.contains(word)
    )


def counts(actor: Actor, filters: Filters) -> dict[str, int]:
    """How many answers each tab holds under the other filters, and `all`."""
    rest = Filters(**{**vars(filters), "tab": None})
    query = _narrowed(Answer.select(Answer.state, fn.COUNT(Answer.id)), actor, rest).group_by(Answer.state)
    by_state = dict(tuples(query))
    found = {tab: sum(by_state.get(state, 0) for state in states) for tab, (states, _) in TABS.items()}
    return {"all": sum(by_state.values()), **found}


def open_count(actor: Actor) -> Any:
    """The query that counts the answers waiting for the station: the figure in the navigation."""
    return Answer.select(fn.COUNT(Answer.id)).where(Answer.state == "open", visible(actor, Answer.enterprise))


def one(actor: Actor, answer_id: int) -> dict[str, Any]:
    """One answer. Raises `NotFound` for a missing and for a foreign one."""
    held = Answer.select().where(Answer.id == answer_id, visible(actor, Answer.enterprise)).exists()
    found = _newest(actor, Filters(), answer_id + 1, 1) if held else []
    if not found or found[0]["id"] != answer_id:
        raise NotFound()
    return found[0]


def phones(actor: Actor, answer_id: int) -> dict[str, str]:
    """The numbers in full, for who handles the answer."""
    actor.need("edit")
    row = Answer.get_by_id(answer_id)
    return {"phone": row.phone, "mobile": (row.facts or {}).get("mobile", "")}


def evidence_of(actor: Actor, answer_id: int, files_dir: Path) -> tuple[dict[str, Any], Path]:
    """The file sent with an answer. Raises `NotFound` where there is none."""
    row = one(actor, answer_id)
    if not row["sha256"]:
        raise NotFound()
    return row, registry.documents.kept(files_dir, row["sha256"])


def of_message(message_id: int) -> list[dict[str, Any]]:
    """What was answered to one message, for whoever holds its link."""
    enterprise = Answer.select(Answer.enterprise).where(Answer.message == message_id).limit(1).scalar()
    holder = Actor(None, "", "enterprise", enterprise or 0)
    return _newest(holder, Filters(message=message_id), None, 50)


def json_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as the API shows it."""
    left_out = {"state_word", "kind_word", "sha256", "media_type", "devices"}
    shown = {name: value for name, value in row.items() if name not in left_out}
    shown |= {name: value.isoformat() for name, value in row.items() if isinstance(value, date | datetime)}
    items = [{"equipment_id": d["equipment_id"], "clock": d["clock"] or None, "name": d["called"],
              "quiet_until": d["quiet_until"].isoformat() if d["quiet_until"] else None} for d in row["devices"]]  # fmt: skip
    return shown | {"items": items}
