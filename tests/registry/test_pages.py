"""The register's pages, as a browser meets them."""

import html
import io

import openpyxl
import pytest

from inspect_station.db import db
from inspect_station.registry.models import Contact, Equipment, Inspection
from inspect_station.web import settings
from tests.conftest import csrf_of, log_in, people
from tests.registry.park import CANARY, furnish
from tests.statements import counted


class Browser:
    """An inspector's browser: follows links and sends forms with their token."""

    def __init__(self, app, actor):
        self.client = log_in(app, actor)
        self.csrf = csrf_of(self.client)

    def get(self, path):
        response = self.client.get(path)
        return response.status_code, html.unescape(response.get_data(as_text=True))

    def post(self, path, **form):
        response = self.client.post(path, data={"csrf_token": self.csrf, **form})
        return (
            response.status_code,
            html.unescape(response.get_data(as_text=True)),
            response.headers.get("Location", ""),
        )


@pytest.fixture
def scene(sqlite_app):
    with people(sqlite_app) as cast, sqlite_app.app_context():
        things = furnish(cast, settings().files_dir)
    return Browser(sqlite_app, cast.inspector), cast, things


def device(number):
    with db.connection_context():
        return Equipment.get_by_id(number)


FORM = {"form": "device", "catalogue_code": "2150", "name": "冷凝器", "quantity": "1", "traits.material": "metal"}


def test_a_device_is_made_by_two_short_pages(scene):
    browser, cast, _ = scene
    status, page = browser.get("/equipment/new")
    assert (status, "2150 第二类压力容器" in page) == (200, True)
    status, page = browser.get(f"/equipment/new?form=device&catalogue_code=2150&enterprise_id={cast.yi.id}")
    assert (status, 'name="traits.material"' in page, 'name="traits.pipe_grade"' in page) == (200, True, False)
    given = {
        **FORM,
        "enterprise_id": str(cast.yi.id),
        "technical": "设计压力：1.4/2.0 MPa\n介质: 水",
        "traits.rbi": "false",
    }
    status, _, where = browser.post("/equipment/new", **given)
    assert status == 302
    made = device(int(where.rsplit("/", 1)[1]))
    assert (made.name, made.technical) == ("冷凝器", {"设计压力": "1.4/2.0 MPa", "介质": "水"})
    assert made.traits == {"material": "metal", "rbi": False}
    assert "已建档" in browser.get(where)[1]


def test_what_was_typed_stays_beside_what_is_wrong_with_it(scene):
    browser, cast, _ = scene
    given = {**FORM, "enterprise_id": str(cast.yi.id), "made_on": "2018", "name": "", "own_number": "E-77"}
    status, page, _ = browser.post("/equipment/new", **given)
    assert status == 422
    for said in ("请填写", 'value="E-77"', 'value="2018"', 'id="e-name"'):
        assert said in page, said


@pytest.mark.parametrize(
    ("field", "value", "said"), [("technical", "没有冒号", "名称：值"), ("length_m", "12,5x", "米数")]
)
def test_lengths_and_technical_lines_are_read_or_refused(scene, field, value, said):
    browser, _, things = scene
    given = {**FORM, "enterprise_id": str(things.enterprise), field: value}
    status, page, _ = browser.post("/equipment/new", **given)
    assert (status, said in page) == (422, True)


def edit(things, **changed):
    row = device(things.equipment)
    kept = {
        "enterprise_id": str(row.enterprise_id),
        "own_number": row.own_number,
        "put_into_use_on": row.put_into_use_on,
    }
    return {**FORM, **kept, "name": row.name, "made_on": row.made_on, "revision": str(row.revision), **changed}


def test_a_correction_is_shown_with_its_reason_and_author(scene):
    browser, _, things = scene
    path = f"/equipment/{things.equipment}/edit"
    status, page, _ = browser.post(path, **edit(things, location="三车间"))
    assert (status, "更正理由" in page) == (422, True)
    status, _, where = browser.post(path, **edit(things, location="三车间", reason="现场核对"))
    assert status == 302
    page = browser.get(where)[1]
    for said in ("更正使用地点", "（空） → 三车间；理由：现场核对", "检一"):
        assert said in page, said


def test_a_form_filled_on_an_older_revision_is_refused_and_keeps_what_was_typed(scene):
    browser, _, things = scene
    path, old = f"/equipment/{things.equipment}/edit", edit(things, reason="一")
    browser.post(path, **edit(things, location="三车间", reason="先来的"))
    status, page, _ = browser.post(path, **{**old, "location": "五车间"})
    assert (status, "刚被别人改过" in page, 'value="五车间"' in page) == (412, True, True)
    assert 'name="revision" value="2"' in page


def test_stopping_asks_once_and_tells_what_it_means(scene):
    browser, _, things = scene
    path = f"/equipment/{things.equipment}/acts/stop"
    assert "停用期间不发超期提醒" in browser.get(path)[1]
    status, page, _ = browser.post(path, on="2026-11-01", reason="", revision="1")
    assert (status, "请填写" in page, device(things.equipment).status) == (422, True, "in_use")
    assert browser.post(path, on="2026-11-01", reason="检修", revision="1")[0] == 302
    page = browser.get(f"/equipment/{things.equipment}")[1]
    assert "启用" in page
    assert browser.post(path, on="2026-11-01", reason="检修", revision="2")[0] == 409
    assert browser.get(f"/equipment/{things.equipment}/acts/explode")[0] == 404


