"""What idle lanes ask of the outbox, asked for all of them at once."""

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from punchcard.db import outbox
from punchcard.db.database import Database

Now = Callable[[], datetime]


class DueLook:
    """Looks for all lanes once a tick, for whichever asks first; the others take its answer.

    Ticks are `every_seconds` long, counted from `monotonic` at the start, and the same for all: who
    waits until the next one hears nothing that is older than its own wait.
    """

    def __init__(
        self,
        database: Database,
        lanes: Sequence[Collection[str]],
        *,
        now: Now,
        monotonic: Callable[[], float],
        every_seconds: float,
        lease: timedelta,
        longest_wait: timedelta,
    ) -> None:
        self._database = database
        self._lanes = tuple(tuple(lane) for lane in lanes if lane)
        self._now, self._monotonic = now, monotonic
        self._every = every_seconds
        self._lease, self._longest_wait = lease, longest_wait
        self._began = monotonic()
        self._lock = threading.Lock()
        self._tick = -1
        self._due: frozenset[str] = frozenset()

    def seconds_left(self) -> float:
        """Return how long the tick at hand still is."""
        passed = self._monotonic() - self._began
        return self._every - passed % self._every

    def is_due(self, topics: Collection[str]) -> bool:
        """Look for this lane alone, now: for who was told that there is something."""
        (is_due,) = self._look((tuple(topics),))
        return is_due

    def was_due(self, topics: Collection[str]) -> bool:
        """Return whether there was something for the lane at this tick."""
        with self._lock:
            tick = int((self._monotonic() - self._began) / self._every)
            if tick != self._tick:
                found = self._look(self._lanes)
                due = (lane for lane, is_due in zip(self._lanes, found, strict=True) if is_due)
                self._due, self._tick = frozenset(topic for lane in due for topic in lane), tick
            return not self._due.isdisjoint(topics)

    def _look(self, lanes: tuple[tuple[str, ...], ...]) -> tuple[bool, ...]:
        # Most looks find nothing: those shall cost little, and hold nobody up who writes.
        with self._database.autocommit_connection() as connection:
            return outbox.lanes_due(
                connection,
                lanes,
                now=self._now(),
                lease=self._lease,
                longest_wait=self._longest_wait,
            )
