"""Statements whose text is made once, sent to SQLite past SQLAlchemy.

There a call is no journey, and SQLAlchemy's way to run a statement costs more than the statement:
a stamp alone in its batch has six of them.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Values = tuple[Any, ...]
"""A row as the driver takes and gives it."""

Write = tuple[str, Sequence[Values]]
"""A statement, and the rows that it is done with."""


def fetch_from_sqlite(connection: Connection, statement: str, values: Values) -> list[Values]:
    """Return the rows of `statement`, as the driver gives them. Raises as SQLAlchemy does."""
    if is_watched(connection):
        return [tuple(row) for row in connection.exec_driver_sql(statement, values)]
    raw = raw_of(connection)
    try:
        return raw.execute(statement, values).fetchall()
    except sqlite3.Error as error:
        raise _wrapped(connection, statement, error) from error


def send_to_sqlite(connection: Connection, writes: Iterable[Write]) -> None:
    """Do each statement with each of its rows. Raises as SQLAlchemy does."""
    if is_watched(connection):
        for statement, rows in writes:
            connection.exec_driver_sql(statement, list(rows))
        return
    raw = raw_of(connection)
    for statement, rows in writes:
        try:
            if len(rows) == 1:
                raw.execute(statement, rows[0])
            else:
                raw.executemany(statement, rows)
        except sqlite3.Error as error:
            raise _wrapped(connection, statement, error) from error


def begin_on_sqlite(connection: Connection, statement: str) -> None:
    """Begin a transaction in the words of `statement`. Raises as SQLAlchemy does."""
    begin_raw(raw_of(connection), connection, statement)


def begin_raw(raw: sqlite3.Connection, connection: Connection, statement: str) -> None:
    """Begin a transaction on what is below `connection`. Raises as SQLAlchemy does."""
    try:
        raw.execute(statement)
    except sqlite3.Error as error:
        raise _wrapped(connection, statement, error) from error


def is_begun_on_sqlite(connection: Connection) -> bool:
    """Return whether a transaction is under way, whether SQLAlchemy knows of it or not."""
    return raw_of(connection).in_transaction


def commit_raw(raw: sqlite3.Connection, connection: Connection) -> None:
    """Commit what is under way, whether SQLAlchemy knows of it or not. Raises as it does."""
    if connection.in_transaction():
        connection.commit()
        return
    try:
        raw.commit()
    except sqlite3.Error as error:
        raise _wrapped(connection, "COMMIT", error) from error


def raw_of(connection: Connection) -> sqlite3.Connection:
    """Return the driver's connection below `connection`."""
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def is_watched(connection: Connection) -> bool:
    """Return whether somebody wants to hear of statements: they are then sent in the usual way.

    Of those of the engine: to ask for listeners of one connection as well costs six times as much.
    """
    return bool(connection.engine.dispatch.before_cursor_execute)


def _wrapped(connection: Connection, statement: str, error: sqlite3.Error) -> Exception:
    dialect = connection.dialect
    return DBAPIError.instance(
        statement, None, error, sqlite3.Error, hide_parameters=True, dialect=dialect
    )
