"""Reading long tables: as plain texts and numbers, the same from both databases, a part at a time.

Column types turn every value into a Python object; over millions of rows that costs more than
reading them. These expressions let the database write the texts itself.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, Text, cast, func, type_coerce
from sqlalchemy.engine import Dialect

ROWS_AT_ONCE = 2000


def stream_rows(connection: Connection, query: Select[Any]) -> Iterator[Any]:
    """Give the rows of `query` one after another; only ROWS_AT_ONCE are held at a time."""
    result = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query)
    return chain.from_iterable(result.partitions())


def id_text(column: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    """Return an id as lower-case text with its hyphens."""
    if dialect.name == "postgresql":
        return cast(column, Text)
    plain = func.lower(type_coerce(column, String))
    parts = [func.substr(plain, start, length) for start, length in _UUID_PARTS]
    return parts[0] + "-" + parts[1] + "-" + parts[2] + "-" + parts[3] + "-" + parts[4]


def moment_text(column: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    """Return a moment as RFC 3339 in UTC with six digits after the second."""
    if dialect.name == "postgresql":
        utc = func.timezone("UTC", column)
        return func.to_char(utc, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"', type_=Text)
    return func.replace(type_coerce(column, String), " ", "T", type_=String) + "Z"


def hex_text(column: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    """Return bytes as lower-case hex."""
    if dialect.name == "postgresql":
        return func.encode(column, "hex", type_=Text)
    return func.lower(func.hex(column), type_=String)


def json_text(column: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    """Return a document as the text of its JSON."""
    if dialect.name == "postgresql":
        return cast(column, Text)
    return type_coerce(column, String)


# Where the five parts of a UUID begin in its 32 hex digits (from 1), and how long they are.
_UUID_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
