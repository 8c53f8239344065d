"""The face of planning: what pages, the API, feeds and jobs may ask for. One module per thing behind it."""

from inspect_station.planning import (
    agreeing,
    columns,
    comparing,
    efforts,
    errands,
    moving,
    ofdevice,
    plans,
    problem,
    reading,
    sites,
    storing,
    words,
    work,
)
from inspect_station.planning.moving import Target
from inspect_station.planning.reading import Visit, published

__all__ = [
    "Target",
    "Visit",
    "agreeing",
    "columns",
    "comparing",
    "efforts",
    "errands",
    "moving",
    "ofdevice",
    "plans",
    "problem",
    "published",
    "reading",
    "sites",
    "storing",
    "words",
    "work",
]
