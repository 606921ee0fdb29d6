"""All of a database in another one, whatever either is: row by row, in one transaction.

Tables are copied in the order of what refers to what. Values pass through their types, which write
the same thing in each database's own way; what is hashed passes as the very text it is.
"""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Table,
    Text,
    bindparam,
    insert,
    inspect,
    select,
)

from punchcard.connect.archive.copied_rows import VALUE_ERRORS, find_unkept, not_kept, pages
from punchcard.db.base import Base
from punchcard.db.dialects import as_written_json, follow_counter
from punchcard.db.types import JsonAsWritten

_DIGEST_BITS: Final = 128
_REVISION: Final = "alembic_version"

Progress = Callable[[str, int], None]
"""Told the name of a table and how many rows of it are done."""


def tables() -> list[Table]:
    """Return every table that a context knows, what is referred to first."""
    return list(Base.metadata.sorted_tables)


def unknown_tables(connection: Connection) -> list[str]:
    """Return the tables of a database that nothing here knows: they would be left behind."""
    known = {table.name for table in tables()} | {_REVISION}
    return sorted(set(inspect(connection).get_table_names()) - known)


def filled_tables(connection: Connection) -> list[str]:
    """Return the names of the tables that hold anything."""
    return [
        table.name
        for table in tables()
        if connection.execute(select(*table.primary_key.columns).limit(1)).first() is not None
    ]


def copy_all(
    source: Connection, target: Connection, progress: Progress = lambda table, rows: None
) -> int:
    """Copy all rows of `source`, a snapshot, into empty tables of `target`; returns how many.

    Raises ValueNotKept: a value that `target` does not take, or that is none of its column.
    """
    total = 0
    for table in tables():
        done = 0
        statement = insert_statement(target, table)
        try:
            for rows in pages(source, table):
                target.execute(statement, rows)
                done += len(rows)
                progress(table.name, done)
        except VALUE_ERRORS as error:
            raise not_kept(source, table, error) or error from error
        follow_counter(target, table)
        total += done
    return total


def first_unkept(connection: Connection) -> str | None:
    """Return a sentence about the first value that not both databases keep; None without one."""
    return next((told for table in tables() if (told := find_unkept(connection, table))), None)


def digests(connection: Connection) -> dict[str, tuple[int, str]]:
    """Return how many rows each table has, and a digest of them in whichever order they stand."""
    return {table.name: _digest(connection, table) for table in tables()}


def _digest(connection: Connection, table: Table) -> tuple[int, str]:
    count = total = 0
    for rows in pages(connection, table):
        for row in rows:
            told = repr([_plain(value) for value in row.values()]).encode()
            total += int.from_bytes(hashlib.sha256(told).digest()[: _DIGEST_BITS // 8], "big")
            count += 1
    return count, f"{total % 2**_DIGEST_BITS:032x}"


def _plain(value: Any) -> Any:
    """Return a value as either database gives it: documents by their sorted keys."""
    if isinstance(value, dict):
        return sorted((key, _plain(one)) for key, one in value.items())
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return bytes(value) if isinstance(value, memoryview) else value


def insert_statement(connection: Connection, table: Table) -> Any:
    """Return what inserts whole rows of a table; what is hashed comes as the very text it is."""
    return insert(table).values(
        {
            column.name: as_written_json(connection, bindparam(column.name, type_=Text))
            if column.type is JsonAsWritten
            else bindparam(column.name, type_=column.type)
            for column in table.columns
        }
    )
