"""Connections to PostgreSQL that wait for an answer only so long, and whose commits are kept by all
servers that must have them. See `docs/decisions/0060-never-down.md`.
"""

import time
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import Diagnostic

from punchcard.db.limits import WorkKind, current_work

Waited = TypeVar("Waited")
Patience = Mapping[WorkKind, float | None]
"""How many seconds an answer may take in each kind of work; None: as long as it takes."""

# A wait for the standby that somebody cancels ends with a commit and this function's notice: one
# server alone has it. https://www.postgresql.org/docs/current/warm-standby.html
_WAIT_FOR_STANDBY: Final = "SyncRepWaitForLSN"
_INTERVAL_SECONDS: Final = 0.1


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is given up when an answer takes longer than `patience` allows.

    A server that is frozen keeps its end open and answers nothing, not even that time is up.
    """

    patience: Patience
    _is_kept_here_only = False

    def wait(
        self, gen: PQGen[Waited], interval: float = _INTERVAL_SECONDS, timeout: float | None = None
    ) -> Waited:
        """Wait for an answer. Raises OperationalError, and closes, when it takes too long."""
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        patience = self.patience.get(current_work())
        began = time.monotonic()
        try:
            return super().wait(gen, interval, patience)
        except psycopg.errors._WaitTimeout as error:
            self.close()
            waited = time.monotonic() - began
            message = f"no answer came within {waited:.0f} seconds"
            raise psycopg.OperationalError(message) from error

    def commit(self) -> None:
        """Commit; only what every server has that must have it counts as done.

        Raises OperationalError for what may be on this server alone: whether it stays is not known.
        """
        super().commit()
        if self._is_kept_here_only:
            self.close()
            raise psycopg.OperationalError("the commit was not waited for by a standby")

    def note(self, notice: Diagnostic) -> None:
        """Take a notice of the server."""
        if notice.source_function == _WAIT_FOR_STANDBY:
            self._is_kept_here_only = True


def connect_patiently(patience: Patience, *where: Any, **how: Any) -> PatientConnection:
    """Return a connection, made by libpq's parameters. Raises OperationalError."""
    connection = PatientConnection.connect(*where, **how)
    connection.patience = patience
    connection.add_notice_handler(connection.note)
    return connection
