"""Getting in, and being kept out."""

from datetime import timedelta

import pytest

from inspect_station.accounts import audit, service, sessions
from inspect_station.accounts.models import Account, AuditEntry
from inspect_station.errors import InvalidInput, NotFound, TooMany
from tests.conftest import NOW, Cast

GOOD = "看见大海 2026 春暖"
LIMITS = {"lock_after": 3, "lock_minutes": 15}


def with_password(cast: Cast, login: str = "insp1") -> None:
    account = service.find_login(login)
    service.use_link(service.issue_link(cast.admin, account, NOW, 72), NOW, password=GOOD)


def test_a_one_time_link_logs_in_once(cast: Cast) -> None:
    token = service.issue_link(cast.admin, service.find_login("insp1"), NOW, 72)
    assert service.use_link(token, NOW)
    with pytest.raises(NotFound, match="已经用过"):
        service.use_link(token, NOW)


def test_an_expired_link_is_refused(cast: Cast) -> None:
    token = service.issue_link(cast.admin, service.find_login("insp1"), NOW, 72)
    with pytest.raises(NotFound, match="已过期"):
        service.use_link(token, NOW + timedelta(hours=73))


def test_a_person_logs_in_with_the_password_set_by_the_link(cast: Cast) -> None:
    with_password(cast)
    token = service.log_in("insp1", GOOD, NOW, **LIMITS)
    found = sessions.find(token, NOW, idle=timedelta(minutes=60), longest=timedelta(hours=12))
    assert found == cast.inspector


def test_too_many_wrong_passwords_lock_even_the_right_one_out(cast: Cast) -> None:
    with_password(cast)
    for _ in range(3):
        with pytest.raises(InvalidInput):
            service.log_in("insp1", "wrong", NOW, **LIMITS)
    with pytest.raises(TooMany, match="锁定 15 分钟"):
        service.log_in("insp1", GOOD, NOW, **LIMITS)
    assert service.log_in("insp1", GOOD, NOW + timedelta(minutes=16), **LIMITS)


def test_a_captured_session_cannot_guess_the_password_by_asking_for_a_new_one(cast: Cast) -> None:
    with_password(cast)
    for _ in range(3):
        with pytest.raises(InvalidInput, match="原密码"):
            service.change_password(cast.inspector, "wrong", GOOD + "!", NOW, **LIMITS)
    with pytest.raises(TooMany, match="锁定"):
        service.change_password(cast.inspector, GOOD, GOOD + "!", NOW, **LIMITS)
    later = NOW + timedelta(minutes=16)
    assert service.change_password(cast.inspector, GOOD, GOOD + "!", later, **LIMITS)


def test_an_idle_session_ends(cast: Cast) -> None:
    token = sessions.start(Account.get(login="insp1"), NOW)
    limits = {"idle": timedelta(minutes=60), "longest": timedelta(hours=12)}
    assert sessions.find(token, NOW + timedelta(minutes=59), **limits)
    assert sessions.find(token, NOW + timedelta(minutes=121), **limits) is None


def test_disabling_an_account_ends_its_sessions(cast: Cast) -> None:
    account = Account.get(login="insp1")
    token = sessions.start(account, NOW)
    service.set_disabled(cast.admin, account.id, True, NOW)
    assert sessions.find(token, NOW, idle=timedelta(hours=1), longest=timedelta(hours=1)) is None


@pytest.mark.parametrize("weak", ["short1", "onlyletters", "insp1-and-more", "password-2026"])
def test_a_weak_password_is_refused_with_a_reason(cast: Cast, weak: str) -> None:
    token = service.issue_link(cast.admin, service.find_login("insp1"), NOW, 72)
    with pytest.raises(InvalidInput, match="密码"):
        service.use_link(token, NOW, password=weak)


def test_the_audit_trail_is_a_chain_that_names_an_altered_row(cast: Cast) -> None:
    with_password(cast)
    assert list(audit.broken_links()) == []
    rows = AuditEntry.select().count()
    assert rows > 8


def test_the_audit_trail_cannot_be_changed_or_deleted(cast: Cast, station) -> None:
    import peewee

    for statement in ("UPDATE audit_entry SET act = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(peewee.DatabaseError, match="append-only"), station.atomic():
            station.execute_sql(statement)
