"""A database to work in: of SQLite, for one connection alone, and gone with it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, StaticPool, create_engine, event


@contextmanager
def scratch_database() -> Iterator[Connection]:
    """Make an empty database and give its only connection, in a transaction.

    It stands in a file without a name among the system's temporary ones (TMPDIR): what is too
    large for memory finds room, and whatever ends the process leaves nothing behind.
    """
    engine = create_engine(
        "sqlite://", creator=_connect, poolclass=StaticPool, hide_parameters=True
    )
    event.listen(engine, "begin", _begin)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _connect() -> sqlite3.Connection:
    # An empty name is that of a temporary database: https://sqlite.org/inmemorydb.html
    raw = sqlite3.connect("", isolation_level=None)
    raw.execute("PRAGMA foreign_keys = ON")
    return raw


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
