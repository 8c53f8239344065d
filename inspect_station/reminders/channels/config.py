"""What the station has decided about its channels: which are on, in which order, how its SMS gateway is asked.

Kept as one station setting; the gateway's address and headers carry keys and are sealed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from inspect_station import sealing
from inspect_station.accounts import station

KEY = "channels"
ELECTRONIC = ("wecom", "dingtalk", "feishu", "mail", "sms")
ESCALATE_AFTER = 5  # working days without an answer
_URL, _HEADERS = "sms.url", "sms.headers"


@dataclass(frozen=True)
class Gateway:
    """How the SMS gateway wants to be asked and how its answer is read."""

    url: str = field(default="", repr=False)
    method: str = "POST"
    form: str = "json"  # json | form
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str = ""
    template: str = ""
    template_code: str = ""
    # Whether this gateway lets links and telephone numbers be variables of a template.
    free_variables: bool = False
    success_path: str = "code"
    success_value: str = "0"
    words_path: str = "msg"
    limited_values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Config:
    """The channels in the order in which they are tried, those that are on, the gateway."""

    order: tuple[str, ...] = ELECTRONIC
    on: frozenset[str] = frozenset(ELECTRONIC) - {"sms"}
    escalate_after: int = ESCALATE_AFTER
    gateway: Gateway = field(default_factory=Gateway)

    @property
    def in_order(self) -> tuple[str, ...]:
        return tuple(name for name in self.order if name in self.on)


def load() -> Config:
    """The station's decisions, secrets opened. Raises `SealError` where the key is gone."""
    return _read(station.get(KEY) or {}, opened=True)


def switches() -> Config:
    """The same without the gateway's secrets: for all who only ask which channels are on."""
    return read_switches(station.get(KEY))


def read_switches(kept: Mapping[str, Any] | None) -> Config:
    """`switches` of the setting as it was read."""
    return _read(kept or {}, opened=False)


def _read(kept: Mapping[str, Any], *, opened: bool) -> Config:
    sms = dict(kept.get("sms") or {})
    url, headers = sms.pop("url", ""), sms.pop("headers", "")
    if opened:
        ring = sealing.ring() if url or headers else None
        sms["url"] = ring.open(url, _URL) if ring else ""
        sms["headers"] = orjson.loads(ring.open(headers, _HEADERS) or "{}") if ring else {}
    sms["limited_values"] = tuple(sms.get("limited_values", ()))
    known = [name for name in kept.get("order", ELECTRONIC) if name in ELECTRONIC]
    return Config(
        order=(*known, *(name for name in ELECTRONIC if name not in known)),
        on=frozenset(kept["on"]) & frozenset(ELECTRONIC) if "on" in kept else Config.on,
        escalate_after=int(kept.get("escalate_after", ESCALATE_AFTER)),
        gateway=replace(Gateway(), **sms),
    )


def store(config: Config, now: datetime) -> None:
    """Keep it, secrets sealed with the present key. Call it inside a transaction."""
    ring, gateway = sealing.ring(), config.gateway
    plain = {name: getattr(gateway, name) for name in Gateway.__dataclass_fields__ if name not in {"url", "headers"}}
    headers = orjson.dumps(dict(gateway.headers)).decode() if gateway.headers else ""
    kept = {
        "order": list(config.order),
        "on": sorted(config.on),
        "escalate_after": config.escalate_after,
        "sms": {**plain, "url": ring.seal(gateway.url, _URL), "headers": ring.seal(headers, _HEADERS)},
    }
    station.put(KEY, kept, now)


def kept_sealed() -> list[str]:
    """The gateway's address and headers as they are kept."""
    sms = (station.get(KEY) or {}).get("sms") or {}
    return [sms[name] for name in ("url", "headers") if sms.get(name)]


def reseal(now: datetime) -> int:
    """Seal the gateway with the present key; returns 1 where an older one had sealed it."""
    sms = (station.get(KEY) or {}).get("sms") or {}
    if all(sealing.ring().is_current(sms.get(name, "")) for name in ("url", "headers")):
        return 0
    try:
        store(load(), now)
    except sealing.SealError:
        return 0  # what no key of ours opens is left as it is
    return 1
