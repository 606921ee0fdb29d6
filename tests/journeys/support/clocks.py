"""A clock that a browser can keep up with."""

import time
from datetime import datetime, timedelta

from punchcard.kit.clock import ManualClock


class FlowingClock(ManualClock):
    """Starts at a moment of the test's choice, goes on as a browser's does, and can be moved."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        self._began = time.monotonic()

    def now(self) -> datetime:
        """Return the present moment of the test."""
        return super().now() + timedelta(seconds=time.monotonic() - self._began)

    def set(self, moment: datetime) -> None:
        """Move the clock to `moment`, from where it goes on."""
        self._began = time.monotonic()
        super().set(moment)
