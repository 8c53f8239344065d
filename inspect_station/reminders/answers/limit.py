"""A light brake on guessing links: so many misses from one address in a minute, counted in this process."""

from collections import defaultdict
from collections.abc import MutableMapping

MISSES = 20
WINDOW = 60.0
_KEYS_MOST = 5_000


class Brake:
    """Counts misses by address; old ones are forgotten, and memory stays bounded."""

    def __init__(self, most: int = MISSES, window: float = WINDOW) -> None:
        self._most, self._window = most, window
        self._misses: MutableMapping[str, list[float]] = defaultdict(list)

    def is_on(self, address: str, ticks: float) -> bool:
        """Whether this address has missed too often of late."""
        return len(self._recent(address, ticks)) >= self._most

    def missed(self, address: str, ticks: float) -> None:
        if len(self._misses) >= _KEYS_MOST:
            self._misses.clear()
        self._misses[address] = [*self._recent(address, ticks), ticks]

    def _recent(self, address: str, ticks: float) -> list[float]:
        return [at for at in self._misses.get(address, ()) if ticks - at < self._window]
