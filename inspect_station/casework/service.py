"""The face of casework: what pages, the API, reminders and jobs may ask for."""

from inspect_station.casework import (
    cases,
    dating,
    deciding,
    inspectors,
    photos,
    preparing,
    promises,
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
    "inspectors",
    "photos",
    "preparing",
    "promises",
    "quieted",
    "reports",
    "results",
    "words",
]
