"""Proposing, approving, publishing, comparing, cancelling; what stays where it is when planning anew."""

import threading
from datetime import date, timedelta

import pytest

from inspect_station.accounts.models import AuditEntry
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound
from inspect_station.planning import service, work
from inspect_station.planning.models import Plan, PlanItem, PlanVisit
from inspect_station.registry import service as registry
from inspect_station.staffing import service as staffing
from schedules.planning import measure
from tests.conftest import NOW, TODAY, Cast, people, token_for
from tests.planning import park


@pytest.fixture
def scene(cast: Cast) -> tuple[Cast, park.Park]:
    return cast, park.make(cast)


def test_a_proposal_is_legal_whole_and_keeps_every_lawful_date(scene) -> None:
    cast, things = scene
    plan = park.planned(cast)
    assert plan.state == "proposed"
    judged = measure(plan.instance, service.storing.as_json(plan))
    assert judged["ok"], judged["errors"]
    assert service.reading.counts(plan.id) == {"planned": 6, "unplanned": 0, "late": 1, "overdue": 1}
    (late,) = service.reading.warnings(cast.head, plan.id)
    assert late["equipment_id"] == things.overdue.id
    visit = park.visit_with(cast, plan, things.first)
    assert visit.on <= date(2027, 1, 20)
    assert len(visit.people) == 2


def test_the_same_station_gives_the_same_plan(scene) -> None:
    cast, _ = scene
    one, two = park.planned(cast), park.planned(cast)
    assert service.storing.as_json(one)["visits"] == service.storing.as_json(two)["visits"]


def test_approving_replaces_the_plan_in_force_and_needs_the_head(scene) -> None:
    cast, _ = scene
    first = park.in_force(cast)
    second = park.planned(cast)
    with pytest.raises(NotAllowed):
        service.plans.approve(cast.inspector, second.id, NOW)
    service.plans.approve(cast.head, second.id, NOW)
    states = {p.id: p.state for p in Plan.select()}
    assert states == {first.id: "replaced", second.id: "approved"}
    assert service.plans.in_force(cast.head).published_until == date(2027, 3, 31)
    acts = [a for (a,) in AuditEntry.select(AuditEntry.act).order_by(AuditEntry.id).tuples()]
    assert acts[-1] == "plan.approve"


def test_an_older_proposal_or_a_what_if_cannot_be_approved(scene) -> None:
    cast, _ = scene
    old = park.planned(cast)
    park.in_force(cast)
    with pytest.raises(Conflict, match="还旧"):
        service.plans.approve(cast.head, old.id, NOW)
    tried = park.planned(cast, changes={"more_pct": 50})
    with pytest.raises(Conflict, match="推演"):
        service.plans.approve(cast.head, tried.id, NOW)
    with pytest.raises(Conflict, match="假设增加"):
        service.plans.keep(cast.head, tried.id, NOW)
    absent = {"person": cast.inspector.account_id, "name": "检一", "from": "2027-03-01", "to": "2027-03-31"}
    other = park.planned(cast, changes={"absent": absent})
    service.plans.keep(cast.head, other.id, NOW)
    service.plans.approve(cast.head, other.id, NOW)


def test_planning_anew_with_nothing_changed_moves_nothing(scene) -> None:
    cast, _ = scene
    first = park.in_force(cast)
    second = park.planned(cast)
    found = service.comparing.compare(cast.head, second.id, first.id)
    assert found.moved == []
    assert found.same == 6
    assert second.result["objective"]["move_cost"] == 0


def test_agreed_and_pinned_visits_stay_when_an_inspector_falls_away(scene) -> None:
    cast, things = scene
    plan = park.in_force(cast)
    agreed, pinned = park.visit_with(cast, plan, things.third), park.visit_with(cast, plan, things.yi)
    service.agreeing.agree(cast.jia_user, agreed.id, NOW)
    service.moving.pin(cast.head, pinned.id, True, now=NOW)
    near = min(v.on for v in service.reading.visits(cast.head, plan.id))
    staffing.add_absence(cast.head, cast.inspector.account_id, first_on=near, last_on=near, reason="sick", now=NOW)
    again = park.planned(cast)
    assert park.visit_with(cast, again, things.third).on == agreed.on
    assert park.visit_with(cast, again, things.third).answer == "agreed"
    assert park.visit_with(cast, again, things.yi).pinned
    moved = {move.item["equipment_id"] for move in service.comparing.compare(cast.head, again.id, plan.id).moved}
    assert things.third.id not in moved
    assert things.yi.id not in moved


