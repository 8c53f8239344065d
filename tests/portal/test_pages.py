"""Pages that look across areas."""

import html

import pytest

from inspect_station.db import db
from inspect_station.web import settings
from tests.conftest import log_in, people
from tests.registry.park import CANARY, furnish
from tests.statements import counted


@pytest.fixture
def scene(app):
    with people(app) as cast, app.app_context():
        things = furnish(cast, settings().files_dir)
    return log_in(app, cast.inspector), cast, things


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return html.unescape(answer.get_data(as_text=True))


def test_a_devices_page_tells_its_dates_facts_life_and_files(scene):
    client, _, things = scene
    shown = page(client, f"/equipment/{things.equipment}")
    for said in (
        "定期检验",
        "年度检查",
        "延期至 2027-09-30",
        f"{CANARY}文",
        "容15闽",
        "金属",
        "2024-03-01",
        f"{CANARY}报告",
        "登记检验",
    ):
        assert said in shown, said
    # The extension is in force: the date shown is its.
    assert "2027-09-30" in shown


def test_an_installation_says_that_its_lines_have_the_dates(scene):
    client, _, things = scene
    shown = page(client, f"/equipment/{things.installation}")
    assert "检验日期属于每一条管道" in shown
    assert "登记检验" not in shown


def test_a_devices_page_costs_a_constant_number_of_statements(scene):
    client, _, things = scene
    page(client, f"/equipment/{things.equipment}")
    with counted() as ran:
        page(client, f"/equipment/{things.equipment}")
    assert len(ran) <= 24, ran


def test_the_code_on_the_vessel_is_a_drawing_of_its_pages_address(scene):
    client, _, things = scene
    answer = client.get(f"/equipment/{things.equipment}/qr.svg")
    assert answer.mimetype == "image/svg+xml"
    assert b'xmlns="http://www.w3.org/2000/svg"' in answer.get_data()


def test_a_firms_page_tells_what_is_due_whom_to_call_and_what_it_has(scene):
    client, _, things = scene
    shown = page(client, f"/enterprises/{things.enterprise}")
    for said in ("最急的几项", f"{CANARY}储罐", "固定式压力容器", "138****5678", f"{CANARY}林", "到期清单里的全部"):
        assert said in shown, said


@pytest.mark.parametrize("q", ["储罐", CANARY, "cg", "容15闽"])
def test_the_search_finds_by_name_number_and_initials(scene, q):
    client, _, things = scene
    assert f'href="/equipment/{things.equipment}"' in page(client, f"/search?q={q}")


def test_the_search_groups_firms_and_devices_and_says_how_to_go_on(scene):
    client, _, things = scene
    shown = page(client, "/search?q=甲化工")
    assert f'href="/enterprises/{things.enterprise}"' in shown
    assert "没有找到" in page(client, "/search?q=qqqqq")
    assert "拼音首字母" in page(client, "/search?q=")
    assert db.is_closed()
