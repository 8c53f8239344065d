"""One box for firms, devices, certificates and pinyin initials; everybody finds only what they may see."""

from dataclasses import dataclass
from typing import Any

from inspect_station.accounts.scope import Actor
from inspect_station.registry import service as registry

MOST = 20


@dataclass(frozen=True)
class Found:
    """What a search found: firms, then devices; the totals may be more than is shown."""

    firms: list[dict[str, Any]]
    devices: list[dict[str, Any]]
    firms_total: str
    devices_total: str


def find(actor: Actor, q: str) -> Found:
    """The first of each group. Nothing typed finds nothing."""
    if not registry.words.of_search(q):
        return Found([], [], "0", "0")
    firms = registry.enterprises.page(actor, registry.enterprises.Filters(q=q), size=MOST)
    devices = registry.listing.page(actor, registry.listing.Filters(q=q), size=MOST)
    return Found(firms.rows, devices.rows, firms.total_text, devices.total_text)
