"""What cannot be is refused by name, and the plan in force stays as it is to the last byte."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inspect_station.db import db
from inspect_station.planning import service
from inspect_station.planning.models import Plan
from tests.conftest import Cast, csrf_of, log_in, people
from tests.planning import park

PROPOSE = "/plan/propose"
TYPED = {"last_on": "2027-04-30", "seconds": "0"}
BAD: list[tuple[str, str, dict[str, str], str]] = [
    ("a horizon in the past", PROPOSE, {**TYPED, "last_on": "2026-11-01"}, "排到：已经过去"),
    ("a horizon without a working day", PROPOSE, {**TYPED, "last_on": "2026-11-22"}, "排到：已经过去"),
    ("a day that is none", PROPOSE, {**TYPED, "last_on": "2027-02-30"}, "排到"),
    ("an unknown time of computing", PROPOSE, {**TYPED, "seconds": "7"}, "请从列表中选择"),
    ("an unknown person away", PROPOSE, {
        **TYPED, "absent_person": "999999", "absent_from": "2027-03-01", "absent_to": "2027-03-31",
    }, "谁不在：请从列表中选择"),
    ("an absence that ends before it begins", PROPOSE, {
        **TYPED, "absent_person": "1", "absent_from": "2027-03-31", "absent_to": "2027-03-01",
    }, "早于开始的那一天"),
    ("an unknown enterprise", PROPOSE, {**TYPED, "shift_enterprise": "999999", "shift_days": "7"}, "哪家企业：请从列表中选择"),
    ("a shift by no days", PROPOSE, {**TYPED, "shift_enterprise": "{jia}"}, "请填写移动几天"),
    ("more than twice the devices", PROPOSE, {**TYPED, "more_pct": "101"}, "设备增加"),
    ("a window that ends before it begins", "/plan/windows/new", {
        "enterprise_id": "{jia}", "sort": "shutdown", "first_on": "2027-03-10", "last_on": "2027-03-09",
    }, "止于2027-03-09，早于开始的2027-03-10"),
    ("a window of an unknown enterprise", "/plan/windows/new", {
        "enterprise_id": "999999", "sort": "shutdown", "first_on": "2027-03-10", "last_on": "2027-03-12",
    }, "没有这家企业，请从列表中选择"),
    ("an unknown code", "/staffing/{inspector}/qualifications", {
        "code_id": "999999", "valid_until": "2028-01-01",
    }, "资格代码表里没有这一项"),
    ("a person without hours", "/staffing/{inspector}/hours", {
        "daily_min": "0", "weekdays": "0", "planned": "1",
    }, "每天可检验分钟"),
    ("a person away before he goes", "/staffing/{inspector}/absences", {
        "first_on": "2026-12-05", "last_on": "2026-12-01", "reason": "sick",
    }, "到早于开始的那一天"),
]  # fmt: skip


@pytest.fixture
def scene(sqlite_app: Flask) -> tuple[Cast, FlaskClient]:
    with people(sqlite_app) as cast, sqlite_app.app_context():
        park.make(cast)
        park.in_force(cast)
    return cast, log_in(sqlite_app, cast.head)


def state() -> list[Any]:
    """All plans, and the one in force as the planner's form has it."""
    with db.connection_context():
        plan = Plan.get(Plan.state == "approved")
        return [Plan.select().count(), plan.revision, plan.instance, service.storing.as_json(plan)]


@pytest.mark.parametrize(("where", "given", "says"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_bad_input_is_refused_in_words_and_the_plan_in_force_is_untouched(
    scene: tuple[Cast, FlaskClient], where: str, given: dict[str, str], says: str
) -> None:
    cast, head = scene
    names = {"jia": str(cast.jia.id), "inspector": str(cast.inspector.account_id)}
    before = state()
    form = {name: value.format(**names) for name, value in given.items()}
    answer = head.post(where.format(**names), data={**form, "csrf_token": csrf_of(head)})
    page = answer.get_data(as_text=True)
    read = re.sub(r"<[^>]*>|\s", "", page)
    assert answer.status_code in {409, 422}, page[:200]
    assert says in read
    for value in form.values():
        if value.startswith("20"):
            assert value in page
    assert state() == before


def test_an_item_twice_is_refused_by_the_planner_and_nothing_is_stored(
    scene: tuple[Cast, FlaskClient], sqlite_app: Flask
) -> None:
    cast, _ = scene
    before = state()
    with sqlite_app.app_context(), db.connection_context():
        number = service.plans.propose(cast.head, name="", last_on=park.LAST, seconds=0, now=park.NOW)
        plan = Plan.get_by_id(number)
        twice = {**plan.instance, "items": [*plan.instance["items"], plan.instance["items"][0]]}
        Plan.update(instance=twice).where(Plan.id == number).execute()
        with pytest.raises(ValueError, match=f"“{twice['items'][0]['id']}”重复"):
            service.work.work(number, lambda: park.NOW)
        failed = Plan.get_by_id(number)
        assert failed.state == "failed"
        assert "重复" in failed.message
        assert "现行计划没有改动" in failed.message
    assert state()[1:] == before[1:]
