"""What every change of a fact leaves behind: the old and the new value, the trail's entry, the mark to recompute."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from inspect_station.accounts import audit
from inspect_station.accounts.scope import Actor
from inspect_station.registry.models import EquipmentTouched, FactChange

BY_HAND = "人工录入"


def touch(equipment_ids: Iterable[int]) -> None:
    """Mark devices whose due dates must be recomputed; call it in the transaction that changes their facts."""
    rows = [{"equipment": equipment_id} for equipment_id in sorted(set(equipment_ids))]
    for start in range(0, len(rows), 5_000):
        # An update, not "do nothing": the mark stays locked until our facts are committed, so that a refresh running
        # now cannot take the mark away and read the facts as they were before.
        EquipmentTouched.insert_many(rows[start : start + 5_000]).on_conflict(
            conflict_target=[EquipmentTouched.equipment], preserve=[EquipmentTouched.equipment]
        ).execute()


def differing(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields of `wanted` that hold something else now: field → (old, new)."""
    pairs = {name: (present.get(name), value) for name, value in wanted.items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def note(
    actor: Actor,
    object_type: str,
    object_id: int,
    changed: Mapping[str, tuple[Any, Any]],
    *,
    now: datetime,
    source: str = BY_HAND,
    reason: str = "",
) -> None:
    """Keep old and new of each changed field."""
    rows = [
        {
            "object_type": object_type,
            "object_id": object_id,
            "field": field,
            "old": _plain(old),
            "new": _plain(new),
            "source": source,
            "reason": reason,
            "account": actor.account_id,
            "at": now,
        }
        for field, (old, new) in changed.items()
    ]
    if rows:
        FactChange.insert_many(rows).execute()


def record(
    actor: Actor,
    act: str,
    equipment_id: int,
    enterprise_id: int,
    changed: Mapping[str, tuple[Any, Any]],
    *,
    now: datetime,
    reason: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """All three for one device."""
    note(actor, "equipment", equipment_id, changed, now=now, reason=reason)
    touch([equipment_id])
    audit.record(
        actor,
        act,
        "equipment",
        equipment_id,
        now=now,
        enterprise_id=enterprise_id,
        detail={"fields": sorted(changed), "reason": reason, **(detail or {})},
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
