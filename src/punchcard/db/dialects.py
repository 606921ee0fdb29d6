"""What differs between SQLite and PostgreSQL, in one place; sets of rows are in `sets`."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    FromClause,
    Select,
    String,
    Table,
    Text,
    TypeDecorator,
    UnaryExpression,
    any_,
    bindparam,
    cast,
    event,
    func,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.sql.operators import custom_op

from punchcard.db.base import Base, table_of
from punchcard.db.failures import is_storage_failure
from punchcard.db.sets.direct import begin_on_sqlite, is_begun_on_sqlite
from punchcard.kit.private_files import make_private_file

Row = Mapping[str, Any]

_BUSY_PAUSE_SECONDS = 0.01
_ID_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


def is_sqlite(connection: Connection) -> bool:
    """Return whether the connection talks to SQLite."""
    return connection.dialect.name == "sqlite"


def beside_an_index(column: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    """Return a column to compare without an index of it: for SQLite, which knows no frequencies.

    It would as soon read all of a shop's entries as the few of one person. PostgreSQL counts them.
    """
    if dialect.name != "sqlite":
        return column
    return type_coerce(UnaryExpression(column, operator=custom_op("+")), column.type)


def id_as_text(connection: Connection, column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a column of ids as the texts that they are in Python."""
    if not is_sqlite(connection):
        return cast(column, String)
    # Kept as 32 hexadecimal digits without the hyphens.
    digits: ColumnElement[str] = type_coerce(column, String)
    parts = [func.substr(digits, start, length) for start, length in _ID_PARTS]
    return reduce(lambda text, part: text.concat("-").concat(part), parts)


def as_written_json(connection: Connection, text: ColumnElement[str]) -> ColumnElement[Any]:
    """Return a JSON text as it goes into a column that keeps it to the letter."""
    return text if is_sqlite(connection) else cast(text, postgresql.JSON)


def pairs_in(
    dialect: Dialect, document: ColumnElement[Any], name: str
) -> tuple[FromClause, ColumnElement[str], ColumnElement[int]]:
    """Return the pairs of a text and a whole number in the list `name` of a JSON document.

    What comes first is joined to the row that holds the document, one row a pair; a document
    without such a list has none.
    """
    if dialect.name == "sqlite":
        pair = func.json_each(document, f"$.{name}").table_valued(
            "value", name="pairs", joins_implicitly=True
        )
        first, second = (func.json_extract(pair.c.value, f"$[{place}]") for place in (0, 1))
        return pair, type_coerce(first, String), type_coerce(second, BigInteger)
    pair = func.json_array_elements(document.op("->")(name)).table_valued(
        "value", name="pairs", joins_implicitly=True
    )
    text, number = (pair.c.value.op("->>")(place) for place in (0, 1))
    return pair, type_coerce(text, String), cast(number, BigInteger)


def follow_counter(connection: Connection, table: Table) -> None:
    """Let the numbers that a table gives by itself go on after the largest that is in it."""
    column = table.autoincrement_column
    if column is None or column.autoincrement is not True or is_sqlite(connection):
        return
    largest = select(func.max(column)).scalar_subquery()
    counter = func.pg_get_serial_sequence(table.name, column.name)
    connection.execute(select(func.setval(counter, func.coalesce(largest, 1))))


def prepare_sqlite(engine: Engine, *, busy_seconds: int, read_only: bool) -> None:
    """Make every connection of `engine` durable (FULL), concurrent (WAL) and explicit.

    pysqlite's own transaction handling is switched off: each transaction is begun here, a writing
    one with BEGIN IMMEDIATE, because a lock that is asked for later fails at once when another
    process has written in between. A file that is not there yet is made for its owner alone.
    """

    @event.listens_for(engine, "do_connect")
    def _make_file(*_: Any) -> None:
        name = engine.url.database or ":memory:"
        if name == ":memory:" or name.startswith("file:"):
            return
        # SQLite would make it with the rights that the umask leaves, and gives -wal and -shm the
        # same. Where no file can be made SQLite says so better.
        with suppress(OSError):
            make_private_file(Path(name))

    @event.listens_for(engine, "connect")
    def _connect(raw: Any, _record: Any) -> None:
        raw.isolation_level = None
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {busy_seconds * 1000}")
        _write_ahead(cursor, busy_seconds)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # Without it INSERT OR REPLACE would delete a ledger entry and never ask its trigger.
        cursor.execute("PRAGMA recursive_triggers = ON")
        # Of readers there are many, and the system keeps what they read for all of them.
        cursor.execute(f"PRAGMA cache_size = -{512 if read_only else 8192}")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The till begins its own past SQLAlchemy: a statement that goes through it joins that.
        if read_only or not is_begun_on_sqlite(connection):
            begin_on_sqlite(connection, begin)


