"""Who may be named as the inspector of a result: those whose qualification for that kind and clock is valid that day."""

from collections.abc import Sequence
from datetime import date

from inspect_station.errors import InvalidInput
from inspect_station.staffing import service as staffing
from schedules.terms import Clock, Kind


def who_may(kind: Kind, clock: str, on: date) -> list[tuple[int, str]]:
    """Id and name of everybody who may carry out this clock on this kind on that day."""
    return staffing.qualified_inspectors(kind.value, clock, on)


def named(ids: Sequence[int], kind: Kind, clock: str, on: date) -> list[dict[str, object]]:
    """The people behind `ids`. Raises `InvalidInput` for one without a valid qualification (安全法 art. 93)."""
    allowed = dict(who_may(kind, clock, on))
    if not ids or any(number not in allowed for number in ids):
        words = f"{kind.label}{Clock(clock).label}"
        names = "、".join(allowed.values())
        sentence = f"请选择 {on.isoformat()} 持有{words}有效资格的检验人员" + (
            f"（{names}）" if names else "，目前没有人持有，请先在设置中登记资格"
        )
        raise InvalidInput(f"{sentence}。", {"inspectors": [sentence]})
    return [{"id": number, "name": allowed[number]} for number in dict.fromkeys(ids)]
