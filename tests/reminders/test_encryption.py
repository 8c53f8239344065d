"""Certificates are checked on every encrypted way, and a name is connected to where it was looked up."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests.adapters

from inspect_station.reminders.channels import ChannelError, MailChannel, Outgoing
from inspect_station.reminders.channels import http as outside
from tests.conftest import NOW
from tests.reminders.certificates import Authority, authority
from tests.reminders.receivers import receiver
from tests.reminders.smtp import postbox

LETTER = Outgoing("<1@x>", "1", "a@jia.example", "", "主题", "正文", "<p>正文</p>", NOW)


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return authority(tmp_path)


@pytest.mark.parametrize("mode", ["tls", "starttls"])
def test_mail_goes_encrypted_to_a_server_whose_certificate_holds(ca: Authority, tmp_path: Path, mode: str) -> None:
    with postbox(**{mode: ca.server("127.0.0.1")}) as box:
        channel = MailChannel(box.settings(tmp_path, smtp_tls=mode, smtp_ca=str(ca.file)))
        assert "250" in channel.send(LETTER)
        channel.close()
        assert box.recipients() == ["a@jia.example"]


@pytest.mark.parametrize("mode", ["tls", "starttls"])
@pytest.mark.parametrize(
    ("fault", "what_to_do"),
    [
        ("unknown authority", "请写进 STATION_SMTP_CA"),
        ("other name", "请核对 STATION_SMTP_HOST"),
        ("expired", "已经过期"),
    ],
)
def test_mail_stays_here_where_the_certificate_does_not_hold(
    ca: Authority, tmp_path: Path, mode: str, fault: str, what_to_do: str
) -> None:
    name = "mail.other.example" if fault == "other name" else "127.0.0.1"
    trusted = "" if fault == "unknown authority" else str(ca.file)
    with postbox(**{mode: ca.server(name, expired=fault == "expired")}) as box:
        for _ in range(5):
            channel = MailChannel(box.settings(tmp_path, smtp_tls=mode, smtp_ca=trusted))
            with pytest.raises(ChannelError, match="证书") as caught:
                channel.send(LETTER)
            assert what_to_do in caught.value.sentence
            assert caught.value.down
            assert not caught.value.permanent  # no letter is given up for it
        assert box.arrived == []


@pytest.mark.parametrize(
    ("wrong", "what_to_do"),
    [
        ({"smtp_host": "mail.invalid"}, "请核对 STATION_SMTP_HOST"),
        ({"smtp_port": 1}, "请核对 STATION_SMTP_PORT"),
        ({"smtp_tls": "tls"}, "请核对 STATION_SMTP_PORT 和 STATION_SMTP_TLS"),
        ({"smtp_tls": "starttls"}, "请核对 STATION_SMTP_TLS"),
    ],
)
def test_a_wrong_setting_of_the_mail_server_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], what_to_do: str
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", nobody_knows("mail.invalid"))
    with postbox() as box, pytest.raises(ChannelError) as caught:
        MailChannel(box.settings(tmp_path, **wrong)).send(LETTER)
    assert what_to_do in caught.value.sentence
    assert caught.value.down


def test_a_missing_file_of_the_authority_is_said(tmp_path: Path) -> None:
    with postbox() as box:
        channel = MailChannel(box.settings(tmp_path, smtp_tls="starttls", smtp_ca=str(tmp_path / "none.pem")))
        with pytest.raises(ChannelError, match="STATION_SMTP_CA"):
            channel.send(LETTER)


Resolve = Callable[..., list[Any]]


def answering(*addresses: str) -> Resolve:
    """A resolver that knows one name only."""
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        if host != "robot.example":
            return real(host, port, *args, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


def nobody_knows(name: str) -> Resolve:
    """A resolver that knows all names but one, and asks nobody about that."""
    real = socket.getaddrinfo

    def resolve(host: str, *args: Any, **more: Any) -> list[Any]:
        if host == name:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *args, **more)

    return resolve


@pytest.fixture
def https(ca: Authority, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(ca.file))
    monkeypatch.setattr(socket, "getaddrinfo", answering("127.0.0.1"))
    return lambda name: receiver(ca.server(name))


def test_a_robot_is_asked_by_its_name_at_the_address_that_was_looked_at(https: Callable[[str], Any]) -> None:
    with https("robot.example") as robot:
        answer = outside.call(f"https://robot.example:{robot.port}/robot?key=1", body=b"{}", private=True, now=NOW)
        assert answer.status == 200
        assert robot.got[0].headers["Host"] == f"robot.example:{robot.port}"


def test_a_certificate_of_another_name_gets_nothing(https: Callable[[str], Any]) -> None:
    with https("other.example") as robot:
        with pytest.raises(ChannelError, match="证书"):
            outside.call(f"https://robot.example:{robot.port}/robot", body=b"{}", private=True, now=NOW)
        assert robot.got == []


def test_a_name_with_one_inner_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering("93.184.216.34", "10.0.0.8"))
    with pytest.raises(ChannelError, match="内网") as caught:
        outside.call("https://robot.example/robot", body=b"{}", now=NOW)
    assert caught.value.permanent


def test_a_name_that_changes_its_mind_is_still_connected_to_where_it_was_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def fickle(host: str, port: int, *args: Any, **more: Any) -> list[Any]:
        asked.append(host)
        first = [name for name in asked if name == "robot.example"]
        address = host if host != "robot.example" else "93.184.216.34" if len(first) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def no_way(_socket: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address[0])
        raise OSError("no way out")

    connected: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", fickle)
    monkeypatch.setattr(socket.socket, "connect", no_way)
    with pytest.raises(ChannelError):
        outside.call("http://robot.example/robot", body=b"{}", now=NOW)
    assert connected == ["93.184.216.34"]
    assert asked.count("robot.example") == 1


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "::1", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "255.255.255.255"],
)  # fmt: skip
def test_inner_addresses_of_every_kind_are_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering(address))
    with pytest.raises(ChannelError, match="内网"):
        outside.checked_address("robot.example", 443, private=False)


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with receiver() as robot:
        assert outside.call(robot.address(), body=b"{}", private=True, now=NOW).status == 200


def test_nobody_there_is_known_to_have_taken_nothing() -> None:
    with pytest.raises(ChannelError) as caught:
        outside.call("http://127.0.0.1:1/robot?key=abcd", body=b"{}", private=True, now=NOW)
    assert not caught.value.uncertain
    assert "abcd" not in caught.value.sentence


def test_a_name_nobody_knows_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror("nobody")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ChannelError, match="查不到"):
        outside.call("https://robot.example/", body=b"", now=NOW)
