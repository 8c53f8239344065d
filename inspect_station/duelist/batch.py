"""What is done with the ticked rows of the list at once: many inspections recorded."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.duelist import service
from inspect_station.duelist.query import Filters
from inspect_station.errors import InvalidInput
from inspect_station.registry import service as registry

MOST = 200


def rows(actor: Actor, ids: Sequence[int], today: date) -> list[dict[str, Any]]:
    """The ticked rows this person may see, firm by firm. Raises `InvalidInput` for none or too many."""
    if not ids:
        raise InvalidInput("还没有选中任何一项。请在到期清单里勾选后再做。", {"ids": ["请先勾选"]})
    if len(ids) > MOST:
        raise InvalidInput(f"一次最多处理 {MOST} 项，现在选了 {len(ids)} 项。请分几次做。", {"ids": ["太多"]})
    filters = Filters(rows=tuple(ids))
    return service.due_page(actor, filters, "enterprise", service.Place(), MOST, today, counted=False).rows


def inspectable(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows an inspection can be recorded for: those whose clock is known."""
    return [row for row in found if row["clock_label"] != "资料有误"]


def record(
    actor: Actor,
    found: Sequence[Mapping[str, Any]],
    values: Mapping[int, Mapping[str, Any]],
    *,
    reason: str,
    now: datetime,
    today: date,
) -> int:
    """Record one inspection for each row in `values` (row id → fields), all or none; returns how many.

    Raises `InvalidInput`, its fields named `<row id>.<field>`, with what is wrong in every row.
    """
    actor.need("edit")
    problems: dict[str, list[str]] = {}
    chosen = [row for row in found if row["id"] in values]
    with db.atomic():
        for row in chosen:
            try:
                given = {**values[row["id"]], "clock": row["clock"]}
                registry.inspections.record(actor, row["equipment_id"], given, reason=reason, now=now, today=today)
            except InvalidInput as error:
                problems |= {f"{row['id']}.{name}": said for name, said in _said(error).items()}
        if problems:
            raise InvalidInput(f"没有登记：{_rows_with(problems)} 项有误，请按每行的提示改正后再登记。", problems)
    return len(chosen)


def _said(error: InvalidInput) -> Mapping[str, list[str]]:
    return error.fields or {"": [error.message]}


def _rows_with(problems: Mapping[str, Any]) -> int:
    return len({name.partition(".")[0] for name in problems})
