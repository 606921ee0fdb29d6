"""How a database that is away or held up is told: as a refusal that may be tried again."""

from typing import Final

from sqlalchemy import exc

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_

DATABASE_FAILURES: Final[tuple[type[Exception], ...]] = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.TimeoutError,
)
"""The database is away or held up: trying again may help, unlike after a statement gone wrong."""


class DatabaseBusy(DomainError):
    """The database does not answer, or not in time."""

    code = "busy"
    kind = Kind.BUSY
    sentence = N_("The server is busy. Please try again in a moment.")
