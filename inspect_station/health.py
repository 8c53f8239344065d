"""Is it alive, is it ready, and the figures a Prometheus collects."""

from flask import Blueprint, Response

from inspect_station import db
from inspect_station.accounts.guard import public
from inspect_station.web import json_response

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@public
def alive() -> Response:
    return json_response({"status": "ok"})


@pages.get("/readyz")
@public
def ready() -> Response:
    pending = db.pending_migrations()
    return json_response({"status": "schema" if pending else "ok"}, 503 if pending else 200)
