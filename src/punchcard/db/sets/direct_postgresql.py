"""Statements whose text is made once, sent to PostgreSQL past SQLAlchemy.

What it does around a statement and for each row of a result is Python's work, and the till's three
statements a batch need none of it. Transactions, connections and errors stay SQLAlchemy's.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection

from punchcard.db.sets.direct import Values, is_watched

if TYPE_CHECKING:
    import psycopg

Taken = Mapping[str, Any] | Sequence[Any]
"""What a statement takes, by the names or in the order of its places."""


def fetch_from_postgresql(connection: Connection, statement: bytes, taken: Taken) -> list[Values]:
    """Return the rows of `statement`, as the driver gives them. Raises as SQLAlchemy does."""
    if is_watched(connection):
        return [tuple(row) for row in _in_the_usual_way(connection, statement, taken)]
    return _sent(connection, statement, taken).fetchall()


def send_to_postgresql(connection: Connection, statement: bytes, taken: Taken) -> None:
    """Do a statement that gives no rows. Raises as SQLAlchemy does."""
    if is_watched(connection):
        _in_the_usual_way(connection, statement, taken)
        return
    _sent(connection, statement, taken)


def _sent(connection: Connection, statement: bytes, taken: Taken) -> "psycopg.Cursor[Values]":
    import psycopg

    if not connection.in_transaction():
        # As it does by itself before a statement of its own: else nobody would commit this one.
        connection.begin()
    raw = cast("psycopg.Connection[Values]", connection.connection.dbapi_connection)
    try:
        return raw.execute(statement, taken)
    except psycopg.Error as error:
        # As for a statement of its own: it tells disconnects from refusals, leaves the pool's other
        # connections to a server that is gone, and lets this database's listeners hide values.
        connection._handle_dbapi_exception(error, statement.decode(), None, None, None)


def _in_the_usual_way(connection: Connection, statement: bytes, taken: Taken) -> Any:
    taken = dict(taken) if isinstance(taken, Mapping) else tuple(taken)
    return connection.exec_driver_sql(statement.decode(), taken)
