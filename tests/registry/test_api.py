"""The register as JSON, by the contract."""

import pytest

from inspect_station.db import db
from inspect_station.registry.models import Equipment
from inspect_station.web import settings
from tests.conftest import NOW, people, token_for
from tests.registry.park import furnish
from tests.statements import counted

API = "/api/v1"
VESSEL = {"catalogue_code": "2150", "name": "缓冲罐", "traits": {"material": "metal"}, "put_into_use_on": "2020-05"}


class Program:
    """Something that speaks for an inspector by a token."""

    def __init__(self, app, actor):
        self.client, self.headers = app.test_client(), token_for(actor)

    def __call__(self, method, path, json=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(API + path, method=method, json=json, headers=self.headers | named)


@pytest.fixture
def scene(app):
    with people(app) as cast, app.app_context():
        things = furnish(cast, settings().files_dir)
    return Program(app, cast.inspector), cast, things


def test_a_device_is_made_read_listed_and_changed(scene):
    ask, cast, _ = scene
    made = ask("POST", "/equipment", {**VESSEL, "enterprise_id": cast.jia.id})
    assert made.status_code == 201, made.json
    body, etag = made.json, made.headers["ETag"]
    assert (body["name"], body["status"], body["traits"], body["put_into_use_on"]) == (
        "缓冲罐",
        "in_use",
        {"material": "metal"},
        "2020-05",
    )
    assert ask("GET", f"/equipment/{body['id']}").headers["ETag"] == etag == '"1"'
    changed = ask("PATCH", f"/equipment/{body['id']}", {"own_number": "V-9", "reason": "现场核对"}, If_Match=etag)
    assert (changed.status_code, changed.json["own_number"], changed.headers["ETag"]) == (200, "V-9", '"2"')
    listed = ask("GET", "/equipment?q=V-9").json
    assert (listed["total"], listed["next"], [i["id"] for i in listed["items"]]) == (1, None, [body["id"]])


def test_a_stale_write_is_refused(scene):
    ask, _, things = scene
    path = f"/equipment/{things.equipment}"
    assert ask("PATCH", path, {"note": "一", "reason": "x"}, If_Match='"1"').status_code == 200
    stale = ask("PATCH", path, {"note": "二", "reason": "x"}, If_Match='"1"')
    assert (stale.status_code, stale.json["status"]) == (412, "stale")
    firm = f"/enterprises/{things.enterprise}"
    assert ask("PATCH", firm, {"note": "一"}, If_Match='"1"').status_code == 200
    assert ask("PATCH", firm, {"note": "二"}, If_Match='"1"').status_code == 412


def test_the_same_key_writes_once_and_answers_the_same(scene, app):
    ask, cast, _ = scene
    given = {**VESSEL, "enterprise_id": cast.jia.id}
    one = ask("POST", "/equipment", given, Idempotency_Key="k-1")
    two = ask("POST", "/equipment", given, Idempotency_Key="k-1")
    assert (one.status_code, two.status_code, one.json) == (201, 201, two.json)
    with db.connection_context():
        assert Equipment.select().where(Equipment.name == "缓冲罐").count() == 1
    other = ask("POST", "/equipment", {**given, "name": "别的"}, Idempotency_Key="k-1")
    assert other.status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "/equipment", {**VESSEL, "enterprise_id": 1, "colour": "red"}, "colour"),
        ("POST", "/equipment", {**VESSEL, "enterprise_id": "1"}, "enterprise_id"),
        ("POST", "/equipment", {**VESSEL, "enterprise_id": 1, "name": "a\u0000b"}, "name"),
        ("POST", "/equipment", {**VESSEL, "enterprise_id": 1, "traits": {"material": "wood"}}, "traits.material"),
        ("POST", "/equipment", {"enterprise_id": 1, "name": "x"}, "catalogue_code"),
        ("GET", "/equipment?colour=red", None, "colour"),
        ("GET", "/equipment?per_page=201", None, "per_page"),
        ("GET", "/equipment?sort=password", None, "sort"),
        ("GET", "/equipment?cursor=nonsense", None, "cursor"),
        ("GET", "/inspections?cursor=WzFd", None, "cursor"),
        ("POST", "/enterprises", {"name": "丙", "credit_code": "91350122MA2XN00000"}, "credit_code"),
        ("POST", "/enterprises", {"name": "福州甲化工有限公司"}, "name"),
    ],
)
def test_what_cannot_be_taken_is_named_field_by_field_in_chinese(scene, method, path, body, field):
    ask, *_ = scene
    answer = ask(method, path, body)
    assert answer.status_code in (409, 422), answer.json
    assert set(answer.json) == {"code", "status", "message", "errors"}
    assert field in answer.json["errors"], answer.json
    assert answer.json["message"].endswith("。")


