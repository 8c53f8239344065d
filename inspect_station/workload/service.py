"""The face of the head's month: what pages, the API, the command line and jobs may ask for."""

from inspect_station.workload import (
    closing,
    coming,
    counting,
    definitions,
    forecast,
    month,
    narrowing,
    people,
    periods,
    reasons,
    report,
    sending,
    shares,
    wall,
)
from inspect_station.workload.narrowing import Narrowed
from inspect_station.workload.periods import Period, around, read

__all__ = [
    "Narrowed",
    "Period",
    "around",
    "closing",
    "coming",
    "counting",
    "definitions",
    "forecast",
    "month",
    "narrowing",
    "people",
    "periods",
    "read",
    "reasons",
    "report",
    "sending",
    "shares",
    "wall",
]
