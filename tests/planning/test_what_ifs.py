"""What if, from the form to the comparison, and then kept or thrown away; the plan in force never changes."""

import html
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from inspect_station.db import db
from inspect_station.planning import launcher, service
from inspect_station.planning.models import Plan
from tests.conftest import NOW, Cast, csrf_of, log_in, people
from tests.planning import park

SUPPOSED: list[tuple[str, dict[str, str], str]] = [
    (
        "one inspector away in January",
        {"absent_person": "{inspector}", "absent_from": "2027-01-04", "absent_to": "2027-01-29"},
        "检一 2027-01-04 至 2027-01-29 不在",
    ),
    ("an overhaul put off", {"shift_enterprise": "{jia}", "shift_days": "14"}, "福州甲化工有限公司 的停车推后 14 天"),
    ("half as many devices again", {"more_pct": "50"}, "设备增加 50%"),
]


@pytest.fixture
def scene(sqlite_app: Flask, monkeypatch: pytest.MonkeyPatch) -> tuple[Cast, FlaskClient, int]:
    monkeypatch.setattr(launcher, "start", lambda settings, number: service.work.make_now(number, NOW))
    with people(sqlite_app) as cast, sqlite_app.app_context():
        park.make(cast)
        service.sites.set_continuous(cast.head, cast.jia.id, True, NOW)
        days = {"first_on": date(2027, 1, 4), "last_on": date(2027, 1, 8)}
        service.sites.add(cast.head, cast.jia.id, sort="shutdown", now=NOW, **days)
        force = park.in_force(cast).id
    return cast, log_in(sqlite_app, cast.head), force


def ask(client: FlaskClient, cast: Cast, given: dict[str, str]) -> int:
    """Send the form of a what-if as a browser does; the new plan's id."""
    names = {"jia": str(cast.jia.id), "inspector": str(cast.inspector.account_id)}
    form = {"last_on": "2027-04-30", "seconds": "0"} | {k: v.format(**names) for k, v in given.items()}
    answer = client.post("/plan/propose?what_if=1", data={**form, "csrf_token": csrf_of(client)})
    assert answer.status_code == 302, answer.get_data(as_text=True)[:300]
    return int(re.search(r"/plan/(\d+)/progress", answer.location)[1])  # type: ignore[index]


def read(client: FlaskClient, path: str) -> str:
    answer = client.get(path, follow_redirects=True)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", answer.get_data(as_text=True))))


def in_force(number: int) -> list[Any]:
    with db.connection_context():
        plan = Plan.get_by_id(number)
        return [plan.state, plan.revision, plan.instance, service.storing.as_json(plan)]


@pytest.mark.parametrize(("given", "says"), [s[1:] for s in SUPPOSED], ids=[s[0] for s in SUPPOSED])
def test_a_what_if_stands_beside_the_plan_in_force_and_can_be_thrown_away(
    scene: tuple[Cast, FlaskClient, int], given: dict[str, str], says: str
) -> None:
    cast, head, force = scene
    before = in_force(force)
    number = ask(head, cast, given)
    page = read(head, f"/plan/{number}/progress")  # done already: leads to the comparison
    for said in (says, "这是推演", "变动", "排入项目", "到访次数", "转为正式建议", "放弃"):
        assert said in page, said
    with db.connection_context():
        found = service.comparing.compare(cast.head, number, force)
        keys = {move.item["key"] for move in found.moved}
        plan = Plan.get_by_id(number)
    assert plan.what_if
    assert found.moved
    if "more_pct" in given:
        assert all(key.endswith("+") for key in keys) or len(keys) >= 3
    for move in found.moved[:3]:
        assert f"{move.item['enterprise']} {move.before or '未排'} {move.after or '未排'} {move.words}" in page
    assert f"{len(found.moved)} 项换了日子" in page
    assert sum(before for _, before, _, _ in found.months) > 0
    thrown = head.post(f"/plan/{number}/discard", data={"csrf_token": csrf_of(head)})
    assert thrown.status_code == 302
    with db.connection_context():
        assert Plan.get_by_id(number).state == "discarded"
    assert in_force(force) == before


def test_a_what_if_is_kept_as_a_proposal_unless_its_devices_are_invented(
    scene: tuple[Cast, FlaskClient, int],
) -> None:
    cast, head, force = scene
    before = in_force(force)
    away, more = (ask(head, cast, SUPPOSED[at][1]) for at in (0, 2))
    for number, said in ((away, "已转为正式建议"), (more, "假设增加的设备")):
        head.post(f"/plan/{number}/keep", data={"csrf_token": csrf_of(head)})
        assert said in read(head, f"/plan/{number}")
    with db.connection_context():
        assert [Plan.get_by_id(n).what_if for n in (away, more)] == [False, True]
    assert in_force(force) == before