def test_an_inspection_is_recorded_corrected_and_told_of(scene):
    ask, _, things = scene
    given = {
        "equipment_id": things.equipment,
        "clock": "annual",
        "completed_on": "2026-03-01",
        "conclusion": "符合要求",
    }
    made = ask("POST", "/inspections", given)
    assert made.status_code == 201, made.json
    path = f"/inspections/{made.json['id']}"
    corrected = ask("PATCH", path, {"completed_on": "2026-03-02", "reason": "录错"})
    assert corrected.status_code == 201, corrected.json
    assert ask("GET", path).json["replaced_by"] == corrected.json["id"]
    assert ask("PATCH", path, {"completed_on": "2026-03-03", "reason": "录错"}).status_code == 409
    listed = ask("GET", f"/inspections?equipment_id={things.equipment}&clock=annual").json
    assert [i["id"] for i in listed["items"]] == [corrected.json["id"]]


def test_an_inspection_beyond_the_bound_asks_for_a_reason(scene):
    ask, _, things = scene
    given = {
        "equipment_id": things.equipment,
        "clock": "periodic",
        "completed_on": "2026-03-01",
        "conclusion": "符合要求",
        "grade": 1,
    }
    refused = ask("POST", "/inspections", {**given, "next_due": "2040-01"})
    assert (refused.status_code, set(refused.json["errors"])) == (422, {"next_due", "reason"})
    assert ask("POST", "/inspections", {**given, "next_due": "2040-01", "reason": "报告如此"}).status_code == 201


def test_an_extension_is_recorded_and_withdrawn(scene):
    ask, _, things = scene
    given = {
        "equipment_id": things.equipment,
        "clock": "annual",
        "until": "2027-01-31",
        "granted_on": "2026-10-01",
        "document": "批 9",
    }
    made = ask("POST", "/extensions", given)
    assert (made.status_code, made.json["granted_on"]) == (201, "2026-10-01"), made.json
    path = f"/extensions/{made.json['id']}"
    gone = ask("PATCH", path, {"withdrawn": True, "reason": "不需要"}, If_Match=made.headers["ETag"])
    assert gone.json["withdrawn_at"], gone.json
    assert ask("PATCH", path, {"withdrawn": True, "reason": "再"}).status_code == 409


def test_a_device_is_stopped_by_an_act(scene):
    ask, _, things = scene
    stopped = ask("POST", f"/equipment/{things.equipment}/acts/stop", {"on": "2026-11-01", "reason": "检修"})
    assert (stopped.json["status"], stopped.json["stopped_on"]) == ("stopped", "2026-11-01")
    assert (
        ask("POST", f"/equipment/{things.equipment}/acts/explode", {"on": "2026-11-01", "reason": "x"}).status_code
        == 422
    )


def test_pages_by_cursor_cost_a_constant_number_of_statements(scene, app):
    ask, cast, _ = scene
    with db.connection_context():
        for n in range(25):
            row = {
                "catalogue_code": "2150",
                "name": "罐N",
                "own_number": f"N{n:02d}",
                "created_at": NOW,
                "updated_at": NOW,
            }
            Equipment.create(enterprise=cast.jia, **row)
    seen, path = [], "/equipment?sort=-own_number&q=罐N&per_page=10"
    cursor = ""
    while cursor is not None:
        with counted() as ran:
            page = ask("GET", f"{path}&cursor={cursor}").json
        assert len(ran) <= 5, ran
        seen += [item["own_number"] for item in page["items"]]
        cursor = page["next"]
    assert seen == [f"N{n:02d}" for n in range(24, -1, -1)]
    for path in ("/enterprises", "/inspections", "/extensions"):
        with counted() as ran:
            assert ask("GET", path).status_code == 200
        assert len(ran) <= 5, ran


def test_an_id_beyond_any_table_is_simply_missing(scene):
    ask, *_ = scene
    for path in ("/enterprises", "/equipment", "/inspections", "/extensions"):
        assert ask("GET", f"{path}/{10**30}").status_code == 404


def test_the_description_names_the_register(scene):
    ask, *_ = scene
    paths = ask("GET", "/openapi.json").json["paths"]
    assert {f"{API}{p}" for p in ("/enterprises", "/equipment", "/inspections", "/extensions")} <= set(paths)
