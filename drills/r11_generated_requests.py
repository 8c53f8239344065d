"""R11: requests generated from the OpenAPI file, asked by people of several roles; no fault, no answer outside it."""

import logging
from collections.abc import Iterator

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from drills import scale
from drills.ground import Ground, Place, dispose
from drills.tally import Tally
from inspect_station import clock, create_app
from inspect_station.db import db
from tests.conftest import NOW, people, token_for
from tests.registry.park import furnish

ROLES = ("head", "inspector", "auditor", "jia_user")
PROMISES = [not_a_server_error, content_type_conformance, response_schema_conformance, response_headers_conformance]
_TELLTALES = (b"Traceback (most recent", b"peewee.", b"sqlite3.", b"psycopg", b"SELECT ", b"INSERT INTO")


def run(ground: Ground) -> Iterator[Tally]:
    real = clock.now, clock.today
    clock.now, clock.today = lambda: NOW, lambda: NOW.date()
    logging.getLogger("schemathesis").setLevel(logging.ERROR)
    try:
        for role in ROLES:
            yield _as(ground.station(ground.engines[-1]), role)
    finally:
        clock.now, clock.today = real


def _as(place: Place, role: str) -> Tally:
    tally = Tally(f"generated requests, {role}, {place.engine}")
    app = create_app(place.settings())
    with people(app) as cast:
        furnish(cast, place.folder / "files")
    headers = {**token_for(getattr(cast, role)), "Accept-Encoding": "identity"}
    few = settings(
        max_examples=scale.times(10, 100), deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    statuses: dict[int, int] = {}
    for operation in schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app).get_all_operations():
        api = operation.ok()

        @few
        @given(case=api.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            answer = case.call(headers=headers)
            tally.given += 1
            statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
            tally.expect(
                not any(t in answer.content for t in _TELLTALES), f"{case.method} {case.path} tells its insides"
            )
            case.validate_response(answer, checks=PROMISES)

        try:
            ask()
        except Exception as error:
            tally.expect(False, f"{api.label}: {str(error).splitlines()[0]}")
    faults = sum(count for status, count in statuses.items() if status >= 500)
    tally.expect_equal(faults, 0, "5xx")
    tally.remark(f"5xx {faults}; answers {dict(sorted(statuses.items()))}")
    dispose(db.obj)
    return tally
