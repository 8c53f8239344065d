"""The face of casework: what pages, the API, reminders and jobs may ask for."""

from inspect_station.casework import (
    cases,
    dating,
    deciding,
    findings,
    history,
    inspectors,
    photos,
    postponing,
    preparing,
    promises,
    reasons,
    reports,
    results,
    words,
)
from inspect_station.casework.applying import apply
from inspect_station.casework.quiets import Quiet, quieted

__all__ = [
    "Quiet",
    "apply",
    "cases",
    "dating",
    "deciding",
    "findings",
    "history",
    "inspectors",
    "photos",
    "postponing",
    "preparing",
    "promises",
    "quieted",
    "reasons",
    "reports",
    "results",
    "words",
]
