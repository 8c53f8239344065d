"""The API keeps the promises of its own description, whatever it is asked, by whoever may ask."""

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from inspect_station.reminders import service as reminders
from inspect_station.web import settings as station_settings
from tests.conftest import NOW, TODAY, log_in, people, token_for
from tests.registry.park import furnish

PROMISES = [not_a_server_error, content_type_conformance, response_schema_conformance]
FEW = settings(
    max_examples=12,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("who", ["head", "jia_user"])
def test_generated_requests_meet_no_fault_and_no_answer_outside_the_description(app: Flask, who: str) -> None:
    with people(app) as cast, app.app_context():
        furnish(cast, station_settings().files_dir)
        reminders.tick(station_settings(), TODAY, NOW)
    headers = {**token_for(getattr(cast, who)), "Accept-Encoding": "identity"}
    asked = []
    for operation in schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app).get_all_operations():

        @FEW
        @given(case=operation.ok().as_strategy())
        def ask(case: schemathesis.Case) -> None:
            case.validate_response(case.call(headers=headers), checks=PROMISES)

        ask()
        asked.append(operation.ok().label)
    assert len(asked) > 20


@pytest.mark.parametrize("address", ["/equipment/{}", "/reminders/{}", "/enterprises/{}", "/imports/{}"])
def test_a_number_no_id_can_have_is_not_found(app: Flask, address: str) -> None:
    with people(app) as cast:
        pass
    assert log_in(app, cast.head).get(address.format(10**30)).status_code == 404


@pytest.mark.parametrize("sort", ["", "&sort=initials"])
@pytest.mark.parametrize("path", ["enterprises", "equipment", "inspections", "due", "reminders"])
def test_a_cursor_of_another_list_or_order_is_refused_in_a_sentence(app: Flask, path: str, sort: str) -> None:
    with people(app) as cast, app.app_context():
        furnish(cast, station_settings().files_dir)
    client, headers = app.test_client(), token_for(cast.head)
    made = client.get("/api/v1/enterprises?per_page=1&sort=name", headers=headers).json["next"]
    for forged in (made, "WyJ4Il0", "WyJ4IiwxXQ", "W251bGxd", made[:-1] + "x"):
        answer = client.get(f"/api/v1/{path}?cursor={forged}{sort}", headers=headers)
        assert answer.status_code == 422, forged
