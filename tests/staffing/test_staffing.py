"""Who may inspect what, until when, and when each is at work."""

from datetime import date, timedelta

import pytest

from inspect_station.accounts.models import Account, AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound
from inspect_station.staffing import service
from inspect_station.staffing.models import QualificationCode
from tests.conftest import NOW, TODAY, Cast
from tests.statements import counted


def code(name: str) -> int:
    return int(QualificationCode.get(QualificationCode.code == name).id)


@pytest.fixture
def filled(cast: Cast) -> Cast:
    service.seed(NOW)
    last = TODAY + timedelta(days=30)
    service.qualify(cast.head, cast.inspector.account_id, code_id=code("RQ"), valid_until=last, now=NOW)
    return cast


def test_the_shipped_codes_are_examples_and_are_put_in_once(cast: Cast) -> None:
    assert service.seed(NOW) == 7
    assert service.seed(NOW) == 0
    assert service.roster(Actor.system(), TODAY)[1] == ["AF", "GD", "GL", "QP", "RQ", "YC", "YD"]
    assert service.accepted_codes()["boiler", "internal"] == ("GL",)


def test_a_qualification_is_good_up_to_and_including_its_last_day(filled: Cast) -> None:
    number = filled.inspector.account_id
    last = TODAY + timedelta(days=30)
    assert service.qualified(number, "fixed_vessel", "periodic", last)
    assert not service.qualified(number, "fixed_vessel", "periodic", last + timedelta(days=1))
    assert not service.qualified(number, "boiler", "internal", TODAY)
    assert not service.qualified(filled.other_inspector.account_id, "fixed_vessel", "periodic", TODAY)


def test_the_qualified_are_listed_by_name_without_closed_accounts(filled: Cast) -> None:
    service.qualify(filled.admin, filled.other_inspector.account_id, code_id=code("RQ"), now=NOW)
    assert [n for _, n in service.qualified_inspectors("fixed_vessel", "annual", TODAY)] == ["检一", "检二"]
    Account.update(disabled_at=NOW).where(Account.id == filled.inspector.account_id).execute()
    assert [n for _, n in service.qualified_inspectors("fixed_vessel", "annual", TODAY)] == ["检二"]


def test_of_two_codes_for_one_clock_either_will_do_and_a_person_with_both_is_listed_once(filled: Cast) -> None:
    given = {"name": "高级检验师", "note": "", "confirmed": True, "now": NOW}
    senior = service.codes.save(filled.head, None, code="gs", uses=["fixed_vessel.periodic"], **given)
    service.qualify(filled.head, filled.inspector.account_id, code_id=senior, now=NOW)
    service.qualify(filled.head, filled.other_inspector.account_id, code_id=senior, now=NOW)
    assert service.accepted_codes()["fixed_vessel", "periodic"] == ("GS", "RQ")
    assert [n for _, n in service.qualified_inspectors("fixed_vessel", "periodic", TODAY)] == ["检一", "检二"]
    assert "GS" not in service.roster(Actor.system(), TODAY)[1]


def test_renewing_replaces_the_last_day_and_removing_ends_it(filled: Cast) -> None:
    number = filled.inspector.account_id
    service.qualify(filled.head, number, code_id=code("RQ"), valid_until=date(2030, 1, 1), now=NOW)
    person = service.person(filled.head, number, TODAY)
    assert [(q["code"], q["valid_until"], q["standing"]) for q in person.held] == [("RQ", date(2030, 1, 1), "ok")]
    service.remove_qualification(filled.head, number, person.held[0]["id"], NOW)
    assert not service.qualified(number, "fixed_vessel", "periodic", TODAY)
    acts = [a for (a,) in AuditEntry.select(AuditEntry.act).order_by(AuditEntry.id).tuples()]
    assert acts[-3:] == ["staffing.qualify", "staffing.qualify", "staffing.disqualify"]


def test_an_absence_before_its_beginning_or_over_another_is_refused_and_writes_nothing(filled: Cast) -> None:
    number = filled.inspector.account_id
    days = {"first_on": date(2026, 12, 1), "last_on": date(2026, 12, 3), "reason": "leave", "now": NOW}
    service.add_absence(filled.head, number, **days)
    with pytest.raises(Conflict, match="2026-12-01 至 2026-12-03"):
        service.add_absence(filled.head, number, **(days | {"first_on": date(2026, 12, 3)}))
    with pytest.raises(InvalidInput, match="止于开始之前"):
        service.add_absence(filled.head, number, **(days | {"last_on": date(2026, 11, 30)}))
    assert len(service.person(filled.head, number, TODAY).away) == 1


def test_one_enters_ones_own_days_away_and_nobody_elses(filled: Cast) -> None:
    days = {"first_on": date(2026, 12, 1), "last_on": date(2026, 12, 1), "reason": "sick", "now": NOW}
    own = service.add_absence(filled.inspector, filled.inspector.account_id, **days)
    with pytest.raises(NotAllowed):
        service.add_absence(filled.inspector, filled.other_inspector.account_id, **days)
    with pytest.raises(NotFound):
        service.add_absence(filled.jia_user, filled.inspector.account_id, **days)
    service.remove_absence(filled.inspector, filled.inspector.account_id, own, NOW)
    with pytest.raises(NotFound):
        service.remove_absence(filled.inspector, filled.inspector.account_id, own, NOW)


def test_who_is_away_and_who_works_on_make_up_saturdays(filled: Cast) -> None:
    number = filled.inspector.account_id
    saturday, monday = date(2026, 10, 10), date(2026, 10, 12)
    (one, two) = [p for p in service.inspectors(filled.head) if p.name in {"检一", "检二"}]
    assert not one.away(saturday)
    service.set_hours(filled.head, number, daily_min=240, weekdays=["2", "4"], planned=True, now=NOW)
    (one, two) = [p for p in service.inspectors(filled.head) if p.name in {"检一", "检二"}]
    assert one.away(monday)
    assert one.away(saturday)
    assert (one.daily_min, two.daily_min) == (240, service.DAILY_MIN)


def test_only_who_may_changes_people_and_codes(filled: Cast) -> None:
    number = filled.inspector.account_id
    with pytest.raises(NotAllowed):
        service.qualify(filled.inspector, number, code_id=code("GL"), now=NOW)
    with pytest.raises(NotAllowed):
        service.set_hours(filled.auditor, number, daily_min=1, weekdays=["1"], planned=True, now=NOW)
    with pytest.raises(NotFound):
        service.people(filled.jia_user, TODAY)
    with pytest.raises(NotFound):
        service.qualify(filled.head, filled.jia_user.account_id, code_id=code("GL"), now=NOW)


def test_a_code_in_use_stays_and_a_code_twice_or_for_an_unknown_kind_is_refused(filled: Cast) -> None:
    with pytest.raises(Conflict, match="还有 1 人持有"):
        service.codes.remove(filled.head, code("RQ"), NOW)
    given = {"name": "x", "note": "", "confirmed": False, "now": NOW}
    with pytest.raises(Conflict, match="已在表中"):
        service.codes.save(filled.head, None, code="rq", uses=[], **given)
    with pytest.raises(InvalidInput, match="不认识的设备种类"):
        service.codes.save(filled.head, None, code="ZZ", uses=["lift.periodic"], **given)
    service.codes.remove(filled.head, code("YC"), NOW)
    assert service.codes.uncovered([("chamber", "periodic"), ("boiler", "internal")]) == ["氧舱·定期检验"]


def test_reading_everybody_takes_three_statements(filled: Cast) -> None:
    with counted() as seen:
        service.inspectors(filled.head, TODAY)
    assert len(seen) == 3
