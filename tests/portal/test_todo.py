"""What waits for an enterprise in its cases and visits is among the acts of its first page, the most urgent first."""

import html
from datetime import date, timedelta

import pytest
from flask import Flask

from inspect_station.casework import service as casework
from inspect_station.casework.models import Task, TaskDate
from inspect_station.db import db
from inspect_station.planning.models import Plan, PlanVisit
from inspect_station.portal import todo
from inspect_station.registry.models import Equipment
from tests.conftest import NOW, TODAY, Cast, log_in, people
from tests.reminders.park import in_days, vessel

DAY = TODAY + timedelta(days=8)


def kinds(cast: Cast, today: date = TODAY) -> list[str]:
    return [act.kind for act in todo.acts(cast.jia_user, today)]


@pytest.fixture
def device(cast: Cast) -> Equipment:
    return vessel(cast.jia, in_days(30), name="反应釜一号")


def task_of(cast: Cast, device: Equipment) -> int:
    case = casework.apply(cast.jia_user, cast.jia.id, [(device.id, "periodic")], source="portal", now=NOW)
    casework.deciding.accept(cast.inspector, case, now=NOW)
    return int(Task.get(Task.application == case).id)


def test_a_day_the_station_proposed_waits_for_an_answer_then_its_list_for_ticks(
    cast: Cast, device: Equipment
) -> None:
    task = task_of(cast, device)
    assert kinds(cast) == []
    casework.dating.propose(cast.inspector, task, DAY, now=NOW)
    (act,) = todo.acts(cast.jia_user, TODAY)
    assert (act.kind, act.endpoint, str(DAY) in act.why) == ("agree", "casework.case", True)
    casework.dating.answer(cast.jia_user, task, agree=True, now=NOW)
    (act,) = todo.acts(cast.jia_user, TODAY)
    assert (act.kind, act.arguments) == ("prepare", {"task_id": task})
    Task.update(prepared_at=NOW).where(Task.id == task).execute()
    assert kinds(cast) == []


def test_a_day_the_enterprise_proposed_or_that_has_passed_is_no_act(cast: Cast, device: Equipment) -> None:
    task = task_of(cast, device)
    casework.dating.propose(cast.inspector, task, DAY, now=NOW)
    assert kinds(cast, DAY + timedelta(days=1)) == []
    TaskDate.update(side="enterprise").execute()
    assert kinds(cast) == []


def test_a_finding_is_mended_until_it_is_answered_and_a_late_one_says_so(cast: Cast, device: Equipment) -> None:
    given = {"clock": "periodic", "problem": "接管腐蚀", "deadline": DAY, "severe": True}
    finding = casework.findings.draft(cast.inspector, device.id, given, now=NOW)
    assert kinds(cast) == []  # what is not issued is not said
    casework.findings.issue(cast.inspector, finding, now=NOW)
    (act,) = todo.acts(cast.jia_user, TODAY)
    assert (act.kind, act.arguments) == ("mend", {"notice_id": finding})
    assert "1 份是严重隐患" in act.why
    (late,) = todo.acts(cast.jia_user, DAY + timedelta(days=1))
    assert "已过期限" in late.why


def test_nothing_of_it_is_another_enterprises(cast: Cast, device: Equipment) -> None:
    casework.dating.propose(cast.inspector, task_of(cast, device), DAY, now=NOW)
    assert list(todo.acts(cast.yi_user, TODAY)) == []


def test_four_acts_at_most_and_overdue_comes_before_days_to_agree(app: Flask) -> None:
    with people(app) as cast, app.app_context(), db.connection_context():
        late, first, second = (vessel(cast.jia, in_days(days)) for days in (-3, 40, 50))
        casework.dating.propose(cast.inspector, task_of(cast, first), DAY, now=NOW)
        task = task_of(cast, second)
        casework.dating.propose(cast.inspector, task, DAY, now=NOW, confirmed_with="张安全")
        given = {"clock": "periodic", "problem": "接管腐蚀", "deadline": DAY}
        casework.findings.issue(
            cast.inspector, casework.findings.draft(cast.inspector, late.id, given, now=NOW), now=NOW
        )
    page = html.unescape(log_in(app, cast.jia_user).get("/home").get_data(as_text=True))
    said = ["1 项要申请检验", "1 份检验意见通知书要整改", "1 个检验日期等您答复", "1 次检验的准备清单没填完"]
    places = [page.index(words) for words in said]
    assert places == sorted(places)
    assert page.count("answer-link") == 4


def test_every_published_day_that_waits_for_an_answer_is_counted_as_the_list_shows_it(cast: Cast) -> None:
    plan = Plan.create(
        name="年计划", state="approved", as_of=TODAY, first_on=TODAY, last_on=in_days(300), seconds=0, made_by="检一",
        published_until=in_days(120), instance={}, created_at=NOW,
    )  # fmt: skip
    for days in (11, 51):
        PlanVisit.create(plan=plan, enterprise=cast.jia, on_day=in_days(days), start=40, minutes=60)
    (act,) = todo.acts(cast.jia_user, TODAY)
    assert act.title == "2 个检验日期等您答复"
    assert act.endpoint == "planning.visit_list"
