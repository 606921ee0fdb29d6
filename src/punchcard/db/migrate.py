"""Bringing a database to the newest shape of the tables, from wherever the package is installed."""

from functools import cache
from pathlib import Path
from typing import NoReturn

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from punchcard.db.database import Database
from punchcard.db.dialects import lock_for_migration

_MIGRATIONS = Path(__file__).parent / "migrations"


class DowngradeRefused(Exception):
    """A revision was asked to undo itself; a backup is the way back."""


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest revision; does nothing when it is there already.

    One transaction: a revision that fails leaves the database as it was. Several processes may
    start at once: the first one migrates while the others wait for it.
    """
    database = Database(url)
    try:
        with database.write_connection() as connection:
            lock_for_migration(connection)
            command.upgrade(config(connection=connection), "head")
    finally:
        database.close()


def current(database: Database) -> str | None:
    """Return the revision the database is at, or None when it has no tables yet."""
    with database.read_connection() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@cache
def head() -> str:
    """Return the newest revision this version of Punchcard knows."""
    revision = ScriptDirectory.from_config(config()).get_current_head()
    assert revision is not None
    return revision


def is_current(database: Database) -> bool:
    """Tell whether the database is at the newest revision."""
    return current(database) == head()


def config(**attributes: object) -> Config:
    """Return alembic's configuration without a file; `attributes` reach migrations/env.py."""
    made = Config(attributes=attributes)
    made.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    return made


def refuse_downgrade() -> NoReturn:
    """Raise DowngradeRefused: undoing a revision would throw away what was written since."""
    raise DowngradeRefused("Migrations are not undone: restore the backup made before the upgrade.")