def _write_ahead(cursor: sqlite3.Cursor, busy_seconds: int) -> None:
    """Let the file keep a write-ahead log; a new one is asked again while others open it too.

    For this alone SQLite does not wait: it needs the file for itself.
    https://sqlite.org/wal.html#sometimes_queries_return_sqlite_busy_in_wal_mode
    """
    until = time.monotonic() + busy_seconds
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() >= until:
                raise
            time.sleep(_BUSY_PAUSE_SECONDS)
        else:
            return


# PostgreSQL's codes of transactions that stood in each other's way: serialization failure and
# deadlock; and of a lock that was waited for as long as a transaction may wait.
_CONFLICTS = ("40001", "40P01")
_LOCK_TIMEOUT = "55P03"


def is_conflict(error: Exception) -> bool:
    """Return whether another writer won: the same transaction, tried again, sees what it wrote."""
    if isinstance(error, IntegrityError):
        return True
    return isinstance(error, DBAPIError) and _sqlstate(error) in _CONFLICTS


def is_away(error: Exception) -> bool:
    """Tell a database that cannot be reached or cannot go on from one that refused a statement."""
    if isinstance(error, PoolTimeoutError) or is_storage_failure(error):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    # A connection that cannot even be opened counts as no invalidated one.
    is_between_writers = is_conflict(error) or is_lock_timeout(error)
    return isinstance(error, OperationalError) and not is_between_writers


def is_lock_timeout(error: Exception) -> bool:
    """Return whether a lock was waited for as long as a transaction may wait."""
    return isinstance(error, DBAPIError) and _sqlstate(error) == _LOCK_TIMEOUT


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def locked_elsewhere(
    connection: Connection, query: Select[*tuple[Any, ...]]
) -> set[tuple[Any, ...]]:
    """Return those rows of `query` that another transaction holds, and lock all others.

    Waits for nobody. On SQLite, which has one writer, there are none.
    """
    if is_sqlite(connection):
        return set()
    free = {tuple(row) for row in connection.execute(query.with_for_update(skip_locked=True))}
    return {tuple(row) for row in connection.execute(query)} - free


def oldest_writer_since(connection: Connection) -> datetime | None:
    """Return since when the oldest of the other writing transactions has run; None: there is none.

    By PostgreSQL's clock. On SQLite whoever asks in a writing transaction is alone.
    """
    if is_sqlite(connection):
        return None
    since: datetime | None = connection.exec_driver_sql(
        "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL"
    ).scalar_one()
    return since


def know_tables(connection: Connection, *tables: type[Base]) -> None:
    """Let PostgreSQL look at tables of which it knows no rows yet, unless others make it do so.

    By itself it looks at what has filled within a minute (`autovacuum_naptime`). Until then it
    takes a table for empty, and reads all of it for each list of keys.
    """
    if is_sqlite(connection):
        return
    names = [table_of(table).name for table in tables]
    query = "SELECT bool_or(reltuples <= 0) FROM pg_class WHERE oid = ANY(%s::regclass[])"
    if connection.exec_driver_sql(query, (names,)).scalar_one():
        connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {', '.join(names)}")


def lock_for_migration(connection: Connection) -> None:
    """Wait until no other process migrates; SQLite's BEGIN IMMEDIATE has waited already."""
    if not is_sqlite(connection):
        before = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('punchcard migrate'))")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{before}'")


def lock_table(session: Session, table: type[Base]) -> None:
    """Let nobody else write rows of a table until this transaction ends; who holds rows keeps them.

    On SQLite whoever writes is alone.
    """
    if not is_sqlite(session.connection()):
        name = table_of(table).name
        session.connection().exec_driver_sql(f'LOCK TABLE "{name}" IN SHARE ROW EXCLUSIVE MODE')


def insert_into(session: Session, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT into `table` that knows ON CONFLICT: both databases spell it alike."""
    return insert_for(session.connection().dialect, table)


def insert_for(dialect: Dialect, table: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """Return the same for one kind of database: for statements that are made once."""
    insert = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    return insert(table)


def one_of(column: ColumnElement[Any], name: str, dialect: Dialect) -> ColumnElement[bool]:
    """Return the condition that `column` is one of the values bound to `name`.

    PostgreSQL takes them as one array, so that the statement stays the same for any number and is
    planned once; SQLite takes a list. Texts, ids and bytes can be asked for.
    """
    if dialect.name == "postgresql":
        values = bindparam(name, type_=_ArrayText())
        return column == any_(cast(values, ARRAY(column.type)))
    return column.in_(bindparam(name, expanding=True, type_=column.type))


class _ArrayText(TypeDecorator[Sequence[str | bytes]]):
    """An array as PostgreSQL reads it from text: the driver's own way costs ten times as much."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self, value: Sequence[str | bytes] | None, dialect: Dialect
    ) -> str | None:
        """Return the text of an array of texts or bytes."""
        if value is None:
            return None
        return "{" + ",".join(map(_quoted, value)) + "}"


def _quoted(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
