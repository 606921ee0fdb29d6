"""Rows as lines of an archive, and back: the same line for the same row, on either database."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import orjson
from sqlalchemy import Column, Connection, Date, LargeBinary, Table

from punchcard.connect.archive.contents import IMAGES, PASSWORDS, SEALED, of_vendor
from punchcard.connect.archive.copied_rows import VALUE_ERRORS, find_unkept, pages, unkept_in
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.keepable import obstacle_of, told_of, unreadable
from punchcard.db.types import UtcDateTime
from punchcard.kit.ids import VendorId
from punchcard.kit.secrets import Keyring, Sealer

_DIGEST_BYTES: Final = 16

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
        try:
            for row in rows_of(connection, table, vendor_id):
                yield self.line(table, row)
        except VALUE_ERRORS as error:
            if told := find_unkept(connection, table, of_vendor(table, vendor_id)):
                raise ArchiveRefused(told) from error
            raise

    def line(self, table: Table, row: Mapping[str, Any]) -> bytes:
        """Return a row as its line, with a line feed.

        Raises ArchiveRefused for a broken seal, and for a value that could arrive nowhere.
        """
        if unkept := unkept_in(table, row):
            raise ArchiveRefused(unkept)
        told = {str(name): self._told(table, row, name) for name in row}
        if table.name == PASSWORDS[0]:
            told[PASSWORDS[1]] = None
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS) + b"\n"

    def row(self, table: Table, line: bytes, *, password_hash: str) -> Row:
        """Return the row that a line tells; its sealed values are sealed anew.

        Raises ArchiveRefused for a line that is no row of this table, or holds what no server
        could have written.
        """
        try:
            told = orjson.loads(line)
            is_row = told.keys() == set(table.c.keys())
        except (orjson.JSONDecodeError, AttributeError):
            raise ArchiveRefused(f"A row of {table.name} cannot be read.") from None
        if not is_row:
            raise ArchiveRefused(f"A row of {table.name} has other columns than it should.")
        row = {name: _read(table, told, name) for name in told}
        for (of, name), purpose in SEALED.items():
            if of == table.name and row[name] is not None:
                row[name] = self._sealer(purpose).seal(row[name], str(row["id"]))
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
    for page in pages(connection, table, of_vendor(table, vendor_id)):
        yield from page


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date):
        return value.isoformat()
    # An enum's word is a text of its own class.
    return str(value) if isinstance(value, str) else value


def _read(table: Table, told: Mapping[str, Any], name: str) -> Any:
    """Return a value of a line as it is in a row. Raises ArchiveRefused for one that is none."""
    column, value = table.c[name], told[name]
    if (table.name, name) == IMAGES:
        # The name of a file, where the picture is.
        return value
    try:
        read = _typed(column, value)
        why = obstacle_of(column, read)
    except (ValueError, TypeError):
        read, why = None, unreadable(column)
    if why:
        keys = {key.name: told[key.name] for key in table.primary_key.columns}
        raise ArchiveRefused(told_of(table, keys, column, why))
    return read


def _typed(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Date):
        return date.fromisoformat(value)
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value, validate=True)
    return value
