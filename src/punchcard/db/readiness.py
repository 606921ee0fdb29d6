"""Whether the database answers, is migrated, and keeps what is written: asked within a time."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert
from sqlalchemy.exc import SQLAlchemyError

from punchcard.db.bounded_look import BoundedLook
from punchcard.db.database import Database
from punchcard.db.migrate import DatabaseIsNewer, may_go_on
from punchcard.db.outbox import OutboxRow, WorkStatus
from punchcard.db.secret_checks import foreign_secrets
from punchcard.kit.clock import Clock
from punchcard.kit.settings import Settings

_PROBE: Final = "readiness.probe"


@dataclass(frozen=True, slots=True)
class Found:
    """What a look found; `is_newer`: the database was made by a newer version of Punchcard."""

    answers: bool
    is_migrated: bool
    is_writable: bool
    is_newer: bool = False
    has_its_secrets: bool = True


class Readiness:
    """Looks at the database in a thread of its own, one look at a time.

    A look that has not ended after `timeout_seconds` counts as a database that does not answer.
    Something is written when nothing was for `probe_seconds`, and is gone with its transaction.
    The secrets of `settings` are compared with those that the database knows.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        timeout_seconds: float,
        probe_seconds: float,
        settings: Settings | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._probe_seconds = probe_seconds
        self._look = BoundedLook(self.find, timeout_seconds=timeout_seconds, name="readiness")

    async def ask(self) -> Found:
        """Return what is found now, within the time."""
        found = await self._look.ask()
        if found is not None:
            return found
        return Found(answers=False, is_migrated=False, is_writable=self._is_writable())

    def find(self) -> Found:
        """Return what is found now, however long the database takes."""
        try:
            is_migrated = may_go_on(self._database)
            has_its_secrets = True
            if is_migrated and self._settings is not None:
                with self._database.read_connection() as connection:
                    has_its_secrets = not foreign_secrets(connection, self._settings)
            if is_migrated and self._database.writes.age_seconds >= self._probe_seconds:
                probe_write(self._database, self._clock)
        except DatabaseIsNewer:
            return Found(answers=True, is_migrated=False, is_writable=True, is_newer=True)
        except SQLAlchemyError:
            # A probe that failed for want of storage has been noted; the database answered.
            if self._is_writable():
                return Found(answers=False, is_migrated=False, is_writable=True)
            return Found(answers=True, is_migrated=True, is_writable=False)
        return Found(
            answers=True,
            is_migrated=is_migrated,
            is_writable=self._is_writable(),
            has_its_secrets=has_its_secrets,
        )

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
