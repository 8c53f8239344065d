"""The registry's face: what other areas, pages, the API and jobs may ask for. One module per thing behind it."""

from inspect_station.registry import (
    changes,
    contacts,
    documents,
    enterprises,
    equipment,
    extensions,
    facts,
    history,
    inspections,
    listing,
    statuses,
    transfers,
    words,
)
from inspect_station.registry.changes import touch
from inspect_station.registry.enterprises import names as enterprise_names
from inspect_station.registry.facts import DeviceFacts, facts_of

__all__ = [
    "DeviceFacts",
    "changes",
    "contacts",
    "documents",
    "enterprise_names",
    "enterprises",
    "equipment",
    "extensions",
    "facts",
    "facts_of",
    "history",
    "inspections",
    "listing",
    "statuses",
    "touch",
    "transfers",
    "words",
]
