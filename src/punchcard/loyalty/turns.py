"""Turns at work: some seconds at a time, so that no lease of the outbox runs out."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from punchcard.db import outbox
from punchcard.db.database import Database
from punchcard.kit.clock import Clock

Monotonic = Callable[[], float]
"""A watch: seconds that only go on."""
GoesOn = Callable[[], bool]
"""Whether there is time left in a turn."""

TURN_SECONDS: Final = 10.0
"""How long a turn takes at most."""
ONE_KEY: Final = "all"
"""The key of a topic whose work is one piece, whoever asked for it."""


class Turns:
    """Turns at the work of a topic that has one key."""

    def __init__(
        self, database: Database, clock: Clock, topic: str, monotonic: Monotonic = time.monotonic
    ) -> None:
        self._database = database
        self._clock = clock
        self._topic = topic
        self._monotonic = monotonic

    def take(self, work: Callable[[datetime, GoesOn], bool]) -> None:
        """Work for a turn; leave word of another one unless `work` returns that nothing is left.

        `work` is given the time, and what says whether to go on.
        """
        until = self._monotonic() + TURN_SECONDS
        now = self._clock.now()
        if not work(now, lambda: self._monotonic() < until):
            with self._database.write() as session:
                outbox.enqueue(session, self._topic, ONE_KEY, now)
