"""The page of working days as a browser meets it."""

import io

from flask import Flask

from inspect_station.db import db
from inspect_station.workcalendar import service
from inspect_station.workcalendar.models import CalendarDay
from tests.conftest import NOW, csrf_of, log_in, people


def shipped(app: Flask) -> None:
    with db.connection_context():
        service.seed(NOW)


def test_staff_see_the_year_and_only_the_administrator_sees_the_forms(app: Flask) -> None:
    with people(app) as cast:
        pass
    shipped(app)
    page = log_in(app, cast.inspector).get("/settings/calendar/?year=2026").get_data(as_text=True)
    assert 'title="2026-10-10 星期六，国庆节，上班"' in page
    assert "改一天" not in page
    assert "改一天" in log_in(app, cast.admin).get("/settings/calendar/?year=2026").get_data(as_text=True)
    assert log_in(app, cast.jia_user).get("/settings/calendar/").status_code == 404


def test_a_day_is_changed_by_the_form_and_changed_back_by_undo(app: Flask) -> None:
    with people(app) as cast:
        pass
    admin = log_in(app, cast.admin)
    form = {"csrf_token": csrf_of(admin), "day": "2027-01-01", "kind": "off", "name": "元旦"}
    answer = admin.post("/settings/calendar/mark", data=form)
    assert answer.location == "/settings/calendar/?year=2027"
    page = admin.get(answer.location).get_data(as_text=True)
    assert "2027-01-01 改为休（元旦）" in page
    assert "暂定，全年 260 个工作日" in page
    undo = page.split('action="/settings/calendar/undo/')[1].split('"')[0].replace("&amp;", "&")
    assert admin.post(f"/settings/calendar/undo/{undo}", data={"csrf_token": csrf_of(admin)}).status_code == 302
    assert "已撤销" in admin.get("/settings/calendar/?year=2027").get_data(as_text=True)


def test_a_refused_form_keeps_what_was_typed_and_says_what_to_do(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    admin = log_in(sqlite_app, cast.admin)
    form = {"csrf_token": csrf_of(admin), "day": "2027-01-01", "kind": "off", "name": ""}
    answer = admin.post("/settings/calendar/mark", data=form)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "请填写原因" in page
    assert 'value="2027-01-01"' in page


def test_a_notice_is_imported_by_upload_and_a_wrong_one_is_explained(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    admin = log_in(sqlite_app, cast.admin)

    def send(text: str) -> tuple[int, str]:
        form = {
            "csrf_token": csrf_of(admin),
            "document": "国办发明电〔2026〕1号",
            "file": (io.BytesIO(text.encode()), "n.csv"),
        }
        answer = admin.post("/settings/calendar/import", data=form)
        return answer.status_code, answer.get_data(as_text=True)

    code, page = send("2027-01-01,放,元旦\n2027-01-02,歇")
    assert (code, "第 2 行：第二列应为“休”或“班”" in page) == (422, True)
    assert send("2027-01-01,休,元旦")[0] == 302
    assert "国办发明电〔2026〕1号" in admin.get("/settings/calendar/?year=2027").get_data(as_text=True)


def test_nobody_else_can_write(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        pass
    for actor, expected in ((cast.inspector, 403), (cast.jia_user, 404)):
        client = log_in(sqlite_app, actor)
        form = {"csrf_token": csrf_of(client), "day": "2027-01-01", "kind": "off", "name": "元旦"}
        assert client.post("/settings/calendar/mark", data=form).status_code == expected
    with db.connection_context():
        assert not CalendarDay.select().exists()


def test_every_page_says_what_kind_of_day_today_is(sqlite_app: Flask) -> None:
    with people(sqlite_app) as cast:
        service.mark(cast.admin, NOW.date(), "work", "国庆节", NOW)
    assert "2026-11-22 星期日（调休上班，暂定）" in log_in(sqlite_app, cast.inspector).get("/me").get_data(
        as_text=True
    )
