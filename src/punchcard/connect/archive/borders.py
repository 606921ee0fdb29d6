"""Nothing that a vendor brings may lead to what is another's: by no key, id or document."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, Column, Connection, Table, Text, cast, or_, select

from punchcard.connect.archive.contents import TRAVELLING, of_vendor, travelling_tables
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.db.types import JsonAsWritten, RawJson
from punchcard.kit.ids import VendorId

_ID: Final = re.compile(r"\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b", re.IGNORECASE)
"""Also without hyphens and in capitals: a column of ids takes them so."""
_ROWS_AT_ONCE: Final = 500
_IDS_AT_ONCE: Final = 5_000
"""How many ids one question asks about: both databases take 32,767."""


def refuse_strangers(connection: Connection, vendor_id: VendorId) -> None:
    """Look at everything that the vendor's rows refer to. Raises ArchiveRefused.

    The database itself asks only whether it is there, and not whose it is; and of ids in documents
    and in columns that are no foreign keys not even that: what they name may be gone.
    """
    for table in travelling_tables():
        for column, owner in _references(table):
            told = owner.table.alias("told_of")
            theirs = select(told).where(
                told.c[owner.name] == column, ~of_vendor(owner.table, vendor_id, told)
            )
            rows = select(column).where(of_vendor(table, vendor_id), theirs.exists())
            if connection.execute(rows.limit(1)).first() is not None:
                raise _stranger(table)
        for ids in _named(connection, table, vendor_id):
            if _is_anothers(connection, vendor_id, ids):
                raise _stranger(table)


def _stranger(table: Table) -> ArchiveRefused:
    return ArchiveRefused(f"A row of {table.name} names something of another shop.")


def _references(table: Table) -> Iterator[tuple[Column[object], Column[object]]]:
    """Give each column of a table that refers to a travelling one, with what it refers to."""
    for key in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        if key.column.table.name in TRAVELLING:
            yield key.parent, key.column


def _named(connection: Connection, table: Table, vendor_id: VendorId) -> Iterator[list[str]]:
    """Give the ids that a table's documents and columns without keys hold, some at a time.

    Each is given once at least: most rows name what the rows before them did.
    """
    columns = [
        cast(column, Text) if column.type is JsonAsWritten else column
        for column in table.columns
        if _may_name(column)
    ]
    if not columns:
        return
    query = select(*columns).where(
        of_vendor(table, vendor_id), or_(*(column.is_not(None) for column in columns))
    )
    found = connection.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    ids: set[str] = set()
    for row in found:
        ids.update(_ids_in(row))
        if len(ids) >= _IDS_AT_ONCE:
            yield sorted(ids)
            ids.clear()
    if ids:
        yield sorted(ids)


def _may_name(column: Column[Any]) -> bool:
    if isinstance(column.type, JSON) or column.type is RawJson:
        return True
    return column.name.endswith("_id") and not column.foreign_keys


def _ids_in(value: Any) -> Iterator[str]:
    """Give whatever looks like an id, in texts, keys and values of whatever depth."""
    if isinstance(value, str):
        yield from (str(UUID(one)) for one in _ID.findall(value))
    elif isinstance(value, dict):
        yield from _ids_in([*value, *value.values()])
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        for one in value:
            yield from _ids_in(one)


def _is_anothers(connection: Connection, vendor_id: VendorId, ids: list[str]) -> bool:
    """Return whether one of so many ids is that of a row that is another vendor's."""
    for table in travelling_tables():
        if "id" not in table.c:
            continue
        for at in range(0, len(ids), _IDS_AT_ONCE):
            some = ids[at : at + _IDS_AT_ONCE]
            query = select(table.c.id).where(table.c.id.in_(some), ~of_vendor(table, vendor_id))
            if connection.execute(query.limit(1)).first() is not None:
                return True
    return False
