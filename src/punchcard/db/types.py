"""Column types that behave the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from struct import Struct
from typing import Any, Final, TypeVar

from sqlalchemy import JSON, BigInteger, CheckConstraint, DateTime, Integer, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_DIGITS: Final = 32
_parts_of: Final = Struct("8s4s4s4s12s").unpack


class _TextId(Uuid[str]):
    """Reads SQLite's 32 digits into the text of an id without making a UUID of it in between."""

    def __init__(self) -> None:
        super().__init__(as_uuid=False)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Return what makes the text of an id; PostgreSQL's type, another one, brings its own."""
        return _hyphenated


def _hyphenated(digits: str | None) -> str | None:
    if digits is None:
        return None
    if len(digits) != _DIGITS:
        return digits
    # Cutting the text itself costs twice as much, and of each card that the till reads it is done.
    return b"-".join(_parts_of(digits.encode())).decode()


Id = _TextId()
"""A UUID, written as text in Python."""

BigInt = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number of up to 63 bits."""

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A small document."""

RawJson = String().with_variant(JSONB(none_as_null=True), "postgresql")
"""A document as the driver gives it: SQLite's as its text, for whoever reads few of many."""

JsonAsWritten = JSON(none_as_null=True)
"""A document whose text stays as it was written, with the order of its keys: it can be hashed."""


Word = TypeVar("Word", bound=StrEnum)


class EnumText(TypeDecorator[Word]):
    """One of the words of an enum, kept as text of up to `length` characters.

    A text that is none of them is read as it is: damage is for the ledger's verification to name.
    """

    impl = String
    cache_ok = True

    def __init__(self, words: type[Word], length: int = 16) -> None:
        super().__init__(length)
        self.words = words
        self.length = length

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        """Return what makes plain text of a word."""
        return _as_plain_text

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Word | None]:
        """Return what makes a word of the stored text; the till reads several a row."""
        return _ReadWords({word.value: word for word in self.words}).__getitem__


class _ReadWords(dict[Any, Any]):
    def __missing__(self, text: str | None) -> str | None:
        return text


def _as_plain_text(word: str | None) -> str | None:
    return None if word is None else str(word)


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """Return the constraint that a column holds one of the words of an enum."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC; a naive one is refused rather than guessed at."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Store `timestamptz` on PostgreSQL and ISO text in UTC on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment as the database keeps it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None]:
        """Return what makes the stored moment aware and in UTC.

        Every row the till reads has five moments: this is called straight from the result, and
        reads SQLite's text itself, six times as fast.
        """
        return _utc_of_text if dialect.name == "sqlite" else _as_utc


def _as_utc(value: Any) -> datetime | None:
    if value is None:
        return None
    moment: datetime = datetime.fromisoformat(value + "+00:00") if isinstance(value, str) else value
    if moment.tzinfo is UTC:
        return moment
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


_utc_of_text: Final = lru_cache(maxsize=1024)(_as_utc)
"""The same, remembered: the rows of a batch have their program's moments in common."""
