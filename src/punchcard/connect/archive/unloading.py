"""The rows of an archive written into a database, and read again to be held against it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Table
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from punchcard.connect.archive.archive_file import ArchiveFile
from punchcard.connect.archive.contents import IMAGES
from punchcard.connect.archive.copied_rows import ROWS_AT_ONCE
from punchcard.connect.archive.database_copy import insert_statement
from punchcard.connect.archive.departure import file_of
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.rows import Digest, Lines, Row
from punchcard.db.dialects import follow_counter
from punchcard.kit.secrets import Keyring

Progress = Callable[[str, int], None]
"""Told the name of a table and how many rows of it are taken in."""


@dataclass(frozen=True)
class Unloading:
    """Writes rows for a server with these keys.

    `password_hash` is of a password that nobody knows: people choose a new one by mail.
    """

    keys: Keyring
    password_hash: str
    progress: Progress = lambda table, rows: None

    def unload(self, connection: Connection, archive: ArchiveFile, tables: Sequence[Table]) -> None:
        """Write all rows of these tables, in this order, and compare them with what was sent.

        Raises ArchiveRefused for a row that cannot be kept, is here already, belongs to nothing
        or to another shop.
        """
        try:
            rows = {table.name: self._copy(connection, archive, table) for table in tables}
        except IntegrityError as error:
            raise ArchiveRefused(
                "Something of this archive is here already, or belongs to nothing:"
                f" {str(error.orig).strip().splitlines()[0]}."
            ) from None
        self._compare(connection, archive, tables, rows)

    def _copy(self, connection: Connection, archive: ArchiveFile, table: Table) -> int:
        """Write all rows of a table; returns how many."""
        lines = Lines(self.keys)
        statement = insert_statement(connection, table)
        done = 0
        page: list[Row] = []
        for line in archive.lines(file_of(table)):
            row = lines.row(table, line, password_hash=self.password_hash)
            if table.name == IMAGES[0]:
                row[IMAGES[1]] = archive.image(str(row[IMAGES[1]]))
            page.append(row)
            if len(page) == ROWS_AT_ONCE:
                _write(connection, table, statement, page)
                done, page = done + len(page), []
        if page:
            _write(connection, table, statement, page)
        follow_counter(connection, table)
        self.progress(table.name, done + len(page))
        return done + len(page)

    def _compare(
        self,
        connection: Connection,
        archive: ArchiveFile,
        tables: Sequence[Table],
        rows: Mapping[str, int],
    ) -> None:
        """Read all of it again, and hold it against what the manifest says.

        `rows` is how many were written of each table: were one another shop's, the vendor would
        have fewer.
        """
        lines = Lines(self.keys)
        told = {one.name: one for one in archive.manifest.files}
        for table in tables:
            digest = Digest()
            try:
                for line in lines.of(connection, table, archive.manifest.vendor_id):
                    digest.add(line)
            except (orjson.JSONEncodeError, RecursionError):
                # A document that is deeper than any here, and could be written down by nobody.
                raise _unkept(table) from None
            file = told[file_of(table)]
            if (file.rows, file.digest) != (digest.rows, digest.text):
                raise ArchiveRefused(f"What arrived of {table.name} is not what was sent.")
            if digest.rows != rows[table.name]:
                raise ArchiveRefused(f"Some rows of {table.name} are another shop's.")


def _write(connection: Connection, table: Table, statement: Any, page: list[Row]) -> None:
    try:
        connection.execute(statement, page)
    except (IntegrityError, OperationalError):
        raise
    except (StatementError, OverflowError, RecursionError):
        # A number, a list or a time where none belongs; which one, the types do not say.
        raise _unkept(table) from None


def _unkept(table: Table) -> ArchiveRefused:
    return ArchiveRefused(f"A row of {table.name} cannot be kept as it is.")
