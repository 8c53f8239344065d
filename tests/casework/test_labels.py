"""QR labels and the scan: everybody gets to where he belongs, a stranger learns a telephone number."""

from typing import Any

import pypdfium2
import pytest

from inspect_station.casework import labels
from inspect_station.db import db
from tests.conftest import log_in, people
from tests.duelist import park as parks


@pytest.fixture
def scene(sqlite_app: Any) -> Any:
    with people(sqlite_app) as cast, sqlite_app.app_context():
        park = parks.make(cast)
    return sqlite_app, cast, park


def test_a_scan_opens_the_device_for_those_who_may_see_it_and_a_telephone_for_all_others(scene: Any) -> None:
    app, cast, park = scene
    code = f"/d/{park.overdue.id}"
    for actor in (cast.inspector, cast.jia_user):
        assert log_in(app, actor).get(code).headers["Location"].endswith(f"/equipment/{park.overdue.id}")
    stranger = app.test_client().get(code)
    text = stranger.get_data(as_text=True)
    assert (stranger.status_code, "请打电话给我们" in text, "缓冲罐" in text) == (200, True, False)
    foreign = log_in(app, cast.yi_user)
    pages = [foreign.get(path).get_data(as_text=True) for path in (code, "/d/987654", "/d/odd")]
    assert all("请打电话给我们" in page and "甲" not in page for page in pages)


@pytest.mark.parametrize(("size", "pages"), [("small", 1), ("medium", 1), ("large", 2)])
def test_a_firm_s_labels_come_as_a_sheet_in_several_sizes(scene: Any, size: str, pages: int) -> None:
    app, cast, _ = scene
    answer = log_in(app, cast.jia_user).get(f"/labels.pdf?size={size}")
    document = pypdfium2.PdfDocument(answer.get_data())
    text = "".join(page.get_textpage().get_text_range() for page in document)
    assert (len(document), "PL-1001" in text, "拆除的罐" in text) == (pages, True, False)
    document.close()


def test_what_a_full_sheet_left_over_comes_with_the_next(scene: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    app, cast, _ = scene
    with app.app_context(), db.connection_context():
        whole = labels.labels(cast.jia_user, "/d/")
        monkeypatch.setattr(labels, "MOST", 3)
        sheets = [labels.labels(cast.jia_user, "/d/", first=n) for n in range(1, len(whole) + 1, 3)]
    assert [label for sheet in sheets for label in sheet] == whole
    assert len(sheets) > 1


def test_chosen_devices_of_another_firm_give_no_label(scene: Any) -> None:
    app, cast, park = scene
    answer = log_in(app, cast.jia_user).get(f"/labels.pdf?ids={park.yi_vessel.id}&ids={park.ok.id}")
    document = pypdfium2.PdfDocument(answer.get_data())
    text = document[0].get_textpage().get_text_range()
    assert ("D-401" in text, "YI-CANARY" in text) == (True, False)
    document.close()
    assert log_in(app, cast.inspector).get("/labels.pdf").status_code == 422
    assert log_in(app, cast.inspector).get("/labels.pdf?size=odd").status_code == 422
