"""Sets of rows, written with as few turns to the database as it allows.

PostgreSQL takes a set as one JSON document, and several sets as one statement, whose text never
depends on the number of rows: it is parsed and planned once a connection, and a batch of the till
costs one turn over the wire. SQLite, which runs in this process, takes the rows a few at once
through prepared statements, written a column at a time.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain, repeat
from operator import is_, itemgetter
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect

from punchcard.db.dialects import Row, is_sqlite
from punchcard.db.sets.direct import Values, Write, send_to_sqlite
from punchcard.db.sets.direct_postgresql import send_to_postgresql
from punchcard.db.sets.sqlite_values import Convert, converted, converted_row, placed, writer_of

_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

_SEVERAL: Final = 8
"""How many rows SQLite takes with one statement, where it takes several."""

_Shape = tuple[str, Callable[[Row], Sequence[Any]], Sequence[tuple[int, Convert]]]
"""A statement for one row, what takes its values from the row, and how some of them are written."""


class Bulk:
    """One statement over a set of rows, in the words of either database."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.on_postgresql = ""
        self.on_sqlite = ""
        self._writers = [writer_of(table.c[column].type) for column in columns]
        self._pick = _picking(columns)
        self._shape = lru_cache(maxsize=64)(self._shape_on_sqlite)
        types = ", ".join(f"{c} {table.c[c].type.compile(_POSTGRESQL)}" for c in columns)
        self._recordset = f"json_to_recordset(%s::json) AS r({types})"

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Write `rows`; each has every column of this statement."""
        write_together(connection, [(self, rows)])

    def for_sqlite(self, rows: Sequence[Row]) -> list[Write]:
        """Return prepared statements, and `rows` as they take them one after another."""
        if len(rows) == 1:
            is_none = map(is_, self._pick(rows[0]), repeat(None))
            statement, pick, writers = self._shape(tuple(is_none))
            return [(statement, [converted_row(pick(rows[0]), writers)])]
        return self._columns_for_sqlite(list(zip(*map(self._pick, rows), strict=True)))

    def _shape_on_sqlite(self, is_none: tuple[bool, ...]) -> _Shape:
        """Return how one row alone is written of which these columns are None."""
        return self.on_sqlite, self._pick, placed(self._writers)

    def _columns_for_sqlite(self, columns: Sequence[Sequence[Any]]) -> list[Write]:
        """Return the statements for rows that are given as their columns, and what they take."""
        written = map(converted, columns, self._writers)
        return [(self.on_sqlite, list(zip(*written, strict=True)))]

    def document(self, rows: Sequence[Row]) -> str:
        """Return `rows` as the JSON that PostgreSQL reads them from."""
        return orjson.dumps(rows, default=_as_bytea).decode()


class BulkInsert(Bulk):
    """Inserts rows into one table; `on_conflict` stands at the end of the statement.

    With `several_at_once` SQLite takes up to eight rows a statement. It opens the table and its
    indexes once for them, but copies every page that they change: for a small table, whose rows
    lie on few pages.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[str],
        on_conflict: str = "",
        *,
        several_at_once: bool = False,
    ) -> None:
        super().__init__(table, columns)
        # Names come from the models, never from a caller.
        names = ", ".join(columns)
        head = f"INSERT INTO {table.name} ({names})"
        self._table, self._on_conflict = table.name, on_conflict
        self._at_once = _SEVERAL if several_at_once else 1
        self._may_be_left_out = [
            table.c[column].nullable and table.c[column].server_default is None
            for column in columns
        ]
        # "WHERE true" keeps ON CONFLICT from being read as the condition of a join.
        body = f"SELECT {names} FROM {self._recordset} WHERE true"  # noqa: S608
        self.on_postgresql = f"{head} {body} {on_conflict}"
        self.on_sqlite = self._with_columns(self.columns)

    def _columns_for_sqlite(self, columns: Sequence[Sequence[Any]]) -> list[Write]:
        """Leave out what none of the rows has: half of an entry, for which places cost as much."""
        names, written = [], []
        for name, column, writer, may_be_left_out in zip(
            self.columns, columns, self._writers, self._may_be_left_out, strict=True
        ):
            if may_be_left_out and column[0] is None and column.count(None) == len(column):
                continue
            names.append(name)
            written.append(converted(column, writer))
        return self._in_sets(tuple(names), list(zip(*written, strict=True)))

    def _in_sets(self, names: tuple[str, ...], rows: Sequence[Values]) -> list[Write]:
        """Return the statements that insert `rows`: several at once, then what is left."""
        if self._at_once == 1:
            return [(self._with_columns(names), rows)]
        left = len(rows) % self._at_once
        full = len(rows) - left
        writes: list[Write] = []
        if full:
            joined = _joined(rows[:full], self._at_once)
            writes.append((self._with_columns(names, self._at_once), joined))
        if left:
            writes.append((self._with_columns(names, left), _joined(rows[full:], left)))
        return writes

    def _shape_on_sqlite(self, is_none: tuple[bool, ...]) -> _Shape:
        """Leave out what the row has not."""
        places = [at for at, none in enumerate(is_none) if not (none and self._may_be_left_out[at])]
        names = tuple(self.columns[at] for at in places)
        writers = placed([self._writers[at] for at in places])
        return self._with_columns(names), _picking(names), writers

    @lru_cache(maxsize=64)  # noqa: B019 - those that insert live as long as the process
    def _with_columns(self, names: tuple[str, ...], rows: int = 1) -> str:
        places = ", ".join(["(" + ", ".join("?" * len(names)) + ")"] * rows)
        # Names come from the models, never from a caller.
        head = f"INSERT INTO {self._table} ({', '.join(names)})"
        return f"{head} VALUES {places} {self._on_conflict}"


