"""Queries for what has one of several keys, whose text is made once.

SQLAlchemy looks its text up anew each time, and on SQLite writes a place for each key into it. Here
PostgreSQL takes the keys as one array, and SQLite as many as the next power of two, the last one
several times: nine texts serve for any batch. Both go past SQLAlchemy to the driver, and rows are
read a column at a time.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.selectable import CompoundSelect

from punchcard.db.dialects import is_sqlite
from punchcard.db.sets.direct import Values, fetch_from_sqlite
from punchcard.db.sets.direct_postgresql import fetch_from_postgresql
from punchcard.db.sets.sqlite_values import (
    Convert,
    converted,
    converted_row,
    placed,
    reader_of,
    writer_of,
)

Query = Select[Any] | CompoundSelect[Any]
Row = Any
"""A row: a tuple with the names of its columns."""
_TEXTS: Final = 64


class _Place(NamedTuple):
    """What goes into a text: `size` keys of a name as they are written, or what never changes."""

    name: str | None
    writer: Convert | None = None
    constant: Any = None
    size: int = 1


class _TextOfArrays(NamedTuple):
    """A query as PostgreSQL takes it: how each array is written, and what never changes."""

    statement: bytes
    writers: Mapping[str, Convert]
    constants: Mapping[str, Any]


class _Text(NamedTuple):
    """A query as SQLite takes it."""

    statement: str
    places: Sequence[_Place]


class Lookup:
    """A query for what has one of several keys; `query` names them with `one_of`."""

    def __init__(self, query: Query, dialect: Dialect) -> None:
        self._query = query
        self._dialect = dialect
        columns = list(query.selected_columns)
        self._readers = [reader_of(column, dialect) for column in columns]
        self._row_readers = placed(self._readers)
        names = [column.key or "" for column in columns]
        row = namedtuple("LookedUp", names, rename=True)  # type: ignore[misc]
        self._as_row: Callable[[tuple[Any, ...]], Row] = partial(tuple.__new__, row)
        self._text = lru_cache(maxsize=_TEXTS)(self._make_text)
        self._text_of_arrays = lru_cache(maxsize=1)(self._make_text_of_arrays)

    def rows(self, connection: Connection, keys: Mapping[str, Sequence[Any]]) -> Sequence[Row]:
        """Return the rows that have one of `keys`, by the names that the query gives them."""
        if not all(keys.values()):
            return []
        if not is_sqlite(connection):
            arrays = self._text_of_arrays(tuple(keys))
            taken = {name: write(keys[name]) for name, write in arrays.writers.items()}
            taken |= arrays.constants
            return self._read(fetch_from_postgresql(connection, arrays.statement, taken))
        return self._read(self._found_on_sqlite(connection, keys))

    def _found_on_sqlite(
        self, connection: Connection, keys: Mapping[str, Sequence[Any]]
    ) -> Sequence[Values]:
        sizes: list[tuple[str, int]] = []
        for name, values in keys.items():
            # Of a stamp alone in its batch there is one of each.
            sizes.append((name, 1 if len(values) == 1 else _padded(len(values))))
        text = self._text(tuple(sizes))
        taken: list[Any] = []
        for named, writer, constant, size in text.places:
            if named is None:
                taken.append(constant)
                continue
            values = keys[named]
            if size == 1:
                taken.append(values[0] if writer is None else writer(values[0]))
                continue
            taken += converted(values, writer)
            taken += taken[-1:] * (size - len(values))
        return fetch_from_sqlite(connection, text.statement, tuple(taken))

    def _read(self, found: Sequence[Values]) -> Sequence[Row]:
        if not found:
            return found
        if len(found) == 1:
            return [self._as_row(converted_row(found[0], self._row_readers))]
        columns = map(converted, zip(*found, strict=True), self._readers)
        return list(map(self._as_row, zip(*columns, strict=True)))

    def _make_text_of_arrays(self, names: tuple[str, ...]) -> _TextOfArrays:
        """Return the query with a place for an array of the keys of each of `names`."""
        made = self._query.compile(dialect=self._dialect)
        expanded = made.construct_expanded_state(dict.fromkeys(names, ()))
        writers = {name: expanded.processors.get(name, _as_it_is) for name in expanded.parameters}
        constants = {
            name: writers[name](value)
            for name, value in expanded.parameters.items()
            if name not in names
        }
        arrays = {name: writers[name] for name in names}
        return _TextOfArrays(expanded.statement.encode(), arrays, constants)

    def _make_text(self, sizes: tuple[tuple[str, int], ...]) -> _Text:
        """Return the query with so many places for the keys of each name."""
        numbered = {name: list(range(size)) for name, size in sizes}
        made = self._query.compile(dialect=self._dialect)
        expanded = made.construct_expanded_state(numbered)
        order = list(expanded.positiontup or ())
        places: list[_Place] = []
        while order:
            name = next((name for name in numbered if order[0] == f"{name}_1"), None)
            if name is None:
                process = expanded.processors.get(order[0], _as_it_is)
                places.append(_Place(None, constant=process(expanded.parameters[order[0]])))
                del order[0]
                continue
            size = len(numbered[name])
            places.append(_Place(name, writer_of(made.binds[name].type), size=size))
            del order[:size]
        return _Text(expanded.statement, places)


def _as_it_is(value: Any) -> Any:
    return value


def _padded(size: int) -> int:
    """Return the power of two that is no less than `size`."""
    return 1 << (size - 1).bit_length() if size else 0
