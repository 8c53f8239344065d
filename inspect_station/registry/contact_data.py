"""What is kept about a person at an enterprise: handed out whole; taken out on the person's word, and when it grew old."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from inspect_station.accounts import audit, persons
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict, NotFound
from inspect_station.registry.models import Contact, Enterprise, FactChange
from inspect_station.registry.rows import dicts

# The law wants inspections' papers kept for years; who opened the gate then is not among them.
KEPT_AFTER_THE_END = timedelta(days=3 * 365)
GONE = "已删除"
_BLANK = {
    "name": GONE, "mobile": "", "phone": "", "email": "", "robot_address": "", "robot_secret": "", "robot_hint": "",
    "robot_digest": "", "robot_kind": "",
}  # fmt: skip
_TOLD = ("role", "name", "mobile", "phone", "email", "robot_kind", "robot_hint", "preferred", "receives_reminders",
         "started_on", "ended_on", "end_reason", "source", "created_at")  # fmt: skip


def find(actor: Actor, words: str, most: int = 20) -> Sequence[Contact]:
    """Contacts, present and ended, whose name, numbers or address hold the words; with their enterprise."""
    actor.need("persons")
    asked = (Contact.name, Contact.mobile, Contact.phone, Contact.email)
    fits = [field.contains(words) for field in asked]
    query = Contact.select(Contact, Enterprise.name).join(Enterprise)
    query = query.where(fits[0] | fits[1] | fits[2] | fits[3], Contact.name != GONE)
    return list(query.order_by(Contact.name, Contact.id).limit(most))


def get(actor: Actor, contact_id: int) -> Contact:
    """Raises `NotFound`."""
    actor.need("persons")
    return _find(contact_id)


def changes(actor: Actor, contact_id: int) -> int:
    """How many changes of this contact are kept."""
    return len(_changes(get(actor, contact_id)))


def export(actor: Actor, contact_id: int, now: datetime, reason: str = "") -> dict[str, Any]:
    """The contact with full numbers, and every change of it. That it was handed out is in the trail."""
    row = get(actor, contact_id)
    firm, told = row.enterprise_id, persons.why(reason)
    with db.atomic():
        audit.record(actor, "person.export", "contact", contact_id, now=now, enterprise_id=firm, detail=told)
    return {
        "enterprise": row.enterprise.name,
        "contact": {name: getattr(row, name) for name in _TOLD},
        "changes": [
            {name: c[name] for name in ("at", "field", "old", "new", "source", "reason")} for c in _changes(row)
        ],
    }


def forget(actor: Actor, contact_id: int, now: datetime, reason: str = "") -> None:
    """Take out who it was. Raises `Conflict` while the contact is in use: end it first, so that somebody else is told."""
    row = get(actor, contact_id)
    if row.ended_on is None:
        raise Conflict("这位联系人还在使用，提醒会发给他。请先停用（并登记接替的人），再删除个人信息。")
    firm, told = row.enterprise_id, persons.why(reason)
    with db.atomic():
        _blank(row)
        audit.record(actor, "person.forget", "contact", contact_id, now=now, enterprise_id=firm, detail=told)


def forget_old(today: date, now: datetime) -> int:
    """Contacts that ended longer ago than they are kept; returns how many were taken out."""
    old = list(Contact.select().where(Contact.ended_on < today - KEPT_AFTER_THE_END, Contact.name != GONE))
    if old:
        with db.atomic():
            for row in old:
                _blank(row)
            audit.record(Actor.system(), "person.forget", "contact", "-", now=now, detail={"rows": len(old)})
    return len(old)


def _find(contact_id: int) -> Contact:
    row = Contact.get_or_none(Contact.id == contact_id)
    if row is None:
        raise NotFound("没有找到这位联系人。")
    return row


def _blank(row: Contact) -> None:
    for change in _changes(row):
        FactChange.update(old=None, new=None).where(FactChange.id == change["id"]).execute()
    Contact.update(**_BLANK).where(Contact.id == row.id).execute()


def _changes(row: Contact) -> list[dict[str, Any]]:
    """A firm's contacts are told among its own changes, by name."""
    query = FactChange.select().where(
        FactChange.object_type == "enterprise",
        FactChange.object_id == row.enterprise_id,
        FactChange.field == "contact",
    )
    return [c for c in dicts(query.order_by(FactChange.id)) if row.name in f"{c['old']} {c['new']}"]
