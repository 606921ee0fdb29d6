"""A backup put back as the SQLite file of a server: proven beside it first, then exchanged."""

import glob
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from punchcard.cli.backups.backup_file import sync
from punchcard.cli.backups.progress import bar
from punchcard.cli.backups.proof import RestoredState, prove
from punchcard.cli.server_lock import RESTORED, only_server
from punchcard.cli.support import CommandFailed
from punchcard.kit.private_files import make_private_file, make_private_folder

if TYPE_CHECKING:
    from punchcard.kit.settings import Settings

RESTORING: Final = ".restoring"
_LOGS: Final = ("-wal", "-journal")
_KIND: Final = 0xFF


def restore_sqlite(
    settings: "Settings", file: Path, target: Path, stamp: str, *, is_silent: bool
) -> tuple[RestoredState, Path | None]:
    """Put the backup `file` in the place of the database `target`; return where that is kept now.

    Until the copy is proven nothing happens to the old database. It is kept under a name with
    `stamp` then, with what its log holds. Whoever kills this finds the old database, or begins
    again: a server does not start in between. Raises CommandFailed.
    """
    target = target.resolve()
    make_private_folder(target.parent)
    with only_server(settings, is_restoring=True):
        refuse_in_use(target)
        for path in _belonging(target, RESTORING):
            path.unlink()
            typer.echo(f"Removed {path}: a restore was killed while it wrote it.", err=True)
        proven = target.with_name(target.name + RESTORED)
        try:
            unfinished = target.with_name(target.name + RESTORING)
            proof = copied_and_proven(settings, file, unfinished, is_silent=is_silent)
            refuse_in_use(target)
            unfinished.replace(proven)
        finally:
            for path in _belonging(target, RESTORING):
                path.unlink()
        kept = _put_aside(target, stamp)
        proven.replace(target)
        sync(target.parent)
    return proof, kept


def copied_and_proven(
    settings: "Settings", file: Path, place: Path, *, is_silent: bool
) -> RestoredState:
    """Copy the backup to `place`, where nothing is yet, and prove the copy; it is one file then.

    What is left at `place`, and beside it, when this raises is the caller's to remove.
    """
    from punchcard.cli.ledger_log import CHECKPOINT_SUFFIX
    from punchcard.db.sqlite_copy import CopyFailed, copy_sqlite, fold_logs
    from punchcard.kit.environment.paths import sqlite_address

    make_private_file(place)
    try:
        with bar("Copying and checking", is_silent=is_silent) as show:
            copy_sqlite(
                file,
                place,
                busy_seconds=settings.database_busy_seconds,
                reserve_bytes=settings.backup_reserve_bytes,
                progress=show,
            )
    except CopyFailed as error:
        raise CommandFailed(str(error)) from error
    beside = file.with_name(file.name + CHECKPOINT_SUFFIX)
    proof = prove(sqlite_address(place), settings, beside, is_silent=is_silent)
    fold_logs(place)
    sync(place)
    return proof


def refuse_in_use(database: Path) -> None:
    """Raise CommandFailed while any other process has the database open.

    What its log holds is brought into the file. One that is damaged passes.
    """
    if not database.exists():
        return
    address = f"{database.absolute().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=0, isolation_level=None)) as opened:
            opened.execute("PRAGMA locking_mode = EXCLUSIVE")
            opened.execute("BEGIN EXCLUSIVE")
            opened.execute("COMMIT")
            opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & _KIND in (
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
        ):
            raise CommandFailed(
                f"{database} is in use: stop the server and every command that works on it."
                " Nothing was changed."
            ) from None


def _put_aside(target: Path, stamp: str) -> Path | None:
    """Give the old database another name, its logs with it; None when there is none.

    A damaged one may still have a log; SQLite finds it by the name, and so would the new one.
    """
    kept = target.with_name(f"{target.name}.before-{stamp}")
    is_there = target.exists()
    for suffix in ("", *_LOGS):
        path = target.with_name(target.name + suffix)
        with suppress(FileNotFoundError):
            path.rename(kept.with_name(kept.name + suffix))
    with suppress(FileNotFoundError):
        # An index of the log that is made anew from it.
        target.with_name(f"{target.name}-shm").unlink()
    if os.name == "posix":
        sync(target.parent)
    return kept if is_there else None


def _belonging(target: Path, suffix: str) -> list[Path]:
    return sorted(target.parent.glob(f"{glob.escape(target.name + suffix)}*"))
