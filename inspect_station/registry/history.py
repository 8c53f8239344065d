"""Where a fact comes from: the last change of each field, and all changes of one device or firm."""

from collections.abc import Mapping
from typing import Any

from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.registry.models import FactChange
from inspect_station.registry.rows import dicts, tuples
from inspect_station.registry.words import ENTERPRISE_STATUSES

_NAMES = ("id", "field", "old", "new", "source", "reason", "at")


def of(actor: Actor, object_type: str, object_id: int, enterprise_id: int, limit: int = 200) -> list[dict[str, Any]]:
    """The changes, newest first. Raises `NotFound` unless the actor may see that enterprise."""
    actor.check(enterprise_id)
    query = (
        FactChange.select(*(getattr(FactChange, name) for name in _NAMES), Account.name.alias("who"))
        .left_outer_join(Account)
        .where(FactChange.object_type == object_type, FactChange.object_id == object_id)
    )
    return dicts(query.order_by(FactChange.id.desc()).limit(limit))


def of_firm(actor: Actor, enterprise_id: int) -> list[dict[str, Any]]:
    """The changes of a firm in words: people by name, states as they are called."""
    found = of(actor, "enterprise", enterprise_id, enterprise_id)
    told = {row[side] for row in found if row["field"] == "responsible" for side in ("old", "new")} - {None}
    people = (
        dict(tuples(Account.select(Account.id, Account.name).where(Account.id.in_(sorted(told))))) if told else {}
    )
    words: dict[str, Mapping[Any, str]] = {"responsible": people, "status": ENTERPRISE_STATUSES}
    for row in found:
        for side in ("old", "new"):
            row[side] = words.get(row["field"], {}).get(row[side], row[side])
    return found


def origins(changes: list[dict[str, Any]]) -> dict[str, str]:
    """Field → who or what gave its present value, and when; only for fields that were changed."""
    found: dict[str, str] = {}
    for change in changes:
        words = [change["source"], change["who"] or "", change["at"].date().isoformat()]
        found.setdefault(change["field"], " ".join(word for word in dict.fromkeys(words) if word))
    return found
