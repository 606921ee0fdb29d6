"""Rows as lines of an archive, and back: the same line for the same row, on either database."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import orjson
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    Date,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    cast,
    select,
)

from punchcard.connect.archive.contents import IMAGES, PASSWORDS, SEALED, of_vendor
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.db.types import EnumText, JsonAsWritten, UtcDateTime
from punchcard.kit.ids import VendorId
from punchcard.kit.secrets import Keyring, Sealer
from punchcard.kit.validation import places
from punchcard.kit.validation.days import within_years
from punchcard.kit.validation.invalid import InvalidValue

ROWS_AT_ONCE: Final = 500
_DIGEST_BYTES: Final = 16

_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""PostgreSQL keeps none, in no text and no document."""
_KINDS: Final[tuple[tuple[Any, type], ...]] = (
    (Boolean, bool),
    (Integer, int),
    ((String, EnumText, Uuid), str),
)
"""What values of columns are in Python, where a text is not read first."""

_PLACES: Final[Mapping[tuple[str, str], Callable[[str], str]]] = {
    ("vendors", "country"): places.country,
    ("vendors", "currency"): places.currency,
    ("vendors", "language"): places.language,
    ("vendors", "timezone"): places.timezone,
    ("loyalty_programs", "currency"): places.currency,
    ("loyalty_programs", "timezone"): places.timezone,
}
"""What the server's work for all shops rests on: it would stop at one that does not exist."""

Row = dict[str, Any]
"""A row as it is in the database, by its columns."""


@dataclass(slots=True)
class Digest:
    """How many rows there are, and a digest of their lines in whichever order they stand."""

    rows: int = 0
    total: int = 0

    def add(self, line: bytes) -> None:
        """Count one more line."""
        self.rows += 1
        self.total += int.from_bytes(hashlib.sha256(line).digest()[:_DIGEST_BYTES])

    @property
    def text(self) -> str:
        """Return the digest in hexadecimal digits."""
        return f"{self.total % (1 << 8 * _DIGEST_BYTES):0{2 * _DIGEST_BYTES}x}"


@dataclass(frozen=True)
class Lines:
    """Writes rows as lines and reads them, for a server with these keys."""

    keys: Keyring
    _sealers: dict[str, Sealer] = field(default_factory=dict)

    def of(self, connection: Connection, table: Table, vendor_id: VendorId) -> Iterator[bytes]:
        """Give the vendor's rows of a table as lines of JSON, a page of them in memory at a time.

        `connection` is a snapshot, or holds the transaction that wrote them. Raises ArchiveRefused.
        """
        for row in rows_of(connection, table, vendor_id):
            yield self.line(table, row)

    def line(self, table: Table, row: Mapping[str, Any]) -> bytes:
        """Return a row as its line, with a line feed. Raises ArchiveRefused for a broken seal."""
        told = {str(name): self._told(table, row, name) for name in row}
        if table.name == PASSWORDS[0]:
            told[PASSWORDS[1]] = None
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS) + b"\n"

    def row(self, table: Table, line: bytes, *, password_hash: str) -> Row:
        """Return the row that a line tells; its sealed values are sealed anew.

        Raises ArchiveRefused for a line that is no row of this table.
        """
        try:
            if _NUL.search(line):
                raise ValueError
            told = orjson.loads(line)
            if told.keys() != set(table.c.keys()):
                raise ArchiveRefused(f"A row of {table.name} has other columns than it should.")
            row = {name: _read(table.c[name], value) for name, value in told.items()}
            for (of, name), purpose in SEALED.items():
                if of == table.name and row[name] is not None:
                    row[name] = self._sealer(purpose).seal(row[name], str(row["id"]))
            for (of, name), check in _PLACES.items():
                if of == table.name and row[name] is not None and check(row[name]) != row[name]:
                    raise ValueError
        except (ValueError, TypeError, AttributeError, KeyError, InvalidValue):
            raise ArchiveRefused(f"A row of {table.name} cannot be read.") from None
        if table.name == PASSWORDS[0]:
            row[PASSWORDS[1]] = password_hash
        return row

    def _told(self, table: Table, row: Mapping[str, Any], name: str) -> Any:
        value = row[name]
        if (table.name, name) == IMAGES:
            return image_name(row)
        purpose = SEALED.get((table.name, name))
        if purpose is not None and value is not None:
            value = self._sealer(purpose).open(bytes(value), str(row["id"]))
            if value is None:
                raise ArchiveRefused(
                    f"A value of {table.name}.{name} cannot be opened: row {row['id']}."
                    " Run: punchcard doctor"
                )
        return _plain(value)

    def _sealer(self, purpose: str) -> Sealer:
        if purpose not in self._sealers:
            self._sealers[purpose] = Sealer(self.keys, purpose)
        return self._sealers[purpose]


def image_name(row: Mapping[str, Any]) -> str:
    """Return in which file of an archive a picture of a pass stands."""
    return f"images/{row['program_id']}-{row['kind']}.png"


def rows_of(connection: Connection, table: Table, vendor_id: VendorId) -> Iterator[Row]:
    """Give the vendor's rows of a table; what is hashed comes as the very text it is."""
    columns: list[ColumnElement[Any]] = [
        cast(column, Text).label(column.name) if column.type is JsonAsWritten else column
        for column in table.columns
    ]
    query = select(*columns).where(of_vendor(table, vendor_id)).order_by(*table.primary_key.columns)
    # For this statement alone: what is written later in the transaction knows no cursor.
    found = connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE})
    for page in found.mappings().partitions():
        for row in page:
            yield dict(row)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    # An enum's word is a text of its own class.
    return str(value) if isinstance(value, str) else value


def _read(column: Any, value: Any) -> Any:
    if value is None:
        return None
    for kind, python in _KINDS:
        # SQLite would keep whatever stands there.
        if isinstance(column.type, kind) and type(value) is not python:
            raise ValueError
    if isinstance(column.type, UtcDateTime):
        return within_years(datetime.fromisoformat(value))
    if isinstance(column.type, Date):
        return within_years(date.fromisoformat(value))
    if isinstance(column.type, LargeBinary) and (column.table.name, column.name) != IMAGES:
        return base64.b64decode(value, validate=True)
    return value
