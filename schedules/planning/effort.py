"""How much may be tried: counted in steps, so that one limit gives one plan; the clock is a guard."""

import time
from collections.abc import Callable

STEPS_A_SECOND = 25_000


class Effort:
    """Steps that may still be taken until the deadline; `cut`: the clock, not the count, ended it."""

    def __init__(
        self, seconds: float, steps: int | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        self.seconds = seconds
        self.deadline = now() + seconds
        self.steps = int(seconds * STEPS_A_SECOND) if steps is None else steps
        self.total = self.steps
        self.cut = False

    def spend(self, steps: int) -> None:
        self.steps -= steps

    def left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - self._now()

    def over(self, reserve: float = 0.0) -> bool:
        """True when the steps are used up or only `reserve` seconds are left."""
        if self.left() <= reserve:
            self.cut = True
        return self.cut or self.steps <= 0
