"""Log-in in two steps: what a code opens, once, and what it never opens."""

import dataclasses
from argparse import Namespace
from datetime import datetime, timedelta

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from inspect_station import clock, config, jobs, sealing
from inspect_station.accounts import factors, service, sessions
from inspect_station.accounts.models import ROLES, Account, AuditEntry, RecoveryCode, SecondFactor
from inspect_station.commands import people as people_verbs
from inspect_station.db import db
from inspect_station.errors import ConfigError, InvalidInput, NotFound, TooMany
from tests.conftest import NOW, SECRET, Cast, csrf_of, log_in, people

GOOD = "看见大海 2026 春暖"
LIMITS = {"lock_after": 5, "lock_minutes": 15}
LATER = NOW + timedelta(minutes=2)


def secret_of(account_id: int) -> str:
    row = SecondFactor.get_by_id(account_id)
    return sealing.ring().open(row.secret, f"second factor of {account_id}")


def code_at(account_id: int, moment: datetime) -> str:
    return pyotp.TOTP(secret_of(account_id)).at(moment)


def wrong_at(account_id: int, moment: datetime) -> str:
    near = {code_at(account_id, moment + timedelta(seconds=30 * n)) for n in (-1, 0, 1)}
    return next(str(n) for n in range(100_000, 100_010) if str(n) not in near)


def enrol(cast: Cast) -> tuple[Account, list[str]]:
    """The inspector with a password and a confirmed telephone; returns the recovery codes too."""
    sealing.use(SECRET)
    service.use_link(service.issue_link(cast.admin, service.find_login("insp1"), NOW, 72), NOW, password=GOOD)
    account = service.find_login("insp1")
    factors.begin(account, NOW)
    return account, list(factors.confirm(cast.inspector, account, code_at(account.id, NOW), NOW))


def first_step(now: datetime = LATER) -> dict:
    with pytest.raises(factors.CodeNeeded) as caught:
        service.log_in("insp1", GOOD, now, **LIMITS)
    return caught.value.ticket


def alive(token: str, now: datetime) -> object:
    return sessions.find(token, now, idle=timedelta(hours=1), longest=timedelta(hours=12))


def test_a_code_completes_a_log_in_once_and_never_again(cast: Cast) -> None:
    account, _ = enrol(cast)
    code = code_at(account.id, LATER)
    assert alive(service.enter_code(first_step(), code, LATER, **LIMITS), LATER) == cast.inspector
    with pytest.raises(InvalidInput, match="已经用过"):
        service.enter_code(first_step(), code, LATER, **LIMITS)
    next_code = code_at(account.id, LATER + timedelta(seconds=30))
    assert service.enter_code(first_step(), next_code, LATER, **LIMITS)  # the telephone is half a minute ahead


@pytest.mark.parametrize("minutes", [-2, 2])
def test_a_code_of_another_time_is_refused(cast: Cast, minutes: int) -> None:
    account, _ = enrol(cast)
    now = NOW + timedelta(minutes=10)
    with pytest.raises(InvalidInput):
        service.enter_code(first_step(now), code_at(account.id, now + timedelta(minutes=minutes)), now, **LIMITS)


def test_wrong_codes_lock_the_account_and_a_right_password_in_between_does_not_help(cast: Cast) -> None:
    account, _codes = enrol(cast)
    for _ in range(5):
        with pytest.raises(InvalidInput):
            service.enter_code(first_step(), wrong_at(account.id, LATER), LATER, **LIMITS)
    with pytest.raises(TooMany, match="锁定 15 分钟"):
        service.log_in("insp1", GOOD, LATER, **LIMITS)
    assert AuditEntry.select().where(AuditEntry.result == "refused").count() == 5
    free = LATER + timedelta(minutes=16)
    assert service.enter_code(first_step(free), code_at(account.id, free), free, **LIMITS)


def test_a_locked_account_refuses_even_a_recovery_code(cast: Cast) -> None:
    _account, codes = enrol(cast)
    ticket = first_step()
    Account.update(failed_logins=5, locked_until=LATER + timedelta(minutes=15)).execute()
    with pytest.raises(TooMany):
        service.enter_code(ticket, codes[0], LATER, **LIMITS)


def test_a_recovery_code_opens_once_and_is_kept_as_a_hash(cast: Cast) -> None:
    _, codes = enrol(cast)
    assert len(set(codes)) == factors.RECOVERY_CODES
    kept = {row.code_hash for row in RecoveryCode.select()}
    assert not any(part in digest.upper() for digest in kept for part in codes[0].split("-"))
    assert service.enter_code(first_step(), codes[0].lower(), LATER, **LIMITS)
    with pytest.raises(InvalidInput):
        service.enter_code(first_step(), codes[0], LATER, **LIMITS)
    assert factors.left(Account.get(login="insp1").id) == factors.RECOVERY_CODES - 1
    assert AuditEntry.select().where(AuditEntry.act == "account.login_by_recovery").count() == 1