def test_an_answer_given_after_the_proposal_is_carried_over_at_approval(scene) -> None:
    cast, things = scene
    plan = park.in_force(cast)
    again = park.planned(cast)
    service.agreeing.agree(cast.jia_user, park.visit_with(cast, plan, things.first).id, NOW)
    service.plans.approve(cast.head, again.id, NOW)
    assert park.visit_with(cast, again, things.first).answer == "agreed"


def test_a_recorded_result_shows_the_plan_done_without_anyone_ticking_it(scene) -> None:
    cast, things = scene
    plan = park.in_force(cast)
    before = park.visit_with(cast, plan, things.yi)
    assert (before.done, before.finished) == (0, False)
    said = {"clock": "periodic", "completed_on": "2026-11-22", "conclusion": "符合要求", "grade": 2}
    registry.inspections.record(cast.inspector, things.yi.id, said, now=NOW, today=TODAY)
    after = park.visit_with(cast, plan, things.yi)
    assert after.done == after.count - before.count + 1
    assert after.finished


def test_two_workers_make_a_plan_once_and_a_silent_one_is_started_again(scene) -> None:
    cast, _ = scene
    number = service.plans.propose(cast.head, name="", last_on=park.LAST, seconds=0, now=NOW)
    held = work.claim(number, NOW)
    assert held is not None
    assert work.claim(number, NOW) is None
    plan = service.plans.get(cast.head, number)
    assert not service.plans.is_stopped(plan, NOW)
    later = NOW + work.SILENT_AFTER + timedelta(seconds=1)
    assert service.plans.is_stopped(plan, later)
    taken = work.claim(number, later)
    assert taken is not None
    work.finish(held, work.solve(held), later)
    assert not PlanVisit.select().where(PlanVisit.plan == number).exists()
    work.finish(taken, work.solve(taken), later)
    assert service.plans.get(cast.head, number).state == "proposed"
    assert PlanItem.select().where(PlanItem.plan == number).count() == 6


def test_a_cancelled_plan_leaves_nothing_behind(scene) -> None:
    cast, _ = scene
    number = service.plans.propose(cast.head, name="", last_on=park.LAST, seconds=0, now=NOW)
    job = work.claim(number, NOW)
    made = work.solve(job)
    service.plans.cancel(cast.head, number, NOW)
    work.finish(job, made, NOW)
    assert service.plans.get(cast.head, number).state == "cancelled"
    assert not PlanVisit.select().where(PlanVisit.plan == number).exists()
    with pytest.raises(Conflict):
        service.plans.cancel(cast.head, number, NOW)


def test_the_heartbeat_ends_the_process_of_a_cancelled_plan(scene, monkeypatch) -> None:
    cast, _ = scene
    monkeypatch.setattr(work, "_BEAT_SECONDS", 0.01)
    number = service.plans.propose(cast.head, name="", last_on=park.LAST, seconds=0, now=NOW)
    left = threading.Event()

    def solve(job: Plan, _steps: int | None) -> dict:
        service.plans.cancel(cast.head, number, NOW)
        assert left.wait(20)
        return {}

    monkeypatch.setattr(work, "solve", solve)
    monkeypatch.setattr(work, "finish", lambda *_: None)
    work.work(number, lambda: NOW, leave=lambda _code: left.set())
    assert left.is_set()
    if db.is_closed():
        db.connect()


def test_an_illegal_plan_is_never_stored(scene, monkeypatch) -> None:
    cast, _ = scene
    number = service.plans.propose(cast.head, name="", last_on=park.LAST, seconds=0, now=NOW)
    job = work.claim(number, NOW)
    made = work.solve(job)
    made["visits"][0]["date"] = "2026-11-28"  # a Saturday
    work.finish(job, made, NOW)
    plan = service.plans.get(cast.head, number)
    assert plan.state == "failed"
    assert "没有通过核对" in plan.message
    assert not PlanVisit.select().exists()


