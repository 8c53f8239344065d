"""The numbers of reports: each once, but for a re-inspection, which keeps the number of the report that said no."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from peewee import fn

from inspect_station.casework.models import FindingNotice, Report
from inspect_station.errors import InvalidInput
from inspect_station.registry.models import Equipment, Inspection
from inspect_station.registry.rows import dicts, tuples
from schedules.terms import Clock, Conclusion

_CHUNK = 500
_REASON = ["确是同一份报告的，请写明理由"]


def check(
    number: str,
    enterprise_id: int,
    equipment_ids: Sequence[int],
    clock: str,
    *,
    done_on: date,
    reason: str = "",
    but: int | None = None,
    own: Sequence[int] = (),
) -> int:
    """How many reports before it bear this number: 0, or a re-inspection of what the last of them failed.

    Raises `InvalidInput` where another report has the number and this is no re-inspection within its deadline, or
    where the ledger of this firm and year has it. `reason` lets a later re-inspection stand, and a number that an old
    ledger has already: there one report told of several devices. `own` are the inspections of the report `but` itself.
    """
    if not number:
        return 0
    again = _earlier(number, but)
    failed = _failed(number, enterprise_id, equipment_ids, clock, own)
    if again and set(equipment_ids) - set(failed):
        sentence = f"报告编号“{number}”已经用过，请核对；不合格设备的复检才沿用原编号"
        raise InvalidInput(f"{sentence}。", {"report_number": [sentence]})
    ends = _rectified_by(equipment_ids, clock) if again else None
    if ends and done_on > ends and not reason.strip():
        sentence, asked = f"整改期限 {ends} 已过，复检报告应另编号", f"仍要沿用“{number}”的，请写明理由"
        raise InvalidInput(f"{sentence}；{asked}。", {"report_number": [sentence], "reason": [asked]})
    seen = again or reason.strip()
    place = "" if seen else _in_ledger(number, enterprise_id, str(done_on.year), [*own, *failed.values()])
    if place:
        sentence = f"报告编号“{number}”已经记在{place}，请核对"
        raise InvalidInput(
            f"{sentence}；确是同一份报告的，请写明理由后再保存。", {"report_number": [sentence], "reason": _REASON}
        )
    return again


def kept(equipment_ids: Sequence[int], clock: str, today: date) -> str:
    """The number that a re-inspection of these devices keeps; empty where they passed, share none, or it is too late."""
    newest = _newest(equipment_ids, clock, ())
    numbers = {row["report_number"] for row in newest.values() if _said_no(row)}
    if len(numbers) != 1 or len(newest) < len(set(equipment_ids)) or not all(map(_said_no, newest.values())):
        return ""
    ends = _rectified_by(equipment_ids, clock)
    return "" if ends and today > ends else str(numbers.pop())


def _earlier(number: str, but: int | None) -> int:
    """One more than the highest count among the reports of this number; 0 where there is none."""
    query = Report.select(fn.MAX(Report.again)).where(Report.number == number, Report.id != (but or 0))
    highest = query.scalar()
    return 0 if highest is None else int(highest) + 1


def _said_no(row: dict[str, Any]) -> bool:
    return bool(row["conclusion"]) and not Conclusion(row["conclusion"]).qualified


def _newest(equipment_ids: Sequence[int], clock: str, own: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By device, its latest inspection of the clock that stands, apart from `own`."""
    found: dict[int, dict[str, Any]] = {}
    ids = sorted(set(equipment_ids))
    for start in range(0, len(ids), _CHUNK):
        query = (
            Inspection.select(
                Inspection.id, Inspection.equipment, Inspection.conclusion, Inspection.report_number,
                Equipment.enterprise,
            )
            .join(Equipment)
            .where(
                Inspection.equipment.in_(ids[start : start + _CHUNK]), Inspection.clock == clock,
                Inspection.replaced_by.is_null(), Inspection.id.not_in([0, *own]),
            )
            .order_by(Inspection.completed_on, Inspection.id)
        )  # fmt: skip
        found |= {row["equipment"]: row for row in dicts(query)}
    return found


def _failed(
    number: str, enterprise_id: int, equipment_ids: Sequence[int], clock: str, own: Sequence[int]
) -> dict[int, int]:
    """The devices whose latest inspection failed under this number, each with that inspection."""
    return {
        equipment: row["id"]
        for equipment, row in _newest(equipment_ids, clock, own).items()
        if row["report_number"] == number and row["enterprise"] == enterprise_id and _said_no(row)
    }


def _rectified_by(equipment_ids: Sequence[int], clock: str) -> date | None:
    """Until when a re-inspection keeps the number: the earliest deadline of these devices; none without a notice."""
    found: list[date] = []
    ids = sorted(set(equipment_ids))
    for start in range(0, len(ids), _CHUNK):
        query = FindingNotice.select(fn.MAX(FindingNotice.deadline)).where(
            FindingNotice.equipment.in_(ids[start : start + _CHUNK]), FindingNotice.clock == clock,
            FindingNotice.state != "cancelled",
        )  # fmt: skip
        ends = [row[0] for row in tuples(query.group_by(FindingNotice.equipment))]
        found += [date.fromisoformat(end) if isinstance(end, str) else end for end in ends]
    return min(found, default=None)


def _in_ledger(number: str, enterprise_id: int, year: str, but: Sequence[int]) -> str:
    """Where the ledger has this number already, in words; empty where it has not."""
    query = (
        Inspection.select(
            Inspection.completed_on, Inspection.clock, Equipment.name, Equipment.own_number, Equipment.line_number
        )
        .join(Equipment)
        .where(
            Equipment.enterprise == enterprise_id, Inspection.report_number == number, Inspection.replaced_by.is_null(),
            Inspection.completed_on.startswith(year), Inspection.id.not_in([0, *but]),
        )
        .order_by(Inspection.id)
        .limit(1)
    )  # fmt: skip
    for row in dicts(query):
        device = f"{row['name']} {row['line_number'] or row['own_number']}".strip()
        return f"“{device}”{row['completed_on']} 的{Clock(row['clock']).label}"
    return ""
