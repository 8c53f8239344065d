"""报检: what may be applied for, once at a time, and how long it keeps reminders away."""

from datetime import date, timedelta

import pytest

from inspect_station.accounts.models import AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.casework import service
from inspect_station.casework.models import Application, ApplicationItem, Reason
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tests.conftest import NOW, TODAY, Cast
from tests.duelist.park import Park

PERIODIC = "periodic"


def apply(actor, firm, *items, **more):
    return service.apply(actor, firm.id, list(items), **{"source": "portal", "now": NOW} | more)


def test_an_enterprise_applies_for_many_devices_at_once(cast: Cast, due_park: Park) -> None:
    number = apply(
        cast.jia_user, cast.jia, (due_park.overdue.id, PERIODIC), (due_park.apply_now.id, PERIODIC),
        wished_from=date(2026, 12, 1), wished_to=date(2026, 12, 20), shutdown=True, note="大修期间", contact="王工",
    )  # fmt: skip
    row = Application.get_by_id(number)
    assert (row.state, row.source, row.submitted_by, row.shutdown) == ("submitted", "portal", "甲安全", True)
    items = {i.equipment_id: i for i in ApplicationItem.select().where(ApplicationItem.application == number)}
    assert items[due_park.overdue.id].due_on == date(2026, 11, 21)
    assert not items[due_park.overdue.id].very_late
    entry = AuditEntry.get(AuditEntry.act == "application.submit")
    assert (entry.enterprise_id, entry.detail["items"]) == (cast.jia.id, 2)


def test_the_answer_page_applies_without_an_account(cast: Cast, due_park: Park) -> None:
    nobody = Actor(None, "林安全", "enterprise", cast.jia.id)
    number = apply(nobody, cast.jia, (due_park.overdue.id, PERIODIC), source="answer")
    assert Application.get_by_id(number).submitted_by == "林安全"


def test_nothing_is_ordered_twice_at_a_time_and_the_sentence_names_the_device(cast: Cast, due_park: Park) -> None:
    apply(cast.jia_user, cast.jia, (due_park.overdue.id, PERIODIC))
    with pytest.raises(Conflict, match=r"缓冲罐 V-102”的定期检验已经报检"):
        apply(cast.inspector, cast.jia, (due_park.apply_now.id, PERIODIC), (due_park.overdue.id, PERIODIC))
    assert Application.select().count() == 1
    apply(cast.inspector, cast.jia, (due_park.overdue.id, "annual"), source="desk")
    assert ApplicationItem.select().count() == 2


def test_foreign_and_missing_devices_are_both_not_found(cast: Cast, due_park: Park) -> None:
    for actor, firm, equipment in (
        (cast.yi_user, cast.jia, due_park.overdue.id),
        (cast.yi_user, cast.yi, due_park.overdue.id),
        (cast.jia_user, cast.jia, due_park.yi_vessel.id),
        (cast.inspector, cast.jia, 987_654),
    ):
        with pytest.raises(NotFound):
            apply(actor, firm, (equipment, PERIODIC))
    assert not Application.select().exists()


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"items": []}, "至少选择一项"),
        ({"wished_to": date(2026, 11, 1)}, "已经过去"),
        ({"wished_from": date(2026, 12, 9), "wished_to": date(2026, 12, 1)}, "应不早于"),
        ({"wished_from": date(9999, 12, 31)}, "离今天太远"),
        ({"clock": "internal"}, "没有这个检验项目"),
        ({"device": "none"}, "已拆除，不需要报检"),
    ],
)
def test_what_cannot_be_applied_for_is_said_in_one_sentence(cast: Cast, due_park: Park, what, sentence) -> None:
    what = dict(what)
    device = getattr(due_park, what.pop("device", "overdue"))
    items = what.pop("items", [(device.id, what.pop("clock", PERIODIC))])
    with pytest.raises(InvalidInput, match=sentence):
        apply(cast.jia_user, cast.jia, *items, **what)


def test_an_auditor_may_not_apply(cast: Cast, due_park: Park) -> None:
    with pytest.raises(NotAllowed):
        apply(cast.auditor, cast.jia, (due_park.overdue.id, PERIODIC), source="desk")


def test_an_application_more_than_a_year_after_the_date_is_very_late(cast: Cast, due_park: Park) -> None:
    later = NOW + timedelta(days=366)
    number = apply(cast.jia_user, cast.jia, (due_park.overdue.id, PERIODIC), now=later)
    assert ApplicationItem.get(ApplicationItem.application == number).very_late


def test_an_application_nobody_answers_is_quiet_for_ten_working_days_only(cast: Cast, due_park: Park) -> None:
    apply(cast.jia_user, cast.jia, (due_park.overdue.id, PERIODIC))
    key = (due_park.overdue.id, PERIODIC)
    quiet = service.quieted(TODAY)[key]
    assert (quiet.reason, quiet.until) == ("applied", date(2026, 12, 4))
    assert key in service.quieted(date(2026, 12, 4))
    assert key not in service.quieted(date(2026, 12, 5))
    assert service.quieted(TODAY, [cast.yi.id]) == {}
    assert key in service.quieted(TODAY, [cast.jia.id])


def test_the_quiet_after_an_application_follows_the_setting(cast: Cast, due_park: Park) -> None:
    service.promises.set_days(cast.admin, {"quiet": 3}, NOW)
    apply(cast.jia_user, cast.jia, (due_park.overdue.id, PERIODIC))
    service.promises.set_days(cast.admin, {"quiet": 30}, NOW)  # what was promised stands
    assert service.quieted(TODAY)[due_park.overdue.id, PERIODIC].until == date(2026, 11, 25)
    with pytest.raises(InvalidInput, match="1 至 60"):
        service.promises.set_days(cast.admin, {"quiet": 0}, NOW)


def test_a_reason_quiets_until_its_day_and_an_ended_one_does_not(cast: Cast, due_park: Park) -> None:
    held = {"enterprise": cast.jia, "clock": PERIODIC, "person": "检一", "on_day": TODAY, "recorded_at": NOW}
    Reason.create(equipment=due_park.overdue, code="idle", quiet_until=date(2026, 12, 1), **held)
    Reason.create(equipment=due_park.apply_now, code="idle", quiet_until=date(2026, 12, 1), ended_at=NOW, **held)
    Reason.create(equipment=due_park.ok, code="urged", **held)
    assert {key: q.reason for key, q in service.quieted(TODAY).items()} == {(due_park.overdue.id, PERIODIC): "idle"}
    assert service.quieted(date(2026, 12, 2)) == {}
