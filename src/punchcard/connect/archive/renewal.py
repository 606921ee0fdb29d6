"""An archive of an older database made anew, as today's version would have written it.

It is unloaded into a scratch database that has the tables of its day; the migrations bring that up
to date, as they would have brought the server it comes from; what it is then is written down again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

from sqlalchemy import Column, Connection, MetaData, Table, inspect
from sqlalchemy.exc import SQLAlchemyError

from punchcard import __version__
from punchcard.connect.archive.archive_file import ArchiveFile, opened_archive
from punchcard.connect.archive.contents import travelling_tables
from punchcard.connect.archive.departure import file_of, write_archive
from punchcard.connect.archive.errors import ArchiveRefused
from punchcard.connect.archive.manifest import Manifest
from punchcard.connect.archive.unloading import Unloading
from punchcard.db import migrate
from punchcard.db.scratch import scratch_database
from punchcard.loyalty.reports import stats_rebuild

FIRST_REVISION: Final = "0046"
"""Of the database that the first archives were made from."""


@contextmanager
def todays_archive(
    source: IO[bytes], unloading: Unloading, *, folder: Path
) -> Iterator[tuple[ArchiveFile, Manifest]]:
    """Open an archive as one of today's, with what its own manifest says.

    One of an older database is made anew in an unnamed file in `folder`. Raises ArchiveRefused:
    what cannot be read, or not be brought up to date, and what a newer version made.
    """
    with opened_archive(source) as archive:
        told = archive.manifest
        if told.revision == migrate.head():
            yield archive, told
            return
        _refuse_unknown(told)
        with TemporaryFile(dir=folder) as file:
            _renew(archive, file, unloading)
            file.seek(0)
            with opened_archive(file) as renewed:
                yield renewed, told


def _refuse_unknown(manifest: Manifest) -> None:
    theirs = f"Punchcard {manifest.server} with database {manifest.revision}"
    if manifest.revision > migrate.head():
        raise ArchiveRefused(
            f"This archive was made by a newer version: {theirs} wrote it, and no older one takes"
            f" it in. Here it is Punchcard {__version__} with database {migrate.head()}. Update"
            " this server to that version, and import again."
        )
    if manifest.revision < FIRST_REVISION or not migrate.knows(manifest.revision):
        raise ArchiveRefused(f"{theirs} is none that wrote archives.")


def _renew(archive: ArchiveFile, out: IO[bytes], unloading: Unloading) -> None:
    told = archive.manifest
    with scratch_database() as scratch:
        migrate.upgrade_scratch(scratch, told.revision)
        unloading.unload(scratch, archive, former_tables(scratch, archive))
        try:
            migrate.upgrade_scratch(scratch, migrate.head())
            differences = stats_rebuild.compare(scratch, lambda rows: None).differences
            stats_rebuild.correct(scratch, differences)
            made_at = datetime.fromisoformat(told.made_at)
            write_archive(scratch, told.vendor_id, out, keys=unloading.keys, now=made_at)
        except (
            SQLAlchemyError,
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
            ArithmeticError,
        ) as error:
            # Whoever made it may have put anything into it: migrations expect what servers write.
            raise ArchiveRefused(
                f"The archive cannot be brought from database {told.revision} to"
                f" {migrate.head()}: it holds what that version never wrote."
            ) from error


def former_tables(connection: Connection, archive: ArchiveFile) -> list[Table]:
    """Return the tables that an archive has, as they are in a database of its revision.

    Raises ArchiveRefused for a table that no shop takes along, or that there was not yet.
    """
    listed = {one.name for one in archive.manifest.files if one.rows is not None}
    tables = [table for table in travelling_tables() if file_of(table) in listed]
    inspector = inspect(connection)
    there = set(inspector.get_table_names())
    if len(tables) < len(listed) or any(table.name not in there for table in tables):
        raise ArchiveRefused(
            "The archive is broken: it has tables that archives of its version do not have."
        )
    former = MetaData()
    return [
        _former(table, former, [column["name"] for column in inspector.get_columns(table.name)])
        for table in tables
    ]


def _former(table: Table, metadata: MetaData, names: list[str]) -> Table:
    """Return a table with the columns of its day, which are read and written by today's types."""
    columns = [table.c[name] for name in names]
    return Table(
        table.name,
        metadata,
        *(Column(one.name, one.type, primary_key=one.primary_key) for one in columns),
    )
