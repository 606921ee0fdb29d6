"""What kind of database a backup is of, by the first bytes of its file."""

from enum import StrEnum
from pathlib import Path
from typing import Final

from punchcard.cli.support import CommandFailed

# https://www.sqlite.org/fileformat2.html#magic_header_string; pg_backup_archiver.c of PostgreSQL.
_HEADS: Final = {b"SQLite format 3\x00": "SQLite", b"PGDMP": "PostgreSQL"}
_HEAD_BYTES: Final = 16


class BackupKind(StrEnum):
    """The database that a backup was made of."""

    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"


def kind_of(file: Path) -> BackupKind:
    """Return the kind of a backup. Raises CommandFailed for a file that is none."""
    if not file.is_file():
        raise CommandFailed(f"There is no file {file}.")
    with file.open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    for begins, kind in _HEADS.items():
        if head.startswith(begins):
            return BackupKind(kind)
    raise CommandFailed(f"{file} is no backup: it is neither an SQLite file nor a dump of pg_dump.")
