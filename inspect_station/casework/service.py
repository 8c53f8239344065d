"""The face of casework: what pages, the API, reminders and jobs may ask for."""

from inspect_station.casework import (
    attachments,
    cases,
    dating,
    deciding,
    duty,
    findings,
    history,
    inspectors,
    numbers,
    photos,
    postponing,
    preparing,
    promises,
    proposals,
    reasons,
    reports,
    results,
    todo,
    words,
)
from inspect_station.casework.applying import apply
from inspect_station.casework.quiets import Quiet, quieted
from inspect_station.casework.wishes import Wish, items_of, wishes

__all__ = [
    "Quiet",
    "Wish",
    "apply",
    "attachments",
    "cases",
    "dating",
    "deciding",
    "duty",
    "findings",
    "history",
    "inspectors",
    "items_of",
    "numbers",
    "photos",
    "postponing",
    "preparing",
    "promises",
    "proposals",
    "quieted",
    "reasons",
    "reports",
    "results",
    "todo",
    "wishes",
    "words",
]
