"""Wake-ups within a process: who waits for work of a topic is notified at almost no cost."""

import threading
from collections.abc import Collection


class Wakeup:
    """Counts its notifications, so that one that came just before the wait is not missed."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.count = 0

    def notify(self) -> None:
        """Wake those who wait."""
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        """Wait for a notify after the first `heard` ones, or until `seconds` have passed."""
        with self._condition:
            self._condition.wait_for(lambda: self.count > seen, timeout=seconds)


class WakeupRegistry:
    """The wake-ups of a process: who works on some topics is not woken for others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: list[tuple[frozenset[str], Wakeup]] = []

    def subscribe(self, topics: Collection[str]) -> Wakeup:
        """Return a new wake-up that is notified for each of `topics`."""
        wakeup = Wakeup()
        with self._lock:
            self._subscriptions = [*self._subscriptions, (frozenset(topics), wakeup)]
        return wakeup

    def unsubscribe(self, wakeup: Wakeup) -> None:
        """Remove a wake-up that nobody waits on any more."""
        with self._lock:
            self._subscriptions = [one for one in self._subscriptions if one[1] is not wakeup]

    def notify(self, topic: str | None = None) -> None:
        """Notify the wake-ups of a topic, or all of them."""
        for topics, wakeup in self._subscriptions:
            if topic is None or topic in topics:
                wakeup.notify()
