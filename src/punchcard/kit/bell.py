"""A bell: rung for almost nothing, it wakes whoever waits for work."""

import threading


class Bell:
    """Counts its rings, so that one that came just before the wait is not missed."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.rings = 0

    def ring(self) -> None:
        """Wake those who wait."""
        with self._condition:
            self.rings += 1
            self._condition.notify_all()

    def wait(self, heard: int, seconds: float) -> None:
        """Wait for a ring after the first `heard` ones, or until `seconds` have passed."""
        with self._condition:
            self._condition.wait_for(lambda: self.rings > heard, timeout=seconds)
