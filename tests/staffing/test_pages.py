"""The pages of qualifications as a browser meets them."""

from flask import Flask

from inspect_station.db import db
from inspect_station.staffing import service
from tests.conftest import NOW, csrf_of, downloaded, log_in, people


def furnished(app: Flask):
    with people(app) as cast:
        service.seed(NOW)
        number = service.codes.listed(cast.head)[4]["id"]
    return cast, number


def test_the_head_registers_a_qualification_and_sees_it_on_the_list(app: Flask) -> None:
    cast, number = furnished(app)
    head = log_in(app, cast.head)
    form = {"csrf_token": csrf_of(head), "code_id": number, "certificate": "TS-1", "valid_until": "2026-12-24"}
    address = f"/staffing/{cast.inspector.account_id}"
    assert head.post(f"{address}/qualifications", data=form).status_code == 302
    page = head.get("/staffing/").get_data(as_text=True)
    assert "即将到期 2026-12-24" in page
    assert "待核实" in page
    assert "没有登记资格，不能派工" in page
    sheet = downloaded(head, "/staffing/people.xlsx").active
    assert ("检一", "RQ", "TS-1") in {(row[0].value, row[1].value, row[3].value) for row in sheet.rows}


def test_a_refused_absence_keeps_what_was_typed(sqlite_app: Flask) -> None:
    cast, _ = furnished(sqlite_app)
    client = log_in(sqlite_app, cast.inspector)
    form = {
        "csrf_token": csrf_of(client),
        "first_on": "2026-12-05",
        "last_on": "2026-12-01",
        "reason": "sick",
        "note": "门诊",
    }
    address = f"/staffing/{cast.inspector.account_id}/absences"
    answer = client.post(address, data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "早于开始的那一天" in page
    assert 'value="门诊"' in page
    assert client.post(address, data={**form, "last_on": "2026-12-06"}).status_code == 302


def test_hours_codes_and_removals_work_by_their_forms(sqlite_app: Flask) -> None:
    cast, number = furnished(sqlite_app)
    head = log_in(sqlite_app, cast.head)
    token = {"csrf_token": csrf_of(head)}
    address = f"/staffing/{cast.inspector.account_id}"
    hours = {**token, "daily_min": "300", "weekdays": ["1", "3"], "planned": "1"}
    assert head.post(f"{address}/hours", data=hours).status_code == 302
    assert "周一、三，每天 300 分钟" in head.get("/staffing/").get_data(as_text=True)
    assert head.post(f"{address}/hours", data={**token, "daily_min": "300", "planned": "1"}).status_code == 422
    code = {**token, "code": "RQ", "name": "容器检验师", "uses": ["fixed_vessel.periodic"], "confirmed": "1"}
    assert head.post(f"/staffing/codes/{number}", data=code).status_code == 302
    page = head.get("/staffing/codes").get_data(as_text=True)
    assert "容器检验师" in page
    assert head.post("/staffing/codes/new", data=code).status_code == 409
    assert head.post(f"/staffing/codes/{number}/removed", data=token).status_code == 302
    with db.connection_context():
        assert "RQ" not in [c["code"] for c in service.codes.listed(cast.head)]


def test_enterprises_and_those_without_the_permission_change_nothing(sqlite_app: Flask) -> None:
    cast, number = furnished(sqlite_app)
    for actor, expected in ((cast.jia_user, 404), (cast.auditor, 403)):
        client = log_in(sqlite_app, actor)
        form = {"csrf_token": csrf_of(client), "code_id": number}
        assert client.post(f"/staffing/{cast.inspector.account_id}/qualifications", data=form).status_code == expected
