"""Nothing that a vendor brings may lead to what is another's: neither by a key, nor by an id."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Column, Connection, Table, select

from punchcard.connect.archive.contents import TRAVELLING, of_vendor, travelling_tables
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.db.base import Base
from punchcard.kit.ids import VendorId

_WITHOUT_KEYS: Final = (("integration_orders", "claim_id", "receipt_claims"),)
"""Columns that hold ids of another table, and are no foreign keys: what they name may be gone."""


def refuse_strangers(connection: Connection, vendor_id: VendorId) -> None:
    """Look at everything that the vendor's rows refer to. Raises ArchiveRefused.

    The database itself asks only whether it is there, and not whose it is.
    """
    for table in travelling_tables():
        for column, owner in _references(table):
            told = owner.table.alias("told_of")
            theirs = select(told).where(
                told.c[owner.name] == column, ~of_vendor(owner.table, vendor_id, told)
            )
            rows = select(column).where(of_vendor(table, vendor_id), theirs.exists())
            if connection.execute(rows.limit(1)).first() is not None:
                raise ArchiveRefused(f"A row of {table.name} names something of another shop.")


def _references(table: Table) -> Iterator[tuple[Column[object], Column[object]]]:
    """Give each column of a table that refers to a travelling one, with what it refers to."""
    for key in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        if key.column.table.name in TRAVELLING:
            yield key.parent, key.column
    for name, column, owner in _WITHOUT_KEYS:
        if name == table.name:
            yield table.c[column], Base.metadata.tables[owner].c.id
