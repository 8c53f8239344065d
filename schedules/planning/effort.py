"""How much may be tried: counted in steps, so that one limit gives one plan; the clock is a guard."""

import time
from collections.abc import Callable

STEPS_A_SECOND = 25_000
USABLE = 0.96


class Effort:
    """Steps that may still be taken before the deadline; `cut`: the clock, not the count, ended it."""

    def __init__(self, seconds: float, steps: int | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = now()
        self.seconds = seconds * USABLE
        self.steps = int(seconds * STEPS_A_SECOND) if steps is None else steps
        self.reserved = 0.0
        self.cut = False

    def spend(self, steps: int) -> None:
        self.steps -= steps

    def reserve(self, seconds: float) -> None:
        """Keeps so many of the last seconds back for what must be done in the end."""
        self.reserved = seconds

    def passed(self) -> float:
        return self._now() - self._began

    def left(self) -> float:
        """Seconds that may still be used."""
        return self.seconds - self.reserved - self.passed()

    def over(self) -> bool:
        if self.steps > 0 and self.left() <= 0:
            self.cut = True
        return self.cut or self.steps <= 0
