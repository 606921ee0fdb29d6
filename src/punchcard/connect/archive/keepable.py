"""What both databases keep: SQLite takes any value into any column, PostgreSQL does not."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from math import isfinite
from typing import Any, Final

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Uuid,
)

from punchcard.db.types import EnumText, JsonAsWritten, UtcDateTime
from punchcard.kit.validation import places
from punchcard.kit.validation.days import FIRST_YEAR, LAST_YEAR, within_years
from punchcard.kit.validation.invalid import InvalidValue

_Check = Callable[[Column[Any], Any], str | None]

_ID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LEVELS: Final = 250
"""How deep a document may be: deeper ones cannot be written down for an archive."""
_BITS: Final[tuple[tuple[type, int], ...]] = ((SmallInteger, 15), (BigInteger, 63), (Integer, 31))

_SHOWN: Final = 60
"""How much of a key is shown: who brings an archive along may have written anything there."""

_NO_TEXT: Final = "it is no text in UTF-8"
_TOO_LARGE: Final = "it is too large a number"
_PLACES: Final[Mapping[tuple[str, str], tuple[str, Callable[[str], str]]]] = {
    ("vendors", "country"): ("country", places.country),
    ("vendors", "currency"): ("currency", places.currency),
    ("vendors", "language"): ("language", places.language),
    ("vendors", "timezone"): ("time zone", places.timezone),
    ("loyalty_programs", "currency"): ("currency", places.currency),
    ("loyalty_programs", "timezone"): ("time zone", places.timezone),
}
"""What the server's work for all shops rests on: it would stop at one that does not exist."""


def obstacle_of(column: Column[Any], value: Any) -> str | None:
    """Return why not both databases keep a value of a column as it is; None if they do."""
    return None if value is None else _checks_of(column)(column, value)


@lru_cache(maxsize=4096)
def _checks_of(column: Column[Any]) -> _Check:
    """Return what asks the values of a column; looked up once, for values are many."""
    check = next((one for kind, one in _CHECKS if isinstance(column.type, kind)), _of_nothing)
    return _of_place if (column.table.name, column.name) in _PLACES else check


def _of_nothing(_column: Column[Any], _value: Any) -> str | None:
    return None


def unreadable(column: Column[Any]) -> str:
    """Return why a value is no use that its column's own type cannot even read."""
    return _EXPECTED.get(type(column.type), _NO_TEXT)


def told_of(table: Table, keys: Mapping[str, Any], column: Column[Any], why: str) -> str:
    """Return the sentence about a value: of which table, which row and which field, and why."""
    row = ", ".join(f"{name} {_shown(value)}" for name, value in keys.items())
    return f"A row of {table.name} cannot be kept as it is: {row}: {column.name}: {why}."


def _shown(value: Any) -> str:
    text = str(value)
    return (text if text.isprintable() else ascii(text))[:_SHOWN]


def _of_text(column: Column[Any], value: Any) -> str | None:
    if not isinstance(value, str):
        return _NO_TEXT
    length = getattr(column.type, "length", None)
    if length is not None and len(value) > length:
        return f"it has more than {length} characters"
    return _in_text(value)


def _in_text(value: str) -> str | None:
    if "\x00" in value:
        return "it has a NUL character"
    return None if value.isascii() or _is_whole(value) else _NO_TEXT


def _is_whole(value: str) -> bool:
    """Return whether no character is half of one, as JSON can tell it."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _of_id(_column: Column[Any], value: Any) -> str | None:
    return None if isinstance(value, str) and _ID.fullmatch(value) else "it is no id"


def _of_boolean(_column: Column[Any], value: Any) -> str | None:
    return None if isinstance(value, bool) else "it is neither true nor false"


def _of_whole_number(column: Column[Any], value: Any) -> str | None:
    if type(value) is not int:
        return "it is no whole number"
    if -(2**15) <= value < 2**15:
        return None
    bits = next(bits for kind, bits in _BITS if isinstance(column.type, kind))
    return None if -(2**bits) <= value < 2**bits else _TOO_LARGE


def _of_number(_column: Column[Any], value: Any) -> str | None:
    return None if type(value) in (int, float) else "it is no number"


def _of_bytes(_column: Column[Any], value: Any) -> str | None:
    return None if isinstance(value, bytes | memoryview) else "it is text where bytes belong"


def _of_moment(_column: Column[Any], value: Any) -> str | None:
    is_moment = isinstance(value, datetime) and value.tzinfo is not None
    return None if is_moment and _is_within_years(value) else _EXPECTED[UtcDateTime]


def _of_day(_column: Column[Any], value: Any) -> str | None:
    is_day = isinstance(value, date) and not isinstance(value, datetime)
    return None if is_day and _is_within_years(value) else _EXPECTED[Date]


def _is_within_years(value: date) -> bool:
    try:
        within_years(value)
    except InvalidValue:
        return False
    return True


def _of_document(column: Column[Any], value: Any) -> str | None:
    if column.type is not JsonAsWritten:
        return _in_document(value)
    try:
        return _in_document(orjson.loads(value))
    except orjson.JSONDecodeError:
        return _EXPECTED[JSON]


def _in_document(document: Any) -> str | None:
    """Return what in a document is kept by nobody, at whatever depth."""
    left: list[tuple[Any, int]] = [(document, 1)]
    while left:
        value, level = left.pop()
        if level > _LEVELS:
            return "it is a document deeper than any"
        if isinstance(value, dict):
            left += [(one, level + 1) for pair in value.items() for one in pair]
        elif isinstance(value, list):
            left += [(one, level + 1) for one in value]
        elif found := _in_value(value):
            return found
    return None


def _in_value(value: Any) -> str | None:
    if isinstance(value, str):
        return _in_text(value)
    is_small = isfinite(value) if isinstance(value, float) else _is_of_64_bits(value)
    return None if is_small else _TOO_LARGE


def _is_of_64_bits(value: int | None) -> bool:
    return value is None or -(2**63) <= value < 2**64


def _of_place(column: Column[Any], value: Any) -> str | None:
    """Return that a value names no place there is, where its column must."""
    if found := _of_text(column, value):
        return found
    what, check = _PLACES[column.table.name, column.name]
    try:
        return None if check(value) == value else f"it is no {what}"
    except InvalidValue:
        return f"it is no {what}"


_EXPECTED: Final[Mapping[type, str]] = {
    UtcDateTime: f"it is no moment of the years {FIRST_YEAR} to {LAST_YEAR}",
    Date: f"it is no day of the years {FIRST_YEAR} to {LAST_YEAR}",
    JSON: "it is no document",
}
_CHECKS: Final[tuple[tuple[Any, _Check], ...]] = (
    (Uuid, _of_id),
    (Boolean, _of_boolean),
    (Integer, _of_whole_number),
    (Double, _of_number),
    (LargeBinary, _of_bytes),
    (UtcDateTime, _of_moment),
    (Date, _of_day),
    (JSON, _of_document),
    ((String, EnumText), _of_text),
)
"""What is asked of the values of each type; the first that a column's is."""
