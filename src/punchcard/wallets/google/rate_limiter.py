"""A rate limiter: not faster than the other side allows, and urgent requests first."""

import threading
import time
from collections.abc import Callable
from typing import Final

_BURST_SHARE: Final = 3


class BlockingRateLimiter:
    """Lets callers through `per_second` times a second, with bursts of a third of that.

    What is not urgent leaves half of a burst to those who are: a stamp's update does not wait
    behind a redesign of a hundred thousand cards.
    """

    def __init__(
        self,
        per_second: float,
        *,
        now: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._now = now
        self._wait = wait
        self._guard = threading.Lock()
        self._most = self._left = max(2.0, per_second / _BURST_SHARE)
        self._seen = now()

    def take(self, *, is_urgent: bool = True) -> None:
        """Wait for a turn."""
        kept = 0.0 if is_urgent else self._most / 2
        while missing := self._try(kept):
            self._wait(missing / self._per_second)

    def _try(self, kept: float) -> float:
        """Take one turn and return zero, or return how many turns are missing."""
        with self._guard:
            now = self._now()
            earned = (now - self._seen) * self._per_second
            self._left = min(self._most, self._left + earned)
            self._seen = now
            missing = max(0.0, 1.0 + kept - self._left)
            if not missing:
                self._left -= 1.0
            return missing
