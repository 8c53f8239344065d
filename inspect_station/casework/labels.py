"""Which devices get a label, and what stands on it."""

from collections.abc import Sequence
from typing import Any

from inspect_station.accounts.scope import Actor, visible
from inspect_station.notices.labels import Label
from inspect_station.registry.models import Equipment
from inspect_station.registry.rows import tuples

MOST = 400
_ENDED = ("scrapped", "cancelled", "dismantled")


def labels(
    actor: Actor,
    address: str,
    *,
    enterprise: int | None = None,
    ids: Sequence[int] = (),
    parent: int | None = None,
    first: int = 1,
) -> list[Label]:
    """Labels for chosen devices, an installation's lines, or all of a firm's living devices, `MOST` at a time.

    `address` ends before the code; `first` counts from 1: what a sheet before this one left over.
    """
    conditions: list[Any] = [visible(actor, Equipment.enterprise), Equipment.status.not_in(_ENDED)]
    if ids:
        conditions.append(Equipment.id.in_(list(ids)[:MOST]))
    elif parent is not None:
        conditions.append(Equipment.parent == parent)
    else:
        conditions.append(Equipment.enterprise == (actor.enterprise_id or enterprise or 0))
    query = Equipment.select(
        Equipment.id, Equipment.name, Equipment.line_number, Equipment.own_number, Equipment.certificate_number
    )
    rows = tuples(
        query.where(*conditions)
        .order_by(Equipment.line_number, Equipment.own_number, Equipment.id)
        .offset(first - 1)
        .limit(MOST)
    )
    return [
        Label(f"{address}{number}", name, line or own or certificate) for number, name, line, own, certificate in rows
    ]
