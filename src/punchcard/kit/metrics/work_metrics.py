"""What is counted of the work in the background, and when its threads were last seen alive."""

import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from punchcard.kit.metrics.instruments import Measure, Tally


class WorkOutcome(StrEnum):
    """What became of one piece of work."""

    DONE = "done"
    RETRIED = "retried"
    PARKED = "parked"


class WorkMetrics:
    """The work of one process by topic, and its threads by what they do first (`lane`)."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.work: Final = Tally("topic", "outcome")
        self.seconds: Final = Measure("topic")
        self._monotonic = monotonic
        self._seen: dict[str, float] = {}

    def beat(self, lane: str) -> None:
        """Note that a thread has just looked for work, or done some."""
        self._seen[lane] = self._monotonic()

    def ages(self) -> Mapping[str, float]:
        """Return how many seconds ago each thread was last seen."""
        now = self._monotonic()
        return {lane: max(0.0, now - seen) for lane, seen in list(self._seen.items())}
