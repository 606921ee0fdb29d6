"""How values are written to SQLite and read from it: a column at a time, without SQLAlchemy.

Written so that SQLAlchemy reads them as its own, several times as fast; a test holds both together.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from operator import methodcaller
from typing import Any, Final, Protocol

import orjson
from sqlalchemy import JSON, Date, LargeBinary, Uuid
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from punchcard.db.types import EnumText, UtcDateTime
from punchcard.kit.clock import to_rfc3339

Convert = Callable[[Any], Any]
"""Makes one value of another; it is never given None."""

_SQLITE = sqlite.dialect()


class _Typed(Protocol):
    @property
    def type(self) -> TypeEngine[Any]:
        """Return what kind of values it has."""


# The driver looks for an adapter of all that is neither a number nor a text, in four places before
# it takes the value as it is: for None and bytes, of which an entry has a dozen, that costs more
# than to write the entry. Both adapters give the value itself, without a call of Python's.
_NOTHING: Final[dict[None, None]] = {}
sqlite3.register_adapter(type(None), _NOTHING.get)
sqlite3.register_adapter(bytes, bytes)


def writer_of(kind: TypeEngine[Any]) -> Convert | None:
    """Return what makes a value of `kind` one that SQLite keeps; None: it is kept as it is."""
    for known, convert in _WRITERS:
        if isinstance(kind, known):
            return convert
    return kind.dialect_impl(_SQLITE).bind_processor(_SQLITE)


def reader_of(column: _Typed, dialect: Dialect) -> Convert | None:
    """Return what makes a value that a driver gives one of the column's; None: it is one."""
    if dialect.name == "sqlite" and isinstance(column.type, Date):
        return _day_of
    return column.type.dialect_impl(dialect).result_processor(dialect, None)


def converted(column: Sequence[Any], convert: Convert | None) -> Sequence[Any]:
    """Return the values of a column, each made another by `convert`; None stays None."""
    if convert is None:
        return column
    first = column[0]
    if isinstance(first, dict | list):
        return [None if value is None else convert(value) for value in column]
    if column.count(first) == len(column):
        # Of one batch, one shop, one moment: most columns have one value.
        return [None if first is None else convert(first)] * len(column)
    if None in column:
        return [None if value is None else convert(value) for value in column]
    return list(map(convert, column))


def converted_row(row: Sequence[Any], converts: Sequence[tuple[int, Convert]]) -> tuple[Any, ...]:
    """Return the values of one row, those at the places of `converts` made others; None stays None.

    Columns of one value cost five times as much.
    """
    values = list(row)
    for at, convert in converts:
        value = values[at]
        if value is not None:
            values[at] = convert(value)
    return tuple(values)


def placed(converts: Sequence[Convert | None]) -> list[tuple[int, Convert]]:
    """Return those of `converts` that make other values, with their places."""
    return [(at, convert) for at, convert in enumerate(converts) if convert is not None]


_without_hyphens: Final = methodcaller("replace", "-", "")
# An enum's own way from a word to its text goes through Python.
_plain: Final = str.__str__
# Days of a batch are few.
_day: Final = lru_cache(maxsize=1024)(date.isoformat)
_day_of: Final = lru_cache(maxsize=1024)(date.fromisoformat)


@lru_cache(maxsize=1024)
def _moment(value: datetime) -> str:
    return to_rfc3339(value)[:26].replace("T", " ")


def _document(value: object) -> str:
    return orjson.dumps(value).decode()


_WRITERS: Final[tuple[tuple[type[Any], Convert | None], ...]] = (
    (UtcDateTime, _moment),
    (Uuid, _without_hyphens),
    (JSON, _document),
    (EnumText, _plain),
    (Date, _day),
    (LargeBinary, None),
)
"""How values of each type are written; of all others SQLAlchemy knows it."""
