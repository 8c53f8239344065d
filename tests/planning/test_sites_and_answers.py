"""Enterprises about their own days, and what they say to a date."""

from datetime import date, timedelta

import pytest

from inspect_station.accounts.models import AuditEntry
from inspect_station.errors import Conflict, InvalidInput, NotFound, Stale
from inspect_station.planning import service
from tests.conftest import NOW, TODAY, Cast
from tests.planning import park

DAYS = {"first_on": date(2027, 1, 4), "last_on": date(2027, 1, 8)}


def test_an_enterprise_enters_its_own_days_and_nobody_elses(cast: Cast) -> None:
    number = service.sites.add(cast.jia_user, cast.jia.id, sort="shutdown", units=["罐区"], now=NOW, **DAYS)
    (row,) = service.sites.windows(cast.jia_user, TODAY)
    assert (row["units"], row["by_enterprise"]) == (["罐区"], True)
    assert service.sites.windows(cast.yi_user, TODAY) == []
    for attempt in (
        lambda: service.sites.add(cast.yi_user, cast.jia.id, sort="closed", now=NOW, **DAYS),
        lambda: service.sites.remove(cast.yi_user, number, NOW),
        lambda: service.sites.change(cast.yi_user, number, sort="closed", now=NOW, **DAYS),
        lambda: service.sites.set_continuous(cast.yi_user, cast.jia.id, True, NOW),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_bad_days_are_refused_by_name_and_write_nothing(cast: Cast) -> None:
    def add(**given):
        return service.sites.add(cast.head, cast.jia.id, **({"sort": "closed", "now": NOW} | DAYS | given))

    with pytest.raises(InvalidInput, match="早于开始的 2027-01-04"):
        add(last_on=date(2027, 1, 3))
    with pytest.raises(InvalidInput, match="已经过去"):
        add(first_on=date(2026, 1, 1), last_on=date(2026, 1, 2))
    with pytest.raises(InvalidInput, match="停车检修或谢绝入厂"):
        add(sort="party")
    with pytest.raises(InvalidInput, match="最长一年"):
        add(last_on=date(2029, 1, 3))
    assert service.sites.windows(cast.head, TODAY) == []
    add()
    with pytest.raises(Conflict, match="重叠"):
        add(first_on=date(2027, 1, 8), last_on=date(2027, 1, 9))


def test_a_changed_window_is_audited_and_a_stale_change_refused(cast: Cast) -> None:
    number = service.sites.add(cast.head, cast.jia.id, sort="closed", now=NOW, **DAYS)
    later = {"first_on": date(2027, 1, 5), "last_on": date(2027, 1, 9)}
    service.sites.change(cast.jia_user, number, sort="closed", now=NOW, revision=1, **later)
    with pytest.raises(Stale):
        service.sites.change(cast.head, number, sort="closed", now=NOW, revision=1, **DAYS)
    service.sites.remove(cast.head, number, NOW)
    acts = [a for (a,) in AuditEntry.select(AuditEntry.act).order_by(AuditEntry.id).tuples()]
    assert acts[-3:] == ["window.add", "window.change", "window.remove"]


@pytest.fixture
def scene(cast: Cast):
    things = park.make(cast)
    plan = park.in_force(cast)
    return cast, plan, park.visit_with(cast, plan, things.third)


def test_one_tap_agrees_twice_does_no_harm(scene) -> None:
    cast, _, visit = scene
    service.agreeing.agree(cast.jia_user, visit.id, NOW)
    service.agreeing.agree(cast.jia_user, visit.id, NOW)
    said = service.reading.visit(cast.jia_user, visit.id)
    assert (said.answer, said.answered_by) == ("agreed", "甲安全")
    acts = [a for (a,) in AuditEntry.select(AuditEntry.act).where(AuditEntry.act == "visit.agree").tuples()]
    assert acts == ["visit.agree"]


def test_another_day_is_proposed_and_taken_by_the_station(scene) -> None:
    cast, _, visit = scene
    wished = date(2027, 3, 1)
    service.agreeing.counter(cast.jia_user, visit.id, wished, "那天停车", NOW)
    assert service.reading.visit(cast.head, visit.id).counter_on == wished
    number = service.agreeing.accept_counter(cast.head, visit.id, NOW)
    moved = service.reading.visit(cast.jia_user, number)
    assert (moved.on, moved.answer, moved.counter_on, moved.answered_by) == (wished, "agreed", None, "甲安全")
    with pytest.raises(Conflict):
        service.agreeing.accept_counter(cast.head, number, NOW)


@pytest.mark.parametrize(
    ("on", "says"),
    [
        (date(2027, 3, 31), "2027-03-30 到期"),
        (date(2027, 3, 6), "不是工作日"),
        (TODAY, "明天以后"),
        (None, "与建议的日期相同"),
    ],
)
def test_a_day_that_cannot_be_is_refused_and_the_proposal_stands(scene, on: date | None, says: str) -> None:
    cast, _, visit = scene
    with pytest.raises(InvalidInput, match=says):
        service.agreeing.counter(cast.jia_user, visit.id, on or visit.on, "", NOW)
    assert service.reading.visit(cast.head, visit.id).answer == ""


def test_a_wish_the_rules_forbid_is_refused_to_the_station_and_stays_a_wish(scene) -> None:
    cast, _, visit = scene
    service.agreeing.counter(cast.jia_user, visit.id, date(2026, 11, 24), "", NOW)
    with pytest.raises(InvalidInput, match="准备"):
        service.agreeing.accept_counter(cast.head, visit.id, NOW)
    assert service.reading.visit(cast.head, visit.id).answer == "countered"


def test_what_is_over_or_not_published_or_foreign_cannot_be_answered(scene) -> None:
    cast, plan, visit = scene
    with pytest.raises(NotFound):
        service.agreeing.agree(cast.yi_user, visit.id, NOW)
    with pytest.raises(Conflict, match="已经结束"):
        service.agreeing.agree(cast.jia_user, visit.id, NOW + timedelta(days=200))
    service.plans.publish(cast.head, plan.id, TODAY, NOW)
    with pytest.raises(NotFound):
        service.agreeing.agree(cast.jia_user, visit.id, NOW)
