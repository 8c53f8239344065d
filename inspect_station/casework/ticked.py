"""Ticked rows of the due list, in the groups a result is recorded for: one firm, one kind, one clock."""

from collections.abc import Sequence
from datetime import date

from inspect_station.accounts.scope import Actor
from inspect_station.duelist import service as duelist
from inspect_station.errors import InvalidInput

MOST = 200
WRONG_FACTS = "资料有误"


def first_group(actor: Actor, row_ids: Sequence[int], today: date) -> tuple[list[int], str, list[int]]:
    """The devices and the clock of the first group, and the rows of all other groups.

    Raises `InvalidInput` for none, for too many, and where nothing can be recorded for any of them.
    """
    if not row_ids:
        raise InvalidInput("还没有选中任何一项。请在到期清单里勾选后再做。")
    if len(row_ids) > MOST:
        raise InvalidInput(f"一次最多处理 {MOST} 项，现在选了 {len(row_ids)} 项。请分几次做。", {"ids": ["太多"]})
    filters = duelist.Filters(rows=tuple(row_ids))
    found = duelist.due_page(actor, filters, "enterprise", duelist.Place(), MOST, today, counted=False).rows
    rows = [row for row in found if row["clock_label"] != WRONG_FACTS]
    if not rows:
        raise InvalidInput("所选的项目里没有可登记检验的：资料有误的设备要先更正资料。", {"ids": ["不能登记"]})
    keys = [(row["enterprise_id"], row["kind"], row["clock"]) for row in rows]
    first = [row for row, key in zip(rows, keys, strict=True) if key == keys[0]]
    rest = [row["id"] for row, key in zip(rows, keys, strict=True) if key != keys[0]]
    return [row["equipment_id"] for row in first], str(rows[0]["clock"]), rest