def test_an_inspection_is_recorded_and_corrected_on_the_page(scene):
    browser, _, things = scene
    path = f"/equipment/{things.equipment}/inspections/new"
    given = {"clock": "periodic", "completed_on": "2026-11-01", "conclusion": "符合要求", "grade": "2"}
    status, page, _ = browser.post(path, **given, next_due="2040-01", report_number="KM-1")
    assert (status, "超出期限的理由" in page, 'value="KM-1"' in page) == (422, True, True)
    assert browser.post(path, **given, next_due="2032-11-01", report_number="KM-1")[0] == 302
    with db.connection_context():
        new = Inspection.get(Inspection.report_number == "KM-1")
    assert browser.post(f"/inspections/{new.id}/correct", **given, next_due="2031-11", reason="")[0] == 422
    assert browser.post(f"/inspections/{new.id}/correct", **given, next_due="2031-11", reason="看错")[0] == 302
    page = browser.get(f"/equipment/{things.equipment}")[1]
    assert "更正理由：看错" in page
    assert "2031-11" in page


def test_a_file_goes_in_and_comes_out_unchanged(scene):
    browser, _, things = scene
    path = f"/equipment/{things.equipment}/documents/new"
    status, page, _ = browser.post(path, title="x")
    assert (status, "请选择文件" in page) == (422, True)
    status, _, where = browser.post(path, title="铭牌", file=(io.BytesIO(b"\xff\xd8\xff nameplate"), "铭牌 1.jpg"))
    assert (status, where.endswith("#documents")) == (302, True)
    answer = browser.client.get(f"/documents/{things.document + 1}")
    assert answer.get_data() == b"\xff\xd8\xff nameplate"
    assert (answer.mimetype, answer.headers["Content-Disposition"].startswith("attachment")) == ("image/jpeg", True)
    answer.close()
    assert "移除" in browser.get(f"/documents/{things.document}/remove")[1]
    assert browser.post(f"/documents/{things.document}/remove")[0] == 302
    assert browser.get(f"/documents/{things.document}")[0] == 404


def test_the_export_holds_the_same_rows_as_the_list(scene):
    browser, *_ = scene
    answer = browser.client.get("/equipment.xlsx?kind=fixed_vessel")
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.get_data())).active.values)
    answer.close()
    assert len(rows) == 2
    row = dict(zip(*rows, strict=True))
    assert (row["设备名称"], row["目录代码"], row["下次定期检验日期"]) == (f"{CANARY}储罐", "2150", "2027-03")
    assert (row["安全状况等级"], row["使用状态"]) == (2, "在用")


def test_the_list_says_what_it_holds_and_how_to_let_go(scene):
    browser, _, things = scene
    status, page = browser.get(f"/equipment?kind=boiler&q=zzz&enterprise_id={things.enterprise}")
    assert (status, "没有符合这些条件的设备" in page, "去掉筛选：种类 锅炉" in page) == (200, True, True)
    assert browser.get("/equipment?kind=nonsense")[0] == 422
    with counted() as ran:
        assert browser.get("/equipment")[0] == 200
    assert len(ran) <= 8, ran


def test_a_contact_is_added_masked_shown_once_and_ended(scene):
    browser, cast, _ = scene
    path = f"/enterprises/{cast.yi.id}"
    given = {"role": "safety_director", "name": "郑总监", "mobile": "139-0000-1111", "receives_reminders": "1"}
    status, page, _ = browser.post(f"{path}/contacts/new", **{**given, "mobile": "139"})
    assert (status, "11 位" in page, 'value="139"' in page) == (422, True, True)
    assert browser.post(f"{path}/contacts/new", **given)[0] == 302
    page = browser.get(path)[1]
    assert ("139****1111" in page, "13900001111" in page) == (True, False)
    with db.connection_context():
        number = Contact.get(Contact.name == "郑总监").id
    browser.post(f"/contacts/{number}/reveal")
    assert "13900001111" in browser.get(path)[1]
    assert "13900001111" not in browser.get(path)[1]
    assert browser.post(f"/contacts/{number}/end", reason="离职")[0] == 302
    assert "离职" in browser.get(path)[1]


def test_a_firm_is_registered_and_renamed(scene):
    browser, *_ = scene
    status, page, _ = browser.post("/enterprises/new", name="福州甲化工有限公司", status="active")
    assert (status, "已登记为" in page) == (409, True)
    status, _, where = browser.post("/enterprises/new", name="可门气体有限公司", status="active", credit_code="")
    assert status == 302
    given = {"name": "可门工业气体有限公司", "status": "active", "revision": "1", "reason": "更名"}
    assert browser.post(f"{where}/edit", **given)[0] == 302
    page = browser.get(where)[1]
    assert "可门气体有限公司 → 可门工业气体有限公司" in page
    assert browser.post(f"{where}/edit", **given)[0] == 412


def test_a_post_without_the_pages_token_is_refused(scene):
    browser, _, things = scene
    answer = browser.client.post(
        f"/equipment/{things.equipment}/acts/scrap", data={"on": "2026-11-01", "reason": "x"}
    )
    assert (answer.status_code, device(things.equipment).status) == (400, "in_use")
