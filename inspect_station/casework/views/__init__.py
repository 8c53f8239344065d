"""The pages of casework: cases, applying, tasks."""

from flask import Blueprint

pages = Blueprint("casework", __name__)

from inspect_station.casework.views import (  # noqa: E402, F401  they add their routes to `pages`
    applying,
    attachments,
    cases,
    field,
    findings,
    labels,
    moving,
    postponing,
    preparing,
    reasons,
    reports,
    results,
    tasks,
)
