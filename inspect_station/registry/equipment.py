"""Equipment of every form: made, edited with a reason, read whole."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from peewee import fn

from inspect_station.accounts.scope import Actor, visible
from inspect_station.db import db
from inspect_station.errors import InvalidInput, NotFound, Stale
from inspect_station.registry import changes, checks
from inspect_station.registry.models import Enterprise, Equipment, StatusChange
from inspect_station.registry.rows import dicts, tuples

EDITABLE = (
    "enterprise", "parent", "form", "catalogue_code", "name", "initials", "own_number", "maker", "maker_number",
    "device_code", "registration_code", "certificate_number", "line_number", "model", "location", "quantity",
    "length_mm", "technical", "traits", "unregistered", "made_on", "put_into_use_on", "design_life_years",
    "exempt_by_design", "note",
)  # fmt: skip
# Moved by acts with their own history (statuses.py), not by an edit.
BY_ACT = ("status", "stopped_on", "restarted_on", "moved_on")
WHOLE = (*EDITABLE, *BY_ACT, "id", "revision", "source", "raw", "created_at", "updated_at", "sample")
_WHOLE = tuple(getattr(Equipment, name) for name in WHOLE)


def get(actor: Actor, equipment_id: int) -> dict[str, Any]:
    """One device with its enterprise's name. Raises `NotFound` for a missing and for a foreign one."""
    row = (
        Equipment.select(*_WHOLE, Enterprise.name.alias("enterprise_name"))
        .join(Enterprise)
        .where(Equipment.id == equipment_id, visible(actor, Equipment.enterprise))
        .dicts()
        .first()
    )
    if row is None:
        raise NotFound()
    return dict(row)


def create(actor: Actor, given: Mapping[str, Any], *, now: datetime, today: date) -> int:
    """A new device's id. Raises `InvalidInput` naming each field and why."""
    actor.need("edit")
    start = {name: given[name] for name in BY_ACT if given.get(name)}
    with db.atomic():
        values = checks.equipment({name: given[name] for name in EDITABLE if name in given}, start, today)
        row = Equipment.create(
            **values, **start, source=f"{changes.BY_HAND}（{actor.name}）", created_at=now, updated_at=now
        )
        _first_status(actor, row, now)
        changes.record(actor, "equipment.create", row.id, values["enterprise"], {"name": (None, row.name)}, now=now)
    return int(row.id)


def _first_status(actor: Actor, row: Any, now: datetime) -> None:
    StatusChange.insert(
        equipment=row.id,
        status=row.status,
        from_on=row.stopped_on or row.put_into_use_on,
        reason="建档",
        account=actor.account_id,
        at=now,
    ).execute()


def change(
    actor: Actor,
    equipment_id: int,
    given: Mapping[str, Any],
    *,
    reason: str,
    now: datetime,
    today: date,
    revision: int | None = None,
) -> int:
    """Correct the given fields, for a reason that is kept; returns the new revision.

    Raises `Stale` where `revision` is no longer the present one; unchanged values write nothing.
    """
    actor.need("edit")
    with db.atomic():
        present = get(actor, equipment_id)
        if revision is not None and revision != present["revision"]:
            raise Stale()
        wanted = {name: given[name] for name in EDITABLE if name in given}
        values = checks.equipment(wanted, present, today)
        changed = changes.differing(present, values)
        if not changed:
            return int(present["revision"])
        if not reason.strip():
            raise InvalidInput("请写明更正的理由，便于日后查对。", {"reason": ["请填写更正理由"]})
        write(equipment_id, present["revision"], {name: new for name, (_, new) in changed.items()}, now)
        _move_children(equipment_id, changed, now)
        changes.record(
            actor, "equipment.change", equipment_id, present["enterprise"], changed, now=now, reason=reason
        )
    return int(present["revision"]) + 1


def write(equipment_id: int, revision: int, values: Mapping[str, Any], now: datetime) -> None:
    """Write `values` over the revision they were decided on. Raises `Stale` if another was written meanwhile."""
    written = (
        Equipment.update(**values, updated_at=now, revision=revision + 1)
        .where(Equipment.id == equipment_id, Equipment.revision == revision)
        .execute()
    )
    if not written:
        raise Stale()


def _move_children(equipment_id: int, changed: Mapping[str, tuple[Any, Any]], now: datetime) -> None:
    """Lines and accessories go where their host goes: one that stayed behind would be shown to the wrong firm."""
    if "enterprise" in changed:
        children = [row[0] for row in tuples(Equipment.select(Equipment.id).where(Equipment.parent == equipment_id))]
        Equipment.update(enterprise=changed["enterprise"][1], updated_at=now, revision=Equipment.revision + 1).where(
            Equipment.parent == equipment_id
        ).execute()
        changes.touch(children)


def parts(actor: Actor, equipment_id: int, form: str, limit: int) -> list[dict[str, Any]]:
    """The lines of an installation, or the accessories of a device: the first `limit` by number."""
    names = (
        "id",
        "name",
        "catalogue_code",
        "line_number",
        "own_number",
        "maker_number",
        "status",
        "length_mm",
        "traits",
    )
    query = Equipment.select(*(getattr(Equipment, name) for name in names)).where(
        Equipment.parent == equipment_id, Equipment.form == form, visible(actor, Equipment.enterprise)
    )
    return dicts(query.order_by(Equipment.line_number, Equipment.own_number, Equipment.id).limit(limit))


def lines_of(actor: Actor, installation_id: int) -> tuple[int, int]:
    """How many lines an installation has, and their length in millimetres: pipes count in both."""
    query = Equipment.select(fn.COUNT(Equipment.id), fn.SUM(fn.COALESCE(Equipment.length_mm, 0))).where(
        Equipment.parent == installation_id, Equipment.form == "line", visible(actor, Equipment.enterprise)
    )
    ((count, length),) = tuples(query)
    return int(count), int(length or 0)


def hosts(actor: Actor, enterprise_id: int, form: str) -> Sequence[tuple[int, str]]:
    """What a line (its installation) or an accessory (its device) may belong to: id and a name to choose by."""
    wanted = ("installation",) if form == "line" else ("device", "line", "installation")
    query = Equipment.select(Equipment.id, Equipment.name, Equipment.own_number).where(
        Equipment.enterprise == enterprise_id, Equipment.form.in_(wanted), visible(actor, Equipment.enterprise)
    )
    rows = tuples(query.order_by(Equipment.name, Equipment.own_number).limit(2000))
    return [(row[0], f"{row[1]} {row[2]}".strip()) for row in rows]
