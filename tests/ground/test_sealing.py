"""Secrets at rest: sealed with the station's secret, opened by older ones, useless elsewhere."""

import pytest

from inspect_station.sealing import Keyring, SealError, key_id

OLD, NEW = "the station's first secret, long enough", "the station's second secret, long enough"


def test_what_is_sealed_opens_again_and_shows_nothing_of_itself() -> None:
    ring = Keyring(NEW)
    sealed = ring.seal("https://robot.example/?key=abcd", "robot")
    assert ring.open(sealed, "robot") == "https://robot.example/?key=abcd"
    assert "abcd" not in sealed
    assert sealed != ring.seal("https://robot.example/?key=abcd", "robot")
    assert NEW not in repr(ring)


def test_an_older_secret_still_opens_what_it_sealed_and_no_longer_seals() -> None:
    sealed = Keyring(OLD).seal("key", "robot")
    ring = Keyring(NEW, (OLD,))
    assert ring.open(sealed, "robot") == "key"
    assert not ring.is_current(sealed)
    assert ring.is_current(ring.seal("key", "robot"))
    assert key_id(OLD) in sealed


def test_without_the_key_it_says_which_setting_helps() -> None:
    sealed = Keyring(OLD).seal("key", "robot")
    with pytest.raises(SealError) as caught:
        Keyring(NEW).open(sealed, "robot")
    assert "STATION_OLD_SECRET_KEYS" in caught.value.sentence


def test_a_value_copied_into_another_column_or_damaged_does_not_open() -> None:
    ring = Keyring(NEW)
    sealed = ring.seal("key", "robot")
    for wrong, purpose in ((sealed, "sms"), (sealed[:-6] + "AAAAA=", "robot")):
        with pytest.raises(SealError):
            ring.open(wrong, purpose)


def test_nothing_stays_nothing() -> None:
    ring = Keyring(NEW)
    assert (ring.seal("", "robot"), ring.open("", "robot")) == ("", "")
    assert ring.is_current("")


def test_equal_addresses_have_equal_digests_under_one_secret_only() -> None:
    assert Keyring(NEW).digest("a") == Keyring(NEW).digest("a") != Keyring(OLD).digest("a")
