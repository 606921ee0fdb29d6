"""Databases as they were before a revision, to be filled and then migrated."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, text

from punchcard.db import migrate
from punchcard.db.database import Database
from tests.support.databases import PostgresqlTemplate


@contextmanager
def database_at(revision: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """Give the address of an empty database at `revision`, of the kind that `request` names."""
    if request.param == "sqlite":
        address = f"sqlite:///{folder / 'old.db'}"
        _upgrade(address, revision)
        yield address
        return
    template: PostgresqlTemplate = request.getfixturevalue("postgresql_template")
    with template.copy() as address:
        with closing(Database(address)) as database, database.write_connection() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        _upgrade(address, revision)
        yield address


def insert_row(connection: Connection, table: str, **row: Any) -> None:
    """Put a row into a table of that time, by the names of its columns."""
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    statement = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 the tests' own names
    connection.execute(text(statement), row)


def _upgrade(url: str, revision: str) -> None:
    with closing(Database(url)) as database, database.write_connection() as connection:
        command.upgrade(migrate.config(connection=connection), revision)
