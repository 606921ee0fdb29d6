"""Whether the database answers, is migrated, and keeps what is written: asked within a time."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert
from sqlalchemy.exc import SQLAlchemyError

from punchcard.db.database import Database
from punchcard.db.migrate import is_current
from punchcard.db.outbox import OutboxRow, WorkStatus
from punchcard.kit.clock import Clock

_PROBE: Final = "readiness.probe"


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found."""

    answers: bool
    is_migrated: bool
    is_writable: bool


class Readiness:
    """Looks at the database in a thread of its own, one look at a time.

    A look that has not ended after `timeout_seconds` counts as a database that does not answer:
    a server that hangs holds up one thread, and nobody who asks. Something is written when nothing
    was for `probe_seconds`, and is gone with its transaction.
    """

    def __init__(
        self, database: Database, clock: Clock, *, timeout_seconds: float, probe_seconds: float
    ) -> None:
        self._database = database
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._probe_seconds = probe_seconds
        self._lock = threading.Lock()
        self._look: Future[Found] | None = None

    async def ask(self) -> Found:
        """Return what is found now, within the time."""
        look = asyncio.wrap_future(self._begin())
        done, _ = await asyncio.wait({look}, timeout=self._timeout_seconds)
        if done:
            return look.result()
        return Found(answers=False, is_migrated=False, is_writable=self._is_writable())

    def _begin(self) -> "Future[Found]":
        """Return the look that is under way, or begin one."""
        with self._lock:
            if self._look is None or self._look.done():
                self._look = Future()
                args = (self._look, self._find)
                threading.Thread(target=_settle, args=args, name="readiness", daemon=True).start()
            return self._look

    def _find(self) -> Found:
        try:
            is_migrated = is_current(self._database)
            if is_migrated and self._database.writes.age_seconds >= self._probe_seconds:
                probe_write(self._database, self._clock)
        except SQLAlchemyError:
            # A probe that failed for want of storage has been noted; the database answered.
            if self._is_writable():
                return Found(answers=False, is_migrated=False, is_writable=True)
            return Found(answers=True, is_migrated=True, is_writable=False)
        return Found(answers=True, is_migrated=is_migrated, is_writable=self._is_writable())

    def _is_writable(self) -> bool:
        return self._database.writes.failure is None


def probe_write(database: Database, clock: Clock) -> None:
    """Write something in the way the till does, and take it away in the same transaction.

    Raises what the database raises.
    """
    now = clock.now()
    row = {"topic": _PROBE, "key": _PROBE, "status": WorkStatus.PARKED, "attempts": 0}
    with database.write_connection() as connection:
        connection.execute(insert(OutboxRow).values(**row, available_at=now, created_at=now))
        connection.execute(delete(OutboxRow).where(OutboxRow.topic == _PROBE))
    database.writes.note_success()


def _settle(future: "Future[Found]", find: Callable[[], Found]) -> None:
    try:
        future.set_result(find())
    except BaseException as error:
        future.set_exception(error)
