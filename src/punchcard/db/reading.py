"""Reading long tables: as plain texts and numbers, the same from both databases, a part at a time.

Column types turn every value into a Python object; over millions of rows that costs more than
reading them. Here PostgreSQL writes the texts itself; SQLite, where a function costs more than a
slice in Python, gives what it keeps.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    String,
    Text,
    Uuid,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from punchcard.db.dialects import is_sqlite
from punchcard.db.types import UtcDateTime

ROWS_AT_ONCE: Final = 2000

SelectedColumn = ColumnElement[Any]


def stream_plain(
    connection: Connection,
    columns: Sequence[SelectedColumn],
    narrow: Callable[[Select[Any]], Select[Any]],
) -> Iterator[list[Any]]:
    """Give the rows of `narrow(select(columns))` one after another, ROWS_AT_ONCE held at a time.

    Ids are lower-case texts with hyphens, moments RFC 3339 in UTC with six digits after the
    second, bytes lower-case hex, documents the text of their JSON; the rest is as it is.
    """
    if not is_sqlite(connection):
        query = narrow(select(*(_as_text(column) for column in columns)))
        for part in connection.execute(_streaming(query)).partitions():
            yield from map(list, part)
        return
    conversions = [
        (place, conversion)
        for place, column in enumerate(columns)
        if (conversion := _conversion(column.type)) is not None
    ]
    query = narrow(select(*(_as_kept(column) for column in columns)))
    for part in connection.execute(_streaming(query)).partitions():
        for values in part:
            row = list(values)
            for place, convert in conversions:
                if row[place] is not None:
                    row[place] = convert(row[place])
            yield row


def _streaming(query: Select[Any]) -> Select[Any]:
    # Of the statement, not of the connection, which what comes after would have to stream as well.
    return query.execution_options(yield_per=ROWS_AT_ONCE)


def _as_text(column: SelectedColumn) -> SelectedColumn:
    kind = column.type
    if isinstance(kind, UtcDateTime):
        return func.to_char(func.timezone("UTC", column), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    if isinstance(kind, LargeBinary):
        return func.encode(column, "hex", type_=Text)
    return cast(column, Text) if isinstance(kind, Uuid | JSON) else column


def _as_kept(column: SelectedColumn) -> SelectedColumn:
    kind = column.type
    return type_coerce(column, String) if _conversion(kind) or isinstance(kind, JSON) else column


def _conversion(kind: TypeEngine[Any]) -> Callable[[Any], str] | None:
    if isinstance(kind, Uuid):
        return _with_hyphens
    if isinstance(kind, UtcDateTime):
        return _with_zone
    return _hex if isinstance(kind, LargeBinary) else None


def _hex(kept: Any) -> str:
    return kept.hex() if isinstance(kept, bytes) else str(kept)


# SQLite keeps whatever was written, text or number: what does not fit is given as it is.
def _with_hyphens(kept: Any) -> str:
    digits = kept if isinstance(kept, str) else str(kept)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _with_zone(kept: Any) -> str:
    moment = kept if isinstance(kept, str) else str(kept)
    return f"{moment[:10]}T{moment[11:]}Z"
