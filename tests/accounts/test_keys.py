"""Ends and limits of what lets a person or a program in: sessions, tokens, passwords, settings."""

import dataclasses
from datetime import timedelta

import pytest
from flask import Flask

from inspect_station import config
from inspect_station.accounts import passwords, service, sessions
from inspect_station.accounts.models import Account, ApiToken
from inspect_station.errors import ConfigError, InvalidInput
from tests.conftest import NOW, SECRET, Cast

LIMITS = {"idle": timedelta(minutes=60), "longest": timedelta(hours=12)}


def test_a_session_in_use_all_day_ends_after_twelve_hours(cast: Cast) -> None:
    token = sessions.start(Account.get(login="insp1"), NOW)
    for half_hours in range(25):
        assert sessions.find(token, NOW + timedelta(minutes=30 * half_hours), **LIMITS), half_hours
    assert sessions.find(token, NOW + timedelta(hours=12, minutes=1), **LIMITS) is None


def test_a_token_ends_with_its_days_when_it_is_revoked_and_with_the_account(cast: Cast) -> None:
    account = Account.get(login="insp1")
    for_a_day, revoked, left = (
        service.create_token(cast.admin, account, "大屏", NOW, days) for days in (1, None, None)
    )
    assert [service.by_token(t, NOW) for t in (for_a_day, revoked, left)] == [cast.inspector] * 3
    service.revoke_token(cast.admin, ApiToken.get(ApiToken.token_hash == sessions.token_hash(revoked)).id, NOW)
    later = NOW + timedelta(hours=25)
    assert [service.by_token(t, later) for t in (for_a_day, revoked, left)] == [None, None, cast.inspector]
    service.set_disabled(cast.admin, account.id, True, NOW)
    assert service.by_token(left, NOW) is None


def test_neither_token_nor_session_lies_in_the_database_as_it_is_sent(cast: Cast) -> None:
    account = Account.get(login="insp1")
    token = service.create_token(cast.admin, account, "大屏", NOW)
    kept = ApiToken.get(ApiToken.account == account.id).token_hash
    assert token not in kept
    assert kept == sessions.token_hash(token)


def test_a_password_may_be_two_hundred_characters_long_and_no_longer() -> None:
    passwords.check_strength("海" * 199 + "1", "insp1")
    with pytest.raises(InvalidInput, match="最长 200"):
        passwords.check_strength("海" * 200 + "1", "insp1")


def test_passwords_are_kept_as_argon2id_with_the_parameters_written_down() -> None:
    assert passwords.hash_password("看见大海 2026").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("given", "status"), [("Bearer of-the-monitoring", 200), ("Bearer another", 404), ("of-the-monitoring", 200), ("", 404)]
)  # fmt: skip
def test_behind_a_proxy_the_figures_are_for_whoever_brings_the_token(
    sqlite_app: Flask, given: str, status: int
) -> None:
    sqlite_app.config["STATION"] = dataclasses.replace(
        sqlite_app.config["STATION"], behind_proxy=True, metrics_token="of-the-monitoring"
    )
    answer = sqlite_app.test_client().get("/metrics", headers={"Authorization": given} if given else {})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NO_SUCH_THING", "1"),
        ("SECURE_COOKIES", "perhaps"),
        ("IDLE_MINUTES", "0"),
        ("SECRET_KEY", "short"),
        ("SMTP_TLS", "maybe"),
        ("BASE_URL", "station.example"),
        ("DATABASE_URL", "mysql://x/y"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        config.load({"STATION_SECRET_KEY": SECRET, f"STATION_{name}": value})
