"""All rows of a table through its types, page by page; and which value of them is kept by nobody.

SQLite takes any value into any column. Servers write none that its column is not made for; other
hands do, and PostgreSQL refuses them or changes them on the way.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, Text, cast, select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from punchcard.connect.archive.errors import ValueNotKept
from punchcard.connect.archive.keepable import obstacle_of, told_of, unreadable
from punchcard.db.failures import first_line
from punchcard.db.types import JsonAsWritten

ROWS_AT_ONCE: Final = 500

VALUE_ERRORS: Final = (
    *(SQLAlchemyError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
    RecursionError,
)
"""What is raised where a value cannot be read, written or made sense of; and by much else."""


Condition = ColumnElement[bool] | None


def pages(
    connection: Connection, table: Table, only: Condition = None
) -> Iterator[list[dict[str, Any]]]:
    """Give the rows of a table, all or some; what is hashed comes as the very text it is."""
    query = _query(table, list(table.columns), only)
    # For this statement alone: what is written later in the transaction knows no cursor.
    found = connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    for page in found.mappings().partitions():
        yield [dict(row) for row in page]


def _query(table: Table, columns: list[Column[Any]], only: Condition) -> Select[Any]:
    query = select(*map(readable, columns)).order_by(*table.primary_key.columns)
    return query if only is None else query.where(only)


def readable(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column as it is read for a copy."""
    return cast(column, Text).label(column.name) if column.type is JsonAsWritten else column


def not_kept(source: Connection, table: Table, error: Exception) -> ValueNotKept | None:
    """Return what kept a table from being copied; None where that is no value of its rows."""
    if found := find_unkept(source, table) or _find_orphan(source, table):
        return ValueNotKept(found)
    if isinstance(error, IntegrityError | DataError):
        return ValueNotKept(f"A row of {table.name} is refused there: {first_line(error)}.")
    return None


def _find_orphan(connection: Connection, table: Table) -> str | None:
    """Return a sentence about the first row that belongs to nothing; None where there is none."""
    for key in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        parent = key.column.table.alias()
        has_parent = select(parent).where(parent.c[key.column.name] == key.parent).exists()
        orphans = select(*table.primary_key.columns).where(key.parent.is_not(None), ~has_parent)
        if (row := connection.execute(orphans.limit(1)).mappings().first()) is not None:
            return told_of(table, dict(row), key.parent, "it belongs to nothing that is there")
    return None


def find_unkept(connection: Connection, table: Table, only: Condition = None) -> str | None:
    """Return a sentence about the first value of a table that not both databases keep.

    It names table, row and field, and never the value. None where there is none.
    """
    done = 0
    try:
        for rows in pages(connection, table, only):
            for row in rows:
                if found := unkept_in(table, row):
                    return found
            done += len(rows)
    except VALUE_ERRORS:
        return _find_unreadable(_Place(connection, table, only), done)
    return None


def unkept_in(table: Table, row: Mapping[str, Any]) -> str | None:
    """Return a sentence about the first value of a row that not both databases keep, or None."""
    for column in table.columns:
        value = row[column.name]
        if value is not None and (why := obstacle_of(column, value)):
            keys = {key.name: row[key.name] for key in table.primary_key.columns}
            return told_of(table, keys, column, why)
    return None


class _Place(NamedTuple):
    """Where rows are looked at one by one."""

    connection: Connection
    table: Table
    only: Condition

    def value(self, column: Column[Any], number: int) -> Any:
        """Return one value of the row of this number, None past the last."""
        query = _query(self.table, [column], self.only)
        found = self.connection.execute(query.limit(1).offset(number)).first()
        return None if found is None else found[0]

    def keys(self, number: int) -> dict[str, Any]:
        """Return by what a row is found: by its place, counted from 1, if just that is wrong."""
        try:
            return {key.name: self.value(key, number) for key in self.table.primary_key.columns}
        except VALUE_ERRORS:
            return {"row": number + 1}


def _find_unreadable(place: _Place, first: int) -> str | None:
    """Read the page that begins with the row `first` value by value."""
    for number in range(first, first + ROWS_AT_ONCE):
        for column in place.table.columns:
            try:
                why = obstacle_of(column, place.value(column, number))
            except VALUE_ERRORS:
                why = unreadable(column)
            if why:
                return told_of(place.table, place.keys(number), column, why)
    return None
