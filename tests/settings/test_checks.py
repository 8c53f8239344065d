"""What `doctor` says of the keys, the mail server and the settings nobody has changed yet."""

from dataclasses import replace

import pytest

from inspect_station import sealing
from inspect_station.accounts import factors, service
from inspect_station.config import Settings
from inspect_station.settings import checks
from tests.conftest import NOW, SECRET, Cast

OTHER = "another secret of the station, long enough"
SET = Settings(
    station_phone="0591-12345678", base_url="https://tx.kemen.cn", smtp_host="mail.kemen.cn", mail_from="tx@kemen.cn"
)


@pytest.mark.parametrize(
    ("keys", "level", "word"),
    [
        ((SECRET,), "ok", "现在的密钥"),
        ((OTHER, SECRET), "warn", "还有 1 项用旧密钥"),
        ((OTHER,), "bad", "1 项加密的内容打不开"),
    ],
)
def test_the_doctor_tells_which_keys_are_still_needed(
    cast: Cast, keys: tuple[str, ...], level: str, word: str
) -> None:
    sealing.use(SECRET)
    factors.begin(service.find_login("insp1"), NOW)
    sealing.use(*keys)
    found = checks.keys(SET, NOW)
    assert found.level == level
    assert word in found.text


@pytest.mark.parametrize(
    ("changed", "level"),
    [
        ({}, "ok"),
        ({"station_phone": ""}, "warn"),
        ({"station_phone": "0591-00000000"}, "warn"),
        ({"base_url": "https://station.example"}, "warn"),
    ],
)
def test_the_doctor_notices_what_still_stands_as_the_sample_file_has_it(changed: dict[str, str], level: str) -> None:
    assert checks.configuration(replace(SET, **changed), NOW).level == level


def test_the_doctor_says_that_without_a_mail_server_nothing_is_really_sent(cast: Cast) -> None:
    assert checks.mail(SET, NOW).level == "ok"
    told = checks.mail(replace(SET, smtp_host=""), NOW)
    assert told.level == "warn"
    assert "不会真正发出" in told.text