def test_publishing_needs_a_day_within_the_plan_in_force(scene) -> None:
    cast, _ = scene
    plan = park.planned(cast)
    with pytest.raises(Conflict, match="先批准"):
        service.plans.publish(cast.head, plan.id, park.LAST, NOW)
    with pytest.raises(InvalidInput, match="之间的日子"):
        service.plans.publish(cast.head, plan.id, park.LAST + timedelta(days=1), NOW)
    service.plans.approve(cast.head, plan.id, NOW)
    assert service.published(cast.jia_user) == []
    service.plans.publish(cast.head, plan.id, date(2027, 1, 31), NOW)
    seen = service.published(cast.jia_user)
    assert seen
    assert {v.enterprise_id for v in seen} == {cast.jia.id}
    assert all(v.on <= date(2027, 1, 31) for v in seen)


def test_a_copy_is_tried_in_and_thrown_away_and_the_plan_in_force_stays(scene) -> None:
    cast, things = scene
    plan = park.in_force(cast)
    twin = service.plans.get(cast.head, service.plans.copy(cast.head, plan.id, NOW))
    visit = park.visit_with(cast, twin, things.third)
    target = service.Target(visit.on - timedelta(days=7))
    service.moving.move(cast.head, visit.id, target, now=NOW)
    assert park.visit_with(cast, twin, things.third).on == visit.on - timedelta(days=7)
    assert park.visit_with(cast, plan, things.third).on == visit.on
    service.plans.discard(cast.head, twin.id, NOW)
    assert not PlanVisit.select().where(PlanVisit.plan == twin.id).exists()
    assert service.reading.counts(plan.id)["planned"] == 6


def test_enterprises_see_no_plan_and_no_foreign_visit(scene) -> None:
    cast, things = scene
    plan = park.in_force(cast)
    jia = park.visit_with(cast, plan, things.first)
    for actor in (cast.jia_user, cast.yi_user):
        with pytest.raises(NotFound):
            service.plans.get(actor, plan.id)
        with pytest.raises(NotFound):
            service.plans.listed(actor)
    with pytest.raises(NotFound):
        service.reading.visit(cast.yi_user, jia.id)
    assert service.reading.visit(cast.jia_user, jia.id).id == jia.id


def test_the_api_moves_a_visit_once_and_tells_an_enterprise_only_of_its_own(app) -> None:
    with people(app) as cast:
        things = park.make(cast)
        plan = park.in_force(cast)
        visit = park.visit_with(cast, plan, things.third)
    client, staff, yi = app.test_client(), token_for(cast.head), token_for(cast.yi_user)
    listed = client.get("/api/v1/visits?per_page=1", headers=staff).get_json()
    assert listed["next"]
    following = client.get(f"/api/v1/visits?per_page=200&cursor={listed['next']}", headers=staff).get_json()
    assert listed["total"] == 1 + len(following["items"])
    assert {v["enterprise_id"] for v in client.get("/api/v1/visits", headers=yi).get_json()["items"]} == {cast.yi.id}
    address, body = f"/api/v1/visits/{visit.id}", {"date": "2027-03-01"}
    stale = client.patch(address, json=body, headers=staff | {"If-Match": '"77"'})
    assert stale.status_code == 412
    once = staff | {"Idempotency-Key": "m1"}
    assert client.patch(address, json=body, headers=once).get_json()["date"] == "2027-03-01"
    assert client.patch(address, json=body, headers=once).headers["Idempotency-Replayed"] == "true"
    refused = client.patch(address, json={"date": "2027-03-06"}, headers=staff)
    assert (refused.status_code, "不是工作日" in refused.get_json()["message"]) == (422, True)
    assert client.get(f"/api/v1/plans/{plan.id}", headers=staff).get_json()["figures"]["planned"] == 6
    assert client.get(f"/api/v1/plans/{plan.id}", headers=yi).status_code == 404
