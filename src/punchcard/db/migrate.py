"""Bringing a database to the newest shape of the tables, from wherever the package is installed.

Alembic is imported only to migrate: every start asks whether there is anything to do, and mostly
there is not.
"""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import Connection, String, func, inspect, select, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.database import Database
from punchcard.db.dialects import lock_for_migration

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"


class UpgradeFloor(Base):
    """The oldest revision whose version may go on serving this database; the highest row counts.

    A migration that does more than add leaves its own here. Without a row every version may that
    knows this table.
    """

    __tablename__ = "upgrade_floor"

    revision: Mapped[str] = mapped_column(String(32), primary_key=True)


class DowngradeRefused(Exception):
    """A revision was asked to undo itself; a backup is the way back."""


class DatabaseIsNewer(Exception):
    """The database was made by a version of Punchcard that knows more than this one."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"This database was made by a newer Punchcard (its revision is {found}, this version"
            f" knows those up to {head()}). Install that version, or restore the backup that was"
            " made before the upgrade."
        )


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest revision; does nothing when it is there already.

    One transaction: a revision that fails leaves the database as it was. Several processes may
    start at once: the first one migrates while the others wait for it.
    Raises DatabaseIsNewer.
    """
    from alembic import command

    database = Database(url)
    try:
        is_current(database)
        with database.long_write_connection() as connection:
            lock_for_migration(connection)
            command.upgrade(config(connection=connection), "head")
    finally:
        database.close()


def upgrade_scratch(connection: Connection, revision: str) -> None:
    """Bring a database that nobody else sees to a revision that this version knows."""
    from alembic import command

    command.upgrade(config(connection=connection), revision)


def current(database: Database) -> str | None:
    """Return the revision the database is at, or None when it has no tables yet."""
    with database.read_connection() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


@cache
def head() -> str:
    """Return the newest revision this version of Punchcard knows.

    It stands in the file names: `2026_11_22_0001_first_tables.py` is revision 0001.
    """
    return max(_known())


@cache
def _known() -> frozenset[str]:
    names = (path.stem for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))
    return frozenset(name.split("_")[3] for name in names)


def knows(revision: str) -> bool:
    """Return whether this version knows how to go on from a revision."""
    return revision in _known()


def is_current(database: Database) -> bool:
    """Return whether the database is at the newest revision.

    Raises DatabaseIsNewer for a revision that this version has never heard of.
    """
    found = current(database)
    if found is not None and found not in _known():
        raise DatabaseIsNewer(found)
    return found == head()


def may_go_on(database: Database) -> bool:
    """Return whether a server of this version that runs may go on serving the database.

    It may when the database is at its revision, and also beside a newer version that has only added
    to it: an upgrade of several processes, one after the other. Raises DatabaseIsNewer otherwise.
    """
    try:
        return is_current(database)
    except DatabaseIsNewer:
        with database.read_connection() as connection:
            floor = connection.scalar(select(func.max(UpgradeFloor.revision)))
        if floor is not None and floor > head():
            raise
        return True


def config(**attributes: object) -> "Config":
    """Return alembic's configuration without a file; `attributes` reach migrations/env.py."""
    from alembic.config import Config

    made = Config(attributes=attributes)
    made.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def refuse_downgrade() -> NoReturn:
    """Raise DowngradeRefused: undoing a revision would throw away what was written since."""
    raise DowngradeRefused("Migrations are not undone: restore the backup made before the upgrade.")
