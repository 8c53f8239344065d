"""The pages of the clinic."""

from flask import Blueprint

pages = Blueprint("clinic", __name__, url_prefix="/clinic")

from inspect_station.clinic.views import (  # noqa: E402, F401  they add their routes to `pages`
    findings,
    hours,
    inbox,
    library,
    record,
    requests,
    rounds,
    scope,
    visits,
)
