"""The worker's loop: claim work, handle it, finish it; between times, keep the house.

Work may be done twice (a worker can die between handling and finishing), so a handler brings
something up to date and may be called again. It raises when that failed: the row waits, longer
each time, and is parked with the reason after `worker_attempts`.
"""

import logging
import random
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from punchcard.context import Context
from punchcard.db import outbox
from punchcard.db.outbox import Claimed
from punchcard.worker.schedule import Chore

Handler = Callable[[Context, str], None]
"""Brings what `key` names up to date; raises when it could not."""

CLAIM_LIMIT: Final = 50

_log = logging.getLogger(__name__)


class Worker:
    """Runs handlers and chores in a thread of its own until it is stopped."""

    def __init__(
        self, context: Context, handlers: Mapping[str, Handler], chores: Sequence[Chore]
    ) -> None:
        self._context = context
        self._handlers = handlers
        self._chores = chores
        self._due: dict[str, datetime] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let `run` end after the work in hand."""
        self._stopped.set()

    def stop(self) -> None:
        """Finish the work in hand, then stop the thread."""
        self.ask_to_stop()
        if self._thread.is_alive():
            self._thread.join()

    def run(self) -> None:
        """Work until stopped; a database that is away is waited for."""
        while not self._stopped.is_set():
            try:
                self.do_chores()
                if self.do_work():
                    continue
            except SQLAlchemyError as error:
                _log.warning("the worker waits for the database: %s", type(error).__name__)
            self._stopped.wait(self._context.settings.worker_idle_seconds)

    def do_work(self) -> int:
        """Claim and handle what is due; returns how many rows there were."""
        if not self._handlers:
            return 0
        settings = self._context.settings
        with self._context.database.write() as session:
            claimed = outbox.claim(
                session,
                list(self._handlers),
                limit=CLAIM_LIMIT,
                now=self._context.clock.now(),
                lease=timedelta(seconds=settings.worker_lease_seconds),
            )
        for work in claimed:
            self._handle(work)
        return len(claimed)

    def do_chores(self) -> dict[str, int]:
        """Do the chores that are due; returns what each of them counted."""
        now = self._context.clock.now()
        counts = {}
        for chore in self._chores:
            if now < self._due.get(chore.name, now):
                continue
            self._due[chore.name] = now + chore.every(self._context.settings)
            with self._context.database.write() as session:
                counts[chore.name] = chore.do(self._context, session, now)
        return counts

    def _handle(self, work: Claimed) -> None:
        try:
            self._handlers[work.topic](self._context, work.key)
        except Exception as error:
            self._put_back(work, error)
            return
        with self._context.database.write() as session:
            outbox.finish(session, work)

    def _put_back(self, work: Claimed, error: Exception) -> None:
        settings, reason = self._context.settings, f"{type(error).__name__}: {error}"
        with self._context.database.write() as session:
            if work.attempts >= settings.worker_attempts:
                _log.error("%s %s is parked: %s", work.topic, work.key, reason)
                outbox.park(session, work, error=reason)
                return
            longest = settings.worker_backoff_limit_seconds
            wait = min(longest, settings.worker_backoff_seconds * 2 ** (work.attempts - 1))
            # Jitter: what failed together shall not come back together.
            jittered = wait * random.uniform(0.5, 1.0)  # noqa: S311 no secret depends on it
            at = self._context.clock.now() + timedelta(seconds=jittered)
            outbox.retry(session, work, error=reason, available_at=at)
