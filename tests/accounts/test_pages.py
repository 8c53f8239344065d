"""The door as a browser meets it."""

import hashlib
import re

import pytest
from flask import Flask

from inspect_station.accounts import audit, service
from inspect_station.db import db
from tests.conftest import NOW, csrf_of, downloaded, log_in, people, token_for

GOOD = "看见大海 2026 春暖"


def link_for(app: Flask, login: str) -> str:
    from inspect_station.accounts.scope import Actor

    with db.connection_context():
        return service.issue_link(Actor.system(), service.find_login(login), NOW, 72)


def hidden(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def test_a_stranger_is_asked_to_log_in_and_comes_back(app: Flask) -> None:
    answer = app.test_client().get("/me")
    assert answer.status_code == 302
    assert answer.location == "/login?next=/me"


def test_the_api_answers_a_stranger_with_401(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/anything-at-all")
    assert answer.status_code == 404
    assert answer.json == {"code": 404, "status": "not_found", "message": answer.json["message"], "errors": {}}


def test_a_person_comes_in_by_link_sets_a_password_and_logs_in_with_it(app: Flask) -> None:
    with people(app):
        pass
    client = app.test_client()
    page = client.get(f"/login/{(token := link_for(app, 'insp1'))}").get_data(as_text=True)
    form = {"csrf_token": hidden(page), "password": GOOD, "repeat": GOOD}
    assert client.post(f"/login/{token}", data=form).status_code == 302
    assert "检一" in client.get("/me").get_data(as_text=True)
    client.post("/logout", data={"csrf_token": csrf_of(client)})
    page = client.get("/login").get_data(as_text=True)
    answer = client.post(
        "/login", data={"csrf_token": hidden(page), "login": "insp1", "password": GOOD, "next": "/me"}
    )
    assert answer.location == "/me"


def test_looking_at_a_link_does_not_use_it(app: Flask) -> None:
    with people(app):
        pass
    token = link_for(app, "insp1")
    for _ in range(3):
        assert app.test_client().get(f"/login/{token}").status_code == 200


def test_a_cookie_captured_before_log_out_is_worthless_afterwards(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    client = log_in(sqlite_app, cast.inspector)
    captured = client.get_cookie("station")
    client.post("/logout", data={"csrf_token": csrf_of(client)})
    thief = sqlite_app.test_client()
    thief.set_cookie("station", captured.value)
    assert thief.get("/me").status_code == 302


def test_a_form_without_the_csrf_token_is_refused(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    answer = log_in(sqlite_app, cast.inspector).post("/me/password", data={"password": GOOD, "repeat": GOOD})
    assert answer.status_code == 400
    assert "刷新页面" in answer.get_data(as_text=True)


def test_a_log_in_never_leads_to_another_site(sqlite_app: Flask) -> None:
    with people(sqlite_app):
        pass
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        client = sqlite_app.test_client()
        token = link_for(sqlite_app, "insp1")
        page = client.get(f"/login/{token}").get_data(as_text=True)
        client.post(f"/login/{token}", data={"csrf_token": hidden(page), "password": GOOD, "repeat": GOOD})
        client = sqlite_app.test_client()
        form = {"csrf_token": hidden(client.get("/login").get_data(as_text=True)), "login": "insp1", "password": GOOD}
        assert client.post("/login", data={**form, "next": target}).location == "/"


def test_every_answer_carries_the_security_headers(sqlite_app: Flask) -> None:
    answer = sqlite_app.test_client().get("/login")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Permissions-Policy"] == "camera=(), geolocation=(), microphone=()"


def test_a_method_that_is_not_allowed_names_those_that_are(sqlite_app: Flask) -> None:
    answer = sqlite_app.test_client().delete("/healthz")
    assert answer.status_code in {400, 405}


def test_the_auditor_reads_the_trail_and_an_enterprise_does_not(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    page = log_in(sqlite_app, cast.auditor).get("/audit?check=1")
    assert page.status_code == 200
    assert "整条记录链完好" in page.get_data(as_text=True)
    assert log_in(sqlite_app, cast.jia_user).get("/audit").status_code == 404
    assert log_in(sqlite_app, cast.inspector).get("/audit").status_code == 403


def test_the_trail_is_exported_as_it_is_filtered(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    sheet = downloaded(log_in(sqlite_app, cast.auditor), "/audit.xlsx?act=account.create").active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == 8
    assert {row[3] for row in rows} == {"新增人员"}


def test_metrics_are_for_this_machine_only(sqlite_app: Flask) -> None:
    client = sqlite_app.test_client()
    assert "station_requests_total" in client.get("/metrics").get_data(as_text=True)
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "10.0.0.9"}).status_code == 404


def test_ready_says_which_part_is_not_well(sqlite_app: Flask) -> None:
    parts = sqlite_app.test_client().get("/readyz").json["parts"]
    assert [name for name in ("database", "schema", "rulebook") if parts[name]["ok"]] == [
        "database",
        "schema",
        "rulebook",
    ]
    assert parts["worker"]["ok"] is False  # none has ever run here


def test_a_token_speaks_for_a_person_without_csrf(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    answer = sqlite_app.test_client().get("/me", headers=token_for(cast.head))
    assert "站大长" in answer.get_data(as_text=True)


def test_texts_travel_compressed(sqlite_app: Flask) -> None:
    with sqlite_app.test_client().get("/static/app.css", headers={"Accept-Encoding": "br"}) as answer:
        assert answer.headers["Content-Encoding"] == "br"
        assert len(answer.get_data()) < 20_000


def test_what_a_page_loads_bears_the_mark_of_its_content_and_may_be_kept_for_good(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    browser = log_in(sqlite_app, cast.head)
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', browser.get("/due").text))
    assert len(loaded) > 8
    for address in loaded:
        with browser.get(address) as answer:
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable", address
            assert hashlib.sha256(answer.get_data()).hexdigest().startswith(address.split("?v=")[1])


@pytest.mark.parametrize(
    "address", ["/static/app.css", "/static/app.css?v=of-another-release", "/static/none.css?v="]
)
def test_an_address_without_the_mark_of_the_content_is_not_kept_for_good(sqlite_app: Flask, address: str) -> None:
    with sqlite_app.test_client().get(address) as answer:
        assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_the_trail_says_what_was_changed_in_words_and_leads_there(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        audit.record(
            cast.inspector, "ledger.import", "ledger", "甲.xlsx", now=NOW, detail={"created": 2, "changed": 0}
        )
        said = {"fields": ["put_into_use_on", "inspection.periodic"], "reason": "笔误", "unheard_of": None}
        audit.record(cast.inspector, "equipment.change", "equipment", 7, now=NOW, detail=said)
    page = log_in(sqlite_app, cast.auditor).get("/audit").text
    assert "新增：2" in page
    assert "更改：" not in page  # nothing to say
    assert "改动：投用日期、定期检验" in page
    assert "理由：笔误" in page
    assert '<a href="/equipment/7">设备 7</a>' in page
    assert "created" not in page
    assert "role：" not in page
