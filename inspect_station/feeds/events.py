"""From rows of the due list to calendar events: what belongs together becomes one."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from schedules.terms import DoneBy, Kind

_NAMED_MOST = 30
_KINDS = {kind.value: kind.label for kind in Kind}


@dataclass(frozen=True)
class Happening:
    """One due date as a calendar shows it."""

    uid: str
    on: date
    summary: str
    description: str
    location: str
    equipment_id: int | None  # None: no device's page tells more

    @property
    def digest(self) -> str:
        """Of all that is told besides the date."""
        return hashlib.sha256("\0".join((self.summary, self.description, self.location)).encode()).hexdigest()


def happenings(rows: Iterable[Mapping[str, Any]], parents: Mapping[int, tuple[int, str]]) -> list[Happening]:
    """One event for each clock; one together for lines of one installation, and for one firm's accessories of a kind.

    `parents`: of each line its installation's id and name. An event is known by its first device, so its UID stays
    when the date of all moves, and whoever leaves the group gets an event of his own.
    """
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((*_group(row, parents), row["clock"], row["due_on"], row["precision"]), []).append(row)
    found = [_happening(sorted(group, key=lambda row: row["equipment_id"]), parents) for group in groups.values()]
    return sorted(found, key=lambda h: (h.on, h.uid))


def _group(row: Mapping[str, Any], parents: Mapping[int, tuple[int, str]]) -> tuple[Any, ...]:
    if row["equipment_id"] in parents:
        return ("installation", parents[row["equipment_id"]][0])
    if row["form"] == "accessory":
        return ("accessories", row["enterprise_id"], row["kind"])
    return ("device", row["equipment_id"])


def _happening(group: Sequence[Mapping[str, Any]], parents: Mapping[int, tuple[int, str]]) -> Happening:
    first = group[0]
    what = _one(first) if len(group) == 1 else _several(group, parents)
    return Happening(
        uid=f"equipment-{first['equipment_id']}-{first['clock']}@inspect-station",
        on=date.fromisoformat(first["due_on"]),
        summary=f"{first['clock_label']}到期：{what}（{first['enterprise']}）",
        description="\n".join(_description(group)),
        location=first["location"] if len({row["location"] for row in group}) == 1 else "",
        equipment_id=first["equipment_id"],
    )


def _one(row: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (row["name"], row["line_number"] or row["own_number"])))


def _several(group: Sequence[Mapping[str, Any]], parents: Mapping[int, tuple[int, str]]) -> str:
    first = group[0]
    if first["equipment_id"] in parents:
        return f"{parents[first['equipment_id']][1]} {len(group)} 条管道"
    return f"{_KINDS.get(first['kind'], first['name'])} {len(group)} 只"


def _description(group: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    first = group[0]
    yield f"企业：{first['enterprise']}"
    if len(group) > 1:
        names = [_one(row) for row in group[:_NAMED_MOST]]
        yield f"设备：{'、'.join(names)}{f' 等 {len(group)} 项' if len(group) > _NAMED_MOST else ''}"
    elif first["certificate_number"]:
        yield f"使用登记证编号：{first['certificate_number']}"
    is_month = first["precision"] == "month"
    yield f"到期：{first['shown_on']}{'（有效至当月最后一天）' if is_month else ''}"
    if first["done_by"] == DoneBy.INSTITUTION:
        yield f"最晚报检：{first['apply_by']}"
    else:
        yield f"由{DoneBy(first['done_by']).label}办理"
    if any(row["unverified"] for row in group):
        yield "待核实：日期按规则推算，所依据的条文尚待与文件原文核对。"
