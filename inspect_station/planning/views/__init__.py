"""The pages of the plan, by who needs them: the head's board, one visit, sites, what inspections take, the parties."""

from flask import Blueprint

pages = Blueprint("planning", __name__, url_prefix="/plan")

from inspect_station.planning.views import board, data, parties, proposals, sites, visits  # noqa: E402, F401
