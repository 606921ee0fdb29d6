"""How a failing database is told: as a refusal that may be tried again, and in one line of log."""

import logging
import sqlite3
from typing import Final

from sqlalchemy import exc

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_

DATABASE_ERRORS: Final[tuple[type[Exception], ...]] = (exc.DBAPIError, exc.TimeoutError)
"""Every error of the database; `refusal_of` tells which of them are failures of it."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html
READ_ONLY: Final = "25006"
"""PostgreSQL's code of a server that only reads, by setting or as a standby."""

# PostgreSQL: a full disk, an I/O error, and a server that only reads.
_STORAGE_STATES: Final = ("53100", "58030", READ_ONLY)
# SQLite: read-only, an I/O error (also a file that may not grow), a full disk, a file that cannot
# be made; the lowest byte of what it says. https://sqlite.org/rescode.html#extrc
_STORAGE_CODES: Final = frozenset(
    {
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
STORAGE_RETRY_SECONDS: Final = 10

_log = logging.getLogger(__name__)


class DatabaseBusy(DomainError):
    """The database does not answer, or not in time."""

    code = "busy"
    kind = Kind.BUSY
    sentence = N_("The server is busy. Please try again in a moment.")


class StorageNotWritable(DomainError):
    """Nothing can be written: the disk is full, broken or read-only. Reading goes on."""

    code = "storage_not_writable"
    kind = Kind.BUSY
    sentence = N_("The server cannot save anything at the moment. Please try again later.")


def is_storage_failure(error: BaseException | None) -> bool:
    """Return whether the database could not write: no other statement that writes can either."""
    if not isinstance(error, exc.DBAPIError):
        return False
    if getattr(error.orig, "sqlstate", None) in _STORAGE_STATES:
        return True
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _STORAGE_CODES


def refusal_of(error: Exception) -> DomainError | None:
    """Return the refusal by which a failure of the database is told; None for any other error.

    Trying again may help, unlike after a statement gone wrong. Leaves a line in the log.
    """
    if is_storage_failure(error):
        _log.error("The database cannot write: %s", first_line(error))
        return StorageNotWritable(retry_after_seconds=STORAGE_RETRY_SECONDS)
    is_lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
    if is_lost or isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError):
        _log.error("The database does not answer: %s", first_line(error))
        return DatabaseBusy()
    return None


def first_line(error: BaseException) -> str:
    """Return what an error says, without its statement."""
    cause = getattr(error, "orig", None) or error
    said = str(cause).strip().splitlines()
    return f"{type(cause).__name__}: {said[0]}" if said else type(cause).__name__