def _picking(names: Sequence[str]) -> Callable[[Row], Sequence[Any]]:
    """Return what takes the values of `names` from a row."""
    if len(names) == 1:
        return lambda row: (row[names[0]],)
    return itemgetter(*names)


def _joined(rows: Sequence[Values], size: int) -> list[Values]:
    """Return `rows`, each `size` of them as one."""
    starts = range(0, len(rows), size)
    return [tuple(chain.from_iterable(rows[start : start + size])) for start in starts]


class BulkUpdate(Bulk):
    """Sets the same columns in many rows of one table, each found by its `id`."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        super().__init__(table, (*columns, "id"))
        taken = ", ".join(f"{column} = r.{column}" for column in columns)
        given = ", ".join(f"{column} = ?" for column in columns)
        head = f"UPDATE {table.name}"
        self.on_postgresql = f"{head} AS t SET {taken} FROM {self._recordset} WHERE t.id = r.id"
        self.on_sqlite = f"{head} SET {given} WHERE id = ?"


class RowAdd(Bulk):
    """Adds to the same columns of a few rows, one after another, each found by its `id`.

    Of a small table: joined with a set it would be read from end to end.
    """

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        super().__init__(table, (*columns, "id"))
        head = f"UPDATE {table.name}"
        # Names come from the models, never from a caller.
        self.on_sqlite = f"{head} SET {_added(columns, '?')} WHERE id = ?"
        self.on_postgresql = f"{head} SET {_added(columns, '%s')} WHERE id = %s::uuid"

    def __call__(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Add `rows` to what is there."""
        if is_sqlite(connection):
            send_to_sqlite(connection, self.for_sqlite(rows) if rows else [])
        elif rows:
            connection.exec_driver_sql(self.on_postgresql, [self._pick(row) for row in rows])


def _added(columns: Sequence[str], place: str) -> str:
    return ", ".join(f"{column} = {column} + {place}" for column in columns)


class BulkDelete(Bulk):
    """Deletes the rows of one table that equal the given ones in every column of `columns`."""

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        super().__init__(table, columns)
        # Names come from the models, never from a caller.
        head = f"DELETE FROM {table.name}"  # noqa: S608
        same = " AND ".join(f"t.{column} = r.{column}" for column in columns)
        given = " AND ".join(f"{column} = ?" for column in columns)
        self.on_postgresql = f"{head} AS t USING {self._recordset} WHERE {same}"
        self.on_sqlite = f"{head} WHERE {given}"


def write_together(connection: Connection, writes: Sequence[tuple[Bulk, Sequence[Row]]]) -> None:
    """Write several sets; on PostgreSQL in one statement, so they must not touch the same rows.

    Foreign keys from one set to another are fine: they are checked when the statement is done.
    """
    filled = [(bulk, rows) for bulk, rows in writes if rows]
    if not filled:
        return
    if is_sqlite(connection):
        send_to_sqlite(connection, [one for bulk, rows in filled for one in bulk.for_sqlite(rows)])
        return
    statement = _together(tuple(bulk.on_postgresql for bulk, _ in filled))
    documents = tuple(bulk.document(rows) for bulk, rows in filled)
    send_to_postgresql(connection, statement, documents)


@lru_cache(maxsize=256)
def _together(statements: tuple[str, ...]) -> bytes:
    """Return one statement that does all of `statements`."""
    *others, last = statements
    if not others:
        return last.encode()
    parts = ", ".join(f"w{number} AS ({other})" for number, other in enumerate(others))
    return f"WITH {parts} {last}".encode()


def _as_bytea(value: object) -> str:
    """Return bytes as PostgreSQL's hex input; orjson writes every other type used here itself."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    raise TypeError(f"{type(value).__name__} has no place in a bulk write")
