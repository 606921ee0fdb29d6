"""Whether anything can be written: the last failure is remembered until a write succeeds."""

import threading
import time
from collections.abc import Callable

from punchcard.db.failures import first_line, is_storage_failure


class WriteHealth:
    """What is known about writing; told by everybody who writes, from any thread."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known_at: float | None = None
        self._failure: str | None = None

    @property
    def failure(self) -> str | None:
        """Return what the last write said if it failed for want of storage, else None."""
        return self._failure

    @property
    def age_seconds(self) -> float:
        """Return how long ago a write last succeeded or failed; infinite if none did."""
        known_at = self._known_at
        return float("inf") if known_at is None else self._monotonic() - known_at

    def forget(self) -> None:
        """Know nothing of writes any more."""
        with self._lock:
            self._known_at = self._failure = None

    def note_success(self) -> None:
        """Note that something was written and kept."""
        with self._lock:
            self._known_at, self._failure = self._monotonic(), None

    def note_error(self, error: Exception) -> None:
        """Note an error of a write, if it is one of the storage."""
        if is_storage_failure(error):
            with self._lock:
                self._known_at, self._failure = self._monotonic(), first_line(error)
