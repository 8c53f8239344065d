"""The pages of the head's month."""

from flask import Blueprint

pages = Blueprint("workload", __name__)

from inspect_station.workload.views import (  # noqa: E402, F401  they add their routes to `pages`
    coming,
    month,
    report,
    rows,
    wall,
)
