"""A period by kind, clock and business type, in words."""

from datetime import date
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.workload import counting
from inspect_station.workload.definitions import BUSINESS
from inspect_station.workload.narrowing import Narrowed
from inspect_station.workload.periods import Period
from schedules.terms import Clock, Kind

BY = {"kind": "设备种类", "clock": "检验项目", "business": "业务类型"}


def parts(
    actor: Actor, period: Period, today: date, by: str, narrowed: Narrowed | None = None
) -> list[dict[str, Any]]:
    """`counting.parts` with its words, and the inspection rate of each part."""
    found = counting.parts(actor, period, today, by, narrowed)
    for row in found:
        row["label"] = _label(by, row["key"])
        row["rate"] = round(100 * row["due_done"] / row["due"], 1) if row["due"] else None
        row["km"] = row["length_mm"] / 1_000_000
        row["inspected_km"] = row["inspected_mm"] / 1_000_000
    return found


def _label(by: str, word: str) -> str:
    if by == "kind":
        return Kind(word).label
    return Clock(word).label if by == "clock" else BUSINESS[word]