def test_the_first_step_alone_opens_nothing_for_long(cast: Cast) -> None:
    account, _ = enrol(cast)
    ticket = first_step()
    late = LATER + timedelta(minutes=6)
    with pytest.raises(NotFound, match="重新输入"):
        service.enter_code(ticket, code_at(account.id, late), late, **LIMITS)
    service.change_password(cast.inspector, GOOD, GOOD + "!", LATER)
    with pytest.raises(NotFound):
        service.enter_code(ticket, code_at(account.id, LATER), LATER, **LIMITS)


def test_a_one_time_link_asks_for_the_code_too(cast: Cast) -> None:
    account, _ = enrol(cast)
    token = service.issue_link(cast.admin, account, LATER, 72)
    with pytest.raises(factors.CodeNeeded) as caught:
        service.use_link(token, LATER)
    assert service.enter_code(caught.value.ticket, code_at(account.id, LATER), LATER, **LIMITS)


def test_a_new_station_secret_reseals_the_telephones_secret_and_the_code_stays(cast: Cast) -> None:
    account, _ = enrol(cast)
    sealing.use("another secret of the station, long enough", SECRET)
    before = SecondFactor.get_by_id(account.id).secret
    done = jobs.job_named("reseal").run(config.Settings(secret_key=SECRET), NOW)
    assert done["second factors"] == 1
    assert SecondFactor.get_by_id(account.id).secret != before
    sealing.use("another secret of the station, long enough")  # the old one may go
    assert service.enter_code(first_step(), code_at(account.id, LATER), LATER, **LIMITS)
    sealing.use(SECRET)


def test_the_roles_a_setting_may_name_are_the_stations_own() -> None:
    assert set(ROLES) == config._ROLES
    with pytest.raises(ConfigError, match="没有“boss”这个岗位"):
        config.load({"STATION_SECOND_FACTOR_ROLES": "admin,boss"})


# --- as a browser meets it -------------------------------------------------------------------------------------------


def post(client: FlaskClient, address: str, **form: str):
    return client.post(address, data={"csrf_token": csrf_of(client), **form})


def with_factor(app: Flask) -> tuple[Cast, Account]:
    with people(app) as cast:
        account, _ = enrol(cast)
    return cast, account


def hidden(page: str) -> str:
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def test_a_person_sets_up_a_telephone_on_the_page_and_logs_in_with_it(sqlite_app: Flask, monkeypatch) -> None:
    with people(sqlite_app) as cast:
        service.use_link(service.issue_link(cast.admin, service.find_login("head"), NOW, 72), NOW, password=GOOD)
    client = log_in(sqlite_app, cast.head)
    assert "建议您的岗位开启" in client.get("/me").text
    assert client.get("/me/factor/qr.svg").status_code == 404
    assert post(client, "/me/factor/begin", password="wrong").status_code == 422
    assert post(client, "/me/factor/begin", password=GOOD).status_code == 302
    assert client.get("/me/factor/qr.svg").mimetype == "image/svg+xml"
    with db.connection_context():
        secret, code = secret_of(cast.head.account_id), code_at(cast.head.account_id, NOW - timedelta(seconds=30))
    assert " ".join(secret[i : i + 4] for i in range(0, 32, 4)) in client.get("/me/factor").text
    old = client.get_cookie("station").value
    shown = post(client, "/me/factor/confirm", code=code)
    assert shown.text.count("<code>") == factors.RECOVERY_CODES
    assert client.get("/me/factor").text.count("<code>") == 0  # shown once
    assert client.get("/me/factor/qr.svg").status_code == 404
    thief = sqlite_app.test_client()
    thief.set_cookie("station", old)
    assert thief.get("/me").status_code == 302

    fresh = sqlite_app.test_client()
    form = {"csrf_token": hidden(fresh.get("/login").text), "login": "head", "password": GOOD, "next": "/me"}
    assert fresh.post("/login", data=form).location == "/login/code"
    assert fresh.get("/me").status_code == 302  # not in yet
    page = fresh.get("/login/code").text
    with db.connection_context():
        code = code_at(cast.head.account_id, NOW)
    wrong = fresh.post("/login/code", data={"csrf_token": hidden(page), "code": "x"})
    assert wrong.status_code == 422
    assert "验证码不对" in wrong.text
    assert fresh.post("/login/code", data={"csrf_token": hidden(page), "code": code}).location == "/me"
    assert "站大长" in fresh.get("/me").text


