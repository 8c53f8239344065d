"""What the pages draw, prepared as plain numbers: the heat map's cells, the bars' lengths, the load chart's series."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from inspect_station.workload.coming import LAYERS
from inspect_station.workload.forecast import Forecast
from inspect_station.workload.periods import months

STEPS = (1, 3, 6, 11)  # the heat map's shades begin at so many


def heat_map(found: Sequence[Mapping[str, Any]], first: date, count: int) -> list[dict[str, Any]]:
    """Rows of months, cells of days: number and shade 0 to 4."""
    by_day = {row["day"]: row["count"] for row in found}
    rows = []
    for period in months(first, count):
        year, month = period.first.year, period.first.month
        days = [date(year, month, n) for n in range(1, monthrange(year, month)[1] + 1)]
        cells = [{"day": d.isoformat(), "n": d.day, "count": by_day.get(d.isoformat(), 0)} for d in days]
        for cell in cells:
            cell["shade"] = sum(int(cell["count"]) >= step for step in STEPS)
        rows.append({"month": period.key, "cells": cells, "total": sum(int(c["count"]) for c in cells)})
    return rows


def bars(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each row with its share of the longest, in per cent."""
    most = max((row["count"] for row in found), default=0)
    return [row | {"width": round(100 * row["count"] / most, 1) if most else 0} for row in found]


def load(found: Forecast) -> dict[str, Any]:
    """The load chart: stacked hours by layer, a line of what there is."""
    return {
        "months": [m.key for m in found.months],
        "series": [
            {"name": label, "layer": layer, "hours": [round(m.minutes[layer] / 60, 1) for m in found.months]}
            for layer, label in LAYERS.items()
        ],
        "room": [round(m.room / 60, 1) for m in found.months],
        "planned": [round(m.planned / 60, 1) for m in found.months],
    }
