"""A gate inside the till: a batch that has locked its cards waits here until it is let on."""

import threading
from datetime import datetime

from punchcard.kit.clock import SystemClock

DEADLINE_SECONDS = 30


class GateClock:
    """A clock that a batch asks for the time after it took its locks, and then waits for."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._arrived = threading.Semaphore(0)
        self._passes = threading.Semaphore(0)
        self._is_open = False

    def now(self) -> datetime:
        """Tell the time, once the gate is open."""
        if not self._is_open:
            self._arrived.release()
            assert self._passes.acquire(timeout=DEADLINE_SECONDS)
        return self._clock.now()

    def wait_for_batch(self) -> None:
        """Wait until a batch stands at the gate."""
        assert self._arrived.acquire(timeout=DEADLINE_SECONDS)

    def let_one_on(self) -> None:
        """Let the batch at the gate go on."""
        self._passes.release()

    def open(self) -> None:
        """Let everything on from now on."""
        self._is_open = True
        self._passes.release()