def test_the_second_step_goes_only_with_the_password(sqlite_app: Flask) -> None:
    cast, account = with_factor(sqlite_app)
    client = log_in(sqlite_app, cast.inspector)
    assert post(client, "/me/factor/off", password_off="guess").status_code == 422
    with db.connection_context():
        assert factors.in_use(account.id)
    assert post(client, "/me/factor/off", password_off=GOOD).status_code == 302
    with db.connection_context():
        assert not factors.in_use(account.id)
        assert not RecoveryCode.select().exists()
        assert AuditEntry.select().where(AuditEntry.act == "factor.off").count() == 1


def test_an_administrator_takes_away_the_step_of_a_lost_telephone_and_nobody_else_does(sqlite_app: Flask) -> None:
    cast, account = with_factor(sqlite_app)
    assert post(log_in(sqlite_app, cast.head), f"/settings/people/{account.id}/factor").status_code == 403
    client, theirs = log_in(sqlite_app, cast.admin), log_in(sqlite_app, cast.inspector)
    assert "关闭 检一 的两步验证" in client.get("/settings/people").text
    assert post(client, f"/settings/people/{account.id}/factor").status_code == 302
    assert theirs.get("/me").status_code == 302
    with db.connection_context():
        assert not factors.in_use(account.id)
        assert AuditEntry.get(AuditEntry.act == "factor.reset").account_name == "管小理"


def test_where_the_station_asks_for_two_steps_one_leads_to_the_page_that_sets_up_the_other(sqlite_app: Flask) -> None:
    cast, _account = with_factor(sqlite_app)
    asked = dataclasses.replace(sqlite_app.config["STATION"], second_factor_roles="inspector, head")
    sqlite_app.config["STATION"] = asked
    head, inspector = log_in(sqlite_app, cast.head), log_in(sqlite_app, cast.inspector)
    assert head.get("/due").location == "/me/factor"
    assert head.get("/api/v1/due").status_code == 403
    assert head.get("/me/factor").status_code == 200
    assert log_in(sqlite_app, cast.technical_head).get("/due").status_code == 200
    assert inspector.get("/due").status_code == 200
    assert post(inspector, "/me/factor/off", password_off=GOOD).status_code == 409


def test_neither_secret_nor_codes_stand_in_the_trail_or_the_database(cast: Cast) -> None:
    account, codes = enrol(cast)
    secret = secret_of(account.id)
    assert secret not in SecondFactor.get_by_id(account.id).secret
    told = " ".join(str(row) for row in AuditEntry.select().dicts())
    assert secret not in told
    assert not any(code in told for code in codes)


def test_with_the_station_secret_lost_a_code_is_refused_in_words_and_a_recovery_code_still_opens(cast: Cast) -> None:
    account, codes = enrol(cast)
    code = code_at(account.id, LATER)
    sealing.use("another secret of the station, long enough")
    with pytest.raises(InvalidInput, match="密钥打不开"):
        service.enter_code(first_step(), code, LATER, **LIMITS)
    assert Account.get_by_id(account.id).failed_logins == 0  # nobody is locked out for what is the station's fault
    assert service.enter_code(first_step(), codes[0], LATER, **LIMITS)


def test_a_step_begun_under_a_lost_secret_is_begun_anew(cast: Cast) -> None:
    sealing.use(SECRET)
    account = service.find_login("insp1")
    factors.begin(account, NOW)
    sealing.use("another secret of the station, long enough")
    assert factors.pending(account, "站") is None


def test_who_has_the_shell_takes_away_the_step_of_the_only_administrator(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    account, _ = enrol(cast)
    args = Namespace(login="insp1", drop_second_step=True, settings=config.Settings())
    assert people_verbs.reset_user(args) == 0
    token = capsys.readouterr().out.rsplit("/", 1)[1].strip()
    assert not factors.in_use(account.id)
    assert service.use_link(token, clock.now())  # one step is enough
    assert AuditEntry.select().where(AuditEntry.act == "factor.reset").count() == 1


def test_where_two_steps_are_asked_for_the_first_link_asks_for_a_password(sqlite_app: Flask) -> None:
    sqlite_app.config["STATION"] = dataclasses.replace(sqlite_app.config["STATION"], second_factor_roles="inspector")
    with people(sqlite_app) as cast:
        links = {who: service.issue_link(cast.admin, service.find_login(who), NOW, 72) for who in ("insp1", "tech")}
    client = sqlite_app.test_client()
    pages = {who: client.get(f"/login/{token}").get_data(as_text=True) for who, token in links.items()}
    assert ["可以不填" in pages[who] for who in links] == [False, True]
    csrf = pages["insp1"].split('name="csrf-token" content="')[1].split('"')[0]
    said = client.post(f"/login/{links['insp1']}", data={"csrf_token": csrf, "password": "", "repeat": ""})
    assert said.status_code == 422
    assert "请先设一个密码" in said.get_data(as_text=True)
