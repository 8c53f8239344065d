"""The face of the clinic: what pages, the API, planning, reminders and the workload may ask for."""

from inspect_station.clinic import (
    columns,
    findings,
    history,
    library,
    recording,
    requests,
    rounds,
    scoping,
    seen,
    slots,
    upcoming,
    visits,
    words,
)
from inspect_station.clinic.library import seed
from inspect_station.clinic.owing import AHEAD, OwedPrescription, owed

__all__ = [
    "AHEAD",
    "OwedPrescription",
    "columns",
    "findings",
    "history",
    "library",
    "owed",
    "recording",
    "requests",
    "rounds",
    "scoping",
    "seed",
    "seen",
    "slots",
    "upcoming",
    "visits",
    "words",
]
