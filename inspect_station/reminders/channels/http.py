"""One HTTP request to a receiver somebody typed in: no redirects, no inner network, no endless answers.

The name is resolved once, every address it has is looked at, and the connection goes to the address that was looked at:
a name that changes its mind between look and call reaches nothing it should not.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter

from inspect_station import clock
from inspect_station.reminders.channels.base import ChannelError
from inspect_station.reminders.letter import one_line

_CONNECT_SECONDS, _READ_SECONDS, _WHOLE_SECONDS = 5.0, 10.0, 20.0
_ANSWER_MOST = 64 * 1024
_WAIT_MOST = timedelta(days=1)
_SECRET_LEAST = 6  # shorter ones are words
_ANSWER_LINK = re.compile(r"/r/[a-z2-7]{20,}[0-9]*")  # whoever holds it answers for the enterprise


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    wait: timedelta | None


def call(
    url: str,
    *,
    method: str = "POST",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    private: bool = False,
    now: datetime,
) -> Answer:
    """The receiver's answer, whatever it says, but for redirects. Raises `ChannelError` where there is none.

    `private` allows targets on this machine and inner networks.
    """
    parts = urlsplit(url)
    address = checked_address(parts.hostname or "", parts.port or _port(parts.scheme), private=private)
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the environment would resolve the name a second time
        session.mount(f"{parts.scheme}://", _Pinned(parts.hostname or ""))
        sent = {**(headers or {}), "Host": parts.netloc.rpartition("@")[2], "User-Agent": "inspect-station"}
        try:
            with session.request(
                method, _at(url, address), data=body, headers=sent, timeout=(_CONNECT_SECONDS, _READ_SECONDS),
                allow_redirects=False, stream=True,
            ) as response:  # fmt: skip
                return _read(response, now)
        except requests.exceptions.SSLError as error:
            raise ChannelError(f"{parts.hostname} 的证书或加密有问题：{_words(error)}") from error
        except requests.ConnectTimeout as error:
            raise ChannelError(f"连不上 {parts.hostname}：超过 {_CONNECT_SECONDS:.0f} 秒") from error
        except requests.Timeout as error:
            raise ChannelError(f"{parts.hostname} 没有及时回答，可能已收到", uncertain=True) from error
        except requests.ConnectionError as error:
            raise _broken(parts.hostname or "", error) from error
        except (requests.RequestException, ValueError) as error:
            raise ChannelError(f"请求无法发出：{_words(error)}", permanent=True) from error


def _broken(host: str, error: requests.ConnectionError) -> ChannelError:
    """A connection that was never made carried nothing; one that broke later may have."""
    if "NewConnectionError" in repr(error) or "refused" in repr(error):
        return ChannelError(f"连不上 {host}：对方没有应答")
    return ChannelError(f"{host} 中途断开，可能已收到", uncertain=True)


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def checked_address(host: str, port: int, *, private: bool) -> str:
    """The address to connect to. Raises `ChannelError` for a name without one, or with one on an inner network."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise ChannelError(f"查不到 {host} 的地址，请检查网址或网络") from error
    inner = sorted(address for address in found if not _is_public(address))
    if inner and not private:
        raise ChannelError(
            f"{host} 指向本机或内网地址，已拒绝；确有需要请设置 STATION_PRIVATE_TARGETS", permanent=True
        )
    return sorted(found, key=lambda address: (":" in address, address))[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    return (mapped or address).is_global and not address.is_multicast


def _at(url: str, address: str) -> str:
    parts = urlsplit(url)
    where = f"[{address}]" if ":" in address else address
    return urlunsplit(parts._replace(netloc=f"{where}:{parts.port or _port(parts.scheme)}"))


class _Pinned(HTTPAdapter):
    """Connects to the address in the URL, and asks for the certificate of the name it was looked up by."""

    def __init__(self, host: str) -> None:
        self._host = host
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **more: Any) -> Any:
        return super().init_poolmanager(*args, **more, server_hostname=self._host)


def _read(response: requests.Response, now: datetime) -> Answer:
    if 300 <= response.status_code < 400:
        raise ChannelError(f"对方要求转到别处（{response.status_code}），没有跟去", permanent=True)
    ends = clock.monotonic() + _WHOLE_SECONDS
    content = b""
    for chunk in response.iter_content(8192):
        content += chunk
        if len(content) > _ANSWER_MOST:
            raise ChannelError("对方的回答太长，看不出是否已收", uncertain=True)
        if clock.monotonic() > ends:
            raise ChannelError("对方回答得太慢，可能已收到", uncertain=True)
    return Answer(response.status_code, content.decode("utf-8", "replace"), _told_wait(response, now))


def _told_wait(response: requests.Response, now: datetime) -> timedelta | None:
    """Retry-After, in seconds or as a date; at most a day."""
    told = response.headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit() and len(told) < 9:
        return min(timedelta(seconds=int(told)), _WAIT_MOST)
    try:
        when = parsedate_to_datetime(told)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return min(max(when - now, timedelta(0)), _WAIT_MOST)


def refuse_by_status(answer: Answer, penalty: timedelta) -> None:
    """Raises `ChannelError` unless the status is 2xx: 429 waits, 5xx is for now, other 4xx for good."""
    status, words = answer.status, quoted(answer.text)
    if 200 <= status < 300:
        return
    if status == 429:
        raise ChannelError(f"对方说发得太多（429）：{words}", wait=answer.wait or penalty)
    raise ChannelError(f"对方回答 {status}：{words}", permanent=400 <= status < 500 and status not in {408, 425})


def quoted(text: str) -> str:
    """The receiver's words, fit for one line of the record."""
    return one_line(text)[:200] or "（没有内容）"


def veiled(ask: Callable[[], str], url: str, *secrets: str) -> str:
    """What `ask` returns or fails with, without our secrets: some receivers repeat the request they were sent."""
    parts = urlsplit(url)
    keys = [value for _, value in parse_qsl(parts.query)] + [parts.path.rpartition("/")[2], parts.password or ""]
    words = [word for secret in secrets for word in (secret, *secret.split())]
    hidden = sorted({url, *(key for key in (*keys, *words) if len(key) >= _SECRET_LEAST)}, key=len, reverse=True)
    try:
        return _without(ask(), hidden)
    except ChannelError as error:
        error.sentence = _without(error.sentence, hidden)
        error.args = (error.sentence,)
        raise


def _without(words: str, hidden: Sequence[str]) -> str:
    for secret in hidden:
        for form in (secret, quote(secret), quote_plus(secret)):
            words = words.replace(form, "…")
    return _ANSWER_LINK.sub("/r/…", words)


def _words(error: BaseException) -> str:
    # Only the kind: the text of requests' errors repeats the address, and with it a robot's key.
    return type(error).__name__
