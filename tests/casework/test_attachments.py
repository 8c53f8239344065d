"""Papers that go with an application: told of in one sentence where they do not fit, seen by its two sides only."""

# ruff: noqa: F811  the fixture is imported by its name
import io
from typing import Any

import pytest
from PIL import Image
from werkzeug.datastructures import FileStorage

from inspect_station.casework.models import Application, ApplicationFile
from inspect_station.db import db
from tests.casework.pictures import photo
from tests.casework.test_pages import post, row_id, scene  # noqa: F401  the fixture
from tests.conftest import log_in

PLAN = b"%PDF-1.7 the shutdown"


def file(content: bytes, name: str) -> FileStorage:
    return FileStorage(io.BytesIO(content), name)


def applied(scene: Any, *files: FileStorage) -> tuple[int, str, str]:
    app, cast, park = scene
    number = str(row_id(park.overdue))
    return post(app, cast.jia_user, "/cases/new", items=number, offered=number, note="大修期间", files=list(files))


def test_a_plan_and_a_photo_go_with_the_application_and_both_sides_open_them(scene: Any) -> None:
    app, cast, _ = scene
    status, _, where = applied(scene, file(PLAN, "停车计划.pdf"), file(photo(300, 200), "现场.jpg"))
    assert status == 302
    page = log_in(app, cast.inspector).get(where).get_data(as_text=True)
    assert "停车计划.pdf" in page
    assert "现场.jpg" in page
    with db.connection_context():
        plan, picture = [row.id for row in ApplicationFile.select().order_by(ApplicationFile.id)]
    for who in (cast.inspector, cast.jia_user):
        with log_in(app, who).get(f"/case-attachments/{plan}") as answer:
            assert (answer.status_code, answer.data, answer.mimetype) == (200, PLAN, "application/pdf")
    with log_in(app, cast.jia_user).get(f"/case-attachments/{picture}") as answer:
        assert not Image.open(io.BytesIO(answer.data)).getexif(), "the place it was taken at is not kept"
    assert log_in(app, cast.yi_user).get(f"/case-attachments/{plan}").status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"MZ\x90", "计划.exe", "“计划.exe”：只收 PDF"),
        (b"no pdf", "计划.pdf", "“计划.pdf”：文件内容与扩展名不符"),
        (b"%PDF-" + bytes(21 * 1024 * 1024), "大计划.pdf", "“大计划.pdf”：文件不能超过 20 MB"),
        (b"\xff\xd8\xff broken", "现场.jpg", "不是可以打开的照片"),
    ],
)
def test_a_file_that_does_not_fit_is_told_of_and_nothing_is_applied_for(
    scene: Any,
    content: bytes,
    name: str,
    words: str,
) -> None:
    status, page, _ = applied(scene, file(content, name))
    assert status == 422
    assert words in page
    assert "大修期间" in page
    with db.connection_context():
        assert not Application.select().exists()


def test_a_file_is_added_later_while_the_application_is_open(scene: Any) -> None:
    app, cast, _ = scene
    _, _, where = applied(scene)
    assert post(app, cast.jia_user, f"{where}/files", files=[file(PLAN, "计划.pdf")])[0] == 302
    status, page, _ = post(app, cast.jia_user, f"{where}/files")
    assert (status, "请选择要添加的文件" in page) == (422, True)
    assert post(app, cast.yi_user, f"{where}/files", files=[file(PLAN, "计划.pdf")])[0] == 404
    post(app, cast.jia_user, f"{where}/withdraw", reason="改期")
    status, page, _ = post(app, cast.jia_user, f"{where}/files", files=[file(PLAN, "再来.pdf")])
    assert (status, "不能再添加文件" in page) == (409, True)


def test_files_of_one_firm_never_go_into_the_case_of_another(scene: Any) -> None:
    app, cast, park = scene
    ids = [str(row_id(park.overdue)), str(row_id(park.yi_vessel))]
    form = {"items": ids, "offered": ids, "files": [file(PLAN, "计划.pdf")]}
    status, page, _ = post(app, cast.inspector, "/cases/new", **form)
    assert (status, "为几家企业一起登记时不能附文件" in page) == (422, True)
    with db.connection_context():
        assert not ApplicationFile.select().exists()
        assert not Application.select().exists()
