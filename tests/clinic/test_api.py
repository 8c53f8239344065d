"""Visits as JSON: planned, recorded whole in one request, safe to send again."""

import base64

import pytest

from inspect_station import cli
from inspect_station.clinic.models import ClinicFinding
from inspect_station.db import db
from tests.casework.pictures import photo
from tests.clinic.park import signature
from tests.conftest import people, token_for

RECORD = {
    "kind": "hazard",
    "minutes": 30,
    "signed_by": "李明",
    "finish": True,
    "findings": [{"symptom": "有异响", "grade": "minor", "measure": "检查轴承", "deadline": "2026-12-06"}],
}


@pytest.fixture
def cast(app):
    with people(app) as made:
        return made


def test_a_whole_record_is_sent_once_however_often_it_is_sent(app, cast):
    client, headers = app.test_client(), token_for(cast.inspector)
    made = client.post("/api/v1/clinic/visits", json={"enterprise_id": cast.jia.id}, headers=headers)
    assert made.status_code == 201
    address = made.headers["Location"]
    assert client.post(f"{address}/start", headers=headers).get_json()["state"] == "open"
    taken = {"name": "a.jpg", "data": base64.b64encode(photo(60, 40)).decode()}
    record = RECORD | {"signature": signature(), "findings": [RECORD["findings"][0] | {"photos": [taken]}]}
    keyed = headers | {"Idempotency-Key": "once"}
    first, second = (client.post(f"{address}/record", json=record, headers=keyed) for _ in range(2))
    assert first.status_code == 200, first.get_json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.get_json() == second.get_json()
    with db.connection_context():
        assert ClinicFinding.select().count() == 1
    shown = client.get(address, headers=token_for(cast.jia_user)).get_json()
    assert shown["findings"][0]["symptom"] == "有异响"
    assert client.get(address, headers=token_for(cast.yi_user)).status_code == 404


def test_the_list_narrows_pages_and_refuses_what_it_does_not_know(app, cast):
    client, headers = app.test_client(), token_for(cast.inspector)
    for _ in range(3):
        client.post("/api/v1/clinic/visits", json={"enterprise_id": cast.jia.id}, headers=headers)
    first = client.get("/api/v1/clinic/visits?per_page=2&sort=id", headers=headers).get_json()
    assert (len(first["items"]), first["total"]) == (2, 3)
    rest = client.get(f"/api/v1/clinic/visits?per_page=2&sort=id&cursor={first['next']}", headers=headers).get_json()
    assert [item["id"] for item in rest["items"]] == [3]
    assert client.get("/api/v1/clinic/visits?color=red", headers=headers).status_code == 422
    assert client.get("/api/v1/clinic/visits", headers=token_for(cast.yi_user)).get_json()["items"] == []


def test_a_stale_record_and_an_unfit_one_are_told_apart(app, cast):
    client, headers = app.test_client(), token_for(cast.inspector)
    address = client.post("/api/v1/clinic/visits", json={"enterprise_id": cast.jia.id}, headers=headers).headers[
        "Location"
    ]
    client.post(f"{address}/start", headers=headers)
    stale = client.post(f"{address}/record", json=RECORD, headers=headers | {"If-Match": '"1"'})
    assert stale.status_code == 412
    unfit = client.post(f"{address}/record", json={**RECORD, "findings": [{"symptom": "x"}]}, headers=headers)
    assert unfit.status_code == 422
    assert "finding-0-grade" in unfit.get_json()["errors"]


def test_visits_are_exported_from_the_command_line(sqlite_app, tmp_path, monkeypatch, capsys):
    with people(sqlite_app) as made:
        jia, headers = made.jia.id, token_for(made.inspector)
    sqlite_app.test_client().post("/api/v1/clinic/visits", json={"enterprise_id": jia}, headers=headers)
    settings = sqlite_app.config["STATION"]
    monkeypatch.setenv("STATION_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("STATION_DATA_DIR", settings.data_dir)
    assert cli.main(["export", "clinic_visits", str(tmp_path / "v.csv"), "--state", "planned"]) == 0
    assert "已写出 1 项" in capsys.readouterr().out
    assert "福州甲化工" in (tmp_path / "v.csv").read_text(encoding="utf-8-sig")
    assert cli.main(["export", "clinic_visits", str(tmp_path / "v.csv"), "--state", "x"]) == 2
